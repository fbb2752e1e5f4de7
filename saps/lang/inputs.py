"""Checks the inputs of a run against the declared types, before the run."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from saps.lang.errors import InputError
from saps.lang.functions import Function
from saps.lang.limits import Limits
from saps.lang.types import Array, Dictionary, FunctionType, Primitive, Type
from saps.lang.values import FunctionValue, kind_of

Check = Callable[[Any], bool]

_NUMBERS: Final = frozenset({int, float})
_PLAIN: Final[Mapping[str, frozenset[type]]] = {
    "int": _NUMBERS,
    "bool": frozenset({bool}),
    "string": frozenset({str}),
}


def input_check(kind: Type, limits: Limits) -> Check:
    """Return a function that tells whether a value is of this type and within the limits."""
    if isinstance(kind, Primitive) and kind.name in _PLAIN:
        return _plain_check(kind, limits)
    if isinstance(kind, Array):
        return _array_check(kind, limits)
    if isinstance(kind, Dictionary):
        return _dictionary_check(kind, limits)
    if isinstance(kind, FunctionType):
        return lambda value: isinstance(value, Function)
    return lambda value: type(value) is not FunctionValue and type(value) is not Function


def _plain_check(kind: Primitive, limits: Limits) -> Check:
    if kind.name == "int":
        bound = 1 << limits.bits
        return lambda value: type(value) is float or (type(value) is int and -bound < value < bound)
    if kind.name == "string":
        longest = limits.elements
        return lambda value: type(value) is str and len(value) <= longest
    return lambda value: type(value) is bool


def _array_check(kind: Array, limits: Limits) -> Check:
    longest = limits.elements
    if isinstance(kind.element, Primitive) and kind.element.name in _PLAIN:
        kinds = _PLAIN[kind.element.name]
        inner = input_check(kind.element, limits)
        if kind.element.name == "int":
            return lambda value: (
                type(value) is list
                and len(value) <= longest
                and kinds.issuperset(map(type, value))
                and _within(value, inner)
            )
        return lambda value: (
            type(value) is list and len(value) <= longest and kinds.issuperset(map(type, value))
        )
    check = input_check(kind.element, limits)
    return lambda value: type(value) is list and len(value) <= longest and all(map(check, value))


def _within(values: list[Any], inner: Check) -> bool:
    try:
        # Two passes in C; only where one meets an unusual number are the elements looked at.
        if not values or -_SMALL < min(values) <= max(values) < _SMALL:
            return True
    except TypeError:  # pragma: no cover - the kinds were checked before
        return False
    return all(map(inner, values))


_SMALL: Final = 1 << 64


def _dictionary_check(kind: Dictionary, limits: Limits) -> Check:
    key, value = input_check(kind.key, limits), input_check(kind.value, limits)
    return lambda entries: (
        type(entries) is dict
        and len(entries) <= limits.elements
        and all(map(key, entries))
        and all(map(value, entries.values()))
    )


def missing_input(name: str, kind: Type) -> InputError:
    """The error for an argument without a value."""
    return InputError(f"input {name!r} is missing; its type is {kind}")


def unexpected_inputs(names: set[str], declared: Mapping[str, Type]) -> InputError:
    """The error for values that no argument takes."""
    listed = ", ".join(map(repr, sorted(names)))
    return InputError(
        f"unexpected input {listed}; the arguments are {', '.join(declared) or 'none'}"
    )


def wrong_input(name: str, kind: Type, value: Any) -> InputError:
    """The error for a value of another type than declared, or beyond the limits."""
    return InputError(
        f"input {name!r} should be {kind} and within the limits, found {kind_of(value)}"
    )
