"""Functions of numbers and of truth values, and comparisons."""

import math
from collections.abc import Callable
from math import inf, isqrt
from typing import Any, Final

from saps.lang.errors import DivisionByZeroError, DomainError
from saps.lang.functions.function_table import (
    equal,
    function,
    less,
    need_bools,
    need_numbers,
    truncated,
)
from saps.lang.limits import Meter
from saps.lang.program_values import shown

# Primality of whole numbers of any size.

_SMALL_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
# Below the square of the next prime, what none of these divides is prime.
_TABLED_BOUND: Final = 43**2
_TABLED: Final = frozenset(
    n
    for n in range(2, _TABLED_BOUND)
    if n in _SMALL_PRIMES or all(n % prime for prime in _SMALL_PRIMES)
)
# Sorenson & Webster 2015: below this bound the thirteen bases above decide exactly.
_PROVEN_BOUND: Final = 3_317_044_064_679_887_385_961_981


def is_prime(number: int, charge: Callable[[int], None]) -> bool:
    """Decide exactly up to 3.3e24, beyond it by the Baillie-PSW test (no counterexample known)."""
    if number < _TABLED_BOUND:
        return number in _TABLED
    if any(number % prime == 0 for prime in _SMALL_PRIMES):
        return False
    if number < _PROVEN_BOUND:
        charge(8)
        # Jaeschke 1993: the first four bases suffice here, and most numbers are small.
        bases = _SMALL_PRIMES[:4] if number < 3_215_031_751 else _SMALL_PRIMES
        return all(_is_probable_prime(number, base, pow) for base in bases)
    return _is_large_prime(number, charge)


def _is_large_prime(number: int, charge: Callable[[int], None]) -> bool:
    """The Baillie-PSW test. It takes up to half a second, so it charges for each bit."""
    per_bit = 1 + ((number.bit_length() >> 6) ** 2 >> 7)  # what a product and a remainder cost

    def power(base: int, exponent: int, modulus: int) -> int:
        result = 1
        for bit in bin(exponent)[2:]:
            charge(per_bit)
            result = result * result % modulus
            if bit == "1":
                result = result * base % modulus
        return result

    if not _is_probable_prime(number, 2, power):
        return False
    return _is_lucas_probable_prime(number, lambda: charge(4 * per_bit))


