"""The values that programs take and give, and how they compare."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

Value = int | float | bool | str | list["Value"] | dict[Any, "Value"]

RELATIVE_TOLERANCE: Final = 1e-12


class FunctionValue:
    """A function at run time: a built-in, a lambda, or one made by `partial0` or `combine`.

    Attributes:
        name: for messages.
        arity: how many values `call` takes; None for a call that fails whatever it is given.
        call: must be a plain Python function: recursion through it then costs no C stack.
    """

    __slots__ = ("arity", "call", "name")

    def __init__(self, name: str, arity: int | None, call: Callable[..., Any]) -> None:
        self.name = name
        self.arity = arity
        self.call = call


class TypeValue:
    """What the constant `int` evaluates to; `array-new` and `dict-new` take it."""

    __slots__ = ()


INT_TYPE: Final = TypeValue()

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

    Such halves can come out of JSON escapes; they can not be printed, stored or compared as text.
    """
    return value.isascii() or _SURROGATE.search(value) is None


def values_equal(left: Any, right: Any) -> bool:
    """Whether two outputs agree as a test compares them.

    Stricter than `==` of the language: 3 and 3.0 differ, and so do 1 and true. Floats agree within
    `RELATIVE_TOLERANCE`; NaN agrees with NaN.
    """
    if type(left) is not type(right):
        return False
    if type(left) is float:
        return (
            left == right
            or (math.isnan(left) and math.isnan(right))
            or math.isclose(left, right, rel_tol=RELATIVE_TOLERANCE)
        )
    if type(left) is list:
        return len(left) == len(right) and all(map(values_equal, left, right))
    if type(left) is dict:
        return values_equal(list(left), list(right)) and values_equal(
            list(left.values()), list(right.values())
        )
    return bool(left == right)
