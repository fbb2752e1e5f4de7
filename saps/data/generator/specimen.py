"""One worded example of a family, for people who look for one."""

from dataclasses import dataclass
from random import Random

from saps.data.example import normalise_text
from saps.data.generator.catalogue import Catalogue
from saps.data.generator.composer import Shape, draw_arguments
from saps.data.generator.family import Family
from saps.data.generator.phrasing import phrase_task
from saps.lang import Node

_SHAPE = Shape(max_depth=1, constant=0.0)


@dataclass(frozen=True, slots=True)
class Specimen:
    """A family with arguments in its slots."""

    text: str
    program: Node


def specimen(family: Family, catalogue: Catalogue) -> Specimen:
    """Return an example of a family, always the same one."""
    for seed in range(100):
        rng = Random(seed)
        draft = draw_arguments(family, catalogue, _SHAPE, rng)
        program = None if draft is None else draft.root.node()
        if draft is not None and program is not None:
            text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
            return Specimen(text, program)
    raise ValueError(f"no arguments fit the slots of family '{family.name}'")
