"""Room for deep recursion, for as long as someone needs it."""

import sys
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

T = TypeVar("T")

_DEEP_FRAMES: Final = 250_000


class _DeepRecursion:
    """Raises the recursion limit of Python while at least one thread is inside.

    Only for functions of Python that call functions of Python: such calls use no C stack, so the
    limit guards nothing but memory, which trees of bounded depth and the meter bound already.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_inside = 0
        self._before = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._n_inside == 0:
                self._before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._before, _DEEP_FRAMES))
            self._n_inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                sys.setrecursionlimit(self._before)


deep_recursion: Final = _DeepRecursion()


def with_room(compute: Callable[..., T], *arguments: Any) -> T:
    """Call a pure function; if the stack is too short for it, once more with a longer one."""
    try:
        return compute(*arguments)
    except RecursionError:
        with deep_recursion:
            return compute(*arguments)
