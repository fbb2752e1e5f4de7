"""Compiles a tree to Python closures, once, and runs them many times.

Every node becomes a function of the environment: a tuple of the values of `arg1`, `arg2` and
`self`, or None outside of lambdas. Task arguments live in a list that the closures share, as they
share the meter; so one set of closures serves one run at a time, and a `Program` keeps a set per
concurrent run.
"""

# ruff: noqa: ARG001, ARG005  closures take an environment, and `here` for errors, used or not

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, NamedTuple

from saps.lang.constants import constant
from saps.lang.errors import (
    AlgoLispError,
    DivisionByZeroError,
    DomainError,
    EvaluationError,
    SizeLimitError,
    TreePath,
    ValueTypeError,
)
from saps.lang.functions import FORMS, FUNCTIONS, Function, _callable
from saps.lang.inputs import Check, input_check, missing_input, unexpected_inputs, wrong_input
from saps.lang.limits import Limits, Meter
from saps.lang.node import Node
from saps.lang.recursion import deep_recursion, with_room
from saps.lang.scope import (
    arity_error,
    check_argument_names,
    lambda_arity,
    located,
    unknown_symbol,
)
from saps.lang.types import Type, parse_type
from saps.lang.values import FunctionValue, TypeValue, Value, kind_of

Environment = tuple[Any, ...] | None
Closure = Callable[[Environment], Any]


def compile_program(
    node: Node, arguments: Mapping[str, str | Type], limits: Limits | None = None
) -> "Program":
    """Check names, arity and forms of a program, dead branches included, and make it runnable.

    Args:
        node: the program.
        arguments: the type of each argument, as text or as a Type.
        limits: what each run may use.

    Raises:
        DeclarationError: an argument's type or name is not possible.
        UnknownSymbolError: a symbol means nothing where it stands.
        ArityError: a function or form has the wrong number of arguments.
        SizeLimitError: a literal is too large.
    """
    return Program(node, arguments, limits or Limits())


class Program:
    """A compiled program; calling it runs it.

    May be called from several threads at once, and may be pickled.
    """

    def __init__(self, node: Node, arguments: Mapping[str, str | Type], limits: Limits) -> None:
        self.node = node
        self.limits = limits
        self.arguments = {
            name: parse_type(kind) if isinstance(kind, str) else kind
            for name, kind in arguments.items()
        }
        check_argument_names(self.arguments)
        self._checks: list[tuple[str, Check]] = [
            (name, input_check(kind, limits)) for name, kind in self.arguments.items()
        ]
        self._idle = [_Machine(node, tuple(self.arguments), limits)]

    def __call__(self, inputs: Mapping[str, Value]) -> Value:
        """Run on inputs, given by name.

        Raises:
            InputError: the inputs do not fit the declared arguments.
            EvaluationError: the run failed or was stopped; the error knows where in the tree.
        """
        values = self._read(inputs)
        try:
            machine = self._idle.pop()
        except IndexError:
            machine = _Machine(self.node, tuple(self.arguments), self.limits)
        try:
            result: Value = machine.run(values)
        except EvaluationError as error:
            raise error.with_traceback(None) from None
        self._idle.append(machine)
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.node, self.arguments, self.limits)

    def _read(self, inputs: Mapping[str, Any]) -> list[Any]:
        values = []
        for name, check in self._checks:
            if name not in inputs:
                raise missing_input(name, self.arguments[name])
            value = inputs[name]
            if not check(value):
                raise wrong_input(name, self.arguments[name], value)
            values.append(value)
        if len(inputs) > len(values):
            raise unexpected_inputs(set(inputs) - set(self.arguments), self.arguments)
        return values


class _Machine:
    """One set of closures with the meter and the inputs that they share."""

    def __init__(self, node: Node, names: tuple[str, ...], limits: Limits) -> None:
        self._node = node
        self._meter = Meter(limits)
        self._inputs: list[Any] = [None] * len(names)
        compiler = _Compiler(node, names, self._meter, self._inputs)
        self._root = with_room(compiler.compile)

    def run(self, values: list[Any]) -> Any:
        self._inputs[:] = values
        self._meter.reset()
        try:
            result = self._root(None)
        except RecursionError:
            result = self._run_deep()
        except Exception as error:
            raise self._explain(error) from None
        if type(result) not in _PLAIN:
            self._check_result(result)
        return result

    def _run_deep(self) -> Any:
        """Run again, with room for calls nested as deep as the limits allow."""
        self._meter.reset()
        with deep_recursion:
            try:
                return self._root(None)
            except Exception as error:
                raise self._explain(error) from None

    def _explain(self, error: Exception) -> Exception:
        """Turn what Python raised into an error of the family, and say where it happened."""
        converted = _converted(error, self._meter)
        if isinstance(converted, AlgoLispError) and converted.path is None:
            located(converted, self._node, _path_of(error.__traceback__))
        return converted

    def _check_result(self, result: Any) -> None:
        if _holds_function(result):
            raise located(
                ValueTypeError(f"the program's value is or holds {_kind_within(result)}"),
                self._node,
                (),
            )


