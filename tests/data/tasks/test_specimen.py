import re

from saps.data.tasks.composer import specimen
from saps.data.tasks.family import default_catalogue
from saps.lang import infer_type


def test_every_family_has_a_specimen() -> None:
    catalogue = default_catalogue()
    for family in catalogue.families:
        found = specimen(family, catalogue)
        kind = str(infer_type(found.program))
        assert kind == family.result or re.fullmatch(r"[T-Z](\[\])?", kind), family.name
        assert found == specimen(family, catalogue)
