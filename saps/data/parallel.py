"""Work shared out to processes, with the answers in the order of the questions."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from saps.pool import in_order, map_isolated, unwrapped

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
        PoolError: a process ended, perhaps for want of memory.
    """
    n_workers = workers if workers is not None else os.cpu_count() or 1
    if type(n_workers) is not int or n_workers < 1:
        raise ValueError(f"workers is {workers!r}, expected a whole number, at least 1")
    return map(function, items) if n_workers == 1 else _map_in_pool(function, items, n_workers)


def _map_in_pool(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    done = map_isolated(function, items, n_workers=workers, timeout_s=math.inf, chunk=1)
    return (unwrapped(result, "try fewer workers") for result in in_order(done))
