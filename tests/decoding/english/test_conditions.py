"""Conditions and choices in the words that the data have."""

import pytest

from saps.decoding.english.notation import in_words

TYPES = {"n": "int", "x": "int", "y": "int", "xs": "int[]", "s": "string", "t": "string"}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Return 1 if x is positive, otherwise 0.",
         "find the number equal to 1 when x is positive and to 0 if not."),
        ("find x if n is even else y",
         "find the number equal to x when n is even and to y if not"),
        ("if n is even return n plus 1, else return 3",
         "find the number equal to n plus 1 when n is even and to 3 if not"),
        ("If n is odd, then return x. Otherwise, return y.",
         "find the number equal to x when n is odd and to y if not."),
        ("Given x, give back the sum of xs when n is in xs; otherwise 0",
         "Given x, find the number equal to the sum of xs when n is in xs and to 0 if not"),
    ],
)  # fmt: skip
def test_a_choice_between_numbers_is_told_as_one_number(typed: str, told: str) -> None:
    assert in_words(typed, TYPES).text == told


@pytest.mark.parametrize(
    "text",
    [
        "return true if n is in xs, else false",
        "return s if n is even, otherwise t",
        'return "a" if n is even, otherwise "b"',
        "return xs if n is even, otherwise the sorted xs",
        "return the elements of xs if n is even, otherwise 0",
        "return x if n is even",
    ],
)
def test_another_choice_stays(text: str) -> None:
    assert in_words(text, TYPES).text == text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("sum of the negative numbers", "sum of the numbers that are less than 0"),
        ("the negative elements of xs", "the elements of xs that are less than 0"),
        ("the first negative number in xs", "the first number in xs that is less than 0"),
        ("is n negative?", "is n less than 0?"),
        ("how many of xs are negative", "how many of xs are less than 0"),
        ("product of all nonzero numbers", "product of all numbers that are not equal to 0"),
        ("the non-zero items in xs", "the items in xs that are not equal to 0"),
        ("whether x is nonzero", "whether x is not equal to 0"),
    ],
)
def test_signs_are_comparisons(typed: str, told: str) -> None:
    assert in_words(typed, TYPES).text == told


@pytest.mark.parametrize(
    "text",
    [
        "all non-negative integers below n",
        "the first n non - negative integers",
        "x times negative three",
        "is x positive or negative in xs",
        "It's fine if the result is negative.",
        "every number that is not negative",
        "the negative of x",
    ],
)
def test_what_is_no_condition_stays(text: str) -> None:
    assert in_words(text, TYPES).text == text


def test_an_argument_may_be_called_negative() -> None:
    text = "is n in negative"
    assert in_words(text, {"n": "int", "negative": "int[]"}).text == text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("whether n is between 1 and 100", "whether n is between 1 and 100 inclusive"),
        ("numbers in xs between x and y.", "numbers in xs between x and y inclusive."),
        ("is n between x and y?", "is n between x and y inclusive?"),
        ("is n strictly between x and y", "is n strictly between x and y"),
        ("is n between x and y, both included", "is n between x and y, both included"),
        ("is the difference between x and y even", "is the difference between x and y even"),
        ("put a space between s and t", "put a space between s and t"),
        ("elements of xs between positions x and y", "elements of xs between positions x and y"),
        ("even numbers between x and y", "even numbers between x and y"),
    ],
)
def test_a_range_of_values_has_its_ends_in_it(typed: str, told: str) -> None:
    assert in_words(typed, TYPES).text == told
