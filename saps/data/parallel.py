"""Work shared out to processes, with the answers in the order of the questions."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def map_in_order(
    function: Callable[[T], R], items: Iterable[T], workers: int | None
) -> Iterator[R]:
    """Yield `function(item)` for each item, in order, computed ahead by processes.

    Items are taken as they are needed, so they may be without end. One worker computes in this
    process. Leaving the loop early, or Ctrl-C, ends the processes.

    Args:
        function: must pickle, as must items and results.
        items: what to compute it of.
        workers: processes; None for one a core.

    Raises:
        ValueError: workers is less than 1.
    """
    n_workers = workers if workers is not None else os.cpu_count() or 1
    if type(n_workers) is not int or n_workers < 1:
        raise ValueError(f"workers is {workers!r}, expected a whole number, at least 1")
    return map(function, items) if n_workers == 1 else _map_in_pool(function, items, n_workers)


def _map_in_pool(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    # spawn: a forked child would inherit the locks of whatever threads the caller has
    spawn = multiprocessing.get_context("spawn")
    if multiprocessing.get_start_method() not in multiprocessing.get_all_start_methods():
        # a worker of joblib has a way of its own, which a child would look for in vain
        multiprocessing.set_start_method("spawn", force=True)
    pool = ProcessPoolExecutor(workers, spawn, initializer=_leave_ctrl_c_alone)
    try:
        pending: deque[Future[R]] = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_ctrl_c_alone() -> None:
    """Let the parent alone answer Ctrl-C, which reaches every process of the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
