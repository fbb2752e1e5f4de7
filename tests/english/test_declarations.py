"""Argument types from programs and from what their texts say."""

import pytest

from saps.english.declarations import (
    declared_types,
    opening_types,
    settle_signature,
    spoken_element,
)
from saps.lang import AlgoLispError, parse


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("given a number a and an array of numbers b , find", {"a": "int", "b": "int[]"}),
        ("given numbers a , b and c and a string d", dict.fromkeys("abc", "int") | {"d": "string"}),
        ("Given numbers a and a string b", {"a": "int", "b": "string"}),
        ("you given numbers a b , your is find a + b", {"a": "int", "b": "int"}),
        ("consider arrays of strings a and c", {"a": "string[]", "c": "string[]"}),
        ("given a list of integers b, find", {"b": "int[]"}),
        ("given an int a and a list of ints b , find", {"a": "int", "b": "int[]"}),
        ("given a number a and a string a", {}),
        ("what is the answer", {}),
        ("given an array of numbers b , i have a list", {"b": "int[]"}),
        ("given numbers b and c , a hall has b rows", {"b": "int", "c": "int"}),
        ("given numbers b , a and i , find", {"b": "int", "a": "int", "i": "int"}),
        ("the numbers i want", {}),
    ],
)
def test_declared_types_reads_what_the_text_says(text: str, types: dict[str, str]) -> None:
    assert declared_types(text) == types


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("Given an array of numbers a and a string b, find", {"a": "int[]", "b": "string"}),
        ("given numbers a , b and c , find a", dict.fromkeys("abc", "int")),
        ("given a string , an array of numbers and a number c , find", {}),
        ("you are given an array a and a number b , find", {}),
        ("given a number b , find the numbers in c that are greater than b", {}),
        ("given a number b , let c be b squared , find c + b", {"b": "int"}),
        ("given an array of numbers a , find those above 1e3 , 5k and 0x10", {"a": "int[]"}),
        ("given a number a and a string a , find", {}),
        ("find the sum of numbers a and b", {}),
    ],
)
def test_opening_types_are_those_of_all_arguments_or_none(text: str, types: dict[str, str]) -> None:
    assert opening_types(text) == types


@pytest.mark.parametrize(
    ("program", "text", "signature"),
    [
        (
            "(filter a (partial1 b >))",
            "an array of strings a",
            "(a: string[], b: string) -> string[]",
        ),
        ("(filter a (partial1 b >))", "", "(a: int[], b: int) -> int[]"),
        ("(reverse a)", "given an array of strings a , reverse it", "(a: string[]) -> string[]"),
        ("(+ a b)", "given strings a and b", "(a: int, b: int) -> int"),
        ("(len a)", "given an array of strings a and a number b", "(a: string[]) -> int"),
    ],
)
def test_settle_signature_follows_the_text_where_the_program_allows(
    program: str, text: str, signature: str
) -> None:
    assert str(settle_signature(parse(program), text)) == signature


def test_settle_signature_refuses_an_ill_typed_program() -> None:
    with pytest.raises(AlgoLispError, match="int"):
        settle_signature(parse("(strlen (len a))"), "given an array of strings a")


@pytest.mark.parametrize(
    ("text", "types", "element"),
    [
        ("rotate the items by k", ["T[]", "int"], None),
        ("sort the numbers", ["T[]"], "int"),
        ("drop repeated words", ["T[]"], "string"),
        ("how many numbers stand between the words", ["T[]", "T"], None),
        ("the sum of the amounts whose category is c", ["T[]", "int[]", "T"], None),
        ("which ones exceed k", ["T[]", "T"], "int"),
        ("who has most points", ["T[]", "U[]"], None),
    ],
)
def test_what_a_text_speaks_of(text: str, types: list[str], element: str | None) -> None:
    symbols = {">", "filter"} if "exceed" in text or "most" in text else {"=="}
    assert spoken_element(text, types, symbols) == element
