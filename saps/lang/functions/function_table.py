"""The table of the functions, how an entry gets into it, and what implementations share.

They share the checks of kinds, calls of function values, equality and order.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cmp_to_key
from types import GeneratorType, MappingProxyType
from typing import Any, Final

from saps.lang.errors import (
    ArityError,
    DeclarationError,
    DomainError,
    IndexRangeError,
    ValueTypeError,
)
from saps.lang.limits import WORD, Meter
from saps.lang.program_values import (
    BOUND,
    FORMS,
    SYMBOL,
    FunctionValue,
    TypeValue,
    constant,
    kind_of,
    shown,
)
from saps.lang.types import (
    Array,
    Constraint,
    Dictionary,
    FunctionType,
    Row,
    Type,
    Variable,
    parse_type,
)

Implementation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Function:
    """One entry of the table.

    Attributes:
        name: the symbol.
        parameters: their types; variables are shared with `result`.
        result: its type.
        doc: the meaning, in words.
        errors: when it fails, besides values of the wrong kind; pairs of error code and condition.
        example: a program without arguments that uses the function.
        value: what the example gives, in JSON.
        implementation: called with the meter and the argument values.
        python: the same in Python; see `function`. None for those that `saps.lang.python` writes
            with regard to what it knows of the arguments.
        gives: the result as the entry spells it; `number` where it may be a float.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    doc: str
    errors: tuple[tuple[str, str], ...]
    example: str
    value: str
    implementation: Implementation
    python: str | None
    gives: str

    @property
    def arity(self) -> int:
        return len(self.parameters)

    @property
    def type(self) -> FunctionType:
        """The type of the function as a value."""
        return FunctionType(Row(self.parameters), self.result)

    @property
    def signature(self) -> str:
        """As the reference prints it: `T[] (T -> bool) -> T[]`."""
        parts = [f"({p})" if isinstance(p, FunctionType) else str(p) for p in self.parameters]
        return f"{' '.join(parts)} -> {self.result}"


_TABLE: Final[dict[str, Function]] = {}
FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(_TABLE)

_VARIABLES: Final = {
    "E": Variable("T", Constraint.EQUATABLE),
    "O": Variable("T", Constraint.ORDERED),
    "K": Variable("K", Constraint.KEY),
}


def function(
    name: str,
    signature: str,
    example: str,
    value: str,
    *errors: tuple[str, str],
    python: str | None = None,
) -> Callable[[Implementation], Implementation]:
    """Enter the decorated implementation into the table; its docstring is the meaning.

    Args:
        name: the symbol.
        signature: `(int, int) -> int`. Variables: E is any type without functions, O one with an
            order, K one that may be a dictionary key; other capitals are any type. `number` says
            the same as `int`, but promises `to_python` no whole number.
        example: a program without arguments.
        value: what it gives, in JSON.
        errors: pairs of error code and condition. Without any, `to_python` takes it that the
            function never fails.
        python: the same in Python, for `to_python`: an expression, or the body of a function, over
            the parameters of the implementation. It may use `functools`, `itertools`, `math` and
            `operator`, and must raise where the implementation does.

    Raises:
        DeclarationError: the name has a meaning already.
    """
    _check_name(name)

    def enter(implementation: Implementation) -> Implementation:
        constrained = _constrain(parse_type(signature))
        assert isinstance(constrained, FunctionType)
        _TABLE[name] = Function(
            name,
            constrained.row.parameters,
            constrained.result,
            " ".join((implementation.__doc__ or "").split()),
            errors,
            example,
            value,
            implementation,
            python,
            signature.rpartition("->")[2].strip(),
        )
        return implementation

    return enter


def _check_name(name: str) -> None:
    if name in _TABLE:
        raise DeclarationError(f"there is a function {name!r} in the table already")
    if name in FORMS or name in BOUND or constant(name) is not None:
        raise DeclarationError(f"a function cannot be named {name!r}: that already has a meaning")
    if not SYMBOL.fullmatch(name):
        raise DeclarationError(f"a function cannot be named {name!r}: that is not a symbol")


