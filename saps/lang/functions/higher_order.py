"""Functions of functions."""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

from typing import Any

from saps.lang.errors import ArityError, ValueTypeError
from saps.lang.functions.calls import callable_of
from saps.lang.functions.table import function
from saps.lang.limits import Meter
from saps.lang.values import FunctionValue, kind_of


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