_PLAIN: Final = frozenset({int, float, bool, str})


def _converted(error: Exception, meter: Meter) -> Exception:
    if isinstance(error, RecursionError):
        return meter.too_deep()
    if isinstance(error, ZeroDivisionError):
        return DivisionByZeroError("division by zero")
    if isinstance(error, OverflowError):
        return DomainError("a number is too large for a float")
    if isinstance(error, MemoryError):
        return SizeLimitError("out of memory")
    return error


def _path_of(traceback: TracebackType | None) -> TreePath:
    """The path of the innermost node that was at work: every closure keeps its own in `here`."""
    path: TreePath = ()
    while traceback is not None:
        if "here" in traceback.tb_frame.f_code.co_varnames:
            path = traceback.tb_frame.f_locals["here"]
        traceback = traceback.tb_next
    return path


def _holds_function(value: Any) -> bool:
    kind = type(value)
    if kind is list:
        kinds = set(map(type, value))
        return not _PLAIN.issuperset(kinds) and any(map(_holds_function, value))
    if kind is dict:
        return any(map(_holds_function, value.values()))
    return kind is FunctionValue or kind is TypeValue


def _kind_within(value: Any) -> str:
    if type(value) in (list, dict):
        inner = value if type(value) is list else value.values()
        return _kind_within(next(filter(_holds_function, inner)))
    return kind_of(value)


class _Scope(NamedTuple):
    """What the lambdas around a place bind."""

    depth: int = 0
    """Lambdas around."""
    arity: int = 0
    """Arguments of the innermost lambda, and so of `self`."""
    bound: frozenset[str] = frozenset()


class _Compiler:
    """Turns the nodes of one program into closures over one meter and one list of inputs."""

    def __init__(self, root: Node, names: tuple[str, ...], meter: Meter, inputs: list[Any]) -> None:
        self._root = root
        self._slots = {name: slot for slot, name in enumerate(names)}
        self._meter = meter
        self._inputs = inputs
        self._values: dict[str, FunctionValue] = {}

    def compile(self) -> Closure:
        closure, cost = self._node(self._root, (), _Scope())
        meter = self._meter

        def run(env: Environment, here: TreePath = ()) -> Any:
            meter.charge(cost)
            return closure(env)

        return run

    def _node(self, node: Node, path: TreePath, scope: _Scope) -> tuple[Closure, int]:
        """The closure of a node, and how many nodes one evaluation of it takes at most."""
        if not node.children:
            return self._leaf(node, path, scope), 1
        symbol = node.symbol
        if symbol in FORMS:
            return self._form(node, path, scope)
        children, cost = self._children(node, path, scope)
        if symbol in FUNCTIONS:
            return self._builtin(node, FUNCTIONS[symbol], children, path), cost
        return self._application(node, children, path, scope), cost

    def _children(self, node: Node, path: TreePath, scope: _Scope) -> tuple[list[Closure], int]:
        closures, total = [], 1
        for index, child in enumerate(node.children):
            closure, cost = self._node(child, (*path, index), scope)
            closures.append(closure)
            total += cost
        return closures, total

    # Leaves

    def _leaf(self, node: Node, path: TreePath, scope: _Scope) -> Closure:
        symbol = node.symbol
        if symbol in scope.bound:
            slot = _SLOTS[symbol]
            return lambda env: env[slot]  # type: ignore[index]  # never None inside a lambda
        if symbol in self._slots:
            inputs, slot = self._inputs, self._slots[symbol]
            return lambda env: inputs[slot]
        if symbol in FUNCTIONS:
            value: Any = self._function_value(FUNCTIONS[symbol])
            return lambda env: value
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        value = self._constant(symbol, path)
        return lambda env: value

    def _constant(self, symbol: str, path: TreePath) -> Any:
        try:
            found = constant(symbol)
        except AlgoLispError as error:
            raise located(error, self._root, path) from None
        if found is None:
            raise unknown_symbol(symbol, self._root, path)
        value = found[0]
        if type(value) is int and not -self._meter.bound < value < self._meter.bound:
            raise located(self._meter.too_many_bits(value.bit_length()), self._root, path)
        return value

    def _function_value(self, function: Function) -> FunctionValue:
        if function.name not in self._values:
            self._values[function.name] = _as_value(function, self._meter)
        return self._values[function.name]

    # Calls

    def _builtin(
        self, node: Node, function: Function, children: list[Closure], path: TreePath
    ) -> Closure:
        if len(children) != function.arity:
            raise arity_error(node, function.arity, self._root, path)
        return _CALLS[function.arity](function.implementation, self._meter, children, path)

    def _application(
        self, node: Node, children: list[Closure], path: TreePath, scope: _Scope
    ) -> Closure:
        """A call of a function value that has a name: `self`, or an argument."""
        symbol = node.symbol
        if symbol == "self" and len(children) == scope.arity:
            return _self_call(children, path)
        if symbol not in scope.bound and symbol not in self._slots:
            if constant(symbol) is not None:
                raise arity_error(node, 0, self._root, path)
            raise unknown_symbol(symbol, self._root, path)
        head = self._leaf(Node(symbol), path, scope)
        return _value_call(head, children, path)

    # Forms

    def _form(self, node: Node, path: TreePath, scope: _Scope) -> tuple[Closure, int]:
        if len(node.children) != FORMS[node.symbol]:
            raise arity_error(node, FORMS[node.symbol], self._root, path)
        if node.symbol == "if":
            (condition, then, otherwise), cost = self._children(node, path, scope)
            return _if(condition, then, otherwise, path), cost
        arity = lambda_arity(node.symbol)
        bound = scope.bound | {"self", "arg1"} | ({"arg2"} if arity == 2 else set())
        inner = _Scope(scope.depth + 1, arity, bound)
        body, cost = self._node(node.children[0], (*path, 0), inner)
        make = _lambda1 if arity == 1 else _lambda2
        return make(body, cost, self._meter, path), 1


