"""Settings of a search, as a configuration or a caller gives them: checked for their kind."""

from typing import Any


def whole_numbers(**settings: Any) -> dict[str, int]:
    """Return settings as whole numbers; 1e4 is a float to a configuration, and is one too.

    Raises:
        ValueError: one is no whole number; the message names it.
    """
    return {name: _whole_number(name, value) for name, value in settings.items()}


def _whole_number(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name}={value}: expected a whole number")
    return value


def real_number(name: str, value: Any) -> float:
    """Return a setting that may be any number.

    Raises:
        ValueError: it is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}={value}: expected a number")
    return value


def flag(name: str, value: Any) -> bool:
    """Return a setting that is on or off.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name}={value}: expected true or false")
    return value


def spelled(**settings: Any) -> str:
    """Write settings as on a command line: `width=10, top=1`."""
    return ", ".join(f"{name}={value}" for name, value in settings.items())
