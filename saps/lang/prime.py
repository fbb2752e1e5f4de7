"""Primality of whole numbers of any size."""

from collections.abc import Callable
from math import isqrt
from typing import Final

_SMALL_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
# Sorenson & Webster 2015: below this bound the thirteen bases above decide exactly.
_PROVEN_BOUND: Final = 3_317_044_064_679_887_385_961_981


def is_prime(number: int, charge: Callable[[int], None]) -> bool:
    """Decide exactly up to 3.3e24, beyond it by the Baillie-PSW test (no counterexample known)."""
    if number < 2:
        return False
    for prime in _SMALL_PRIMES:
        if number % prime == 0:
            return number == prime
    if number < 41 * 41:
        return True
    if number < _PROVEN_BOUND:
        charge(8)
        return all(_is_probable_prime(number, base, pow) for base in _bases(number))
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


def _bases(number: int) -> tuple[int, ...]:
    # Jaeschke 1993: the first four bases suffice here, and most numbers are small.
    return _SMALL_PRIMES[:4] if number < 3_215_031_751 else _SMALL_PRIMES


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
