"""Why something failed, in one line for people: the cause, and what could be chosen instead."""

from collections.abc import Iterable
from typing import Final

from hydra.errors import HydraException, InstantiationException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

# Lines that only the authors of Hydra and OmegaConf need.
_INTERNAL: Final = ("full_key:", "object_type=", "reference_type=")


def reason_of(error: BaseException) -> str:
    """Return the reason of an error, without a full stop; errors that are no message are named."""
    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        return reason_of(error.__cause__)  # Hydra's own first line says where, and not why
    if isinstance(error, HydraException | OmegaConfBaseException):
        return _of_configuration(error)
    first, *others = str(error).splitlines() or [""]
    if first.endswith(":") and others:
        first = f"{first} {others[0].strip()}"
    if isinstance(error, ValueError | OSError):
        return first or type(error).__name__
    return f"{type(error).__name__}: {first}"


def _of_configuration(error: HydraException | OmegaConfBaseException) -> str:
    told, cause = str(error), error.__cause__
    if cause is not None and str(cause) not in told:
        told = f"{told}\n{cause}"
    if isinstance(error, OverrideParseException):
        told = f"{error.override!r} is no override, such as cell=gru: {told}"
    return _joined(told.partition("\nConfig search path:")[0].splitlines())


def _joined(lines: Iterable[str]) -> str:
    """Join lines as clauses; those that are indented are the items of a list."""
    told = ""
    for line in lines:
        clause = line.strip().rstrip(".")
        if not clause or clause.startswith(_INTERNAL):
            continue
        is_item = line[0].isspace() and not told.endswith(":")
        between = ", " if is_item else " " if told.endswith(":") else "; "
        told = f"{told}{between}{clause}" if told else clause
    return told
