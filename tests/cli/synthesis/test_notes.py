"""What is told of an answer besides the answer."""

from dataclasses import replace
from typing import Any

import pytest

from saps.cli.synthesis.notes import notes
from saps.decoding.english import Reading
from saps.decoding.synthesis import Candidate, Outcome, Synthesis
from saps.lang import parse


def _answer(written: str, **numbers: str) -> Synthesis:
    """An answer whose text had numbers, by letter."""
    program = parse(written)
    candidate = Candidate(program, {}, "int", -0.5, "", written=program)
    answer = Synthesis("x", program, {}, "int", -0.5, "", (candidate,))
    return replace(answer, reading=Reading("x", {}, (), (), numbers))


def test_numbers_that_have_no_part_in_the_program_are_named() -> None:
    told = list(notes(_answer("(+ a c)", b="3", c="5", d="-7")))
    assert told == [
        "the number 3 has no part in the program",
        "the number -7 has no part in the program",
    ]
    assert list(notes(_answer("(+ a b)", b="3"))) == []


def test_arguments_that_the_program_has_not_and_types_that_the_text_has_otherwise_are_named() -> (
    None
):
    program = parse("(* s n)")
    answer = Synthesis("x", program, {"s": "int", "n": "int", "w": "bool"}, "int", -0.5, "")
    text = "given a string a , a number b and an array of numbers c , repeat a b times"
    reading = Reading(text, {}, (), ())
    answer = replace(answer, reading=reading, names={"a": "s", "b": "n", "c": "xs"})
    assert list(notes(answer)) == [
        "the argument w has no part in the program",
        "the argument xs has no part in the program",
        "the text says that s is string, and the program takes int",
    ]
    fitting = replace(answer, arguments={"s": "string", "n": "int"}, names={"a": "s", "b": "n"})
    reading = Reading("given a string a and a number b , repeat a b times", {}, (), ())
    assert list(notes(replace(fitting, reading=reading))) == []


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("given a number a , repeat a", True),
        ("given numbers a and b , repeat a", True),
        ("aray of numbers a", False),
        ("sort the numbers a", False),
    ],
)
def test_a_type_is_called_the_texts_only_where_the_text_says_it(text: str, claims: bool) -> None:
    program = parse("(reduce xs 0 +)")
    answer = Synthesis("x", program, {"xs": "int[]"}, "int", -0.5, "", names={"a": "xs"})
    told = notes(replace(answer, reading=Reading(text, {}, (), ())))
    assert ("the text says that xs is int, and the program takes int[]" in told) == claims


def test_unknown_words_are_cut_and_the_last_of_many_are_counted() -> None:
    unknown = ("q" * 5000, *(f"w{number}" for number in range(11)))
    answer = replace(_answer("a"), reading=Reading("x", {}, (), unknown))
    [told] = [note for note in notes(answer) if "never read" in note]
    assert f"'{'q' * 39}…', 'w0', " in told
    assert "'w8' and 2 more; say it" in told


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        (3.0, 3, "an example has 3.0, and the program gives 3: 3.0 is a float and 3 an int"),
        ([2, 3], [2.0, 3], "an example has [2, 3], and the program gives [2.0, 3]"),
        (3.0, 4, ""),
        (1.0, True, ""),
        ("3.0", "3", ""),
    ],
)
def test_a_float_that_is_taken_for_an_int_is_told(expected: Any, got: Any, told: str) -> None:
    outcome = Outcome({"a": 1}, expected, got, "", passed=False)
    candidate = Candidate(parse("a"), {"a": "int"}, "int", -0.5, "", (outcome,))
    answer = Synthesis("x", parse("a"), {"a": "int"}, "int", -0.5, "", (candidate,))
    found = [note for note in notes(answer) if "float" in note]
    assert [note.startswith(told) for note in found] == ([True] if told else [])
