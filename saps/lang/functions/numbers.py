"""Functions of numbers."""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

import math
from typing import Any, Final

from saps.lang.errors import DivisionByZeroError, DomainError
from saps.lang.functions.kinds import NUMBERS, need_numbers, truncated, whole_number
from saps.lang.functions.table import function
from saps.lang.limits import Meter
from saps.lang.prime import is_prime

_BITS: Final = ("size", "the result has too many bits")
_ZERO: Final = ("division-by-zero", "the divisor is zero")


@function("+", "(int, int) -> int", "The sum.", "(+ 2 3)", "5", _BITS)
def _add(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("+", x, y)
    total = x + y
    if -meter.bound < total < meter.bound:
        return total
    return meter.check_number(total)


@function("-", "(int, int) -> int", "The difference.", "(- 2 3)", "-1", _BITS)
def _subtract(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("-", x, y)
    difference = x - y
    if -meter.bound < difference < meter.bound:
        return difference
    return meter.check_number(difference)


@function("*", "(int, int) -> int", "The product.", "(* 2 3)", "6", _BITS)
def _multiply(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("*", x, y)
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
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("/", x, y)
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
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("%", x, y)
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
    need_numbers("pow", x, y)
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
    need_numbers("sqrt", x)
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
    need_numbers("floor", x)
    return truncated("floor", x)


@function("square", "(int) -> int", "The number times itself.", "(square 5)", "25", _BITS)
def _square(meter: Meter, x: Any) -> Any:
    need_numbers("square", x)
    return meter.check_number(x * x)


@function("abs", "(int) -> int", "The number without its sign.", "(abs -5)", "5")
def _absolute(meter: Meter, x: Any) -> Any:
    need_numbers("abs", x)
    return abs(x)


@function("min", "(int, int) -> int", "The smaller; the first if they are equal.", "(min 2 3)", "2")
def _minimum(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("min", x, y)
    return x if x <= y else y


@function("max", "(int, int) -> int", "The larger; the second if they are equal.", "(max 2 3)", "3")
def _maximum(meter: Meter, x: Any, y: Any) -> Any:
    if type(x) not in NUMBERS or type(y) not in NUMBERS:
        need_numbers("max", x, y)
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
    return is_prime(whole_number("is_prime", x), meter.charge)


@function(
    "digits",
    "(int) -> int[]",
    "The decimal digits of the absolute value, the most significant first.",
    "(digits -407)",
    "[4, 0, 7]",
    ("domain", "the number has a fraction"),
)
def _digits(meter: Meter, x: Any) -> list[int]:
    number = abs(whole_number("digits", x))
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
