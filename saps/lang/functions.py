"""The function table: each function of AlgoLisp, once, with all that the rest needs to know of it.

Types, arity checks, the interpreter, the symbols of the decoder, the reference page and completion
follow from the entries here. To add a function, write one more `@function` below, and its test.

An implementation takes the meter of the run and the evaluated arguments, checks the kinds itself,
and changes no value that it was given.
"""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from saps.lang.comparison import equal, in_order, less
from saps.lang.errors import (
    ArityError,
    DivisionByZeroError,
    DomainError,
    EmptyArrayError,
    IndexRangeError,
    RangeTooLongError,
    ValueTypeError,
)
from saps.lang.limits import Meter
from saps.lang.prime import is_prime
from saps.lang.types import Constraint, FunctionType, Row, Type, Variable, parse_type
from saps.lang.values import FunctionValue, TypeValue, kind_of

Implementation = Callable[..., Any]
_MAX_RANGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Function:
    """One entry of the table.

    Attributes:
        name: the symbol.
        parameters: their types; variables are shared with `result`.
        result: its type.
        doc: the meaning, in words.
        errors: when it fails, besides values of the wrong kind; pairs of error code and condition.
        example: a program without arguments that uses the function.
        value: what the example gives, in JSON.
        implementation: called with the meter and the argument values.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    doc: str
    errors: tuple[tuple[str, str], ...]
    example: str
    value: str
    implementation: Implementation

    @property
    def arity(self) -> int:
        return len(self.parameters)

    @property
    def type(self) -> FunctionType:
        """The type of the function as a value."""
        return FunctionType(Row(self.parameters), self.result)

    @property
    def signature(self) -> str:
        """As the reference prints it: `T[] (T -> bool) -> T[]`."""
        parts = [f"({p})" if isinstance(p, FunctionType) else str(p) for p in self.parameters]
        return f"{' '.join(parts)} -> {self.result}"


_TABLE: Final[dict[str, Function]] = {}
FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(_TABLE)
FORMS: Final[Mapping[str, int]] = MappingProxyType({"lambda1": 1, "lambda2": 1, "if": 3})
LAMBDA_ARGUMENTS: Final = ("arg1", "arg2")
SELF: Final = "self"

_VARIABLES: Final = {
    "E": Variable("T", Constraint.EQUATABLE),
    "O": Variable("T", Constraint.ORDERED),
    "K": Variable("K", Constraint.KEY),
}


def function(
    name: str,
    signature: str,
    doc: str,
    example: str,
    value: str,
    *errors: tuple[str, str],
) -> Callable[[Implementation], Implementation]:
    """Enter the decorated implementation into the table.

    Args:
        name: the symbol.
        signature: `int, int -> int`. Variables: E is any type without functions, O one with an
            order, K one that may be a dictionary key; other capitals are any type.
        doc: the meaning.
        example: a program without arguments.
        value: what it gives, in JSON.
        errors: pairs of error code and condition.
    """

    def enter(implementation: Implementation) -> Implementation:
        constrained = _constrain(parse_type(signature))
        assert isinstance(constrained, FunctionType)
        _TABLE[name] = Function(
            name,
            constrained.row.parameters,
            constrained.result,
            doc,
            errors,
            example,
            value,
            implementation,
        )
        return implementation

    return enter


def _constrain(kind: Any) -> Any:
    """Replace the variables named E, O, K by constrained ones, all through a type."""
    if isinstance(kind, Variable):
        return _VARIABLES.get(kind.name, kind)
    if isinstance(kind, tuple):
        return tuple(map(_constrain, kind))
    if isinstance(kind, Type) and getattr(kind, "__dataclass_fields__", {}):
        parts = {f: getattr(kind, f) for f in kind.__dataclass_fields__}  # type: ignore[attr-defined]
        return type(kind)(
            **{f: p if isinstance(p, str) else _constrain(p) for f, p in parts.items()}
        )
    return kind


# Kinds of arguments ---------------------------------------------------------------------------

_NUMBERS: Final = frozenset({int, float})


def _wrong(name: str, position: int, expected: str, value: Any) -> ValueTypeError:
    return ValueTypeError(
        f"`{name}` expects {expected} as argument {position}, found {kind_of(value)}"
    )


def _need_numbers(name: str, *values: Any) -> None:
    for position, value in enumerate(values, 1):
        if type(value) not in _NUMBERS:
            raise _wrong(name, position, "a number", value)


def _need_bools(name: str, *values: Any) -> None:
    for position, value in enumerate(values, 1):
        if type(value) is not bool:
            raise _wrong(name, position, "a truth value", value)


def _need_strings(name: str, *values: Any) -> None:
    for position, value in enumerate(values, 1):
        if type(value) is not str:
            raise _wrong(name, position, "a string", value)


def _need_array(name: str, value: Any, position: int = 1) -> None:
    if type(value) is not list:
        raise _wrong(name, position, "an array", value)


def _need_types(name: str, *values: Any) -> None:
    for position, value in enumerate(values, 1):
        if type(value) is not TypeValue:
            raise _wrong(name, position, "a type", value)


def as_value(function: Function, meter: Meter) -> FunctionValue:
    """A function of the table as a value of programs."""
    implementation = function.implementation
    call: Callable[..., Any]
    if function.arity == 1:
        call = lambda x: implementation(meter, x)  # noqa: E731
    elif function.arity == 2:
        call = lambda x, y: implementation(meter, x, y)  # noqa: E731
    else:
        call = lambda x, y, z: implementation(meter, x, y, z)  # noqa: E731
    return FunctionValue(function.name, function.arity, call)


def callable_of(value: Any, n_arguments: int) -> Callable[..., Any]:
    """The Python function behind a function value that is about to get `n_arguments`."""
    if type(value) is not FunctionValue:
        raise ValueTypeError(f"expected a function to call, found {kind_of(value)}")
    if value.arity is not None and value.arity != n_arguments:
        raise ArityError(
            f"{value.name} takes {value.arity} arguments but is called with {n_arguments}"
        )
    return value.call


def _whole(name: str, number: Any) -> int:
    if type(number) is int:
        return number
    if type(number) is not float:
        raise _wrong(name, 1, "a number", number)
    if not number.is_integer():
        raise DomainError(f"`{name}` expects a whole number, found {number}")
    return int(number)


def _truncate(name: str, number: Any) -> int:
    if type(number) is float and not math.isfinite(number):
        raise DomainError(f"`{name}` can not make {number} a whole number")
    return int(number)


def _index(name: str, position: int, number: Any) -> int:
    if type(number) is int:
        return number
    if type(number) is float:
        raise IndexRangeError(f"`{name}` expects a whole number as position, found {number}")
    raise _wrong(name, position, "a number", number)


# Numbers --------------------------------------------------------------------------------------

_BITS: Final = ("size", "the result has too many bits")
_ZERO: Final = ("division-by-zero", "the divisor is zero")


@function("+", "(int, int) -> int", "The sum.", "(+ 2 3)", "5", _BITS)
def _add(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("+", x, y)
    total = x + y
    if -meter.bound < total < meter.bound:
        return total
    return meter.check_number(total)


@function("-", "(int, int) -> int", "The difference.", "(- 2 3)", "-1", _BITS)
def _subtract(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("-", x, y)
    difference = x - y
    if -meter.bound < difference < meter.bound:
        return difference
    return meter.check_number(difference)


@function("*", "(int, int) -> int", "The product.", "(* 2 3)", "6", _BITS)
def _multiply(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("*", x, y)
    product = x * y
    if -meter.bound < product < meter.bound:
        return product
    return meter.check_number(product)


@function(
    "/",
    "(int, int) -> int",
    "The quotient: rounded down when x is a whole number, exact when x is a float.",
    "(/ 7 2)",
    "3",
    _ZERO,
)
def _divide(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("/", x, y)
    if y == 0:
        raise DivisionByZeroError("`/` divides by zero")
    return x // y if type(x) is int else x / y


@function(
    "%",
    "(int, int) -> int",
    "The remainder of the division rounded down; it has the sign of the divisor.",
    "(% -7 2)",
    "1",
    _ZERO,
)
def _remainder(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("%", x, y)
    if y == 0:
        raise DivisionByZeroError("`%` divides by zero")
    return x % y


@function(
    "pow",
    "(int, int) -> int",
    "The first number to the power of the second.",
    "(pow 2 10)",
    "1024",
    ("division-by-zero", "zero to a negative power"),
    ("domain", "a negative number to a fractional power"),
    _BITS,
)
def _power(meter: Meter, x: Any, y: Any) -> Any:
    _need_numbers("pow", x, y)
    if x == 0 and y < 0:
        raise DivisionByZeroError("`pow` raises zero to a negative power")
    if type(x) is int and type(y) is int and y > 0:
        # The product of the bit lengths is an upper bound, and for |x| > 1 twice a lower one.
        if abs(x) > 1 and (x.bit_length() - 1) * y > meter.bits:
            raise meter.too_many_bits((x.bit_length() - 1) * y)
        return meter.check_number(x ** (y if abs(x) > 1 else 2 - y % 2))
    power = x**y
    if type(power) is complex:
        raise DomainError(f"`pow` raises the negative number {x} to the fractional power {y}")
    return power


@function(
    "sqrt",
    "(int) -> int",
    "The square root, a float.",
    "(sqrt 4)",
    "2.0",
    ("domain", "the number is negative, or too large for a float"),
)
def _square_root(meter: Meter, x: Any) -> float:
    _need_numbers("sqrt", x)
    if x < 0:
        raise DomainError("`sqrt` of a negative number")
    return math.sqrt(x)


@function(
    "floor",
    "(int) -> int",
    "The number without its fraction: rounds toward zero.",
    "(floor (- 0 2.5))",
    "-2",
    ("domain", "the number is infinite or not a number"),
)
def _floor(meter: Meter, x: Any) -> int:
    _need_numbers("floor", x)
    return _truncate("floor", x)


@function("square", "(int) -> int", "The number times itself.", "(square 5)", "25", _BITS)
def _square(meter: Meter, x: Any) -> Any:
    _need_numbers("square", x)
    return meter.check_number(x * x)


@function("abs", "(int) -> int", "The number without its sign.", "(abs -5)", "5")
def _absolute(meter: Meter, x: Any) -> Any:
    _need_numbers("abs", x)
    return abs(x)


@function("min", "(int, int) -> int", "The smaller; the first if they are equal.", "(min 2 3)", "2")
def _minimum(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("min", x, y)
    return x if x <= y else y


@function("max", "(int, int) -> int", "The larger; the second if they are equal.", "(max 2 3)", "3")
def _maximum(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in _NUMBERS or type(y) not in _NUMBERS:
        _need_numbers("max", x, y)
    return y if x <= y else x


@function(
    "is_prime",
    "(int) -> bool",
    "Whether the number is prime; below 2 none is.",
    "(is_prime 7)",
    "true",
    ("domain", "the number has a fraction"),
)
def _is_prime(meter: Meter, x: Any) -> bool:
    return is_prime(_whole("is_prime", x), meter.charge)


@function(
    "digits",
    "(int) -> int[]",
    "The decimal digits of the absolute value, the most significant first.",
    "(digits -407)",
    "[4, 0, 7]",
    ("domain", "the number has a fraction"),
)
def _digits(meter: Meter, x: Any) -> list[int]:
    number = abs(_whole("digits", x))
    if number < 10:
        return [number]
    meter.charge(number.bit_length() >> 2)
    return list(map(int, _decimal(number)))


def _decimal(number: int) -> str:
    """Like `str`, which refuses very large numbers."""
    if number < _DECIMAL_PIECE:
        return str(number)
    high, low = divmod(number, _DECIMAL_PIECE)
    return _decimal(high) + str(low).zfill(_DECIMAL_PIECE_DIGITS)


_DECIMAL_PIECE_DIGITS: Final = 4_000
_DECIMAL_PIECE: Final = 10**_DECIMAL_PIECE_DIGITS


# Truth and comparison -------------------------------------------------------------------------


@function("!", "(bool) -> bool", "Not.", "(! true)", "false")
def _not(meter: Meter, x: Any) -> bool:
    _need_bools("!", x)
    return not x


@function(
    "&&", "(bool, bool) -> bool", "And; both sides are evaluated.", "(&& true false)", "false"
)
def _and(meter: Meter, x: Any, y: Any) -> Any:
    _need_bools("&&", x, y)
    return x and y


@function("||", "(bool, bool) -> bool", "Or; both sides are evaluated.", "(|| true false)", "true")
def _or(meter: Meter, x: Any, y: Any) -> Any:
    _need_bools("||", x, y)
    return x or y


@function("<", "(O, O) -> bool", "Whether x comes before y.", "(< 1 2)", "true")
def _less(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in _NUMBERS and type(y) in _NUMBERS:
        return bool(x < y)
    return less(meter, x, y)


@function(">", "(O, O) -> bool", "Whether x comes after y.", "(> 1 2)", "false")
def _greater(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in _NUMBERS and type(y) in _NUMBERS:
        return bool(x > y)
    return less(meter, y, x)


@function("<=", "(O, O) -> bool", "Whether x comes before y or equals it.", "(<= 2 2)", "true")
def _at_most(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in _NUMBERS and type(y) in _NUMBERS:
        return bool(x <= y)
    return less(meter, x, y) or equal(meter, x, y)


@function(">=", "(O, O) -> bool", "Whether x comes after y or equals it.", "(>= 1 2)", "false")
def _at_least(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in _NUMBERS and type(y) in _NUMBERS:
        return bool(x >= y)
    return less(meter, y, x) or equal(meter, x, y)


@function("==", "(E, E) -> bool", "Whether the values are the same.", "(== 1 1.0)", "true")
def _equal(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in _NUMBERS and type(y) in _NUMBERS:
        return bool(x == y)
    return equal(meter, x, y)


@function("!=", "(E, E) -> bool", "Whether the values differ.", "(!= 1 2)", "true")
def _unequal(meter: Meter, x: Any, y: Any) -> bool:
    return not equal(meter, x, y)


# Arrays ---------------------------------------------------------------------------------------

_OUTSIDE: Final = ("index", "the position is below 0, beyond the end, or a float")


@function(
    "reduce",
    "(T[], A, (A, T) -> A) -> A",
    "The left fold: the function gets what was accumulated so far, then the next element.",
    "(reduce (range 1 5) 0 +)",
    "10",
)
def _reduce(meter: Meter, values: Any, start: Any, combine: Any) -> Any:
    _need_array("reduce", values)
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
    _need_array("map", values)
    if not values:
        return []
    call = callable_of(convert, 1)
    meter.charge(len(values))
    mapped = [call(value) for value in values]
    if not _FLAT.issuperset(map(type, mapped)):
        meter.weigh(mapped)
    return mapped


_FLAT: Final = frozenset({int, float, bool})


@function(
    "filter",
    "(T[], (T) -> bool) -> T[]",
    "The elements for which the function is true.",
    "(filter (range 0 9) is_prime)",
    "[2, 3, 5, 7]",
)
def _filter(meter: Meter, values: Any, keep: Any) -> list[Any]:
    _need_array("filter", values)
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
    _need_numbers("range", low, high)
    if high - low > _MAX_RANGE:
        raise RangeTooLongError(f"`range` would have more than {_MAX_RANGE} elements")
    numbers = list(range(_truncate("range", low), _truncate("range", high)))
    meter.charge(len(numbers) >> 3)
    return numbers


@function("len", "(T[]) -> int", "The number of elements.", "(len (range 0 3))", "3")
def _length(meter: Meter, values: Any) -> int:
    _need_array("len", values)
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
    _need_array("head", values)
    if not values:
        raise EmptyArrayError("`head` of an empty array")
    return values[0]


@function("tail", "(T[]) -> T[]", "All elements but the first.", "(tail (range 0 3))", "[1, 2]")
def _tail(meter: Meter, values: Any) -> list[Any]:
    _need_array("tail", values)
    meter.charge(len(values) >> 4)
    return list(values[1:])


def _element(name: str, values: Any, index: Any) -> Any:
    _need_array(name, values)
    if type(index) is not int:
        _index(name, 2, index)
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
    _need_array("slice", values)
    low, high = _index("slice", 2, low), _index("slice", 3, high)
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
    _need_array("append", values)
    meter.check_length(len(values) + 1)
    longer = [*values, value]
    if type(value) not in _FLAT:
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
    _need_array("sort", values)
    return in_order(meter, values)


@function(
    "reverse",
    "(T[]) -> T[]",
    "The elements in opposite order.",
    "(reverse (range 0 3))",
    "[2, 1, 0]",
)
def _reverse(meter: Meter, values: Any) -> list[Any]:
    _need_array("reverse", values)
    meter.charge(len(values) >> 4)
    return list(values[::-1])


@function("array-new", "(type) -> T[]", "An empty array.", "(array-new int)", "[]")
def _array_new(meter: Meter, kind: Any) -> list[Any]:
    _need_types("array-new", kind)
    return []


@function(
    "is_sorted",
    "(O[]) -> bool",
    "Whether no element is less than the one before it.",
    "(is_sorted (range 0 3))",
    "true",
)
def _is_sorted(meter: Meter, values: Any) -> bool:
    _need_array("is_sorted", values)
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
    _need_array("contains", values)
    meter.charge(len(values))
    return any(equal(meter, element, value) for element in values)


# Functions ------------------------------------------------------------------------------------


@function(
    "invoke1",
    "((A) -> B, A) -> B",
    "The function's value for the argument.",
    "(invoke1 (lambda1 (* arg1 2)) 21)",
    "42",
)
def _invoke1(meter: Meter, call: Any, value: Any) -> Any:
    return callable_of(call, 1)(value)


@function(
    "combine",
    "((B) -> C, (..) -> B) -> (..) -> C",
    "The first function after the second.",
    "(map (range 1 4) (combine square (partial0 1 +)))",
    "[4, 9, 16]",
)
def _combine(meter: Meter, outer: Any, inner: Any) -> FunctionValue:
    if type(outer) is not FunctionValue or type(inner) is not FunctionValue:
        return _failing("combine", outer if type(inner) is FunctionValue else inner)
    after, before = outer, inner.call
    if inner.arity == 1:
        return FunctionValue("combine", 1, lambda x: callable_of(after, 1)(before(x)))
    if inner.arity == 2:
        return FunctionValue("combine", 2, lambda x, y: callable_of(after, 1)(before(x, y)))
    return FunctionValue(
        "combine", inner.arity, lambda *values: callable_of(after, 1)(before(*values))
    )


def _failing(name: str, value: Any) -> FunctionValue:
    """What `partial0` and the like make of a value that is no function: it fails when called."""

    def fail(*_: Any) -> Any:
        raise ValueTypeError(f"`{name}` expects a function, found {kind_of(value)}")

    return FunctionValue(name, None, fail)


def _fixed(name: str, position: int, value: Any, inner: Any) -> FunctionValue:
    """The function `inner` with its argument at `position` fixed."""
    if type(inner) is not FunctionValue:
        return _failing(name, inner)
    call, arity = inner.call, inner.arity
    if arity == 2 and position == 0:
        return FunctionValue(name, 1, lambda x: call(value, x))
    if arity == 2 and position == 1:
        return FunctionValue(name, 1, lambda x: call(x, value))
    if arity is None:
        return FunctionValue(name, None, call)
    if arity <= position:
        return _too_few(name, position, inner)
    return FunctionValue(
        name, arity - 1, lambda *values: call(*values[:position], value, *values[position:])
    )


def _too_few(name: str, position: int, inner: FunctionValue) -> FunctionValue:
    def fail(*_: Any) -> Any:
        raise ArityError(
            f"`{name}` fixes argument {position + 1} of a function that has {inner.arity}"
        )

    return FunctionValue(name, None, fail)


@function(
    "partial0",
    "(A, (A, ..) -> B) -> (..) -> B",
    "The function with its first argument fixed.",
    "(map (range 0 3) (partial0 10 -))",
    "[10, 9, 8]",
)
def _partial0(meter: Meter, value: Any, inner: Any) -> FunctionValue:
    return _fixed("partial0", 0, value, inner)


@function(
    "partial1",
    "(B, (A, B, ..) -> C) -> (A, ..) -> C",
    "The function with its second argument fixed.",
    "(map (range 0 3) (partial1 10 -))",
    "[-10, -9, -8]",
)
def _partial1(meter: Meter, value: Any, inner: Any) -> FunctionValue:
    return _fixed("partial1", 1, value, inner)


@function(
    "partial2",
    "(C, (A, B, C, ..) -> D) -> (A, B, ..) -> D",
    "The function with its third argument fixed.",
    "(reduce (range 0 2) (range 0 9) (partial2 4 slice))",
    "[1, 2, 3]",
)
def _partial2(meter: Meter, value: Any, inner: Any) -> FunctionValue:
    return _fixed("partial2", 2, value, inner)


# Strings --------------------------------------------------------------------------------------


@function("strlen", "(string) -> int", "The number of characters.", '(strlen "abc")', "3")
def _string_length(meter: Meter, text: Any) -> int:
    _need_strings("strlen", text)
    return len(text)


@function(
    "str_index",
    "(int, string) -> string",
    "The character at a position, truncated to a whole number; below 0 it counts from the end.",
    '(str_index -1 "abc")',
    '"c"',
    ("index", "the position is outside the string"),
    ("domain", "the position is infinite or not a number"),
)
def _string_index(meter: Meter, index: Any, text: Any) -> str:
    if type(index) not in _NUMBERS:
        raise _wrong("str_index", 1, "a number", index)
    if type(text) is not str:
        raise _wrong("str_index", 2, "a string", text)
    position = _truncate("str_index", index)
    if not -len(text) <= position < len(text):
        raise IndexRangeError(f"`str_index` asks for position {position} of {len(text)} characters")
    return text[position]


@function(
    "str_concat",
    "(string, string) -> string",
    "The first string followed by the second.",
    '(str_concat "ab" "c")',
    '"abc"',
    ("size", "the string has too many characters"),
)
def _string_concat(meter: Meter, x: Any, y: Any) -> str:
    _need_strings("str_concat", x, y)
    meter.check_length(len(x) + len(y))
    return f"{x}{y}"


@function(
    "str_split",
    "(string, string) -> string[]",
    "The pieces of the first string between occurrences of the second, without empty ones.",
    '(str_split " to  be" " ")',
    '["to", "be"]',
    ("domain", "the delimiter is empty"),
)
def _string_split(meter: Meter, text: Any, delimiter: Any) -> list[str]:
    _need_strings("str_split", text, delimiter)
    if not delimiter:
        raise DomainError("`str_split` at an empty string")
    meter.charge(len(text) >> 3)
    return [piece for piece in text.split(delimiter) if piece]


@function(
    "str_min",
    "(string, string) -> string",
    "The string that comes first in lexicographic order.",
    '(str_min "b" "a")',
    '"a"',
)
def _string_min(meter: Meter, x: Any, y: Any) -> str:
    _need_strings("str_min", x, y)
    return str(min(x, y))


@function(
    "str_max",
    "(string, string) -> string",
    "The string that comes last in lexicographic order.",
    '(str_max "b" "a")',
    '"b"',
)
def _string_max(meter: Meter, x: Any, y: Any) -> str:
    _need_strings("str_max", x, y)
    return str(max(x, y))


# Dictionaries ---------------------------------------------------------------------------------


@function(
    "dict-new",
    "(type, type) -> dict<K,V>",
    "An empty dictionary.",
    "(dict-new int int)",
    "{}",
)
def _dict_new(meter: Meter, key: Any, value: Any) -> dict[Any, Any]:
    _need_types("dict-new", key, value)
    return {}


@function(
    "dict-insert",
    "(dict<K,V>, K, V) -> dict<K,V>",
    "The dictionary with one more entry, or with a new value for a key it has.",
    "(dict-keys (dict-insert (dict-new int int) 5 1))",
    "[5]",
    ("size", "the dictionary has too many entries"),
)
def _dict_insert(meter: Meter, entries: Any, key: Any, value: Any) -> dict[Any, Any]:
    if type(entries) is not dict:
        raise _wrong("dict-insert", 1, "a dictionary", entries)
    first = next(iter(entries), key)
    if type(key) not in _KEYS or kind_of(first) != kind_of(key):
        raise _wrong("dict-insert", 2, "a number, a truth value or a string, as before", key)
    meter.check_length(len(entries) + 1)
    longer = {**entries, key: value}
    if type(key) is str or type(value) not in _FLAT:
        meter.weigh_sum(longer, entries, key, value)
    return longer


_KEYS: Final = frozenset({int, float, bool, str})


@function(
    "dict-keys",
    "(dict<K,V>) -> K[]",
    "The keys, in ascending order.",
    "(dict-keys (dict-insert (dict-insert (dict-new int int) 5 1) 3 1))",
    "[3, 5]",
)
def _dict_keys(meter: Meter, entries: Any) -> list[Any]:
    if type(entries) is not dict:
        raise _wrong("dict-keys", 1, "a dictionary", entries)
    return in_order(meter, list(entries))
