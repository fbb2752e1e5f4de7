import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from saps.data.example import Example, Test
from saps.evaluation import judge as execution
from saps.evaluation.judge import Trial, judge, judge_all, static_fault
from saps.evaluation.metrics import Outcome, Verdict
from saps.lang import Limits, parse
from saps.pool import Cause, Loss
from tests.evaluation.conftest import make_example

ROOT = Path(__file__).parents[2]
LIMITS = Limits(steps=20_000, seconds=30.0)


def trial(program: str | None, *tests: tuple[dict[str, Any], Any], result: str = "int") -> Trial:
    """A program judged on tests of an array `a` and a number `b`."""
    return Trial(
        None if program is None else parse(program),
        {"a": "int[]", "b": "int"},
        result,
        tuple(Test(inputs, output) for inputs, output in tests),
    )


AB = ({"a": [1, 2], "b": 3}, 3)
EMPTY = ({"a": [], "b": 0}, 0)


@pytest.mark.parametrize(
    ("program", "outcome", "code", "tests", "well_typed"),
    [
        pytest.param("(reduce a 0 +)", "passed", "", "passed passed", True, id="passed"),
        pytest.param("(len a)", "wrong", "", "wrong passed", True, id="wrong"),
        pytest.param("(head a)", "wrong", "", "wrong error", True, id="first-failure-decides"),
        pytest.param("(/ 3 b)", "wrong", "", "wrong error", True, id="wrong-then-error"),
        pytest.param("(deref a b)", "error", "index", "error error", True, id="error"),
        pytest.param(
            "(invoke1 (lambda1 (self arg1)) b)",
            "limit",
            "recursion",
            "limit limit",
            True,
            id="loop",
        ),
        pytest.param("a", "ill-typed", "static-type", "wrong wrong", False, id="other-type"),
        pytest.param("(+ a b)", "ill-typed", "static-type", "error error", False, id="ill-typed"),
        pytest.param("c", "ill-typed", "unknown-symbol", "error error", False, id="undeclared"),
        pytest.param("(len a b)", "ill-typed", "arity", "error error", False, id="arity"),
        pytest.param(None, "unparsable", "", "error error", False, id="no-tree"),
    ],
)
def test_judge_names_what_became_of_a_program(
    program: str | None, outcome: str, code: str, tests: str, well_typed: bool
) -> None:
    verdict = judge(trial(program, AB, EMPTY), LIMITS)
    assert (verdict.outcome, verdict.code) == (outcome, code)
    assert " ".join(verdict.tests) == tests
    assert verdict.well_typed is well_typed


def test_a_failure_on_one_test_leaves_the_others_alone() -> None:
    verdict = judge(trial("(head a)", EMPTY, ({"a": [4], "b": 0}, 4)), LIMITS)
    assert verdict.tests == (Outcome.ERROR, Outcome.PASSED)
    assert (verdict.outcome, verdict.code, verdict.n_passed) == (Outcome.ERROR, "empty", 1)


@pytest.mark.parametrize(
    ("program", "got"), [("(len a)", "2"), ("(deref a b)", "3"), ("(reduce a 0 +)", "")]
)
def test_what_the_first_failing_test_gave_is_told(program: str, got: str) -> None:
    found = judge(trial(program, AB), LIMITS).got
    assert got in found if got else not found


def test_an_ill_typed_program_that_passes_all_tests_has_passed() -> None:
    # the branch that is never taken has another type
    verdict = judge(trial('(if (> (len a) 100) "" (reduce a 0 +))', AB, EMPTY), LIMITS)
    assert (verdict.outcome, verdict.code, verdict.well_typed) == (Outcome.PASSED, "", False)


def test_steps_and_not_the_clock_end_a_long_run() -> None:
    slow = "(len (map (range 0 1000) (lambda1 (reduce (range 0 arg1) 0 +))))"
    verdict = judge(trial(slow, AB), LIMITS)
    assert (verdict.outcome, verdict.code) == (Outcome.LIMIT, "steps")


def test_outputs_of_other_kinds_are_wrong() -> None:
    assert judge(trial("(sqrt 4)", (AB[0], 2)), LIMITS).outcome is Outcome.WRONG
    assert judge(trial("(sqrt 4)", (AB[0], 2.0)), LIMITS).outcome is Outcome.PASSED


