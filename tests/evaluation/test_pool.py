import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saps.evaluation.pool import Cause, Loss, PoolError, map_isolated
from tests.evaluation.misbehaviour import behave, process_id

ROOT = Path(__file__).parents[2]


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


def test_time_is_counted_an_item_and_not_a_chunk() -> None:
    # chunks of 12 items take 0.6 s
    assert run(["slow"] * 48, n_workers=1, timeout_s=0.5) == ["SLOW"] * 48


def test_an_exception_is_a_loss_and_the_worker_goes_on() -> None:
    lost = Loss(Cause.RAISED, "KeyError: 'no such thing'")
    assert run(["raise", "a"], n_workers=1) == [lost, "A"]


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
import signal

from saps.evaluation.pool import map_isolated
from tests.evaluation.misbehaviour import behave

if __name__ == "__main__":
    # A shell starts what runs in the background (`pytest &`) with SIGINT ignored, and programs
    # inherit that: without this line Ctrl-C would reach nobody there.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _, result in map_isolated(behave, ["a"] + 3 * ["hang"], n_workers=3, timeout_s=60):
            print(result, flush=True)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_reaches_the_caller_and_no_worker_complains(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(INTERRUPTED, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "A\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
