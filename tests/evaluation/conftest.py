"""Tasks, verdicts and results to count, made in one line each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from saps.data.example import Example, Test
from saps.evaluation.metrics import Outcome, Result, Verdict
from saps.lang import Node, parse
from saps.resources import resource_folder

SUM = parse("(reduce a 0 +)")


@pytest.fixture
def judged_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run programs in this process: those of the tests are tame, and to start others takes long."""

    def run(
        function: Callable[[Any], Any], items: Sequence[Any], **_: object
    ) -> Iterator[tuple[int, Any]]:
        return ((place, function(item)) for place, item in enumerate(items))

    monkeypatch.setattr("saps.evaluation.judge.map_isolated", run)


N_TESTS = 10


def make_example(
    program: str | Node = SUM,
    text: str = "given an array of numbers a , find the sum of a",
    n_tests: int = N_TESTS,
    nodes: tuple[str, ...] = ("sum",),
) -> Example:
    """A task over an array `a`; its tests are those of the sum, whatever the program."""
    tests = tuple(Test({"a": list(range(i))}, sum(range(i))) for i in range(n_tests))
    node = parse(program) if isinstance(program, str) else program
    return Example(text, {"a": "int[]"}, "int", node, tests, nodes)


def passing(n_tests: int = N_TESTS) -> Verdict:
    return Verdict(Outcome.PASSED, (Outcome.PASSED,) * n_tests, well_typed=True)


def failing(
    outcome: Outcome = Outcome.WRONG,
    n_passed: int = 0,
    n_tests: int = N_TESTS,
    code: str = "",
    well_typed: bool = True,
) -> Verdict:
    tests = (Outcome.WRONG,) * (n_tests - n_passed) + (Outcome.PASSED,) * n_passed
    return Verdict(outcome, tests, well_typed, code)


def make_result(
    predicted: str | None = "(reduce a 0 +)",
    verdict: Verdict | None = None,
    example: Example | None = None,
    gold: Verdict | None = None,
) -> Result:
    """By default a task that is solved exactly."""
    return Result(
        example or make_example(),
        predicted=None if predicted is None else parse(predicted),
        log_prob=None if predicted is None else -0.5,
        verdict=verdict or passing(),
        gold=gold or passing(),
    )


def mixed_results() -> Sequence[Result]:
    """Two target programs in five wordings, with every outcome but `limit`."""
    largest = make_example("(reduce a 0 max)", "find the largest of a", nodes=("max", "sum"))
    broken = failing(Outcome.ILL_TYPED, well_typed=False, code="static-type")
    return [
        make_result(),
        make_result("(reduce a 0 max)", failing(n_passed=5)),
        make_result("(head a)", failing(Outcome.ERROR, n_passed=4, code="empty")),
        make_result("(reduce a 0 head)", broken, largest, failing()),
        make_result(None, Verdict.of_failure(Outcome.UNPARSABLE, N_TESTS, ""), largest, failing()),
    ]


def compose_evaluate(*overrides: str) -> DictConfig:
    """The configuration of `saps evaluate OVERRIDES...`."""
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose("evaluate", overrides=list(overrides))