def test_values_for_names_that_the_task_does_not_declare_are_ignored() -> None:
    verdict = judge(trial("(len a)", ({"a": [5], "b": 0, "z": "stray"}, 1)), LIMITS)
    assert verdict.outcome is Outcome.PASSED


def test_a_missing_input_is_an_error_of_the_test() -> None:
    verdict = judge(trial("(len a)", ({"a": [5]}, 1)), LIMITS)
    assert (verdict.outcome, verdict.code) == (Outcome.ERROR, "input")


def test_static_fault_checks_the_declared_result() -> None:
    node = parse("(reduce a 0 +)")
    assert static_fault(node, {"a": "int[]"}, "int") == ""
    assert static_fault(node, {"a": "int[]"}, "string") == "static-type"
    assert static_fault(node, {"a": "string[]"}, "int") == "static-type"


def test_trials_are_alike_when_nothing_that_decides_differs() -> None:
    one = trial("(len a)", AB)
    assert one.key() == trial("(len a)", AB).key()
    others = [
        trial("(head a)", AB),
        trial("(len a)", EMPTY),
        trial("(len a)", AB, result="string"),
        trial("(len a)", (AB[0], 3.0)),
        trial(None, AB),
        Trial(one.program, {"a": "string[]", "b": "int"}, "int", one.tests),
    ]
    assert all(one.key() != other.key() for other in others)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_judge_all_agrees_with_judge_in_order(n_workers: int) -> None:
    programs = ["(len a)", "(reduce a 0 +)", "(head a)", "(+ a b)", None, "b", "(len a)"] * 4
    trials = [trial(program, AB, EMPTY) for program in programs]
    verdicts = judge_all(trials, limits=LIMITS, n_workers=n_workers)
    assert verdicts == [judge(one, LIMITS) for one in trials]


def test_judge_all_tells_of_every_trial_and_runs_those_alike_once() -> None:
    told: list[int] = []
    trials = [trial("(len a)", AB)] * 5 + [trial("b", AB)]
    judge_all(trials, limits=LIMITS, n_workers=1, progress=told.append)
    assert sorted(told) == [1, 5]


def test_nothing_to_judge_gives_nothing() -> None:
    assert judge_all([], limits=LIMITS, n_workers=2) == []


@pytest.mark.parametrize(
    ("cause", "outcome", "code"),
    [
        (Cause.CRASHED, Outcome.ERROR, "crash"),
        (Cause.RAISED, Outcome.ERROR, "internal"),
        (Cause.TIMED_OUT, Outcome.LIMIT, "hang"),
    ],
)
def test_a_lost_program_is_judged_and_logged(
    cause: Cause,
    outcome: Outcome,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def lose_second(function: object, items: list[Trial], **_: object) -> list[tuple[int, object]]:
        return [(1, Loss(cause, "exit status 9")), (0, judge(items[0], LIMITS))]

    monkeypatch.setattr(execution, "map_isolated", lose_second)
    with caplog.at_level(logging.WARNING):
        verdicts = judge_all([trial("b", AB), trial("(len a)", AB)], limits=LIMITS, n_workers=1)
    assert verdicts[0].outcome is Outcome.PASSED
    assert (verdicts[1].outcome, verdicts[1].code, verdicts[1].n_passed) == (outcome, code, 0)
    assert "(len a)" in caplog.text
    assert "exit status 9" in caplog.text


def test_the_deepest_program_crosses_to_a_worker_and_back() -> None:
    deep = "(abs " * 199 + "b" + ")" * 199
    verdicts = judge_all([trial(deep, AB)], limits=LIMITS, n_workers=1)
    assert verdicts == [Verdict(Outcome.PASSED, (Outcome.PASSED,), well_typed=True)]


def test_a_trial_takes_types_and_tests_from_its_example() -> None:
    example: Example = make_example(n_tests=2)
    assert Trial.of(example.program, example) == Trial(
        example.program, {"a": "int[]"}, "int", example.tests
    )


def test_a_worker_starts_without_torch() -> None:
    heavy = "{'torch', 'lightning', 'hydra'}"
    code = f"import sys, saps.evaluation.judge; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
