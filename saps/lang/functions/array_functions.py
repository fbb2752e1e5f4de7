"""Functions of arrays."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from saps.lang.errors import (
    ArityError,
    EmptyArrayError,
    EvaluationError,
    IndexRangeError,
    RangeTooLongError,
    ValueTypeError,
)
from saps.lang.functions.function_table import (
    NUMBERS,
    code_of,
    equal,
    function,
    in_order,
    is_plain,
    less,
    need_array,
    need_numbers,
    need_types,
    position_of,
    truncated,
)
from saps.lang.limits import Meter
from saps.lang.program_values import FunctionValue, kind_of, shown

# ruff: noqa: ARG001  every implementation takes the meter, though few use it


_MAX_RANGE: Final = 1_000
_OUTSIDE: Final = ("index", "the position is below 0, beyond the end, or a float")


# The compiler writes `reduce`, `map`, `filter` and `invoke1` itself, as loops and calls.


@function("reduce", "(T[], A, (A, T) -> A) -> A", "(reduce (range 1 5) 0 +)", "10")
def _reduce(meter: Meter, values: Any, start: Any, combine: Any) -> Any:
    """The left fold: the function gets what was accumulated so far, then the next element."""


@function("map", "(A[], (A) -> B) -> B[]", "(map (range 0 3) square)", "[0, 1, 4]")
def _map(meter: Meter, values: Any, convert: Any) -> Any:
    """The function's value for each element."""


@function("filter", "(T[], (T) -> bool) -> T[]", "(filter (range 0 9) is_prime)", "[2, 3, 5, 7]")
def _filter(meter: Meter, values: Any, keep: Any) -> Any:
    """The elements for which the function is true."""


@function(
    "range",
    "(int, int) -> int[]",
    "(range 2 5)",
    "[2, 3, 4]",
    ("range-too-long", f"more than {_MAX_RANGE} numbers"),
    ("domain", "a bound is infinite or not a number"),
)
def _range(meter: Meter, low: Any, high: Any) -> list[int]:
    """The whole numbers from the first, inclusive, to the second, exclusive."""
    need_numbers("range", low, high)
    if high - low > _MAX_RANGE:
        raise RangeTooLongError(f"`range` would have more than {_MAX_RANGE} elements")
    numbers = list(range(truncated("range", low), truncated("range", high)))
    meter.charge(len(numbers) >> 3)
    return numbers


@function("len", "(T[]) -> int", "(len (range 0 3))", "3")
def _length(meter: Meter, values: Any) -> int:
    """The number of elements."""
    need_array("len", values)
    return len(values)


@function("head", "(T[]) -> T", "(head (range 4 9))", "4", ("empty", "the array is empty"))
def _head(meter: Meter, values: Any) -> Any:
    """The first element."""
    need_array("head", values)
    if not values:
        raise EmptyArrayError("`head` of an empty array")
    return values[0]


@function("tail", "(T[]) -> T[]", "(tail (range 0 3))", "[1, 2]")
def _tail(meter: Meter, values: Any) -> list[Any]:
    """All elements but the first."""
    need_array("tail", values)
    meter.charge(len(values) >> 4)
    return list(values[1:])


def _element(name: str, values: Any, index: Any) -> Any:
    need_array(name, values)
    if type(index) is not int:
        position_of(name, 2, index)
    if 0 <= index < len(values):
        return values[index]
    raise IndexRangeError(f"`{name}` asks for position {shown(index)} of {len(values)} elements")


@function("deref", "(T[], int) -> T", "(deref (range 5 9) 2)", "7", _OUTSIDE)
def _deref(meter: Meter, values: Any, index: Any) -> Any:
    """The element at a position, counted from 0."""
    return _element("deref", values, index)


@function("int-deref", "(T[], int) -> T", "(int-deref (range 5 9) 2)", "7", _OUTSIDE)
def _int_deref(meter: Meter, values: Any, index: Any) -> Any:
    """The same as `deref`."""
    return _element("int-deref", values, index)


@function(
    "slice",
    "(T[], int, int) -> T[]",
    "(slice (range 0 9) 2 -4)",
    "[2, 3, 4]",
    ("index", "a position is a float"),
)
def _slice(meter: Meter, values: Any, low: Any, high: Any) -> list[Any]:
    """From the first position, below 0 counting as 0, to the second, exclusive;

    below 0 it counts from the end, beyond the end it is the end.
    """  # noqa: D415  one sentence, too long for a line
    need_array("slice", values)
    low, high = position_of("slice", 2, low), position_of("slice", 3, high)
    part: list[Any] = values[max(low, 0) : high]
    meter.charge(len(part) >> 4)
    return part


@function(
    "append",
    "(T[], T) -> T[]",
    "(append (range 0 2) 7)",
    "[0, 1, 7]",
    ("size", "the array has too many elements"),
)
def _append(meter: Meter, values: Any, value: Any) -> list[Any]:
    """The array with one more element at its end."""
    need_array("append", values)
    meter.check_length(len(values) + 1)
    longer = [*values, value]
    if not is_plain(value):
        meter.weigh_sum(longer, values, value)
    return longer


@function("sort", "(O[]) -> O[]", "(sort (digits 312))", "[1, 2, 3]")
def _sort(meter: Meter, values: Any) -> list[Any]:
    """The elements in ascending order; equal ones keep theirs."""
    need_array("sort", values)
    return in_order(meter, values)


