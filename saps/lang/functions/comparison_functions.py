"""Functions of truth values, and comparisons."""

from typing import Any

from saps.lang.functions.function_table import equal, function, less, need_bools
from saps.lang.limits import Meter

# ruff: noqa: ARG001  every implementation takes the meter, though few use it


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
