"""Partial trees that cannot become a program that works."""

from math import inf

import pytest

from saps.data.symbols import SymbolTable
from saps.lang import Limits, Node, parse
from saps.lang.node import is_closed
from saps.search.guided import PartialEvaluation, Rehearsal
from saps.search.interface import Hypothesis, ShapeConstraint
from saps.search.request import InputOutput, Request

SYMBOLS = SymbolTable.of_language()
ARGUMENTS = {"a": "int[]", "b": "int"}
EXAMPLES = (InputOutput({"a": [], "b": 0}, 0), InputOutput({"a": [4, 2], "b": 1}, 0))


def written(program: str, n_nodes: int) -> Hypothesis:
    """The partial tree of the first nodes of a program."""
    shape = ShapeConstraint(SYMBOLS, max_depth=99, max_size=99)
    labels = [SYMBOLS.index(node) for node in parse(program).preorder()][:n_nodes]
    tree = shape.start(Request())
    for label in labels:
        tree = shape.extend(tree, label)
    return Hypothesis(0, tree)


def is_hopeless(program: str, n_nodes: int, examples: tuple[InputOutput, ...] = EXAMPLES) -> bool:
    rehearsal = Rehearsal(Request(ARGUMENTS, examples=examples), Limits(steps=1_000))
    return PartialEvaluation(SYMBOLS, rehearsal).is_hopeless(written(program, n_nodes))


@pytest.mark.parametrize(
    ("program", "n_nodes"),
    [
        pytest.param("(+ (reduce (tail a) 0 (lambda2 (/ arg2 0))) b)", 9, id="on-one-example"),
        pytest.param("(+ (head a) b)", 3, id="an-operand"),
        pytest.param("(if (== (head a) 1) 1 2)", 4, id="inside-a-condition"),
        pytest.param("(if (== b 0) (+ (/ 1 b) 1) 2)", 8, id="the-branch-that-is-taken"),
        pytest.param("(if (== b 1) 2 (+ (/ 1 b) 1))", 9, id="the-other-branch-that-is-taken"),
        pytest.param("(+ (if (== b 0) 10 (/ 1 (- b 1))) b)", 11, id="a-whole-choice"),
        pytest.param("(map (filter a (partial0 (/ 1 b) <)) abs)", 7, id="in-a-function-s-argument"),
        pytest.param("(+ (invoke1 (lambda1 (self arg1)) b) 1)", 6, id="without-end"),
        pytest.param("(deref a (+ (head a) (len a)))", 5, id="deep"),
    ],
)
def test_a_finished_part_that_is_sure_to_raise_ends_the_tree(program: str, n_nodes: int) -> None:
    assert is_hopeless(program, n_nodes)
    assert not is_hopeless(program, n_nodes, ())
    if n_nodes > 3:
        assert not is_hopeless(program, n_nodes - 1)


@pytest.mark.parametrize(
    ("program", "n_nodes"),
    [
        pytest.param("(+ (len a) b)", 3, id="works"),
        pytest.param("(map a (lambda1 (+ (head a) arg1)))", 6, id="a-lambda-never-called-on-none"),
        pytest.param("(map a (lambda1 (+ (/ arg1 0) 1)))", 7, id="a-lambda-s-argument"),
        pytest.param("(if (== b 1) (+ (/ 1 b) 1) 2)", 8, id="the-branch-that-is-not-taken"),
        pytest.param("(if (> (len a) 0) (+ (head a) 1) 2)", 8, id="guarded"),
        pytest.param("(map (map a (partial0 b -)) abs)", 6, id="a-function-is-no-value"),
        pytest.param("(+ (reduce a 0 (lambda2 (/ arg1 0))) 1)", 6, id="not-finished"),
    ],
)
def test_a_tree_that_may_still_work_goes_on(program: str, n_nodes: int) -> None:
    assert not is_hopeless(program, n_nodes)


def test_a_complete_tree_is_left_to_the_examples() -> None:
    assert not is_hopeless("(head a)", 2)


def test_missing_inputs_say_nothing() -> None:
    assert not is_hopeless("(+ (head a) b)", 3, (InputOutput({"b": 1}, 0),))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("(+ a 1)", True),
        ("(+ arg1 1)", False),
        ("(lambda1 arg1)", True),
        ("(lambda1 arg2)", False),
        ("(lambda2 (map a (lambda1 (+ arg1 arg2))))", True),
        ("(self 1)", False),
        ("(lambda1 (self arg1))", True),
    ],
)
def test_a_tree_is_closed_when_its_lambdas_bind_all_their_arguments(
    program: str, expected: bool
) -> None:
    node: Node = parse(program)
    assert is_closed(node) is expected


def test_no_program_is_rehearsed_once_the_time_is_over() -> None:
    rehearsal = Rehearsal(Request(ARGUMENTS, examples=EXAMPLES), Limits())
    rehearsal.deadline = -1.0
    assert {run.error for run in rehearsal.rehearsed(parse("(len a)")).runs} == {"time"}
    rehearsal.deadline = inf
    assert [run.passed for run in rehearsal.rehearsed(parse("(len a)")).runs] == [True, False]


def test_a_large_value_is_not_kept() -> None:
    """Of 50 examples each part of each partial tree may make thousands of elements."""
    rehearsal = Rehearsal(Request({"b": "int"}, examples=(InputOutput({"b": 900}, 0),)), Limits())
    one, other = (rehearsal.rehearsed(parse(text)) for text in ("(range 0 b)", "(range 1 b)"))
    assert one.runs == other.runs
    assert len(one.behaviour) == len(other.behaviour) == 16
    assert one.behaviour != other.behaviour
