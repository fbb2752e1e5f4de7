"""Small Python functions that a translated program may need, as source."""

from typing import Final

HELPERS: Final = {
    "is_prime": '''
def is_prime(n):
    """Tell whether n is prime."""
    return n >= 2 and all(n % k for k in range(2, math.isqrt(n) + 1))
''',
    "short_range": '''
def short_range(low, high):
    """List the whole numbers from low up to, not including, high: a thousand at most."""
    if high - low > 1000:
        raise ValueError("the range is too long")
    return list(range(int(low), int(high)))
''',
    "element": '''
def element(values, position):
    """Return the element at a position, which must not be negative."""
    if position < 0:
        raise IndexError("the position is negative")
    return values[position]
''',
    "divide": '''
def divide(x, y):
    """Divide a whole number rounding down, a float exactly."""
    return x // y if isinstance(x, int) else x / y
''',
    "power": '''
def power(x, y):
    """Raise x to the power y, if that is a real number."""
    result = x**y
    if isinstance(result, complex):
        raise ValueError("a negative number has no fractional power")
    return result
''',
    "whole": '''
def whole(x):
    """Return the number as an int, if it has no fraction."""
    if x != int(x):
        raise ValueError("the number is not whole")
    return int(x)
''',
    "lesser": '''
def lesser(x, y):
    """Return the smaller number; the first if they are equal."""
    return x if x <= y else y
''',
    "greater": '''
def greater(x, y):
    """Return the larger number; the second if they are equal."""
    return y if x <= y else x
''',
    "same": '''
def same(x, y):
    """Tell whether two values are equal; a truth value never equals a number."""
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(map(same, x, y))
    if callable(x) and callable(y):
        raise TypeError("functions can not be compared")
    return x == y and isinstance(x, bool) == isinstance(y, bool)
''',
    "of_kind": '''
def of_kind(value, *kinds):
    """Return the value if it is of one of these kinds."""
    if type(value) not in kinds:
        raise TypeError(f"found {value!r}, expected {kinds}")
    return value
''',
    "instead": '''
def instead(value, *unused):
    """Return the first argument; the others are evaluated, but not used."""
    return value
''',
    "fail": '''
def fail(reason):
    """Raise an error where an expression is needed."""
    raise TypeError(reason)
''',
}
