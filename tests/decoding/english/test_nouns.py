"""Names for what a text speaks of without any."""

import pytest

from saps.decoding.english.nouns import names_of, with_names, with_things

XS = {"xs": "int[]"}
WS = {"ws": "string[]"}
N = {"n": "int"}
S = {"s": "string"}


@pytest.mark.parametrize(
    ("text", "named", "arguments"),
    [
        ("sort a list of numbers", "sort xs", XS),
        ("The sum of the squares of an integer array", "The sum of the squares of xs", XS),
        ("the longest string in an array of strings", "the longest string in ws", WS),
        ("which words in the array are palindromes", "which words in ws are palindromes", WS),
        ("Reverse a string", "Reverse s", S),
        ("is a positive number prime", "is n prime", N),
        ("add two numbers", "add n and m", {"n": "int", "m": "int"}),
        ("join two words", "join s and t", {"s": "string", "t": "string"}),
        (
            "the dot product of two integer lists",
            "the dot product of xs and ys",
            XS | {"ys": "int[]"},
        ),
        ("add a given number to each element of a list", "add n to each element of xs", XS | N),
        ("are any elements of a list above a limit", "are any elements of xs above n", XS | N),
        ("words of a list longer than a given length", "words of ws longer than n", WS | N),
        ("the average of the prices", "the average of xs", XS),
        ("the product of all positive numbers", "the product of all positive numbers in xs", XS),
        ("the highest score", "the highest score in xs", XS),
        ("subtract one from every price", "subtract one from every price in xs", XS),
        ("square the array; then reverse the array", "square xs; then reverse xs", XS),
        ("smallest nubmer in a lsit", "smallest number in xs", XS),
        ("sum of the first 9 natural numbers", "sum of the first 9 natural numbers", {}),
        ("fibonacci", "fibonacci", {}),
        ("what should I say", "what should I say", {}),
    ],
)
def test_phrases_become_names(text: str, named: str, arguments: dict[str, str]) -> None:
    found = with_names(text)
    assert (found.text, found.arguments) == (named, arguments)


@pytest.mark.parametrize(
    "text", ["put zero where a number in the list is negative", "split a list of its words"]
)
def test_what_is_a_part_of_another_is_no_argument(text: str) -> None:
    assert "int" not in with_names(text).arguments.values()


def test_many_beside_a_number_may_be_an_array() -> None:
    named = with_names("numbers greater than a given number")
    assert (named.text, named.arguments) == ("numbers greater than n", N)
    things = with_things(named)
    assert things is not None
    assert (things.text, things.arguments) == ("numbers in xs greater than n", XS | N)
    assert with_things(things) is None


def test_each_argument_has_a_name_of_its_own() -> None:
    assert list(names_of(("int[]",) * 4)) == ["xs", "ys", "xs3", "xs4"]