_SLOTS: Final = {"arg1": 0, "arg2": 1, "self": 2}
_OUTERMOST: Final = (None, None, None)


def _as_value(function: Function, meter: Meter) -> FunctionValue:
    implementation = function.implementation
    if function.arity == 1:
        call: Callable[..., Any] = lambda x: implementation(meter, x)  # noqa: E731
    elif function.arity == 2:
        call = lambda x, y: implementation(meter, x, y)  # noqa: E731
    else:
        call = lambda x, y, z: implementation(meter, x, y, z)  # noqa: E731
    return FunctionValue(function.name, function.arity, call)


def _call1(
    implementation: Callable[..., Any], meter: Meter, children: list[Closure], path: TreePath
) -> Closure:
    (first,) = children

    def run(env: Environment, here: TreePath = path) -> Any:
        return implementation(meter, first(env))

    return run


def _call2(
    implementation: Callable[..., Any], meter: Meter, children: list[Closure], path: TreePath
) -> Closure:
    first, second = children

    def run(env: Environment, here: TreePath = path) -> Any:
        return implementation(meter, first(env), second(env))

    return run


def _call3(
    implementation: Callable[..., Any], meter: Meter, children: list[Closure], path: TreePath
) -> Closure:
    first, second, third = children

    def run(env: Environment, here: TreePath = path) -> Any:
        return implementation(meter, first(env), second(env), third(env))

    return run


_CALLS: Final = {1: _call1, 2: _call2, 3: _call3}


def _self_call(children: list[Closure], path: TreePath) -> Closure:
    if len(children) == 1:
        (first,) = children

        def run(env: Any, here: TreePath = path) -> Any:
            return env[2].call(first(env))

        return run
    first, second = children

    def run2(env: Any, here: TreePath = path) -> Any:
        return env[2].call(first(env), second(env))

    return run2


def _value_call(head: Closure, children: list[Closure], path: TreePath) -> Closure:
    def run(env: Environment, here: TreePath = path) -> Any:
        values = [child(env) for child in children]
        return _callable(head(env), len(values))(*values)

    return run


def _if(condition: Closure, then: Closure, otherwise: Closure, path: TreePath) -> Closure:
    def run(env: Environment, here: TreePath = path) -> Any:
        verdict = condition(env)
        if verdict is True:
            return then(env)
        if verdict is False:
            return otherwise(env)
        raise ValueTypeError(f"`if` expects a truth value as argument 1, found {kind_of(verdict)}")

    return run


def _lambda1(body: Closure, cost: int, meter: Meter, path: TreePath) -> Closure:
    def make(env: Environment, here: TreePath = path) -> FunctionValue:
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


def _lambda2(body: Closure, cost: int, meter: Meter, path: TreePath) -> Closure:
    def make(env: Environment, here: TreePath = path) -> FunctionValue:
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
