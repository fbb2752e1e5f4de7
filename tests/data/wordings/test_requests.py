"""Tasks of the people's catalogue, drawn, said and read."""

import re
from random import Random

import pytest

from saps.data.data_module import TaskReader
from saps.data.example import Example
from saps.data.tasks.kinds import Kinds, people
from saps.data.tasks.people import Asked, Drawing
from saps.data.wordings.requests import NoWordingError, Request, say
from saps.english import Vocabulary
from saps.lang import compile_program, infer_type, parse

LETTERS = frozenset("abcdefghijkl")


def _some(count: int, seed: int = 0, kinds: Kinds | None = None) -> list[tuple[Asked, Request]]:
    drawing, rng, found = Drawing(kinds or people()), Random(seed), []  # type: ignore[var-annotated]
    while len(found) < count:
        asked = drawing.draw(rng)
        if asked is not None:
            try:
                found.append((asked, say(asked, rng)))
            except NoWordingError:
                continue
    return found


SOME = _some(300)


def test_the_same_seed_says_the_same() -> None:
    again = _some(20)
    assert [request.text for _, request in again] == [request.text for _, request in SOME[:20]]


def test_programs_are_of_their_types() -> None:
    for asked, request in SOME:
        program = asked.program()
        assert program is not None
        found = str(infer_type(program, request.arguments))
        assert found == asked.kind.language_type or any(c.isupper() for c in found)


def test_what_stands_in_a_task_is_mostly_a_common_step() -> None:
    fillers = [filler for asked, _ in SOME for filler in asked.fillers.values()]
    inner = [f.kind for f in fillers if isinstance(f, Asked) and f.kind.sort == "="]
    assert sum(kind.is_step for kind in inner) > len(inner) / 2


def test_no_slot_and_no_mark_of_a_pattern_is_left_in_a_text() -> None:
    for _, request in SOME:
        text = re.sub(r"\{(?:int|str|bool|float|number)\}", "", request.text)  # JSDoc's types
        assert not re.search(r"\{[a-zA-Z]\w*\}|\{\w+[.=]", text), text
        assert not any("\ue000" <= character <= "\ue010" for character in request.text)


def test_notes_follow_requests_with_their_slots_filled() -> None:
    text = """
= count_above
about: how many numbers exceed a bound
slots: xs: int[], k: int
returns: int
program: (len (filter xs (lambda1 (> arg1 k))))
example: {"xs": [3, 8, 1], "k": 2} -> 2
chat: how many of {xs} exceed {k}?
do: count those of {xs} that exceed {k}
note: exactly {k} is not above
"""
    said = [request.text.lower() for _, request in _some(60, 0, Kinds.parse({"some.txt": text}))]
    noted = [text for text in said if "is not above" in text]
    assert 10 < len(noted) < 50
    assert all(text.index("exceed") < text.index("is not above") for text in noted)


def test_names_of_arguments_are_distinct_and_possible() -> None:
    for _, request in SOME:
        assert len({name.lower() for name in request.arguments}) == len(request.arguments)
        assert all(name.isidentifier() for name in request.arguments)


@pytest.mark.parametrize("declared", [0.0, 1.0])
def test_a_task_that_was_read_has_letters_and_the_same_meaning(declared: float) -> None:
    vocabulary = Vocabulary(frozenset())
    constants = {
        part.symbol
        for asked, _ in SOME
        if (program := asked.program()) is not None
        for part in program.preorder()
        if not part.children
    }
    reader, rng, n_read = TaskReader(vocabulary, constants | LETTERS, declared), Random(1), 0
    for asked, request in SOME:
        program = asked.program()
        assert program is not None
        task = Example(request.text, request.arguments, asked.kind.language_type, program, ())
        read = reader(task, rng)
        if read is None:
            continue
        n_read += 1
        assert set(read.arguments) <= LETTERS
        assert read.program.size == program.size
        compile_program(read.program, read.arguments)
        if declared and request.arguments:
            assert read.text.startswith("given ")
    assert n_read > 0.9 * len(SOME)


def test_a_task_whose_text_is_marks_alone_is_left_out() -> None:
    reader = TaskReader(Vocabulary(frozenset()), LETTERS | {"1", "2"}, declared=0.0)
    task = Example('"""', {}, "int", parse("(+ 1 2)"), ())
    assert reader(task, Random(1)) is None


def test_a_task_whose_program_calls_an_argument_is_left_out() -> None:
    reader = TaskReader(Vocabulary(frozenset()), LETTERS | {"1", "+"}, declared=0.0)
    for body, is_kept in (("(arg1 1 a)", False), ("(arg1 arg1 a)", False), ("(+ 1 a)", True)):
        program = parse(f"(invoke1 (lambda1 {body}) a)")
        task = Example("what becomes of a", {"a": "int"}, "int", program, ())
        assert (reader(task, Random(1)) is not None) == is_kept
