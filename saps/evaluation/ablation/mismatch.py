"""The first setting in which two configurations differ."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A setting that differs.

    Attributes:
        name: with dots.
        there: its value in what was made.
        here: its value in what is asked for.
    """

    name: str
    there: Any
    here: Any

    def __str__(self) -> str:
        return f"{self.name} is {told(self.there)} there and {told(self.here)} here"


def told(value: Any) -> str:
    """Return a value as one would type it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def first_mismatch(
    there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = ""
) -> Mismatch | None:
    """Return the first setting that differs.

    Settings that are not there are new in this version of SAPS, and not looked at.
    """
    for key, one in there.items():
        other = here.get(key, ABSENT)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if (found := first_mismatch(one, other, f"{prefix}{key}.")) is not None:
                return found
        elif one != other:
            return Mismatch(f"{prefix}{key}", one, other)
    return None


def any_mismatch(
    there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = ""
) -> Mismatch | None:
    """Return the first setting that differs, one that only one side has included.

    A setting that is null or an empty mapping says as much as one that is not there.
    """
    for key in dict.fromkeys((*there, *here)):
        one, other = there.get(key), here.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if (found := any_mismatch(one, other, f"{prefix}{key}.")) is not None:
                return found
        elif one != other and not (_is_nothing(one) and _is_nothing(other)):
            return Mismatch(f"{prefix}{key}", one, other)
    return None


def _is_nothing(value: Any) -> bool:
    return value is None or value == {}