def _is_probable_prime(number: int, base: int, power_of: Callable[[int, int, int], int]) -> bool:
    """The strong (Miller-Rabin) test."""
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    power = power_of(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def _is_lucas_probable_prime(number: int, charge: Callable[[], None]) -> bool:
    """The strong Lucas test with Selfridge's parameters; charges for each bit of the number."""
    if isqrt(number) ** 2 == number:
        return False
    d = 5
    while (symbol := _jacobi(d, number)) != -1:
        if symbol == 0 and abs(d) < number:
            return False
        d = -d - 2 if d > 0 else -d + 2
    return _strong_lucas(number, d, charge)


def _strong_lucas(number: int, d: int, charge: Callable[[], None]) -> bool:
    q = (1 - d) // 4
    odd = number + 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    u, v, q_power = 1, 1, q
    for bit in bin(odd)[3:]:
        charge()
        u, v, q_power = u * v % number, (v * v - 2 * q_power) % number, q_power * q_power % number
        if bit == "1":
            u, v = _half(u + v, number), _half(d * u + v, number)
            q_power = q_power * q % number
    if u == 0 or v == 0:
        return True
    for _ in range(twos - 1):
        v = (v * v - 2 * q_power) % number
        if v == 0:
            return True
        q_power = q_power * q_power % number
    return False


def _half(value: int, number: int) -> int:
    return (value + number if value & 1 else value) // 2 % number


def _jacobi(a: int, n: int) -> int:
    a %= n
    sign = 1
    while a:
        while a % 2 == 0:
            a //= 2
            if n % 8 in (3, 5):
                sign = -sign
        a, n = n, a
        if a % 4 == 3 and n % 4 == 3:
            sign = -sign
        a %= n
    return sign if n == 1 else 0


# ruff: noqa: ARG001  every implementation takes the meter, though few use it


_BITS: Final = ("size", "the result has too many bits")
_ZERO: Final = ("division-by-zero", "the divisor is zero")


@function("+", "(int, int) -> int", "(+ 2 3)", "5", _BITS)
def _add(meter: Meter, x: Any, y: Any) -> Any:
    """The sum."""
    need_numbers("+", x, y)
    return meter.check_bounds(x + y)


@function("-", "(int, int) -> int", "(- 2 3)", "-1", _BITS)
def _subtract(meter: Meter, x: Any, y: Any) -> Any:
    """The difference."""
    need_numbers("-", x, y)
    return meter.check_bounds(x - y)


@function("*", "(int, int) -> int", "(* 2 3)", "6", _BITS)
def _multiply(meter: Meter, x: Any, y: Any) -> Any:
    """The product."""
    need_numbers("*", x, y)
    return meter.check_bounds(x * y)


@function("/", "(int, int) -> int", "(/ 7 2)", "3", _ZERO)
def _divide(meter: Meter, x: Any, y: Any) -> Any:
    """The quotient: rounded down when x is a whole number, exact when x is a float."""
    need_numbers("/", x, y)
    if y == 0:
        raise DivisionByZeroError("`/` divides by zero")
    return x // y if type(x) is int else x / y


@function("%", "(int, int) -> int", "(% -7 2)", "1", _ZERO)
def _remainder(meter: Meter, x: Any, y: Any) -> Any:
    """The remainder of the division rounded down; it has the sign of the divisor."""
    need_numbers("%", x, y)
    if y == 0:
        raise DivisionByZeroError("`%` divides by zero")
    return x % y


@function(
    "pow",
    "(int, int) -> int",
    "(pow 2 10)",
    "1024",
    ("division-by-zero", "zero to a negative power"),
    ("domain", "a negative number to a fractional power"),
    _BITS,
)
def _power(meter: Meter, x: Any, y: Any) -> Any:
    """The first number to the power of the second."""
    need_numbers("pow", x, y)
    if x == 0 and -inf < y < 0:
        raise DivisionByZeroError("`pow` raises zero to a negative power")
    if type(x) is int and type(y) is int and y > 0:
        # The product of the bit lengths is an upper bound, and for |x| > 1 twice a lower one.
        if abs(x) > 1 and (x.bit_length() - 1) * y > meter.bits:
            raise meter.too_many_bits((x.bit_length() - 1) * y)
        return meter.check_number(x ** (y if abs(x) > 1 else 2 - y % 2))
    power = x**y
    if type(power) is complex:
        raise DomainError(f"`pow` raises the negative {shown(x)} to the fractional power {y}")
    return power


@function(
    "sqrt",
    "(int) -> int",
    "(sqrt 4)",
    "2.0",
    ("domain", "the number is negative, or too large for a float"),
)
def _square_root(meter: Meter, x: Any) -> float:
    """The square root, a float."""
    need_numbers("sqrt", x)
    if x < 0:
        raise DomainError("`sqrt` of a negative number")
    return math.sqrt(x)


@function(
    "floor",
    "(int) -> int",
    "(floor (- 0 2.5))",
    "-2",
    ("domain", "the number is infinite or not a number"),
)
def _floor(meter: Meter, x: Any) -> int:
    """The number without its fraction: rounds toward zero."""
    need_numbers("floor", x)
    return truncated("floor", x)


@function("square", "(int) -> int", "(square 5)", "25", _BITS)
def _square(meter: Meter, x: Any) -> Any:
    """The number times itself."""
    need_numbers("square", x)
    return meter.check_number(x * x)


@function("abs", "(int) -> int", "(abs -5)", "5")
def _absolute(meter: Meter, x: Any) -> Any:
    """The number without its sign."""
    need_numbers("abs", x)
    return abs(x)


@function("min", "(int, int) -> int", "(min 2 3)", "2")
def _minimum(meter: Meter, x: Any, y: Any) -> Any:
    """The smaller; the first if they are equal."""
    need_numbers("min", x, y)
    return x if x <= y else y


@function("max", "(int, int) -> int", "(max 2 3)", "3")
def _maximum(meter: Meter, x: Any, y: Any) -> Any:
    """The larger; the second if they are equal."""
    need_numbers("max", x, y)
    return y if x <= y else x


@function("is_prime", "(int) -> bool", "(is_prime 7)", "true")
def _is_prime(meter: Meter, x: Any) -> bool:
    """Whether the number is prime; below 2 none is, and none with a fraction."""
    need_numbers("is_prime", x)
    if type(x) is float:
        return x.is_integer() and is_prime(int(x), meter.charge)
    return is_prime(x, meter.charge)


@function(
    "digits", "(int) -> int[]", "(digits -407)", "[4, 0, 7]", ("domain", "the number is a float")
)
def _digits(meter: Meter, x: Any) -> list[int]:
    """The decimal digits of the absolute value, the most significant first."""
    need_numbers("digits", x)
    if type(x) is float:
        raise DomainError(f"`digits` expects a whole number, found the float {shown(x)}")
    number = abs(x)
    if number < 10:
        return [number]
    meter.charge(number.bit_length() >> 2)
    spelled = str(number) if number < _DECIMAL_PIECE else _decimal(number)
    return list(map(_DIGIT_VALUES.__getitem__, spelled))  # twice as fast as `int`


def _decimal(number: int) -> str:
    """Like `str`, which refuses numbers of more digits than a setting allows."""
    pieces = []
    while number >= _DECIMAL_PIECE:
        number, low = divmod(number, _DECIMAL_PIECE)
        pieces.append(str(low).zfill(_DECIMAL_PIECE_DIGITS))
    return "".join([str(number), *reversed(pieces)])


_DIGIT_VALUES: Final = {str(digit): digit for digit in range(10)}
_DECIMAL_PIECE_DIGITS: Final = 600  # Python can be set to allow no more than 640
_DECIMAL_PIECE: Final = 10**_DECIMAL_PIECE_DIGITS


# Functions of truth values, and comparisons.


@function("!", "(bool) -> bool", "(! true)", "false", python="not x")
def _not(meter: Meter, x: Any) -> bool:
    """Not."""
    need_bools("!", x)
    return not x


@function("&&", "(bool, bool) -> bool", "(&& true false)", "false")
def _and(meter: Meter, x: Any, y: Any) -> Any:
    """And; both sides are evaluated."""
    need_bools("&&", x, y)
    return x and y


@function("||", "(bool, bool) -> bool", "(|| true false)", "true")
def _or(meter: Meter, x: Any, y: Any) -> Any:
    """Or; both sides are evaluated."""
    need_bools("||", x, y)
    return x or y


@function("<", "(O, O) -> bool", "(< 1 2)", "true", python="x < y")
def _less(meter: Meter, x: Any, y: Any) -> bool:
    """Whether x comes before y."""
    return less(meter, x, y)


@function(">", "(O, O) -> bool", "(> 1 2)", "false", python="x > y")
def _greater(meter: Meter, x: Any, y: Any) -> bool:
    """Whether x comes after y."""
    return less(meter, y, x)


@function("<=", "(O, O) -> bool", "(<= 2 2)", "true", python="x <= y")
def _at_most(meter: Meter, x: Any, y: Any) -> bool:
    """Whether x comes before y or equals it."""
    return less(meter, x, y) or equal(meter, x, y)


@function(">=", "(O, O) -> bool", "(>= 1 2)", "false", python="x >= y")
def _at_least(meter: Meter, x: Any, y: Any) -> bool:
    """Whether x comes after y or equals it."""
    return less(meter, y, x) or equal(meter, x, y)


@function("==", "(E, E) -> bool", "(== 1 1.0)", "true", python="x == y")
def _equal(meter: Meter, x: Any, y: Any) -> bool:
    """Whether the values are the same."""
    return equal(meter, x, y)


@function("!=", "(E, E) -> bool", "(!= 1 2)", "true", python="x != y")
def _unequal(meter: Meter, x: Any, y: Any) -> bool:
    """Whether the values differ."""
    return not equal(meter, x, y)
