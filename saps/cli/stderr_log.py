"""What our rooms log, shown on stderr."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class _OnStderr(logging.StreamHandler[TextIO]):
    """Ours, to be told from those of others."""


@contextmanager
def log_on_stderr() -> Iterator[None]:
    """Show what our rooms log; the configurations turn off Hydra's own way, a file a run.

    Every process needs it: a launcher may start those of the jobs anew. A job in the process of
    its sweep finds it in place.
    """
    logger = logging.getLogger("saps")
    if any(isinstance(handler, _OnStderr) for handler in logger.handlers):
        yield
        return
    handler = _OnStderr(sys.stderr)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class NamedLines(io.TextIOBase):
    """Writes whole lines with a name in front: several processes have one terminal.

    It is no terminal itself: bars of several would overwrite each other.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name, self._rest = stream, name, ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        # All at once, so that no line of another process comes between.
        self._stream.write("".join(f"[{self._name}] {line}\n" for line in lines if line.strip()))
        self._stream.flush()
        return len(text)

    def end(self) -> None:
        """Write what is left, a line without its end."""
        if self._rest:
            self.write("\n")

    def fileno(self) -> int:
        return self._stream.fileno()
