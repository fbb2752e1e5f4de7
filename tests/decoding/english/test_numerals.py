"""Which parts of a text are numbers, and which only look like some."""

import pytest

from saps.decoding.english.numerals import find_numerals


def numbers(text: str) -> list[tuple[str, str]]:
    """The numbers of a text, each as it was written and as the language writes it."""
    return [(text[n.start : n.end], n.literal) for n in find_numerals(text) if not n.is_ordinal]


def ordinals(text: str) -> list[tuple[str, str]]:
    return [(text[n.start : n.end], n.literal) for n in find_numerals(text) if n.is_ordinal]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("greater than 3.", [("3", "3")]),
        ("3, 5 and 007", [("3", "3"), ("5", "5"), ("007", "7")]),
        ("1,000 or 12,345,678", [("1,000", "1000"), ("12,345,678", "12345678")]),
        ("1_000 or 1_000_000", [("1_000", "1000"), ("1_000_000", "1000000")]),
        ("below 2.50", [("2.50", "2.5")]),
        ("1e9 or 2.5E3", [("1e9", "1000000000"), ("2.5E3", "2500.0")]),
        ("xs[3] and 7-digit", [("3", "3"), ("7", "7")]),
        ("x%7 and 7 % 5", [("7", "7"), ("7", "7"), ("5", "5")]),
        ("Three, Twelve, seventy", [("Three", "3"), ("Twelve", "12"), ("seventy", "70")]),
        ("twenty-five or ninety nine", [("twenty-five", "25"), ("ninety nine", "99")]),
        ("a hundred and five", [("a hundred and five", "105")]),
        ("two hundred thousand", [("two hundred thousand", "200000")]),
        ("one hundred twenty three thousand four hundred and six",
         [("one hundred twenty three thousand four hundred and six", "123406")]),
        ("between one hundred and twenty", [("one hundred", "100"), ("twenty", "20")]),
        ("one hundred and two hundred", [("one hundred", "100"), ("two hundred", "200")]),
        ("five and seven", [("five", "5"), ("seven", "7")]),
        ("nineteen hundred", [("nineteen hundred", "1900")]),
    ],
)  # fmt: skip
def test_numbers_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert numbers(text) == found
    assert ordinals(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-3", [("-3", "-3")]),
        ("greater than -3", [("-3", "-3")]),
        ("greater than - 3", [("- 3", "-3")]),
        ("less than minus three", [("minus three", "-3")]),
        ("by negative 2.5", [("negative 2.5", "-2.5")]),
        ("a - 3", [("3", "3")]),
        ("a -3", [("3", "3")]),
        ("a minus 3", [("3", "3")]),
        ("3-5", [("3", "3"), ("5", "5")]),
        ("length-3", [("3", "3")]),
        ("-0", [("0", "0")]),
    ],
)
def test_minus_is_a_sign_where_nothing_is_subtracted(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the 3rd, 5th, 1st", [("3rd", "3"), ("5th", "5"), ("1st", "1")]),
        ("3-rd, 2-nd, 1-st", [("3-rd", "3"), ("2-nd", "2"), ("1-st", "1")]),
        ("5-th and 5 - th and 5 th", [("5-th", "5"), ("5 - th", "5"), ("5 th", "5")]),
        ("third-largest", [("third", "3")]),
        ("the twenty-first", [("twenty-first", "21")]),
    ],
)
def test_ordinals_are_told_from_numbers(text: str, found: list[tuple[str, str]]) -> None:
    assert ordinals(text) == found
    assert numbers(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "xs2 and a_3",
        "2x or 3e",
        "version 1.2.3 or .5",
        "0-based, 1 - indexed",
        "a third of it, the last third",
        "50% of it",
        'like [1, 2, 3] or {"a": 4} or "5"',
        "tens, hundreds, thirdly, someone",
        "9" * 1_001,
        "0." + "1" * 30,
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert list(find_numerals(text)) == []
