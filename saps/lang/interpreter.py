"""Runs programs: checked and compiled to closures once, then called many times.

Task arguments and constants live in a list of cells that the closures share, as they share the
meter; so one set of closures serves one run at a time, and a `Program` keeps a set per concurrent
run.
"""

from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Final

from saps.lang.compiler import Compiler
from saps.lang.errors import (
    AlgoLispError,
    DivisionByZeroError,
    DomainError,
    SizeLimitError,
    TreePath,
    ValueTypeError,
)
from saps.lang.functions import Function, as_value
from saps.lang.inputs import Check, input_check, missing_input, unexpected_inputs, wrong_input
from saps.lang.limits import Limits, Meter
from saps.lang.node import Node
from saps.lang.recursion import deep_recursion, with_room
from saps.lang.scope import check_argument_names, located
from saps.lang.types import Type, parse_type
from saps.lang.values import FunctionValue, TypeValue, Value, kind_of


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
            EvaluationError, ArityError: the run failed or was stopped, at `path` in the tree.
        """
        values = self._read(inputs)
        try:
            machine = self._idle.pop()
        except IndexError:
            machine = _Machine(self.node, tuple(self.arguments), self.limits)
        try:
            result: Value = machine.run(values)
        finally:
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
        self._n_inputs = len(names)
        self._cells: list[Any] = [None] * len(names)
        compiler = Compiler(node, names, self._meter, self._cells)
        self._root, self._cost = with_room(compiler.compile)

    def run(self, values: list[Any]) -> Any:
        self._cells[: self._n_inputs] = [
            as_value(value, self._meter) if type(value) is Function else value for value in values
        ]
        self._meter.reset(self._cost)
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
        self._meter.reset(self._cost)
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
    innermost: FrameType | None = None
    while traceback is not None:
        if "here" in traceback.tb_frame.f_code.co_varnames:
            innermost = traceback.tb_frame
        traceback = traceback.tb_next
    return () if innermost is None else innermost.f_locals["here"]


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
