"""Numbers that the model has no label for become arguments."""

from pathlib import Path

import pytest

from saps.data import read_examples
from saps.data.symbols import ARGUMENTS
from saps.decoding.english import Reading, Vocabulary, read_english

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = [example.text for example in read_examples(ROOT / "data" / "sample.jsonl")]
VOCABULARY = Vocabulary(Vocabulary.of_texts(SAMPLE).words | {"than", "greater", "th"})


def read(text: str, **arguments: str) -> Reading:
    return read_english(text, VOCABULARY, arguments)


@pytest.mark.parametrize(
    ("text", "expected", "stand_ins"),
    [
        ("Given an array xs of numbers, find elements of xs greater than 3",
         "given an array a of numbers and a number b , find elements of a greater than b",
         {"b": "3"}),
        ("given an array a, elements of a greater than 3, three or seven",
         "given an array a and numbers b and c , elements of a greater than b , b or c",
         {"b": "3", "c": "7"}),
        ("given an array a and a number b, add 7 to b",
         "given an array a and numbers b and c , add c to b",
         {"c": "7"}),
        ("given numbers a, b and c and a string d, a + 7",
         "given numbers a , b and c , a string d and a number e , a + e",
         {"e": "7"}),
        ("given an array a find the first 5",
         "given an array a and a number b find the first b",
         {"b": "5"}),
        ("consider a strange thing, find the first 5",
         "consider a strange thing and a number b , find the first b",
         {"b": "5"}),
        ("the first five words", "given a number b , the first b words", {"b": "5"}),
        ("the sum of the numbers 3 and 5", "the sum of the numbers b and c", {"b": "3", "c": "5"}),
        ("the sum of 3, 4 and 5",
         "given numbers b , c and d , the sum of b , c and d", {"b": "3", "c": "4", "d": "5"}),
        ("words 3 and 5", "given numbers b and c , words b and c", {"b": "3", "c": "5"}),
        ("the 3rd element", "given a number b , the b - th element", {"b": "3"}),
        ("the tenth element", "given a number b , the b - th element", {"b": "10"}),
        ("sum of a and -1", "given a number b , sum of a and b", {"b": "-1"}),
        ("the sum of b and 2.5", "given a number c , the sum of b and c", {"c": "2.5"}),
        ("the sum of 02 and 1.0", "given a number b , the sum of 2 and b", {"b": "1.0"}),
        ("0 - based index 3", "given a number b , 0 - based index b", {"b": "3"}),
    ],
)  # fmt: skip
def test_number_becomes_a_declared_letter(
    text: str, expected: str, stand_ins: dict[str, str]
) -> None:
    reading = read(text)
    assert (reading.text, reading.stand_ins) == (expected, stand_ins)


@pytest.mark.parametrize(
    "text",
    [
        "find 0 , 1 , 2 or 10",
        "the second element of a",
        "the element with 1 - based index a",
        "the sum of the first half of xs2 and x3",
        "list 1, 2, 3 and so on, up to a",
        "the places 3, 6, 9, 12, ... of a",
        "find 4, 5, etc.",
    ],
)
def test_what_the_model_has_labels_or_words_for_stays(text: str) -> None:
    assert read(text).stand_ins == {}


def test_ordinals_after_the_second_are_letters_though_the_model_has_read_their_words() -> None:
    knows_third = Vocabulary(VOCABULARY.words | {"third"})
    reading = read_english("the 1st, 2-nd, 3rd and fourth of a", knows_third)
    assert reading.text == "given numbers b and c , the first , second , b - th and c - th of a"
    assert reading.changes == (
        ("1st", "first"), ("2-nd", "second"), ("3rd", "3-th"), ("fourth", "4-th"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the first , third , fifth and so on of a", "the first , third , fifth and so on of a"),
        ("the 1st, 3rd, 5th, ... of a", "the first , third , fifth and so on of a"),
        (
            "keep the second, drop the third, and so on",
            "keep the second , drop the third and so on",
        ),
    ],
)
def test_ordinals_that_show_how_a_series_goes_on_stay(text: str, expected: str) -> None:
    knows_all = Vocabulary(VOCABULARY.words | {"third", "fifth", "keep", "drop"})
    reading = read_english(text, knows_all)
    assert reading.text.replace(", and so on", "and so on") == expected
    assert reading.stand_ins == {}


@pytest.mark.parametrize(
    ("text", "stand_ins"),
    [
        ("elements of a less than 0", {"b": "0"}),
        ("elements of a below zero", {"b": "0"}),
        ("is a at least 0", {"b": "0"}),
        ("integers from 10 to a", {"b": "10"}),
        ("elements of a greater than 0", {}),
        ("elements of a less than 10", {}),
        ("integers from 1 to 10", {}),
        ("numbers at least 0 and at most a", {}),
    ],
)
def test_a_label_gets_a_letter_where_no_model_has_read_it(
    text: str, stand_ins: dict[str, str]
) -> None:
    knows_ten = Vocabulary(VOCABULARY.words | {"0", "10"})
    assert read_english(text, knows_ten).stand_ins == stand_ins


def test_a_label_that_the_model_never_read_gets_a_letter() -> None:
    assert "40" not in VOCABULARY
    assert read("elements of a greater than 40").stand_ins == {"b": "40"}
    with_forty = Vocabulary(VOCABULARY.words | {"40"})
    assert read_english("elements of a greater than 40", with_forty).stand_ins == {}


def test_a_number_that_was_read_gets_a_letter_where_the_model_has_no_label() -> None:
    leaves = ("0", "1", *ARGUMENTS)
    reading = read_english("a modulo 2", VOCABULARY, {"a": "int"}, leaves)
    assert (reading.text, reading.stand_ins) == ("given numbers a and b , a modulo b", {"b": "2"})


def test_declared_arguments_and_numbers_are_declared_together() -> None:
    reading = read("elements of prices greater than 3", prices="int[]", low="int")
    assert reading.text.startswith("given an array of numbers a and numbers b and c , elements of")
    assert reading.names == {"a": "prices", "b": "low"}
    assert reading.stand_ins == {"c": "3"}


def test_a_capital_letter_that_is_declared_is_not_free() -> None:
    assert read("elements greater than 3", B="int[]").stand_ins == {"c": "3"}


def test_letters_that_no_model_reads_stand_for_nothing() -> None:
    reading = read_english("the sum of 3 , 4 and 5", VOCABULARY, None, ("a", "c", "l"))
    assert reading.stand_ins == {"c": "3"}
    assert reading.unknown == ("4", "5")
    many = read("find " + " , ".join(str(n) for n in range(11, 31)))
    assert "".join(many.stand_ins) == "bcdefghji"


def test_numbers_are_no_names() -> None:
    reading = read("add the numbers five and seven")
    assert (reading.names, reading.stand_ins) == ({}, {"b": "5", "c": "7"})
    named = read("given a number called seven , find seven")
    assert (named.names, named.stand_ins) == ({"a": "seven"}, {})


def test_other_spellings_are_among_the_changes() -> None:
    changes = read("a hundred , twenty-five , third and 7").changes
    assert changes == (("a hundred", "100"), ("twenty-five", "25"), ("third", "3-th"))
