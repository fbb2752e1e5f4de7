"""docs/models.md says what the configurations say."""

from benchmarks.parameters import ROWS, table
from saps.resources import resource_folder

CONF = resource_folder("conf")
PAGE = (CONF.parent / "docs" / "models.md").read_text(encoding="utf-8")


def test_the_table_of_rows_is_what_the_configurations_make() -> None:
    assert table() in PAGE, "put the output of `python benchmarks/parameters.py` into the page"


def test_every_row_that_can_be_trained_is_in_the_table() -> None:
    experiments = {path.stem for path in (CONF / "experiment").glob("*.yaml")}
    bundled = {"default_model", "people"}
    assert experiments - bundled == set(ROWS)
