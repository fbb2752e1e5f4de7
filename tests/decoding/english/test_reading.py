"""Free English becomes the data's English, and the data's English stays."""

import json
from pathlib import Path

import pytest

from saps.data import read_examples
from saps.decoding.english import Reading, Vocabulary, read_english
from saps.decoding.english.vocabulary import word_set

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = [example.text for example in read_examples(ROOT / "data" / "sample.jsonl")]
WORDS = "array arrays concatenation greater integers largest less odd or string symmetric than"
VOCABULARY = Vocabulary(Vocabulary.of_texts(SAMPLE).words | set(WORDS.split()))


BUNDLED = Vocabulary(
    frozenset(json.loads((ROOT / "saps" / "pretrained" / "words.json").read_text()))
)


def read(text: str, **arguments: str) -> Reading:
    return read_english(text, VOCABULARY, arguments)


@pytest.mark.parametrize("text", SAMPLE)
def test_text_in_the_form_of_the_data_stays_as_it_is(text: str) -> None:
    assert read(text) == Reading(text, {}, (), ())


@pytest.mark.parametrize("text", SAMPLE)
def test_text_in_the_form_of_the_data_stays_for_the_bundled_model(text: str) -> None:
    assert read_english(text, BUNDLED) == Reading(text, {}, (), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Given an ARRAY of Numbers A,find A.", "given an array of numbers a , find a"),
        ("given a array a , find the sum of a", "given an array a , find the sum of a"),
        ("given an number a , find a", "given a number a , find a"),
        ("given a list a , find the median of a", "given an array a , find the median of a"),
        ("given an array a , find the sum of all item in a",
         "given an array a , find the sum of all element in a"),
        ("given an array a , find the medians of a", "given an array a , find the median of a"),
        ("given an array a , find the mediann of a", "given an array a , find the median of a"),
        ("Please calculate the median of a", "compute the median of a"),
        ("Could you please return the median of a?", "find the median of a"),
        ("What's the median of a?", "what is the median of a"),
        ("I have an array a; find the elements of a above ten",
         "given an array a , find the elements of a greater than 10"),
        ("i need the median of a", "find the median of a"),
    ],
)  # fmt: skip
def test_free_english_is_read(text: str, expected: str) -> None:
    assert read(text).text == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("tiems", "times"), ("itesm", "items"), ("tiem", "time"), ("tims", None), ("itme", "item")],
)
def test_two_swapped_letters_are_the_likeliest_mistake(typed: str, meant: str | None) -> None:
    vocabulary = Vocabulary(word_set("a ties items item times time tiles"))
    assert vocabulary.spelling(typed) == meant


def test_a_short_word_is_mended_only_where_two_letters_are_swapped() -> None:
    vocabulary = Vocabulary(word_set("even over cost the"))
    words = ("evne", "ovr", "coat", "teh")
    assert [vocabulary.spelling(word) for word in words] == ["even", None, None, None]


def test_curly_quotes_are_plain_ones() -> None:
    reading = read("find the “5” and ‘a’ of a")
    assert reading.stand_ins == {}
    assert not {"“", "”"} & set(reading.text)


@pytest.mark.parametrize(
    "text",
    [
        "given a number b , find the sum of first b non - negative integers",
        "given an array of strings a , let d be the length of array strings of words in a , find d",
        "given an array of numbers a , find values in a that are between 0 and 10 inclusive",
        "given numbers a and b , what is the number equal to a when b is odd and to 0 if not",
        "given an array of numbers a , find numbers in a which are not equal to 0",
    ],
)
def test_text_of_the_generator_stays_whatever_else_the_model_has_read(text: str) -> None:
    words = Vocabulary(VOCABULARY.words | Vocabulary.of_texts([text]).words)
    assert read_english(text, words) == Reading(text, {}, (), ())


def test_clauses_begin_anew_only_with_words_that_were_never_read() -> None:
    text = "given an array a , count the elements of a , sum all elements of a"
    assert {"count", "sum"} <= VOCABULARY.words
    assert read(text).text == text
    neither = Vocabulary(VOCABULARY.words - {"count", "sum"})
    reading = read_english(text, neither)
    clauses = "find the number of elements of a , find the sum of all elements of a"
    assert reading.text == f"given an array a , {clauses}"


def test_changes_say_what_was_read_as_what() -> None:
    reading = read("given a list a , calculate the biggset element of a")
    assert reading.changes == (("list", "array"), ("calculate", "compute"), ("biggset", "biggest"))


def test_unknown_words_are_named_once_and_stay_in_the_text() -> None:
    text = "given an array a , frobnicate the xylophone , frobnicate a 2 times"
    reading = read(text)
    assert reading.unknown == ("frobnicate", "xylophone")
    assert reading.text == text


def test_names_are_letters_for_the_model() -> None:
    reading = read("Given a list nums and a number limit, find the elements of nums above limit")
    assert reading.text == "given an array a and a number b , find the elements of a greater than b"
    assert reading.names == {"a": "nums", "b": "limit"}


def test_declared_arguments_are_declared_to_the_model() -> None:
    reading = read("Find the sum of prices", prices="int[]")
    assert reading.text == "given an array of numbers a , find the sum of a"
    assert reading.names == {"a": "prices"}


def test_declared_arguments_of_one_kind_are_declared_together() -> None:
    reading = read("find low plus high plus a", low="int", high="int", words="string[]")
    assert reading.text.startswith("given numbers b and c and an array of strings d , find")
    assert reading.names == {"b": "low", "c": "high", "d": "words"}


def test_a_text_that_declares_its_arguments_is_not_told_again() -> None:
    text = "given an array of numbers a , find the sum of a"
    assert read(text, a="int[]").text == text


def test_words_guessed_from_pieces_correct_no_spelling() -> None:
    guessed = Vocabulary(VOCABULARY.words, is_exact=False)
    reading = read_english("given an array a , find the mediann of a", guessed)
    assert (reading.text.split()[7], reading.unknown) == ("mediann", ("mediann",))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Which is largest? Add a to it!", "which is largest , add a to it"),
        ("Sort a, please. Then reverse it", "sort a , then reverse it"),
        ("Is a even?", "is a even"),
        ("the elements , and so forth", "the elements , and so on"),
        ("the however of a", "the however of a"),
    ],
)
def test_sentences_are_parted_by_single_commas_and_words_keep_their_first_letter(
    typed: str, read: str
) -> None:
    words = (
        "which is largest add a to it sort then reverse even the elements , and so on of whoever"
    )
    assert read_english(typed, Vocabulary(frozenset(words.split()))).text == read


def test_a_before_a_plural_is_a_name() -> None:
    text = "given a numbers b , find + number array of"
    words = Vocabulary.of_texts([text])
    assert read_english("given a numbers b, a + b", words).text == "given numbers a b , a + b"
    assert read_english("given an array of a numbers", words).text == "given an array of a numbers"
    assert read_english("given a number b", words).text == "given a number b"
