"""The values that programs take and give, and how they compare."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from saps.lang.errors import ParseError, SizeLimitError

Value = int | float | bool | str | list["Value"] | dict[Any, "Value"]

RELATIVE_TOLERANCE: Final = 1e-12


@dataclass(slots=True, eq=False, repr=False)
class FunctionValue:
    """A function at run time: a built-in, a lambda, or one made by `partial0` or `combine`.

    Attributes:
        name: for messages.
        arity: how many values `call` takes; None for a call that fails whatever it is given.
        call: must be a plain Python function: recursion through it then costs no C stack.
        deep: the meter of a program that is compiled as generators; what `call` gives may then be
            a generator that the program has to run. None: `call` gives the value.
    """

    name: str
    arity: int | None
    call: Callable[..., Any]
    deep: Any = None


class TypeValue:
    """What the constant `int` evaluates to; `array-new` and `dict-new` take it."""

    __slots__ = ()


SYMBOL: Final = re.compile(r"[^\s(),\[\]\"]+")
"""Of a function or an argument; constants may also be in quotes."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    str: "a string",
    list: "an array",
    dict: "a dictionary",
    FunctionValue: "a function",
    TypeValue: "a type",
}


def kind_of(value: Any) -> str:
    """Name the kind of a value in words, for messages."""
    return _KINDS.get(type(value), f"a Python {type(value).__name__}")


def is_text(value: str) -> bool:
    """Whether a string has characters only, and no half of a surrogate pair.

    Such halves can come out of JSON escapes; they cannot be printed, stored or compared as text.
    """
    return value.isascii() or _SURROGATE.search(value) is None


def shown(number: Any) -> str:
    """A number for messages; Python writes no integer of more digits than a setting allows."""
    if type(number) is int and number.bit_length() > _MAX_SHOWN_BITS:
        return f"a number of {number.bit_length()} bits"
    return repr(number)


_MAX_SHOWN_BITS: Final = 2_000  # 602 digits; Python can be set to allow no more than 640


def values_equal(left: Any, right: Any, *, by_value: bool = False) -> bool:
    """Whether two outputs agree as a test compares them.

    Stricter than `==` of the language: 3 and 3.0 differ, and so do 1 and true. Floats agree within
    `RELATIVE_TOLERANCE`; NaN agrees with NaN.

    Args:
        left: a value.
        right: another one.
        by_value: take 3 and 3.0 for one, as a person does who writes an example of an average.
    """
    waiting = [(left, right)]
    # Lists may be shared, or hold themselves: each pair of them is compared once.
    seen: set[tuple[int, int]] = set()
    while waiting:
        left, right = waiting.pop()
        kind = type(left)
        if by_value and {kind, type(right)} == {int, float}:
            kind = float
        elif kind is not type(right):
            return False
        if kind is list or kind is dict:
            pair = (id(left), id(right))
            if len(left) != len(right):
                return False
            if pair not in seen:
                seen.add(pair)
                waiting += zip(left, right, strict=True)
                if kind is dict:
                    waiting += zip(left.values(), right.values(), strict=True)
        elif not _agree(left, right, kind):
            return False
    return True


def _agree(left: Any, right: Any, kind: type) -> bool:
    if kind is not float:
        return (left != right) is False  # what is no value may have any answer
    try:
        is_close = math.isclose(left, right, rel_tol=RELATIVE_TOLERANCE)
    except OverflowError:  # an int beyond all floats, beside a float
        return False
    return is_close or (math.isnan(left) and math.isnan(right))


# Symbols that have a meaning of their own; those of functions are in the table.

FORMS: Final[Mapping[str, int]] = MappingProxyType({"lambda1": 1, "lambda2": 1, "if": 3})
"""With the number of their arguments."""
LAMBDA_ARGUMENTS: Final = ("arg1", "arg2")
SELF: Final = "self"
BOUND: Final = (*LAMBDA_ARGUMENTS, SELF)
"""What lambdas bind."""

# Symbols that stand for a value of their own: numbers, strings, `true`, `false`, `inf`, `int`.

_INTEGER: Final = re.compile(r"-?[0-9]+")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_DIGITS: Final = 4_000  # Python reads 4,300, if nobody has set it otherwise
_NAMED: Final[dict[str, tuple[Any, str]]] = {
    "true": (True, "bool"),
    "false": (False, "bool"),
    "inf": (float("inf"), "int"),
    "int": (TypeValue(), "type"),
}
HALF_A_PAIR: Final = "half of a surrogate pair is not a character"


@lru_cache(maxsize=4096)
def constant(symbol: str) -> tuple[Any, str] | None:
    """Return the value and type of a constant, or None if `symbol` is none.

    Raises:
        SizeLimitError: an integer literal has more digits than Python reads.
        ParseError: a string literal has an unknown escape, or half of a surrogate pair.
    """
    if symbol in _NAMED:
        return _NAMED[symbol]
    if symbol.startswith('"'):
        return _string(symbol), "string"
    if _INTEGER.fullmatch(symbol):
        if len(symbol) > _MAX_DIGITS:
            raise SizeLimitError(f"an integer literal of {len(symbol)} digits is too large")
        try:
            return int(symbol), "int"
        except ValueError as error:  # a lower limit of digits is set for Python
            raise SizeLimitError(str(error)) from None
    if _DECIMAL.fullmatch(symbol):
        return float(symbol), "int"
    return None


def _string(symbol: str) -> str:
    try:
        text = json.loads(symbol, strict=False)
    except json.JSONDecodeError as error:
        raise ParseError(f"{symbol} is not a string: {error.msg}", symbol, error.pos) from None
    assert isinstance(text, str)
    if not is_text(text):
        raise ParseError(HALF_A_PAIR, symbol, 0)
    return text
