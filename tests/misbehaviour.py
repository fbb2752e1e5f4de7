"""What a worker process may do to its pool; importable, as a spawned process needs it.

And Ctrl-C in the middle of a script whose worker processes do such things.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


class UnportableError(Exception):
    """Pickles, and is not made again by what it then says."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def behave(item: str) -> str:
    """Do what the item says; answer in capitals."""
    if item == "crash":
        os._exit(7)
    if item == "hang":
        time.sleep(3600)
    if item == "raise unportable":
        raise UnportableError("here", "there")
    if item == "raise":
        raise KeyError("no such thing")
    if item.startswith("slow"):
        time.sleep(0.05)
    return item.upper()


def crash_at_line_2(path: Path, numbered: tuple[int, bytes]) -> bytes:
    """Stand in for the check of a line by an interpreter that the second line ends."""
    if numbered[0] == 2:
        os._exit(7)
    return b"program"


def process_id(_: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def interrupt(script: str, folder: Path, *, first: str) -> tuple[str, str, int]:
    """Run a script until it has printed the line `first`, and interrupt it.

    Returns:
        What it printed afterwards, what it said on stderr, and its exit status.
    """
    (folder / "script.py").write_text(script, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, folder / "script.py"],
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == first
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
            out, err = process.communicate(timeout=30)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return out, err, process.returncode


@contextmanager
def report_interrupt() -> Iterator[None]:
    """Tell, for a script, that Ctrl-C came."""
    # A shell starts what runs in the background (`pytest &`) with SIGINT ignored, and programs
    # inherit that: without this line Ctrl-C would reach nobody there.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        sys.stdout.write("interrupted\n")
