"""Functions of truth values, and comparisons."""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

from typing import Any

from saps.lang.comparison import equal, less
from saps.lang.functions.kinds import NUMBERS, need_bools
from saps.lang.functions.table import function
from saps.lang.limits import Meter


@function("!", "(bool) -> bool", "Not.", "(! true)", "false")
def _not(meter: Meter, x: Any) -> bool:
    need_bools("!", x)
    return not x


@function(
    "&&", "(bool, bool) -> bool", "And; both sides are evaluated.", "(&& true false)", "false"
)
def _and(meter: Meter, x: Any, y: Any) -> Any:
    need_bools("&&", x, y)
    return x and y


@function("||", "(bool, bool) -> bool", "Or; both sides are evaluated.", "(|| true false)", "true")
def _or(meter: Meter, x: Any, y: Any) -> Any:
    need_bools("||", x, y)
    return x or y


@function("<", "(O, O) -> bool", "Whether x comes before y.", "(< 1 2)", "true")
def _less(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in NUMBERS and type(y) in NUMBERS:
        return bool(x < y)
    return less(meter, x, y)


@function(">", "(O, O) -> bool", "Whether x comes after y.", "(> 1 2)", "false")
def _greater(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in NUMBERS and type(y) in NUMBERS:
        return bool(x > y)
    return less(meter, y, x)


@function("<=", "(O, O) -> bool", "Whether x comes before y or equals it.", "(<= 2 2)", "true")
def _at_most(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in NUMBERS and type(y) in NUMBERS:
        return bool(x <= y)
    return less(meter, x, y) or equal(meter, x, y)


@function(">=", "(O, O) -> bool", "Whether x comes after y or equals it.", "(>= 1 2)", "false")
def _at_least(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in NUMBERS and type(y) in NUMBERS:
        return bool(x >= y)
    return less(meter, y, x) or equal(meter, x, y)


@function("==", "(E, E) -> bool", "Whether the values are the same.", "(== 1 1.0)", "true")
def _equal(meter: Meter, x: Any, y: Any) -> bool:
    if type(x) in NUMBERS and type(y) in NUMBERS:
        return bool(x == y)
    return equal(meter, x, y)


@function("!=", "(E, E) -> bool", "Whether the values differ.", "(!= 1 2)", "true")
def _unequal(meter: Meter, x: Any, y: Any) -> bool:
    return not equal(meter, x, y)
