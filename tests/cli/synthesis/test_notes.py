"""What is told of an answer besides the answer."""

from dataclasses import replace

from saps.cli.synthesis.notes import notes
from saps.decoding.english import Reading
from saps.decoding.synthesis import Candidate, Synthesis
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
