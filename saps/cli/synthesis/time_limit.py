"""An end to what takes too long."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from saps.cli.failure import CommandError


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End a `with` block by an error when it takes longer.

    Where the system or the thread has no alarm, the limits of the search alone hold.

    Raises:
        CommandError: the time is over.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise CommandError(
            f"no answer within {seconds:g} s; give more with --timeout, or search less"
        )

    earlier = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)
