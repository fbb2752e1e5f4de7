"""Which words are names of arguments, and which letters they get."""

import pytest

from saps.decoding.english.names import name_by_letters
from saps.decoding.english.vocabulary import word_set

KNOWN = word_set("given find an array number numbers and of the sum greater than string")


def letters(text: str, *declared: str) -> tuple[str, dict[str, str]]:
    naming = name_by_letters(text, declared, KNOWN)
    return naming.text, dict(naming.names)


@pytest.mark.parametrize(
    ("text", "expected", "names"),
    [
        ("an array nums, find it", "an array a, find it", {"a": "nums"}),
        ("an array nums of numbers", "an array a of numbers", {"a": "nums"}),
        ("an array called sum", "an array called a", {"a": "sum"}),
        ("numbers foo and bar, foo", "numbers a and b, a", {"a": "foo", "b": "bar"}),
        ("numbers x, y and z", "numbers a, b and c", {"a": "x", "b": "y", "c": "z"}),
        ("the sum of my_list", "the sum of a", {"a": "my_list"}),
        ("the sum of xs2 and priceList", "the sum of a and b", {"a": "xs2", "b": "priceList"}),
        ("the sum of `prices`", "the sum of `a`", {"a": "prices"}),
        ("the n-th of a", "the b-th of a", {"b": "n"}),
        ("an array N, n", "an array a, a", {"a": "N"}),
    ],
)
def test_name_becomes_a_free_letter(text: str, expected: str, names: dict[str, str]) -> None:
    assert letters(text) == (expected, names)


@pytest.mark.parametrize(
    "text",
    [
        "an array a and a number b",
        "numbers summing to more",
        "given an array",
        "what's the sum",
        "find I and A",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert letters(text) == (text, {})


def test_article_leaves_the_letter_free() -> None:
    assert letters("given a number limit")[1] == {"a": "limit"}


def test_declared_noun_loses_its_article() -> None:
    assert letters("sort the words", "words") == ("sort a", {"a": "words"})
    assert letters("the largest of the prices", "prices") == ("the largest of a", {"a": "prices"})
    assert letters("the largest of the k", "k")[0] == "the largest of a"
    assert letters("the k largest of them", "k")[0] == "the a largest of them"


def test_letters_that_generated_texts_never_use_get_others() -> None:
    assert letters("add k to l") == ("add a to b", {"a": "k", "b": "l"})


def test_declared_name_is_a_name_wherever_it_stands() -> None:
    assert letters("the sum of Sum", "sum") == ("the a of a", {"a": "sum"})


def test_declared_name_that_the_text_lacks_gets_a_letter_too() -> None:
    assert letters("the sum of a", "limit") == ("the sum of a", {"b": "limit"})


def test_declared_letters_keep_their_own() -> None:
    naming = name_by_letters("the sum of xs", ["a", "xs"], KNOWN, given=["a"])
    assert naming.names == {"b": "xs"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Given a list prices and a number limit, add", "Given a list a and a number b, add"),
        ("given numbers low and high, add", "given numbers a and b, add"),
        ("a list of numbers scores, its size", "a list of numbers a, its size"),
        ("the numbers inside, the list prices", "the numbers inside, the list prices"),
        ("given a list sorted and reversed", "given a list sorted and reversed"),
        ("given a list reversed, add", "given a list reversed, add"),
    ],
)
def test_a_known_word_is_a_name_where_it_is_declared(text: str, named: str) -> None:
    known = {"prices", "limit", "low", "high", "scores", "inside", "sorted", "reversed"}
    assert name_by_letters(text, (), known).text == named


def test_a_declared_noun_loses_its_article_though_the_word_is_known() -> None:
    found = name_by_letters("sort the scores by the sum", ("scores", "sum"), {"scores", "sum"})
    assert found.text == "sort a by the b"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("given array of numbers first and array of numbers second, find first",
         "given array of numbers a and array of numbers b, find a"),
        ("given a list of strings words and a string w, count w in words",
         "given a list of strings a and a string b, count b in a"),
        ("I have a list of numbers numbers. Find the numbers",
         "I have a list of numbers a. Find a"),
        ("given a string text get the last of text", "given a string a get the last of a"),
        ("given a string first, the first letter of first",
         "given a string a, the first letter of a"),
        ("let first be a number and last be a number", "let a be a number and b be a number"),
        ("given number total and number count, find total",
         "given number a and number b, find a"),
        ("given numbers width and height find width", "given numbers a and b find a"),
        ("given array nums return nums", "given array a return a"),
    ],
)  # fmt: skip
def test_a_common_word_is_a_name_where_a_text_opens_with_its_arguments(
    text: str, named: str
) -> None:
    known = KNOWN | {"words", "text", "width", "height", "total"}
    assert name_by_letters(text, (), known).text == named


@pytest.mark.parametrize(
    "text",
    [
        "find the sum of numbers first, then the last",
        "given an array of numbers b, find the numbers first, then add",
        "given an integer array, find it",
        "given a number list, find it",
        "given a list of numbers sorted, find it",
        "given a number b , compute numbers even, then return how many there are",
        "let d be the length of array strings of words in b",
        "is it a number? numbers even, say",
    ],
)
def test_a_common_word_is_no_name_elsewhere(text: str) -> None:
    known = KNOWN | {"list", "integer", "return"}
    assert name_by_letters(text, (), known).names == {}


def test_a_word_of_other_letters_is_one_word() -> None:
    assert letters("the sum of caf\u00e9 prices, \u6570\u5b57 and \u03b1")[1] == {"a": "\u03b1"}
    assert letters("add \u03b1 to \u03b2")[0] == "add a to b"


def test_an_article_goes_with_a_named_noun() -> None:
    text = "given a list scores, the sum of the scores"
    assert letters(text)[0] == "given a list a, the sum of a"
