"""Runs programs: checked and compiled once, then called many times.

The code of a program works with a meter, which serves one run at a time; so a `Program` keeps one
instance of the code, with a meter of its own, for each run that goes on at the same time.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from saps.lang.compiler import FILENAME, Compiled, compile_node
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
from saps.lang.types import FunctionType, Type, parse_type
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
        self._takes_functions = any(isinstance(k, FunctionType) for k in self.arguments.values())
        self._compiled = with_room(compile_node, node, tuple(self.arguments), limits)
        self._idle = [_Machine(node, self._compiled, limits)]

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
            machine = _Machine(self.node, self._compiled, self.limits)
        if self._takes_functions:
            values = [machine.bind(v) if type(v) is Function else v for v in values]
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
                raise wrong_input(name, self.arguments[name], value, self.limits)
            values.append(value)
        if len(inputs) > len(values):
            raise unexpected_inputs(set(inputs) - set(self.arguments), self.arguments)
        return values


class _Machine:
    """A program together with a meter; good for one run at a time."""

    def __init__(self, node: Node, compiled: Compiled, limits: Limits) -> None:
        self._node = node
        self._compiled = compiled
        self._meter = Meter(limits)
        self._function = compiled.instance(self._meter)

    def bind(self, function: Function) -> FunctionValue:
        """Make a function of the table a value that this program may call."""
        return as_value(function, self._meter)

    def run(self, values: list[Any]) -> Any:
        try:
            self._meter.reset(self._compiled.cost)
            result = self._function(*values)
        except RecursionError:
            result = self._run_deep(values)
        except Exception as error:
            raise self._explain(error) from None
        if type(result) not in _PLAIN:
            self._check_result(result)
        return result

    def _run_deep(self, values: list[Any]) -> Any:
        """Run again, with room for calls nested as deep as the limits allow."""
        with deep_recursion:
            try:
                self._meter.reset(self._compiled.cost)
                return self._function(*values)
            except Exception as error:
                raise self._explain(error) from None

    def _explain(self, error: Exception) -> Exception:
        """Turn what Python raised into an error of the family, and say where it happened."""
        converted = _converted(error, self._meter)
        if isinstance(converted, AlgoLispError) and converted.path is None:
            located(converted, self._node, self._path_of(error.__traceback__))
        return converted

    def _path_of(self, traceback: TracebackType | None) -> TreePath:
        """The path of the innermost node that was at work: its number is the line number."""
        line = 1
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == FILENAME:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        return self._compiled.paths[line - 1]

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
