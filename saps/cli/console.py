"""The border to the terminal: streams, errors, what our rooms log, colours, shared options."""

import errno
import io
import logging
import os
import re
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TextIO

import typer

# The standard streams, which may be closed, or of an encoding that lacks what is printed.


def prepare_streams() -> None:
    """Open what is closed, and have what cannot be encoded written as an escape.

    A daemon may start without standard streams. The next file that is opened would take their
    place, and what is meant for the terminal would land in it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


# What the user sees of an error: one message, or with `--debug` the traceback.


class CommandError(Exception):
    """A command cannot go on; the message says what is wrong, where, and what to do."""


def report(error: Exception, debug: bool) -> int:
    """Write `error` to stderr, its traceback to `debug`; return the exit status of the process."""
    if debug:
        traceback.print_exception(error)
    else:
        print(f"saps: error: {describe(error)}", file=sys.stderr)
    return 1


def describe(error: BaseException) -> str:
    """Return the message of `error` for people, in one piece and without a traceback."""
    if isinstance(error, OSError) and error.strerror:
        if error.errno == errno.ENAMETOOLONG:
            return f"{error.strerror}: {cut(str(error.filename), 60)}"
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    # Errors of our rooms are messages for people; all others are ours to mend.
    is_ours = type(error).__module__.partition(".")[0] == "saps"
    if isinstance(error, OSError | ValueError) or is_ours:
        return str(error)
    return (
        f"{type(error).__name__}: {error}\n"
        "This is a bug in SAPS or its installation; --debug shows where it arose."
    )


_WIDTH: Final = 76
_BEFORE: Final = 24  # characters kept ahead of the place when a line is too long to be shown whole


def excerpt(text: str, place: int) -> str:
    """Return the line of `text` that has `place`, with a caret under that; a long one is cut."""
    first = text.rfind("\n", 0, place) + 1
    line = text[first:].partition("\n")[0]
    left = max(0, min(place - first - _BEFORE, len(line) - _WIDTH))
    shown = re.sub(r"\s", " ", line[left : left + _WIDTH])
    lead = "..." if left else ""
    tail = "..." if left + len(shown) < len(line) else ""
    return f"  {lead}{shown}{tail}\n  {' ' * (len(lead) + place - first - left)}^"


# Options that several commands share.


def _set_debug(context: typer.Context, wanted: bool) -> None:
    if wanted:
        context.ensure_object(dict)["debug"] = True


DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug", callback=_set_debug, is_eager=True, help="Show the traceback of an error."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
ModelOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH|NAME",
        help="A model folder, or a run's name in runs/; default: the bundled one.",
    ),
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="Number of processes; default: one per core.")
]


# What our rooms log, on stderr.


class _OnStderr(logging.StreamHandler[TextIO]):
    """Ours, to be told from those of others."""


@contextmanager
def log_on_stderr() -> Iterator[None]:
    """Show what our rooms log; the configurations turn off Hydra's own way, a file a run.

    Every process needs it: a launcher may start those of the jobs anew. A job in the process of
    its sweep finds it in place.
    """
    logger = logging.getLogger("saps")
    if any(isinstance(one, _OnStderr) for one in logger.handlers):
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


# Colours on a terminal, and none anywhere else; lines no wider than it.

_STYLES: Final = {
    "good": {"fg": "green"},  # what passes
    "bad": {"fg": "red"},  # what does not
    "strong": {"bold": True},
    "faint": {"dim": True},  # beside the point
}
_WIDTH_WITHOUT_TERMINAL: Final = 100


def styled(style: str, text: str) -> str:
    """Return a text in one of `_STYLES` where stdout takes colours and NO_COLOR is not set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, **_STYLES[style])  # type: ignore[arg-type]


def n_columns() -> int:
    """Return the width of the terminal."""
    return max(40, shutil.get_terminal_size((_WIDTH_WITHOUT_TERMINAL, 24)).columns)


def cut(text: str, width: int) -> str:
    """Return a text in at most `width` columns."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