def _constrain(kind: Any) -> Any:
    """Replace the variables named E, O, K by constrained ones, all through a type."""
    if isinstance(kind, Variable):
        return _VARIABLES.get(kind.name, kind)
    if isinstance(kind, tuple):
        return tuple(map(_constrain, kind))
    if isinstance(kind, Array | Dictionary | FunctionType | Row):
        return type(kind)(*[_constrain(getattr(kind, field.name)) for field in fields(kind)])
    return kind


def as_value(function: Function, meter: Meter) -> FunctionValue:
    """A function of the table as a value of programs."""
    implementation = function.implementation
    # Not `*values` where that can be helped: such calls use the C stack.
    calls: dict[int, Callable[..., Any]] = {
        1: lambda x: implementation(meter, x),
        2: lambda x, y: implementation(meter, x, y),
        3: lambda x, y, z: implementation(meter, x, y, z),
    }
    call = calls.get(function.arity, lambda *values: implementation(meter, *values))
    return FunctionValue(function.name, function.arity, call, meter if meter.is_deep else None)


# Checks that a function's arguments are of the kinds that it takes.


def wrong_kind(name: str, position: int, expected: str, value: Any) -> ValueTypeError:
    """The error for an argument of another kind than the function expects."""
    return ValueTypeError(
        f"`{name}` expects {expected} as argument {position}, found {kind_of(value)}"
    )


def is_plain(value: Any) -> bool:
    """Whether a value counts for one as an element, and holds nothing: see `limits.is_flat`."""
    kind = type(value)
    return kind is bool or kind is float or (kind is int and -WORD < value < WORD)


def _needing(expected: str, *kinds: type) -> Callable[..., None]:
    """What raises ValueTypeError unless all values are of these kinds."""

    def need(name: str, *values: Any) -> None:
        for value in values:
            if type(value) not in kinds:
                position = 1 + [type(other) in kinds for other in values].index(False)
                raise wrong_kind(name, position, expected, value)

    return need


need_numbers = _needing("a number", int, float)
need_bools = _needing("a truth value", bool)
need_strings = _needing("a string", str)
need_array = _needing("an array", list)
need_dictionary = _needing("a dictionary", dict)
need_types = _needing("a type", TypeValue)


def whole_number(name: str, number: Any) -> int:
    """The number as an `int`; it must have no fraction."""
    if type(number) is int:
        return number
    if type(number) is not float:
        raise wrong_kind(name, 1, "a number", number)
    if not number.is_integer():
        raise DomainError(f"`{name}` expects a whole number, found {shown(number)}")
    return int(number)


def truncated(name: str, number: Any) -> int:
    """The number as an `int`, rounded toward zero; it must be finite."""
    if type(number) is float and not math.isfinite(number):
        raise DomainError(f"`{name}` cannot make {number} a whole number")
    return int(number)


def position_of(name: str, position: int, number: Any) -> int:
    """The number, which must be an `int`: a float is no position."""
    if type(number) is int:
        return number
    if type(number) is float:
        raise IndexRangeError(f"`{name}` expects a whole number as position, found {number}")
    raise wrong_kind(name, position, "a number", number)


# Function values, when they are called.

_MAX_NESTED: Final = 20


def code_of(value: Any, n_arguments: int) -> Callable[..., Any]:
    """The Python function behind a function value; in a deep program, it may give a generator."""
    if type(value) is not FunctionValue:
        raise ValueTypeError(f"expected a function to call, found {kind_of(value)}")
    if value.arity is not None and value.arity != n_arguments:
        raise ArityError(
            f"{value.name} is a function of {value.arity} but is called with {n_arguments}"
        )
    return value.call


