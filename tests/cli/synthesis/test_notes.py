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
