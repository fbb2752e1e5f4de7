"""Texts that cannot be meant as they stand."""

import pytest

from saps.english.declarations import contradiction


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("given a list xs and a number xs, return xs", "calls two things xs, a list and a number"),
        ("Given a string s and an integer s, repeat s", "calls two things s, a string and a"),
        (
            "Sort the list in ascending order. Sort the list in descending order.",
            "both 'ascending' and 'descending'",
        ),
        ("return the largest element; return the smallest element", "'largest' and 'smallest'"),
        ("keep the odd numbers of xs\nkeep the even numbers of xs", "both 'odd' and 'even'"),
    ],
)
def test_what_contradicts_itself_is_told(text: str, told: str) -> None:
    assert told in (contradiction(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "the largest element of xs minus the smallest element of xs",
        "given a list xs and a number n, count what is above n in the list xs",
        "an array of numbers xs and a list xs2",
        "if n is even return its half. if n is odd return three times n",
        "a number n that is an int n",
        "a number of values xs: sum the list xs",
        "Sort the list in ascending order. Then reverse it.",
        "Return the largest element. The smallest element is never asked for.",
        "",
    ],
)
def test_what_can_be_meant_is_no_contradiction(text: str) -> None:
    assert contradiction(text) is None
