"""Checks the inputs of a run against the declared types, before the run."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from saps.lang.errors import InputError
from saps.lang.functions import Function
from saps.lang.limits import Limits
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Primitive, Type
from saps.lang.values import is_text, kind_of

Check = Callable[[Any], bool]

_NUMBERS: Final = frozenset({int, float})
_SMALL: Final = 1 << 64


def input_check(kind: Type, limits: Limits) -> Check:
    """Return a function that tells whether a value is of this type and within the limits."""
    check = _kind_check(kind, limits)
    if isinstance(kind, Primitive | FunctionType) or kind in _FLAT_ARRAYS:
        return check
    return lambda value: check(value) and _weight(value, limits.nesting) <= limits.elements


_FLAT_ARRAYS: Final = (Array(INT), Array(BOOL))


def _weight(value: Any, nesting: int) -> float:
    """Elements and characters, inner ones included; infinite if nested too deep."""
    if nesting < 0:
        return math.inf
    if type(value) is str:
        return len(value)
    if type(value) is dict:
        value = [*value.keys(), *value.values()]
    if type(value) is not list:
        return 0
    total: float = len(value)
    for element in value:
        total += _weight(element, nesting - 1)
    return total


def _kind_check(kind: Type, limits: Limits) -> Check:
    if isinstance(kind, Primitive):
        return _plain_check(kind, limits)
    if isinstance(kind, Array):
        return _array_check(kind, limits)
    if isinstance(kind, Dictionary):
        return _dictionary_check(kind, limits)
    if isinstance(kind, FunctionType):
        return lambda value: isinstance(value, Function)
    return _any_check(limits)


def _plain_check(kind: Primitive, limits: Limits) -> Check:
    if kind == INT:
        bound = 1 << limits.bits
        return lambda value: type(value) is float or (type(value) is int and -bound < value < bound)
    if kind == STRING:
        longest = limits.elements
        return lambda value: type(value) is str and len(value) <= longest and is_text(value)
    if kind == BOOL:
        return lambda value: type(value) is bool
    return lambda _: False


def _array_check(kind: Array, limits: Limits) -> Check:
    longest = limits.elements
    check = _kind_check(kind.element, limits)
    if kind.element == INT:
        return lambda values: (
            type(values) is list
            and len(values) <= longest
            and _NUMBERS.issuperset(map(type, values))
            and (_are_small(values) or all(map(check, values)))
        )
    return lambda values: (
        type(values) is list and len(values) <= longest and all(map(check, values))
    )


def _are_small(values: list[Any]) -> bool:
    """Whether all numbers are far from any limit; two passes in C, for the usual case."""
    return not values or -_SMALL < min(values) <= max(values) < _SMALL


def _dictionary_check(kind: Dictionary, limits: Limits) -> Check:
    key, value = _kind_check(kind.key, limits), _kind_check(kind.value, limits)
    return lambda entries: (
        type(entries) is dict
        and len(entries) <= limits.elements
        and all(map(key, entries))
        and all(map(value, entries.values()))
    )


def _any_check(limits: Limits) -> Check:
    """The check for a type that was left open: any value will do, if it is one."""
    plain = [_plain_check(kind, limits) for kind in (INT, STRING, BOOL)]

    def check(value: Any, nesting: int = limits.nesting) -> bool:
        if type(value) is dict:
            value = [*value.keys(), *value.values()]
        if type(value) is list:
            return nesting > 0 and all(check(element, nesting - 1) for element in value)
        return any(fits(value) for fits in plain)

    return check


def missing_input(name: str, kind: Type) -> InputError:
    """The error for an argument without a value."""
    return InputError(f"input {name!r} is missing; its type is {kind}")


def unexpected_inputs(names: set[str], declared: Mapping[str, Type]) -> InputError:
    """The error for values that no argument takes."""
    listed = ", ".join(map(repr, sorted(names)))
    return InputError(
        f"unexpected input {listed}; the arguments are {', '.join(declared) or 'none'}"
    )


def wrong_input(name: str, kind: Type, value: Any, limits: Limits) -> InputError:
    """The error for a value of another type than declared, or beyond the limits."""
    where, needed, found = _culprit(name, kind, value, limits)
    place = "" if where == name else f" at {where}, where {needed} is expected"
    return InputError(
        f"input {name!r} should be {kind} and within the limits, found {_described(found)}{place}"
    )


def _culprit(where: str, kind: Type, value: Any, limits: Limits) -> tuple[str, Type, Any]:
    """The innermost part that does not fit: its place, the type it should have, and the part."""
    parts: list[tuple[str, Type, Any]] = []
    if isinstance(kind, Array) and type(value) is list:
        parts = [(f"{where}[{i}]", kind.element, element) for i, element in enumerate(value)]
    elif isinstance(kind, Dictionary) and type(value) is dict:
        parts = [(f"a key of {where}", kind.key, key) for key in value]
        parts += [(f"{where}[{key!r}]", kind.value, part) for key, part in value.items()]
    for place, needed, part in parts:
        if not input_check(needed, limits)(part):
            return _culprit(place, needed, part, limits)
    return where, kind, value


def _described(value: Any) -> str:
    if type(value) is int and abs(value) >= _SMALL:
        return f"a number of {value.bit_length()} bits"
    if type(value) is str:
        return (
            f"a string of length {len(value)}"
            if is_text(value)
            else "a string with half a surrogate pair"
        )
    return kind_of(value)
