"""Worker processes that may crash or hang: an item that does so is lost, and no other.

`concurrent.futures` gives up the whole pool when one process dies. Here each worker answers item
by item over a pipe of its own, so that the culprit is known and only its worker is replaced.
"""

import math
import multiprocessing
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from saps.resources import usable_cores

Item = TypeVar("Item")
Result = TypeVar("Result")
_Numbered = tuple[int, Item]

_READY: Final = "ready"
_START_TIMEOUT_S: Final = 60.0
_CHUNK: Final = 32


class Cause(StrEnum):
    """Why an item has no result."""

    RAISED = "raised"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Loss:
    """Stands in the place of the result of an item that has none.

    Attributes:
        error: what the function raised, with a note that says where; None where there is none, or
            none that can be carried from one process to another.
    """

    cause: Cause
    message: str
    error: Exception | None = field(default=None, compare=False, repr=False)


class PoolError(RuntimeError):
    """Worker processes do not start, or one was lost with what it worked on."""


def map_isolated(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    n_workers: int,
    timeout_s: float,
    chunk: int | None = None,
) -> Iterator[tuple[int, Result | Loss]]:
    """Apply `function` to every item in worker processes.

    Leaving the loop early, or Ctrl-C, ends the processes.

    Args:
        function: importable by name, as a spawned process needs it.
        items: what to apply it to, taken as workers ask for more; items and results must pickle.
        n_workers: processes at once, at least 1; fewer where there are fewer chunks.
        timeout_s: wall time for one item; its worker is killed then.
        chunk: items that a worker is given at once; None for many where there are many.

    Yields:
        The number of an item and its result, or a `Loss`, as they are done: not in order.

    Raises:
        PoolError: a worker ends before it took its first item.
    """
    if n_workers < 1 or timeout_s <= 0:
        raise ValueError(f"n_workers={n_workers}, timeout_s={timeout_s}: both must be above 0")
    if chunk is None:
        items = list(items)
        chunk = max(1, min(_CHUNK, len(items) // (4 * n_workers)))
    waiting = _Waiting(items)
    workers: list[_Worker[Item]] = []
    try:
        n_chunks = math.ceil(waiting.at_least(n_workers * chunk) / chunk)
        workers += [_Worker(function) for _ in range(n_chunks)]
        while waiting.at_least(1) or any(worker.pending for worker in workers):
            waiting.hand_out(workers, chunk)
            left_s = min(worker.time_left_s(timeout_s) for worker in workers)
            wait([w.pipe for w in workers], None if left_s == math.inf else max(0, left_s) + 0.001)
            for place, worker in enumerate(workers):
                yield from worker.results()
                if worker.dead or worker.time_left_s(timeout_s) < 0:
                    yield from worker.lose(timeout_s)
                    waiting.give_back(worker.pending)
                    worker.stop()
                    workers[place] = _Worker(function)
    finally:
        for worker in workers:
            worker.stop()


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order, computed ahead by processes.

    Items are taken as they are needed, so they may be without end. One worker computes in this
    process. Leaving the loop early, or Ctrl-C, ends the processes.

    Args:
        function: must pickle, as must items and results.
        items: what to compute it of.
        workers: processes; None for one a core.

    Raises:
        ValueError: workers is less than 1.
        PoolError: a process ended, perhaps for want of memory.
    """
    n_workers = checked_workers(workers)
    if n_workers == 1:
        return map(function, items)
    done = map_isolated(function, items, n_workers=n_workers, timeout_s=math.inf, chunk=1)
    return (unwrapped(result, "try fewer workers") for result in in_order(done))


def checked_workers(workers: int | None) -> int:
    """Return a number of processes, one a core for None; a ValueError where it is none."""
    n_workers = usable_cores() if workers is None else workers
    if type(n_workers) is not int or n_workers < 1:
        raise ValueError(f"workers is {workers!r}, expected a whole number, at least 1")
    return n_workers


def unwrapped(result: Result | Loss, advice: str) -> Result:
    """Return a result that there is, or raise what its function raised.

    A PoolError says that the process ended, with `advice` on what to do, or that what was raised
    cannot be carried over.
    """
    if not isinstance(result, Loss):
        return result
    if result.error is not None:
        raise result.error
    raise PoolError(
        f"a process was lost in the middle of its work ({result.message}), perhaps for want of "
        f"memory: {advice}"
    )


def in_order(numbered: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """Yield results that come with their numbers, from 0, in the order of these."""
    early: dict[int, Result] = {}
    next_number = 0
    for number, result in numbered:
        early[number] = result
        while next_number in early:
            yield early.pop(next_number)
            next_number += 1


class _Waiting(Generic[Item]):
    """Numbered items that no worker has; what comes back goes out first."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._later = enumerate(items)
        self._next: deque[_Numbered[Item]] = deque()

    def at_least(self, n: int) -> int:
        """Return how many there are, or `n` where there are more."""
        self._next.extend(islice(self._later, max(0, n - len(self._next))))
        return min(n, len(self._next))

    def hand_out(self, workers: "Iterable[_Worker[Item]]", chunk: int) -> None:
        """Give each worker that has nothing to do a chunk."""
        for worker in workers:
            if worker.ready and not worker.pending and self.at_least(chunk):
                items = [self._next.popleft() for _ in range(self.at_least(chunk))]
                if not worker.give(items):
                    self.give_back(items)

    def give_back(self, items: Iterable[_Numbered[Item]]) -> None:
        self._next.extendleft(reversed([*items]))


class _Worker(Generic[Item]):
    """One process, seen from the parent."""

    def __init__(self, function: Callable[[Item], Any]) -> None:
        # What it has and has not answered, in the order in which it works on it.
        self.pending: deque[_Numbered[Item]] = deque()
        self.ready = False  # whether it has started
        self.dead = False  # whether its pipe is closed
        # A fresh interpreter: a fork of a process with torch's threads in it can deadlock.
        spawn = multiprocessing.get_context("spawn")
        if multiprocessing.get_start_method() not in multiprocessing.get_all_start_methods():
            # A worker of joblib has a way of its own, which a child would look for in vain.
            multiprocessing.set_start_method("spawn", force=True)
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_work, args=(theirs, function), daemon=True)
        with _interrupts_held_back():
            self.process.start()
        theirs.close()  # else the pipe would never seem closed when the process dies
        self._heard = monotonic()

    def time_left_s(self, timeout_s: float) -> float:
        """Return the seconds until it has been silent for too long, below 0 when it has."""
        if self.ready and not self.pending:
            return math.inf
        patience_s = timeout_s if self.ready else _START_TIMEOUT_S
        return self._heard + patience_s - monotonic()

    def give(self, items: list[_Numbered[Item]]) -> bool:
        """Send items; False when the process is gone and has not seen them."""
        try:
            self.pipe.send([item for _, item in items])
        except OSError:
            self.dead = True
            return False
        self.pending.extend(items)
        self._heard = monotonic()
        return True

    def results(self) -> Iterator[tuple[int, Any]]:
        """Yield what has arrived."""
        try:
            while not self.dead and self.pipe.poll():
                result = self.pipe.recv()
                self._heard = monotonic()
                if self.ready:
                    yield self.pending.popleft()[0], result
                self.ready = True
        except (EOFError, OSError):
            self.dead = True

    def lose(self, timeout_s: float) -> Iterator[tuple[int, Loss]]:
        """Give up the item that the process worked on when it died or fell silent."""
        if not self.ready:
            self.stop()
            raise PoolError(
                f"a worker process ended with status {self.process.exitcode} before it started "
                "to work; a script that starts processes needs `if __name__ == '__main__':`"
            )
        if not self.pending:
            return
        number, _ = self.pending.popleft()
        if not self.dead:
            yield number, Loss(Cause.TIMED_OUT, f"no result after {timeout_s:g} s")
            return
        self.process.join(1)
        yield number, Loss(Cause.CRASHED, f"exit status {self.process.exitcode}")

    def stop(self) -> None:
        # Killed before its pipe closes: else it would complain of the broken pipe until it dies.
        self.process.kill()
        self.process.join()
        self.pipe.close()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that never see Ctrl-C, not even while they start: the parent stops them."""
    # Processes inherit the mask. The tracker of multiprocessing, once it starts, resets ours.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: "Connection[Any, Any]", function: Callable[[Any], Any]) -> None:
    """Answer chunks of items, one item at a time, until the parent is gone."""
    # Closed by the parent it ends like a file; by a parent that dies in the middle, with an error.
    with suppress(EOFError, OSError):
        pipe.send(_READY)
        while True:
            for item in pipe.recv():
                pipe.send(_answer(function, item))


def _answer(function: Callable[[Any], Any], item: Any) -> Any:
    try:
        return function(item)
    except Exception as error:  # reported as a loss; the next item goes on
        told = f"{type(error).__name__}: {error}"
        error.add_note(f"in a process of its own:\n{traceback.format_exc()}")
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - what we have just packed
        except Exception:  # some do not arrive as they are
            return Loss(Cause.RAISED, told)
        return Loss(Cause.RAISED, told, error)
