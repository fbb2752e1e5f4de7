"""The translation to Python of deep programs: how much work it is, and that it stays right."""

import ast
import json
from collections.abc import Callable
from typing import Any

import pytest

from saps.lang import AlgoLispError, Node, compile_program, parse, to_python, values_equal
from saps.lang.python import writer as spare
from saps.lang.python.translation import Translation
from tests.lang.test_to_python import VECTORS, load, read_value

ARGUMENTS = {"a": "int[]", "b": "int"}
NESTS = {
    "choice": "(if (< (head a) b) (+ b 1) (if (== b 2) 1 (reduce a 0 (lambda2 HERE))))",
    "map": "(reduce (map a (lambda1 (if (< arg1 b) HERE (+ arg1 1)))) 0 +)",
    "reduce": "(reduce a 0 (lambda2 (if (< arg1 arg2) HERE (/ arg1 (- 0 arg2)))))",
    "facts": "(reduce a 1 (lambda2 (/ (* arg1 2.5) HERE)))",
    "invoke": "(invoke1 (lambda1 (if (< arg1 1) (+ arg1 arg1) HERE)) (head a))",
    "recursion": "(invoke1 (lambda1 (if (<= arg1 1) (/ HERE -2) (self (- arg1 1)))) b)",
}


def nest(level: str, depth: int) -> Node:
    """A level in itself, over and over, with `b` in the middle."""
    text = "b"
    for _ in range(depth):
        text = level.replace("HERE", text)
    return parse(text)


@pytest.fixture
def count_visits(monkeypatch: pytest.MonkeyPatch) -> Callable[[Node], int]:
    """Translates a program and counts how often a node of it is; stops far beyond any need."""
    n_visits = 0
    visit = Translation._any_term

    def counted(self: Translation, *arguments: Any) -> Any:
        nonlocal n_visits
        n_visits += 1
        assert n_visits < 20_000, "the translation does not end"
        return visit(self, *arguments)

    def count(program: Node) -> int:
        nonlocal n_visits
        n_visits = 0
        to_python(program, ARGUMENTS, "int")
        return n_visits

    monkeypatch.setattr(Translation, "_any_term", counted)
    return count


@pytest.mark.parametrize("level", NESTS.values(), ids=NESTS.keys())
def test_work_on_a_deep_nest_is_bounded(level: str, count_visits: Callable[[Node], int]) -> None:
    program = nest(level, 40)
    assert count_visits(program) <= program.size + spare.MOST_NODES


def test_source_of_a_nest_grows_with_the_nest() -> None:
    source = to_python(nest("(len (digits HERE))", 40), ARGUMENTS, "int")
    assert source.count("for digit in") == 40
    assert ast.parse(source)
    assert len(source) < 100_000


@pytest.mark.parametrize("level", NESTS.values(), ids=NESTS.keys())
@pytest.mark.parametrize("n_spare", [0, 25])
def test_nest_gives_the_value_of_the_interpreter_when_nothing_is_spare(
    level: str, n_spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = nest(level, 3)
    monkeypatch.setattr(spare, "MOST_NODES", n_spare)
    source = to_python(program, ARGUMENTS, "int")
    inputs: dict[str, Any] = {"a": [3, 1, 4], "b": 2}
    expected = compile_program(program, ARGUMENTS)(inputs)
    assert values_equal(load(source)(**inputs), expected), source


def test_python_does_what_the_vectors_say_when_nothing_is_spare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spare, "MOST_NODES", 0)
    n_compared = 0
    for vector in map(json.loads, VECTORS.read_text(encoding="utf-8").splitlines()[::12]):
        return_type = vector["return_type"] if vector["return_type"] != "any" else "T"
        try:
            source = to_python(
                Node.from_short_tree(vector["short_tree"]), vector["args"], return_type
            )
        except AlgoLispError:
            continue
        program = load(source)
        for test in vector["tests"]:
            if "output" in test:
                values = [read_value(test["input"][name]) for name in vector["args"]]
                assert values_equal(program(*values), read_value(test["output"])), source
                n_compared += 1
    assert n_compared > 150


def test_negation_in_brackets_goes_over_lines() -> None:
    program = parse(
        "(reduce (map a (lambda1 (! (reduce (map a (partial0 arg1 ==)) false ||)))) true &&)"
    )
    assert to_python(program, ARGUMENTS, "bool").splitlines()[3:] == [
        "def program(a: list[int], b: int) -> bool:",
        "    result = True",
        "    for x in a:",
        "        result = result & (",
        "            not functools.reduce(",
        "                lambda total, z: total or z, (x == y for y in a), False",
        "            )",
        "        )",
        "    return result",
    ]
