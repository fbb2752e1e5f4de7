"""A task that says nothing of its arguments, under several declarations."""

from math import exp, log
from typing import Any

import pytest

from saps.decoding import declaring
from saps.decoding.declaring import declarations, is_bare, likeliest
from saps.decoding.prediction import Prediction
from saps.decoding.preparation import Prepared, prepare
from saps.decoding.request import InputOutput
from saps.decoding.synthesis import SynthesisError
from saps.decoding.synthesizer import Synthesizer
from saps.decoding.task import Task
from saps.lang import parse

MODEL = Synthesizer.load()
SYMBOLS = MODEL.predictor.bundle.symbols


def _prepared(task: Task) -> Prepared:
    return prepare(task, MODEL.vocabulary, SYMBOLS)


def _declared(task: Task) -> list[tuple[str, dict[str, str]]]:
    found = declarations(_prepared(task), MODEL.vocabulary, SYMBOLS)
    return [(told.task.text, dict(told.task.arguments or {})) for told in found]


@pytest.mark.parametrize(
    "task",
    [
        Task("given an array of numbers a , find the largest number in a"),
        Task("the sum of xs", arguments={"xs": "int[]"}),
        Task("the sum of a list", (InputOutput({"xs": [1, 2]}, 3),)),
    ],
)
def test_what_is_declared_is_left_alone(task: Task) -> None:
    assert _declared(task) == []


@pytest.mark.parametrize(
    ("task", "bare"),
    [
        (Task("the average of the prices"), True),
        (Task("Given prices, find the average"), True),
        (Task("given a list of prices and a budget, how many prices are below the budget"), True),
        (Task("given an array of numbers , find their average"), False),
        (Task("you are given an array a , find its median"), False),
        (Task("the sum of numbers a and b"), False),
        (Task("the average of the prices", arguments={"prices": "int[]"}), False),
        (Task("the average of the prices", (InputOutput({"xs": [1, 3]}, 2),)), False),
    ],
)
def test_bare_is_what_has_no_arguments_and_does_not_open_with_any(task: Task, bare: bool) -> None:
    assert is_bare(_prepared(task)) is bare


def test_phrases_are_named_and_the_text_is_kept_beside() -> None:
    text = "sort a list of strings"
    assert _declared(Task(text)) == [
        ("sort ws", {"ws": "string[]"}),
        (text, {"ws": "string[]"}),
    ]


def test_a_number_that_stands_in_declares_nothing() -> None:
    named, _ = _declared(Task("how many numbers of a list are greater than 173"))
    assert named == ("how many numbers of xs are greater than 173", {"xs": "int[]"})


def test_names_of_the_text_are_kept() -> None:
    kinds = [arguments for _, arguments in _declared(Task("the factorial of n"))]
    assert kinds == [{"n": kind} for kind in ("int[]", "string", "int", "string[]")]
    pairs = [set(arguments) for _, arguments in _declared(Task("frobnicate p by q"))]
    assert pairs == [{"p", "q"}] * len(pairs) != []


def test_a_declaration_that_can_not_be_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_strings(task: Task, *known: Any) -> Prepared:
        if "string" in str(task.arguments):
            raise SynthesisError("no program can have the types", task.text)
        return prepare(task, *known)

    monkeypatch.setattr(declaring, "prepare", refuse_strings)
    kinds = [list(arguments.values()) for _, arguments in _declared(Task("the factorial of n"))]
    assert kinds == [["int[]"], ["int"]]


def _likeliest(alone: Prediction, *told: tuple[dict[str, str], str, float]) -> object:
    task = Task("fibonacci")
    declared = [
        (
            _prepared(Task(task.text, arguments=arguments)),
            Prediction(parse(program), log(probability)),
        )
        for arguments, program, probability in told
    ]
    found = likeliest(_prepared(task), [alone], declared)
    if found is None:
        return None
    return dict(found[0].task.arguments or {}), pytest.approx(exp(found[1].log_prob))


INT, ARRAY = {"n": "int"}, {"xs": "int[]"}
UNLIKELY = Prediction(parse("(square a)"), log(0.1))


def test_the_likeliest_program_wins_and_is_as_sure_as_its_share() -> None:
    found = _likeliest(UNLIKELY, (INT, "(square a)", 0.9), (ARRAY, "(len a)", 0.6))
    assert found == (INT, 0.9 * 0.9 / 1.5)


def test_declarations_that_agree_make_it_surer() -> None:
    same = (INT, "(square a)", 0.6)
    assert _likeliest(UNLIKELY, (INT, "(square a)", 0.9), same) == (INT, 0.9)


def test_a_program_that_leaves_out_what_is_declared_is_no_candidate() -> None:
    assert _likeliest(UNLIKELY, (ARRAY, "(len (digits 10))", 0.9)) is None


@pytest.mark.parametrize(("program", "stands"), [("(square a)", True), ("(square 3)", False)])
def test_what_was_found_alone_stands_if_it_is_as_likely_and_has_an_argument(
    program: str, stands: bool
) -> None:
    alone = Prediction(parse(program), log(0.95))
    assert (_likeliest(alone, (INT, "(+ a 1)", 0.9)) is None) == stands


def test_a_synthesis_keeps_the_text_and_shows_the_names() -> None:
    synthesis = MODEL.synthesize("Add two numbers")
    assert synthesis.text == "Add two numbers"
    assert synthesis.arguments == {"n": "int", "m": "int"}
    assert synthesis.reading is not None
    assert ("two numbers", "n and m") in synthesis.reading.changes
    assert str(synthesis.program) in ("(+ n m)", "(+ m n)")


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("all primes below 100", "(filter (range 0 100) is_prime)"),
        ("the digits of 1234", "(digits 1234)"),
    ],
)
def test_a_text_of_numbers_alone_needs_no_argument(text: str, program: str) -> None:
    synthesis = MODEL.synthesize(text)
    assert (str(synthesis.program), dict(synthesis.arguments)) == (program, {})


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("does the list contain 5", "(reduce (map xs (partial0 5 ==)) false ||)"),
        ("is the number equal to 7", "(== n 7)"),
        ("is any number larger than 50", "(reduce (map xs (partial1 50 >)) false ||)"),
    ],
)
def test_a_program_of_numbers_alone_does_not_stand_for_a_text_of_something_else(
    text: str, program: str
) -> None:
    assert str(MODEL.synthesize(text).program) == program
