"""Functions of arrays."""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

from itertools import pairwise
from typing import Any, Final

from saps.lang.comparison import equal, in_order, less
from saps.lang.errors import EmptyArrayError, IndexRangeError, RangeTooLongError, ValueTypeError
from saps.lang.functions.calls import callable_of
from saps.lang.functions.kinds import (
    FLAT,
    need_array,
    need_numbers,
    need_types,
    position_of,
    truncated,
)
from saps.lang.functions.table import function
from saps.lang.limits import Meter
from saps.lang.values import kind_of

_MAX_RANGE: Final = 1_000
_OUTSIDE: Final = ("index", "the position is below 0, beyond the end, or a float")


@function(
    "reduce",
    "(T[], A, (A, T) -> A) -> A",
    "The left fold: the function gets what was accumulated so far, then the next element.",
    "(reduce (range 1 5) 0 +)",
    "10",
)
def _reduce(meter: Meter, values: Any, start: Any, combine: Any) -> Any:
    need_array("reduce", values)
    if not values:
        return start
    call = callable_of(combine, 2)
    meter.charge(len(values))
    for value in values:
        start = call(start, value)
    return start


@function(
    "map",
    "(A[], (A) -> B) -> B[]",
    "The function's value for each element.",
    "(map (range 0 3) square)",
    "[0, 1, 4]",
)
def _map(meter: Meter, values: Any, convert: Any) -> list[Any]:
    need_array("map", values)
    if not values:
        return []
    call = callable_of(convert, 1)
    meter.charge(len(values))
    mapped = [call(value) for value in values]
    if not FLAT.issuperset(map(type, mapped)):
        meter.weigh(mapped)
    return mapped


@function(
    "filter",
    "(T[], (T) -> bool) -> T[]",
    "The elements for which the function is true.",
    "(filter (range 0 9) is_prime)",
    "[2, 3, 5, 7]",
)
def _filter(meter: Meter, values: Any, keep: Any) -> list[Any]:
    need_array("filter", values)
    if not values:
        return []
    call = callable_of(keep, 1)
    meter.charge(len(values))
    kept = []
    for value in values:
        verdict = call(value)
        if verdict is True:
            kept.append(value)
        elif verdict is not False:
            raise ValueTypeError(
                f"`filter` expects a function that gives a truth value, found {kind_of(verdict)}"
            )
    return kept


@function(
    "range",
    "(int, int) -> int[]",
    "The whole numbers from the first, inclusive, to the second, exclusive.",
    "(range 2 5)",
    "[2, 3, 4]",
    ("range-too-long", f"more than {_MAX_RANGE} numbers"),
    ("domain", "a bound is infinite or not a number"),
)
def _range(meter: Meter, low: Any, high: Any) -> list[int]:
    need_numbers("range", low, high)
    if high - low > _MAX_RANGE:
        raise RangeTooLongError(f"`range` would have more than {_MAX_RANGE} elements")
    numbers = list(range(truncated("range", low), truncated("range", high)))
    meter.charge(len(numbers) >> 3)
    return numbers


@function("len", "(T[]) -> int", "The number of elements.", "(len (range 0 3))", "3")
def _length(meter: Meter, values: Any) -> int:
    need_array("len", values)
    return len(values)


@function(
    "head",
    "(T[]) -> T",
    "The first element.",
    "(head (range 4 9))",
    "4",
    ("empty", "the array is empty"),
)
def _head(meter: Meter, values: Any) -> Any:
    need_array("head", values)
    if not values:
        raise EmptyArrayError("`head` of an empty array")
    return values[0]


@function("tail", "(T[]) -> T[]", "All elements but the first.", "(tail (range 0 3))", "[1, 2]")
def _tail(meter: Meter, values: Any) -> list[Any]:
    need_array("tail", values)
    meter.charge(len(values) >> 4)
    return list(values[1:])


def _element(name: str, values: Any, index: Any) -> Any:
    need_array(name, values)
    if type(index) is not int:
        position_of(name, 2, index)
    if 0 <= index < len(values):
        return values[index]
    raise IndexRangeError(f"`{name}` asks for position {index} of {len(values)} elements")


@function(
    "deref",
    "(T[], int) -> T",
    "The element at a position, counted from 0.",
    "(deref (range 5 9) 2)",
    "7",
    _OUTSIDE,
)
def _deref(meter: Meter, values: Any, index: Any) -> Any:
    return _element("deref", values, index)


@function(
    "int-deref",
    "(T[], int) -> T",
    "The same as `deref`.",
    "(int-deref (range 5 9) 2)",
    "7",
    _OUTSIDE,
)
def _int_deref(meter: Meter, values: Any, index: Any) -> Any:
    return _element("int-deref", values, index)


@function(
    "slice",
    "(T[], int, int) -> T[]",
    "From the first position, below 0 counting as 0, to the second, exclusive; below 0 it counts "
    "from the end, beyond the end it is the end.",
    "(slice (range 0 9) 2 -4)",
    "[2, 3, 4]",
    ("index", "a position is a float"),
)
def _slice(meter: Meter, values: Any, low: Any, high: Any) -> list[Any]:
    need_array("slice", values)
    low, high = position_of("slice", 2, low), position_of("slice", 3, high)
    part: list[Any] = values[max(low, 0) : high]
    meter.charge(len(part) >> 4)
    return part


@function(
    "append",
    "(T[], T) -> T[]",
    "The array with one more element at its end.",
    "(append (range 0 2) 7)",
    "[0, 1, 7]",
    ("size", "the array has too many elements"),
)
def _append(meter: Meter, values: Any, value: Any) -> list[Any]:
    need_array("append", values)
    meter.check_length(len(values) + 1)
    longer = [*values, value]
    if type(value) not in FLAT:
        meter.weigh_sum(longer, values, value)
    return longer


@function(
    "sort",
    "(O[]) -> O[]",
    "The elements in ascending order; equal ones keep theirs.",
    "(sort (digits 312))",
    "[1, 2, 3]",
)
def _sort(meter: Meter, values: Any) -> list[Any]:
    need_array("sort", values)
    return in_order(meter, values)


@function(
    "reverse",
    "(T[]) -> T[]",
    "The elements in opposite order.",
    "(reverse (range 0 3))",
    "[2, 1, 0]",
)
def _reverse(meter: Meter, values: Any) -> list[Any]:
    need_array("reverse", values)
    meter.charge(len(values) >> 4)
    return list(values[::-1])


@function("array-new", "(type) -> T[]", "An empty array.", "(array-new int)", "[]")
def _array_new(meter: Meter, kind: Any) -> list[Any]:
    need_types("array-new", kind)
    return []


@function(
    "is_sorted",
    "(O[]) -> bool",
    "Whether no element is less than the one before it.",
    "(is_sorted (range 0 3))",
    "true",
    python="not any(after < before for before, after in itertools.pairwise(values))",
)
def _is_sorted(meter: Meter, values: Any) -> bool:
    need_array("is_sorted", values)
    meter.charge(len(values))
    return all(not less(meter, after, before) for before, after in pairwise(values))


@function(
    "contains",
    "(E[], E) -> bool",
    "Whether an element equals the value.",
    "(contains (range 0 3) 2)",
    "true",
)
def _contains(meter: Meter, values: Any, value: Any) -> bool:
    need_array("contains", values)
    meter.charge(len(values))
    return any(equal(meter, element, value) for element in values)