@function("reverse", "(T[]) -> T[]", "(reverse (range 0 3))", "[2, 1, 0]")
def _reverse(meter: Meter, values: Any) -> list[Any]:
    """The elements in opposite order."""
    need_array("reverse", values)
    meter.charge(len(values) >> 4)
    return list(values[::-1])


@function("array-new", "(type) -> T[]", "(array-new int)", "[]")
def _array_new(meter: Meter, kind: Any) -> list[Any]:
    """An empty array."""
    need_types("array-new", kind)
    return []


@function(
    "is_sorted",
    "(O[]) -> bool",
    "(is_sorted (range 0 3))",
    "true",
    python="not any(after < before for before, after in itertools.pairwise(values))",
)
def _is_sorted(meter: Meter, values: Any) -> bool:
    """Whether no element is less than the one before it."""
    need_array("is_sorted", values)
    meter.charge(len(values))
    return all(not less(meter, after, before) for before, after in pairwise(values))


@function("contains", "(E[], E) -> bool", "(contains (range 0 3) 2)", "true")
def _contains(meter: Meter, values: Any, value: Any) -> bool:
    """Whether an element equals the value."""
    need_array("contains", values)
    meter.charge(len(values))
    # `in` is what `equal` is for numbers, and for strings, but that it finds a NaN in its own list.
    kinds = set(map(type, values))
    if (type(value) is str and kinds == {str}) or (type(value) in NUMBERS and kinds <= NUMBERS):
        return bool(value == value and value in values)
    return any(equal(meter, element, value) for element in values)


# Functions of functions.


@function("invoke1", "((A) -> B, A) -> B", "(invoke1 (lambda1 (* arg1 2)) 21)", "42")
def _invoke1(meter: Meter, call: Any, value: Any) -> Any:
    """The function's value for the argument."""


@function(
    "combine",
    "((B) -> C, (..) -> B) -> (..) -> C",
    "(map (range 1 4) (combine square (partial0 1 +)))",
    "[4, 9, 16]",
)
def _combine(meter: Meter, outer: Any, inner: Any) -> FunctionValue:
    """The first function after the second."""
    for value in (inner, outer):
        if type(value) is not FunctionValue:
            return _no_function("combine", value)
    before = inner.call

    def deep(*values: Any) -> Any:
        found = yield before(*values)
        return (yield code_of(outer, 1)(found))

    if meter.is_deep:
        return FunctionValue("combine", inner.arity, deep, meter)
    calls: dict[int | None, Callable[..., Any]] = {
        1: lambda x: code_of(outer, 1)(before(x)),
        2: lambda x, y: code_of(outer, 1)(before(x, y)),
        3: lambda x, y, z: code_of(outer, 1)(before(x, y, z)),
    }
    return FunctionValue("combine", inner.arity, calls.get(inner.arity, _only_deep))


def _only_deep(*_: Any) -> Any:
    """For calls with other numbers of values, which would use C stack: run the program deep."""
    raise RecursionError


def _failing(name: str, kind: type[EvaluationError | ArityError], message: str) -> FunctionValue:
    """What `partial0` and the like make of what they cannot use: it fails when called."""

    def fail(*_: Any) -> Any:
        raise kind(message)

    return FunctionValue(name, None, fail)


def _no_function(name: str, value: Any) -> FunctionValue:
    return _failing(name, ValueTypeError, f"`{name}` expects a function, found {kind_of(value)}")


def _fixed(meter: Meter, position: int, value: Any, inner: Any) -> FunctionValue:
    """The function `inner` with its argument at `position` fixed."""
    name = f"partial{position}"
    if type(inner) is not FunctionValue:
        return _no_function(name, inner)
    of, arity = inner.call, inner.arity
    if arity is None:
        return FunctionValue(name, None, of)
    if arity <= position:
        message = f"`{name}` fixes argument {position + 1} of a function that has {arity}"
        return _failing(name, ArityError, message)
    if meter.is_deep:
        call = lambda *values: of(*values[:position], value, *values[position:])  # noqa: E731
    else:
        # Not `*values`, which would cost C stack.
        calls: dict[tuple[int, int], Callable[..., Any]] = {
            (1, 0): lambda: of(value),
            (2, 0): lambda x: of(value, x),
            (2, 1): lambda x: of(x, value),
            (3, 0): lambda x, y: of(value, x, y),
            (3, 1): lambda x, y: of(x, value, y),
            (3, 2): lambda x, y: of(x, y, value),
        }
        call = calls.get((arity, position), _only_deep)
    return FunctionValue(name, arity - 1, call, inner.deep)


def _partial(position: int, which: str, signature: str, example: str, value: str) -> None:
    def partial(meter: Meter, value: Any, inner: Any) -> FunctionValue:
        return _fixed(meter, position, value, inner)

    partial.__doc__ = f"The function with its {which} argument fixed."
    function(f"partial{position}", signature, example, value)(partial)


_EXAMPLES: Final = "(map (range 0 3) (partial{} 10 -))".format
_SLICED: Final = "(reduce (range 0 2) (range 0 9) (partial2 4 slice))"
_partial(0, "first", "(A, (A, ..) -> B) -> (..) -> B", _EXAMPLES(0), "[10, 9, 8]")
_partial(1, "second", "(B, (A, B, ..) -> C) -> (A, ..) -> C", _EXAMPLES(1), "[-10, -9, -8]")
_partial(2, "third", "(C, (A, B, C, ..) -> D) -> (A, B, ..) -> D", _SLICED, "[1, 2, 3]")
