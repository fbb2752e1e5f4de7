"""Patterns: what a line of a table stands for."""

from random import Random

import pytest

from saps.data.wordings.tables import Pattern, PatternError


def _texts(text: str, shared: dict[str, str] | None = None) -> set[str]:
    pattern = Pattern.parse(text, shared)
    return {pattern.draw(Random(seed)) for seed in range(300)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add up {X}", {"add up {X}"}),
        ("<add|sum> up", {"add up", "sum up"}),
        ("[all] of it", {"all of it", " of it"}),
        ("<a [big|]>", None),
        ("<|the >sum of <{X}|all [the ]{X}>", {
            "sum of {X}", "the sum of {X}", "sum of all {X}", "the sum of all {X}",
            "sum of all the {X}", "the sum of all the {X}",
        }),
    ],
)  # fmt: skip
def test_every_choice_is_drawn_and_no_other(text: str, expected: set[str] | None) -> None:
    if expected is None:
        with pytest.raises(PatternError, match=r"stands in \[...\]"):
            Pattern.parse(text)
    else:
        assert _texts(text) == expected


def test_a_shared_pattern_is_put_in_its_place() -> None:
    assert _texts("the $BIG one", {"BIG": "<big|large>"}) == {"the big one", "the large one"}


def test_the_slots_are_known_whatever_is_drawn() -> None:
    assert Pattern.parse("<{X}|all> [of {N!}]").slots == {"X", "N"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<a|b", "'<' is never closed"),
        ("[a", r"'\[' is never closed"),
        ("<a]", "']' closes a bracket of the other kind"),
        ("a|b", r"'\|' stands outside"),
        ("a > b", "'>' stands outside"),
        ("the $NONE", r"\$NONE is not defined above"),
    ],
)
def test_a_malformed_pattern_is_quoted(text: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        Pattern.parse(text)
