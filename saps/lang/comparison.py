"""Structural equality and order of values, as `==`, `<` and `sort` of the language see them.

Python's own operators differ in two ways: there `1 == True`, and functions compare by identity.
"""

from functools import cmp_to_key
from typing import Any, Final

from saps.lang.errors import ValueTypeError
from saps.lang.limits import Meter
from saps.lang.values import FunctionValue, TypeValue, kind_of

_NUMBERS: Final = frozenset({int, float})
_SIMPLE: Final = frozenset({int, float, str, bool})
_LONG: Final = 4_096


def equal(meter: Meter, x: Any, y: Any) -> bool:
    """Values of different kinds are unequal; two functions can not be compared."""
    kind, other = type(x), type(y)
    if kind is other and kind in _SIMPLE:
        if kind is str and len(x) > _LONG:
            meter.charge(len(x) >> 8)
        return bool(x == y)
    if kind in _NUMBERS:
        return other in _NUMBERS and bool(x == y)
    if kind is other and kind in _OPAQUE:
        raise ValueTypeError(f"{kind_of(x)} can not be compared with another")
    if kind is list and other is list:
        return _equal_arrays(meter, x, y)
    if kind is dict and other is dict:
        return _equal_arrays(meter, sorted(x), sorted(y)) and all(
            equal(meter, x[key], y[key]) for key in x
        )
    return False


def _equal_arrays(meter: Meter, x: list[Any], y: list[Any]) -> bool:
    if len(x) != len(y):
        return False
    meter.charge(1 + (len(x) >> 2))
    return all(equal(meter, a, b) for a, b in zip(x, y, strict=True))


def less(meter: Meter, x: Any, y: Any) -> bool:
    """Whether x comes before y; only values of one kind have an order."""
    kind, other = type(x), type(y)
    if (kind is other and kind in _SIMPLE) or (kind in _NUMBERS and other in _NUMBERS):
        if kind is str and len(x) > _LONG:
            meter.charge(len(x) >> 8)
        return bool(x < y)
    if kind is list and other is list:
        return _less_arrays(meter, x, y)
    raise ValueTypeError(f"{kind_of(x)} and {kind_of(y)} have no order")


def _less_arrays(meter: Meter, x: list[Any], y: list[Any]) -> bool:
    meter.charge(1 + (min(len(x), len(y)) >> 2))
    for a, b in zip(x, y, strict=False):
        if not equal(meter, a, b):
            return less(meter, a, b)
    return len(x) < len(y)


def in_order(meter: Meter, values: list[Any]) -> list[Any]:
    """Sort ascending; values that compare equal keep their order."""
    meter.charge(len(values))
    kinds = set(map(type, values))
    if kinds <= _NUMBERS or kinds == {str} or kinds == {bool}:
        return sorted(values)
    if len(values) < 2:
        return list(values)

    def compare(x: Any, y: Any) -> int:
        meter.charge(1)
        return -1 if less(meter, x, y) else int(less(meter, y, x))

    return sorted(values, key=cmp_to_key(compare))


_OPAQUE: Final = frozenset({FunctionValue, TypeValue})
