"""The Python functions that nodes become, chosen by where their operands come from.

A program runs two to three times faster when a call fetches locals and constants itself, instead
of calling a closure for each; hence the variants. Each closure has its node's path as the default
of a parameter `here`, where an error's traceback shows it at no cost to a run that succeeds.
"""

# ruff: noqa: ARG001, ARG005  closures take an environment, and `here`, used or not

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from saps.lang.errors import TreePath, ValueTypeError
from saps.lang.functions import Implementation, callable_of
from saps.lang.limits import Meter
from saps.lang.values import FunctionValue, kind_of

Environment = Any
"""The values of `arg1`, `arg2` and `self`, as a tuple; None outside of lambdas."""
Closure = Callable[[Environment], Any]

EXPRESSION: Final = "expression"
LOCAL: Final = "local"
CELL: Final = "cell"


class Operand(NamedTuple):
    """A compiled node, as its parent sees it.

    Attributes:
        closure: gives the value.
        origin: where the value comes from: a computation (EXPRESSION), the environment (LOCAL), or
            the list of cells that holds the inputs and constants (CELL).
        slot: the index in the environment or the cells.
    """

    closure: Closure
    origin: str = EXPRESSION
    slot: int = 0


def local(slot: int) -> Operand:
    """An argument of a lambda, or `self`."""
    return Operand(lambda env: env[slot], LOCAL, slot)


def cell(cells: list[Any], slot: int) -> Operand:
    """An input or a constant."""
    return Operand(lambda env: cells[slot], CELL, slot)


def builtin_call(
    implementation: Implementation,
    meter: Meter,
    cells: list[Any],
    operands: list[Operand],
    path: TreePath,
) -> Closure:
    """A call of a function of the table."""
    if len(operands) == 1:
        return _call1(implementation, meter, cells, operands[0], path)
    if len(operands) == 2:
        first, second = operands
        make = _CALL2[first.origin, second.origin]
        return make(implementation, meter, cells, first, second, path)
    x, y, z = (operand.closure for operand in operands)
    return _call3(implementation, meter, x, y, z, path)


def _call1(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, path: TreePath
) -> Closure:
    closure, slot = x.closure, x.slot

    def expression(env: Environment, here: TreePath = path) -> Any:
        return f(meter, closure(env))

    def local(env: Environment, here: TreePath = path) -> Any:
        return f(meter, env[slot])

    def cell(env: Environment, here: TreePath = path) -> Any:
        return f(meter, cells[slot])

    return {EXPRESSION: expression, LOCAL: local, CELL: cell}[x.origin]


_Maker = Callable[[Implementation, Meter, list[Any], Operand, Operand, TreePath], Closure]


def _expression_expression(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.closure, y.closure

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, first(env), second(env))

    return run


def _expression_local(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.closure, y.slot

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, first(env), env[second])

    return run


def _expression_cell(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.closure, y.slot

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, first(env), cells[second])

    return run


def _local_expression(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.slot, y.closure

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, env[first], second(env))

    return run


def _local_local(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.slot, y.slot

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, env[first], env[second])

    return run


def _local_cell(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.slot, y.slot

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, env[first], cells[second])

    return run


def _cell_expression(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.slot, y.closure

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, cells[first], second(env))

    return run


def _cell_local(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.slot, y.slot

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, cells[first], env[second])

    return run


def _cell_cell(
    f: Implementation, meter: Meter, cells: list[Any], x: Operand, y: Operand, path: TreePath
) -> Closure:
    first, second = x.slot, y.slot

    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, cells[first], cells[second])

    return run


_CALL2: Final[dict[tuple[str, str], _Maker]] = {
    (EXPRESSION, EXPRESSION): _expression_expression,
    (EXPRESSION, LOCAL): _expression_local,
    (EXPRESSION, CELL): _expression_cell,
    (LOCAL, EXPRESSION): _local_expression,
    (LOCAL, LOCAL): _local_local,
    (LOCAL, CELL): _local_cell,
    (CELL, EXPRESSION): _cell_expression,
    (CELL, LOCAL): _cell_local,
    (CELL, CELL): _cell_cell,
}


def _call3(
    f: Implementation, meter: Meter, x: Closure, y: Closure, z: Closure, path: TreePath
) -> Closure:
    def run(env: Environment, here: TreePath = path) -> Any:
        return f(meter, x(env), y(env), z(env))

    return run


def self_call(operands: list[Operand], path: TreePath) -> Closure:
    """A call of the innermost lambda, with as many operands as it takes."""
    if len(operands) == 1:
        only = operands[0].closure

        def run1(env: Environment, here: TreePath = path) -> Any:
            return env[2].call(only(env))

        return run1
    first, second = operands[0].closure, operands[1].closure

    def run2(env: Environment, here: TreePath = path) -> Any:
        return env[2].call(first(env), second(env))

    return run2


def value_call(head: Closure, operands: list[Operand], path: TreePath) -> Closure:
    """A call of whatever an argument holds."""
    closures = [operand.closure for operand in operands]

    def run(env: Environment, here: TreePath = path) -> Any:
        values = [closure(env) for closure in closures]
        return callable_of(head(env), len(values))(*values)

    return run


def choice(condition: Closure, then: Closure, otherwise: Closure, path: TreePath) -> Closure:
    """`if`."""

    def run(env: Environment, here: TreePath = path) -> Any:
        verdict = condition(env)
        if verdict is True:
            return then(env)
        if verdict is False:
            return otherwise(env)
        raise ValueTypeError(f"`if` expects a truth value as argument 1, found {kind_of(verdict)}")

    return run


def lambda1(body: Closure, cost: int, meter: Meter) -> Closure:
    """A function of one argument that can not call itself, by whatever way."""

    def make(env: Environment) -> FunctionValue:
        outer = None if env is None else env[1]

        def call(x: Any) -> Any:
            meter.steps -= cost
            if meter.steps < 0:
                meter.refill()
            return body((x, outer, None))

        return FunctionValue("lambda1", 1, call)

    return make


def lambda2(body: Closure, cost: int, meter: Meter) -> Closure:
    """A function of two arguments that can not call itself, by whatever way."""

    def make(env: Environment) -> FunctionValue:
        def call(x: Any, y: Any) -> Any:
            meter.steps -= cost
            if meter.steps < 0:
                meter.refill()
            return body((x, y, None))

        return FunctionValue("lambda2", 2, call)

    return make


def recursive_lambda1(body: Closure, cost: int, meter: Meter) -> Closure:
    """A function of one argument whose calls may nest without end."""

    def make(env: Environment) -> FunctionValue:
        outer = None if env is None else env[1]

        def call(x: Any) -> Any:
            meter.steps -= cost
            if meter.steps < 0:
                meter.refill()
            meter.calls -= 1
            if meter.calls < 0:
                raise meter.too_deep()
            value = body((x, outer, function))
            meter.calls += 1
            return value

        function = FunctionValue("lambda1", 1, call)
        return function

    return make


def recursive_lambda2(body: Closure, cost: int, meter: Meter) -> Closure:
    """A function of two arguments whose calls may nest without end."""

    def make(env: Environment) -> FunctionValue:
        def call(x: Any, y: Any) -> Any:
            meter.steps -= cost
            if meter.steps < 0:
                meter.refill()
            meter.calls -= 1
            if meter.calls < 0:
                raise meter.too_deep()
            value = body((x, y, function))
            meter.calls += 1
            return value

        function = FunctionValue("lambda2", 2, call)
        return function

    return make
