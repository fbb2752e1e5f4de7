"""docs/model-card.md and the bundled model agree."""

import pytest

from benchmarks.model_card import PAGE, CardError, between, made, replace_between

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["facts", "calibration"])
def test_what_is_made_is_of_the_bundled_model(part: str) -> None:
    told = "the model has changed: python benchmarks/model_card.py"
    assert between(TEXT, part) == made()[part], told


def test_a_part_is_replaced_between_its_marks_alone() -> None:
    changed = replace_between(TEXT, "facts", "none")
    assert between(changed, "facts") == "none"
    assert replace_between(changed, "facts", between(TEXT, "facts")) == TEXT


def test_a_lost_mark_is_named() -> None:
    with pytest.raises(CardError, match="lost its marks of facts"):
        replace_between("# A page", "facts", "")
