"""Many programs in many processes."""

import os
import signal
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

import pytest

from saps.lang import AlgoLispError, Job, Limits, Node, evaluate_many, parse
from saps.lang import interpreter as batch_module
from saps.lang.errors import TimeLimitError
from saps.lang.interpreter import WorkerError

SUM = parse("(reduce (range 0 a) b +)")


def job(a: int, n_inputs: int = 3) -> Job:
    return Job(SUM, {"a": "int", "b": "int"}, [{"a": a, "b": b} for b in range(n_inputs)])


@pytest.mark.parametrize("processes", [0, 1, 3])
def test_outcomes_keep_the_order_of_jobs_and_inputs(processes: int) -> None:
    jobs = [job(a % 7 * 100) for a in range(40)]
    outcomes = list(evaluate_many(jobs, processes=processes))
    assert outcomes == [[sum(range(a % 7 * 100)) + b for b in range(3)] for a in range(40)]


def test_a_job_of_many_inputs_is_spread_and_put_together() -> None:
    (outcomes,) = evaluate_many([job(10, n_inputs=1_234)], processes=2)
    assert outcomes == [45 + b for b in range(1_234)]


def test_errors_are_outcomes() -> None:
    jobs = [
        Job(parse("(/ 1 a)"), {"a": "int"}, [{"a": 0}, {"a": 1}, {"a": "x"}]),
        Job(parse("(+ 1)"), {}, [{}, {}]),
        Job(parse("1"), {}, []),
    ]
    codes = [
        [o.code if isinstance(o, AlgoLispError) else o for o in outcomes]
        for outcomes in evaluate_many(jobs, processes=2)
    ]
    assert codes == [["division-by-zero", 1, "input"], ["arity", "arity"], []]


def test_limits_reach_the_workers() -> None:
    (outcomes,) = evaluate_many([job(900, 1)], limits=Limits(steps=100), processes=1)
    assert isinstance(outcomes[0], AlgoLispError)
    assert outcomes[0].code == "steps"


def test_an_endless_source_is_read_as_needed() -> None:
    read = 0

    def source() -> Iterator[Job]:
        nonlocal read
        for a in count():
            read += 1
            yield job(a, 1)

    outcomes = list(islice(evaluate_many(source(), processes=2), 5))
    assert outcomes == [[sum(range(a))] for a in range(5)]
    assert read < 40


def die_on_request(job: Job, limits: Limits) -> Any:
    """Stands in for `evaluate`, and for what no program should be able to do."""
    if job.program == Node("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.program == Node("hang"):
        signal.pause()
    return ["done"] * len(job.inputs)


def test_a_worker_that_dies_or_hangs_costs_only_its_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_module, "evaluate", die_on_request)
    monkeypatch.setattr(batch_module, "_GRACE_S", 0.5)
    monkeypatch.setattr(batch_module, "_MAX_INPUTS", 1)
    names = ["a", "die", "b", "hang", "c", "die", "d"]
    jobs = [Job(Node(name), {}, [{}]) for name in names]
    outcomes = dict(
        zip(
            enumerate(names),
            evaluate_many(jobs, limits=Limits(seconds=0.1), processes=2),
            strict=True,
        )
    )
    for (_, name), (outcome,) in outcomes.items():
        if name == "die":
            assert isinstance(outcome, WorkerError)
        elif name == "hang":
            assert isinstance(outcome, TimeLimitError)
        else:
            assert outcome == "done"
