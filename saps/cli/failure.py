"""What the user sees of an error: one message, or with `--debug` the traceback."""

import os
import sys
import traceback
from dataclasses import dataclass


@dataclass
class Settings:
    """What the options of a command change for the whole process."""

    debug: bool = False

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(debug=os.environ.get("SAPS_DEBUG", "") not in ("", "0"))


class CommandError(Exception):
    """A command can not go on; the message says what is wrong, where, and what to do."""


def report(error: Exception, settings: Settings) -> int:
    """Write `error` to stderr and return the exit status of the process."""
    if settings.debug:
        traceback.print_exception(error)
    else:
        print(f"saps: error: {describe(error)}", file=sys.stderr)
    return 1


def describe(error: BaseException) -> str:
    """Return the message of `error` for people, in one piece and without a traceback."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if isinstance(error, OSError | ValueError) or _is_ours(error):
        return str(error)
    return (
        f"{type(error).__name__}: {error}\n"
        "This is a defect of SAPS or of its installation; --debug shows where it arose."
    )


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == "saps"