def callable_of(value: Any, n_arguments: int) -> Callable[..., Any]:
    """What calls a function value that is about to get `n_arguments`; it gives the value."""
    code = code_of(value, n_arguments)
    if value.deep is None:
        return code
    meter: Meter = value.deep

    def call(*values: Any) -> Any:
        # Here a run is inside of another one, which does cost C stack.
        meter.n_nested += 1
        if meter.n_nested > _MAX_NESTED:
            raise meter.too_deep()
        found = run_deep(code(*values))
        meter.n_nested -= 1
        return found

    return call


def run_deep(found: Any) -> Any:
    """The value of what a function of a deep program gave: a generator is run to its end.

    What it yields is run first, and what that yields; those that wait are in a list. No generator
    holds another one, so that none of them is freed by way of another, which would use C stack.
    """
    if type(found) is not GeneratorType:
        return found
    waiting, value = [found], None
    try:
        while True:
            try:
                found = waiting[-1].send(value)
            except StopIteration as stop:
                waiting.pop()
                value = stop.value
                if not waiting:
                    return value
                continue
            if type(found) is GeneratorType:
                waiting.append(found)
                found = value = None
            else:
                value = found
    finally:
        while waiting:
            waiting.pop().close()


# Equality and order of values. In Python `1 == True`, and functions compare by identity; not here.

NUMBERS: Final = frozenset({int, float})
_SIMPLE: Final = frozenset({int, float, str, bool})
_OPAQUE: Final = frozenset({FunctionValue, TypeValue})
_LONG: Final = 4_096


def equal(meter: Meter, x: Any, y: Any) -> bool:
    """Values of different kinds are unequal; two functions cannot be compared."""
    kind, other = type(x), type(y)
    if kind is other and kind in _SIMPLE:
        if kind is str and len(x) > _LONG:
            meter.charge(len(x) >> 8)
        return bool(x == y)
    if kind in NUMBERS:
        return other in NUMBERS and bool(x == y)
    if kind is not other:
        return False
    if kind in _OPAQUE:
        raise ValueTypeError(f"{kind_of(x)} cannot be compared with another")
    if kind is list:
        return _equal_arrays(meter, x, y)
    keys = sorted(x)
    return _equal_arrays(meter, keys, sorted(y)) and _equal_arrays(
        meter, [x[key] for key in keys], [y[key] for key in keys]
    )


def _equal_arrays(meter: Meter, x: list[Any], y: list[Any]) -> bool:
    if len(x) != len(y):
        return False
    meter.charge(1 + (len(x) >> 2))
    # A loop, and not `all`, whose generator would cost C stack at each level of nesting.
    for a, b in zip(x, y, strict=True):  # noqa: SIM110
        if not equal(meter, a, b):
            return False
    return True


def less(meter: Meter, x: Any, y: Any) -> bool:
    """Whether x comes before y; only values of one kind have an order."""
    kind, other = type(x), type(y)
    if (kind is other and kind in _SIMPLE) or (kind in NUMBERS and other in NUMBERS):
        if kind is str and len(x) > _LONG:
            meter.charge(len(x) >> 8)
        return bool(x < y)
    if kind is not list or other is not list:
        raise ValueTypeError(f"{kind_of(x)} and {kind_of(y)} have no order")
    meter.charge(1 + (min(len(x), len(y)) >> 2))
    for a, b in zip(x, y, strict=False):
        if not equal(meter, a, b):
            return less(meter, a, b)
    return len(x) < len(y)


def in_order(meter: Meter, values: list[Any]) -> list[Any]:
    """Sort ascending; values that compare equal keep their order."""
    meter.charge(len(values))
    kinds = set(map(type, values))
    if kinds <= NUMBERS or kinds == {str} or kinds == {bool}:
        return sorted(values)
    if len(values) < 2:
        return list(values)

    def compare(x: Any, y: Any) -> int:
        meter.charge(1)
        return -1 if less(meter, x, y) else int(less(meter, y, x))

    return sorted(values, key=cmp_to_key(compare))
