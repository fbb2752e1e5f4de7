"""Functions of the table as values of programs, and what lies behind such a value."""

from collections.abc import Callable
from typing import Any

from saps.lang.errors import ArityError, ValueTypeError
from saps.lang.functions.table import Function
from saps.lang.limits import Meter
from saps.lang.values import FunctionValue, kind_of


def as_value(function: Function, meter: Meter) -> FunctionValue:
    """A function of the table as a value of programs."""
    implementation = function.implementation
    call: Callable[..., Any]
    if function.arity == 1:
        call = lambda x: implementation(meter, x)  # noqa: E731
    elif function.arity == 2:
        call = lambda x, y: implementation(meter, x, y)  # noqa: E731
    else:
        call = lambda *values: implementation(meter, *values)  # noqa: E731
    return FunctionValue(function.name, function.arity, call)


def callable_of(value: Any, n_arguments: int) -> Callable[..., Any]:
    """The Python function behind a function value that is about to get `n_arguments`."""
    if type(value) is not FunctionValue:
        raise ValueTypeError(f"expected a function to call, found {kind_of(value)}")
    if value.arity is not None and value.arity != n_arguments:
        raise ArityError(
            f"{value.name} is a function of {value.arity} but is called with {n_arguments}"
        )
    return value.call
