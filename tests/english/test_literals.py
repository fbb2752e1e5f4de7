"""Which parts of a text are numbers, and which only look like some."""

import pytest

from saps.english.literals import (
    ImpliedError,
    find_numerals,
    implied,
    plain_digits,
    read_implied,
    unclear_numbers,
)


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
        ("1'000 or 1,00,000", [("1'000", "1000"), ("1,00,000", "100000")]),
        ("0x1F, 0b101, 0o17", [("0x1F", "31"), ("0b101", "5"), ("0o17", "15")]),
        (".5 or -.25", [(".5", "0.5"), ("-.25", "-0.25")]),
        ("1 million or 2.5 thousand", [("1 million", "1000000"), ("2.5 thousand", "2500")]),
        ("two and a half", [("two and a half", "2.5")]),
        ("50% of it", [("50", "50")]),
        ("1,2,3", [("1", "1"), ("2", "2"), ("3", "3")]),
        ("100 101 102", [("100", "100"), ("101", "101"), ("102", "102")]),
        ("2k + 1 of 3x", [("1", "1")]),
    ],
)  # fmt: skip
def test_numbers_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert numbers(text) == found
    assert ordinals(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("more than 3/4 of", [("3/4", "0.75")]),
        ("1/2 and 1/4", [("1/2", "0.5"), ("1/4", "0.25")]),
        ("1 000 000", [("1 000 000", "1000000")]),
        ("1,0000", [("1,0000", "10000")]),
        ("5k or 10K", [("5k", "5000"), ("10K", "10000")]),
        ("greater than half", [("half", "0.5")]),
        ("more than a quarter", [("a quarter", "0.25")]),
        ("by three quarters.", [("three quarters", "0.75")]),
        ("1 1/2", [("1 1/2", "1.5")]),
        (
            "one point five or two point two five",
            [("one point five", "1.5"), ("two point two five", "2.25")],
        ),
        ("less than point five", [("point five", "0.5")]),
    ],
)
def test_what_may_be_meant_otherwise_is_a_guess(text: str, found: list[tuple[str, str]]) -> None:
    assert numbers(text) == found
    assert all(numeral.is_guess for numeral in find_numerals(text))


@pytest.mark.parametrize(
    "text", ["7/2", "1/2/2024", "0/1 flags", "the first half", "half of b", "3/4(a)"]
)
def test_divisions_and_halves_are_no_fractions(text: str) -> None:
    assert not any("." in numeral.literal for numeral in find_numerals(text))


def test_a_percent_sign_is_told_from_a_remainder() -> None:
    texts = [
        "50%",
        "5% of it",
        "5 % of it",
        "by 20%.",
        "7 % 5",
        "7 % b",
        "x%7",
        "7%5",
        "5 percent",
        "5 per cent",
    ]
    found = [next(find_numerals(text)).is_percent for text in texts]
    assert found == [True] * 4 + [False] * 4 + [True] * 2


def test_digits_of_other_scripts_are_digits() -> None:
    assert plain_digits("١٢, ३, ½ or 2½, ٣٫٥, 1٬000") == "12, 3, 0.5 or 2.5, 3.5, 1,000"
    assert plain_digits("10⁶ or x²") == "10^6 or x²"


def test_what_is_not_read_as_one_number_is_told() -> None:
    told = list(unclear_numbers("12 500 or 1e400 or 7 1 000 or 3 4"))
    assert told == [
        ("12 500", "12 and 500"),
        ("1e400", "text, not a number: it is too long for one here"),
    ]
    told = list(unclear_numbers("1M or 2.5bn or 5‰ or 1.000 or 1.5 or 2m + 1"))
    assert told == [
        ("1M", "text, not a number: write it in digits only"),
        ("2.5bn", "text, not a number: write it in digits only"),
        ("5‰", "5, a thousand times the share"),
        ("1.000", "1.0, not as 1000"),
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("dozen 12\n# more\ndozen 13", "implied.txt, line 3: 'dozen' is given in line 1 already"),
        ("dozen twelve", "implied.txt, line 1: expected words and a number"),
        ("vowels aeiou", "line 1: expected"),
    ],
)
def test_a_wrong_line_of_what_words_imply_is_told(lines: str, told: str) -> None:
    with pytest.raises(ImpliedError) as caught:
        read_implied(lines)
    assert told in str(caught.value)


def test_what_words_imply() -> None:
    assert read_implied('dozen 12\nhalf 0.50\nvowels "aeiou"') == {
        "dozen": "12",
        "half": "0.5",
        "vowels": '"aeiou"',
    }
    table = implied()
    assert len(table) >= 50
    assert (table["dozen"], table["vowels"]) == ("12", '"aeiou"')


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
        "version 1.2.3",
        "0-based, 1 - indexed",
        "a third of it, the last third",
        'like [1, 2, 3] or {"a": 4} or "5"',
        "tens, hundreds, thirdly, someone",
        "9" * 1_001,
        "0." + "1" * 30,
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert list(find_numerals(text)) == []
