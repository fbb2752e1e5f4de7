"""Checks that a function's arguments are of the kinds that it takes."""

import math
from typing import Any, Final

from saps.lang.errors import DomainError, IndexRangeError, ValueTypeError
from saps.lang.values import TypeValue, kind_of

NUMBERS: Final = frozenset({int, float})
FLAT: Final = frozenset({int, float, bool})


def wrong_kind(name: str, position: int, expected: str, value: Any) -> ValueTypeError:
    """The error for an argument of another kind than the function expects."""
    return ValueTypeError(
        f"`{name}` expects {expected} as argument {position}, found {kind_of(value)}"
    )


def need_numbers(name: str, *values: Any) -> None:
    """Raises ValueTypeError unless all values are numbers."""
    for position, value in enumerate(values, 1):
        if type(value) not in NUMBERS:
            raise wrong_kind(name, position, "a number", value)


def need_bools(name: str, *values: Any) -> None:
    """Raises ValueTypeError unless all values are truth values."""
    for position, value in enumerate(values, 1):
        if type(value) is not bool:
            raise wrong_kind(name, position, "a truth value", value)


def need_strings(name: str, *values: Any) -> None:
    """Raises ValueTypeError unless all values are strings."""
    for position, value in enumerate(values, 1):
        if type(value) is not str:
            raise wrong_kind(name, position, "a string", value)


def need_array(name: str, value: Any, position: int = 1) -> None:
    """Raises ValueTypeError unless the value is an array."""
    if type(value) is not list:
        raise wrong_kind(name, position, "an array", value)


def need_types(name: str, *values: Any) -> None:
    """Raises ValueTypeError unless all values are types."""
    for position, value in enumerate(values, 1):
        if type(value) is not TypeValue:
            raise wrong_kind(name, position, "a type", value)


def whole_number(name: str, number: Any) -> int:
    """The number as an `int`; it must have no fraction."""
    if type(number) is int:
        return number
    if type(number) is not float:
        raise wrong_kind(name, 1, "a number", number)
    if not number.is_integer():
        raise DomainError(f"`{name}` expects a whole number, found {number}")
    return int(number)


def truncated(name: str, number: Any) -> int:
    """The number as an `int`, rounded toward zero; it must be finite."""
    if type(number) is float and not math.isfinite(number):
        raise DomainError(f"`{name}` can not make {number} a whole number")
    return int(number)


def position_of(name: str, position: int, number: Any) -> int:
    """The number, which must be an `int`: a float is no position."""
    if type(number) is int:
        return number
    if type(number) is float:
        raise IndexRangeError(f"`{name}` expects a whole number as position, found {number}")
    raise wrong_kind(name, position, "a number", number)
