import os
from collections.abc import Callable, Iterator
from itertools import islice
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from saps.pool import Cause, Loss, PoolError, _work, map_in_order, map_isolated
from tests.misbehaviour import behave, interrupt, process_id


def run(items: list[str], n_workers: int = 2, timeout_s: float = 60.0) -> list[Any]:
    results = dict(map_isolated(behave, items, n_workers=n_workers, timeout_s=timeout_s))
    assert sorted(results) == list(range(len(items)))
    return [results[i] for i in range(len(items))]


@pytest.mark.parametrize("n_workers", [1, 3])
def test_every_item_has_its_own_result(n_workers: int) -> None:
    items = [f"item {i}" for i in range(101)]
    assert run(items, n_workers) == [item.upper() for item in items]


def test_no_item_needs_no_worker() -> None:
    assert run([]) == []


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_crash_costs_its_item_only(n_workers: int) -> None:
    items = ["a", "crash", "b", "c", "crash", "d"] + ["e"] * 30
    results = run(items, n_workers)
    lost = Loss(Cause.CRASHED, "exit status 7")
    assert results == [lost if item == "crash" else item.upper() for item in items]


def test_a_hang_costs_its_item_only() -> None:
    items = ["a", "hang", "b", *["c"] * 10]
    results = run(items, n_workers=1, timeout_s=0.5)
    lost = Loss(Cause.TIMED_OUT, "no result after 0.5 s")
    assert results == ["A", lost, "B", *["C"] * 10]


def test_a_worker_that_is_given_one_at_a_time_keeps_no_other_waiting() -> None:
    items = ["hang", *["a"] * 7]
    results = map_isolated(behave, items, n_workers=2, timeout_s=60, chunk=1)
    assert sorted(number for number, _ in islice(results, 7)) == list(range(1, 8))
    results.close()  # type: ignore[attr-defined]  # a generator


def test_time_is_counted_an_item_and_not_a_chunk() -> None:
    # chunks of 12 items take 0.6 s
    assert run(["slow"] * 48, n_workers=1, timeout_s=0.5) == ["SLOW"] * 48


def test_an_exception_is_a_loss_and_the_worker_goes_on() -> None:
    lost = Loss(Cause.RAISED, "KeyError: 'no such thing'")
    results = run(["raise", "a"], n_workers=1)
    assert results == [lost, "A"]
    assert isinstance(results[0].error, KeyError)
    assert "in behave" in results[0].error.__notes__[0]


def test_an_exception_that_does_not_pickle_is_told_in_words() -> None:
    (lost,) = run(["raise unportable"])
    assert (lost, lost.error) == (Loss(Cause.RAISED, "UnportableError: here and there"), None)


def test_items_are_taken_as_workers_ask_for_more() -> None:
    taken: list[str] = []

    def items() -> Iterator[str]:
        while True:
            taken.append("a")
            yield "a"

    results = map_isolated(behave, items(), n_workers=2, timeout_s=60, chunk=1)
    assert [result for _, result in islice(results, 5)] == ["A"] * 5
    assert len(taken) <= 5 + 2 + 1  # what is done, one for each worker, one looked at
    results.close()  # type: ignore[attr-defined]  # a generator


def test_work_is_spread_over_the_workers() -> None:
    ids = {result for _, result in map_isolated(process_id, range(60), n_workers=2, timeout_s=60)}
    assert len(ids) == 2


def test_a_function_that_workers_can_not_import_stops_the_pool() -> None:
    strange: Callable[[int], int] = _Unimportable()
    with pytest.raises(PoolError, match="before it started to work"):
        list(map_isolated(strange, [1], n_workers=1, timeout_s=60))


class _Unimportable:
    """Pickles well here and fails to unpickle there."""

    def __call__(self, item: int) -> int:
        return item

    def __reduce__(self) -> tuple[Any, ...]:
        return _fail_elsewhere, ()


def _fail_elsewhere() -> None:
    raise ImportError("not in this process")


@pytest.mark.parametrize(("n_workers", "timeout_s"), [(0, 1.0), (1, 0.0)])
def test_a_pool_without_workers_or_time_is_refused(n_workers: int, timeout_s: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        list(map_isolated(behave, ["a"], n_workers=n_workers, timeout_s=timeout_s))


def test_workers_end_when_the_caller_stops_early() -> None:
    results = map_isolated(process_id, range(1000), n_workers=1, timeout_s=60)
    _, pid = next(results)
    assert isinstance(pid, int)
    results.close()  # type: ignore[attr-defined]  # a generator
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


INTERRUPTED = """
from saps.pool import map_isolated
from tests.misbehaviour import behave, report_interrupt

if __name__ == "__main__":
    with report_interrupt():
        for _, result in map_isolated(behave, ["a"] + 3 * ["hang"], n_workers=3, timeout_s=60):
            print(result, flush=True)
"""


def test_ctrl_c_reaches_the_caller_and_no_worker_complains(tmp_path: Path) -> None:
    assert interrupt(INTERRUPTED, tmp_path, first="A\n") == ("interrupted\n", "", 0)


def test_a_worker_whose_parent_is_gone_ends_without_complaint() -> None:
    ours, theirs = Pipe()

    def lose_parent(_: str) -> None:
        ours.close()

    ours.send(["a", "b"])
    _work(theirs, lose_parent)


def test_as_many_processes_as_there_are_cores_that_may_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5}, raising=False)
    assert list(map_in_order(process_id, range(3), None)) == [os.getpid()] * 3
