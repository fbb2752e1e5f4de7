"""Turns a checked tree into a Python code object; on the way it checks names, arity and forms.

The code is built as a Python syntax tree, node by node, from symbols that were looked up before:
no text of a program ever becomes Python text. Arguments and lambda arguments become variables of
our own naming, lambdas become functions, calls become calls of the implementations in the function
table. The commonest operations get a fast path for integers in front of that call.

Each call carries the number of its node in preorder as its line number. So a traceback tells which
node failed, at no cost to a run that succeeds.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, Final

from saps.lang.code import (
    FALSE,
    IS,
    METER,
    TRUE,
    CallCode,
    ChoiceCode,
    CompareCode,
    ConstantCode,
    FreshNames,
    assigned,
    charge,
    function_code,
    function_value,
    name,
    return_code,
    return_counted,
)
from saps.lang.constants import constant
from saps.lang.errors import AlgoLispError, TreePath, ValueTypeError
from saps.lang.fast_path import INTEGER_OPERATIONS, FastPaths, is_boolean
from saps.lang.functions import FORMS, FUNCTIONS, Function, as_value, callable_of
from saps.lang.limits import Limits, Meter
from saps.lang.node import Node
from saps.lang.scope import arity_error, lambda_arity, located, makes_function, unknown_symbol
from saps.lang.values import FunctionValue, kind_of

FILENAME: Final = "<algolisp>"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program as Python code; `instance` makes a function of it that works with a meter.

    Attributes:
        code: of a function of the inputs.
        constants: what its global names stand for, but for functions as values and the meter.
        functions: global names that stand for functions of the table as values.
        paths: of the nodes, in preorder; line numbers of the code, from 1, index it.
        cost: the steps of the code outside of lambdas.
    """

    code: CodeType
    constants: dict[str, Any]
    functions: dict[str, Function]
    paths: list[TreePath]
    cost: int

    def instance(self, meter: Meter) -> Callable[..., Any]:
        values = {name: as_value(function, meter) for name, function in self.functions.items()}
        return FunctionType(self.code, {**self.constants, **values, "meter": meter})


def compile_node(root: Node, names: tuple[str, ...], limits: Limits) -> Compiled:
    """Compile a program whose arguments have these names.

    Raises:
        UnknownSymbolError, ArityError, SizeLimitError: see `compile_program`.
    """
    return _Compiler(root, names, limits).compile()


_ANY_LEAF: Final = Node("arg1")


@dataclass(slots=True)
class _Lambda:
    """A lambda under construction, or the program itself, which is at level 0.

    Attributes:
        level: how many lambdas are around it, itself included.
        arity: how many arguments it takes.
        variables: what `arg1`, `arg2` and `self` are called inside, and the level that binds them.
        definitions: statements that its body begins with: inner lambdas.
        reach: the innermost level outside of it that it refers to.
        n_nodes: of its body, inner lambdas aside.
    """

    level: int
    arity: int
    variables: dict[str, tuple[str, int]]
    definitions: list[ast.stmt] = field(default_factory=list)
    reach: int = 0
    n_nodes: int = 0


class _Compiler:
    """Compiles one program."""

    def __init__(self, root: Node, names: tuple[str, ...], limits: Limits) -> None:
        self._root = root
        self._bound = 1 << limits.bits
        self._limits = limits
        self._parameters = [f"i{slot}" for slot in range(len(names))]
        self._inputs = dict(zip(names, self._parameters, strict=True))
        self._paths: list[TreePath] = []
        self._around: list[_Lambda] = []
        self._constants: dict[str, Any] = {
            "low": -self._bound,
            "high": self._bound,
            "FunctionValue": FunctionValue,
            "call1": _call1,
            "call2": _call2,
            "call_many": _call_many,
            "refuse_condition": _refuse_condition,
        }
        self._functions: dict[str, Function] = {}
        self._fresh = FreshNames()
        self._fast_paths = FastPaths(self._fresh)
        self._is_wild = _calls_unknown_functions(root)

    def compile(self) -> Compiled:
        program = _Lambda(0, 0, {})
        self._around.append(program)
        value = self._node(self._root, ())
        body = [*program.definitions, ast.Return(value, lineno=1, col_offset=0)]
        module = ast.Module([function_code("program", self._parameters, body)], [])
        code = compile(module, FILENAME, "exec", dont_inherit=True, optimize=0)
        inner = next(c for c in code.co_consts if isinstance(c, CodeType))
        return Compiled(inner, self._constants, self._functions, self._paths, program.n_nodes)

    def _node(self, node: Node, path: TreePath) -> ast.expr:
        self._paths.append(path)
        line = len(self._paths)
        self._around[-1].n_nodes += 1
        symbol = node.symbol
        if not node.children:
            return self._leaf(symbol, node, path)
        if symbol in FORMS:
            return self._form(node, path, line)
        if symbol == "invoke1" and len(node.children) == 2 and _is_lambda(node.children[0]):
            return self._direct_call(node, path, line)
        operands = [self._node(c, (*path, i)) for i, c in enumerate(node.children)]
        if symbol in FUNCTIONS:
            return self._builtin(node, operands, path, line)
        return self._application(node, operands, path, line)

    # Leaves

    def _leaf(self, symbol: str, node: Node, path: TreePath) -> ast.expr:
        variables = self._around[-1].variables
        if symbol in variables:
            return self._variable(symbol)
        if symbol in self._inputs:
            return name(self._inputs[symbol])
        if symbol in FUNCTIONS:
            return self._function_as_value(symbol)
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        return self._constant(symbol, path)

    def _function_as_value(self, symbol: str) -> ast.expr:
        if symbol not in INTEGER_OPERATIONS:
            self._functions[f"v_{symbol}"] = FUNCTIONS[symbol]
            return name(f"v_{symbol}")
        # As a function of the program's own, it has the fast path too.
        arity = FUNCTIONS[symbol].arity
        parameters = [self._fresh("x") for _ in range(arity)]
        call = Node(symbol, (_ANY_LEAF,) * arity)
        body = self._builtin(call, list(map(name, parameters)), (), len(self._paths))
        identifier = self._fresh("f")
        self._around[0].definitions += [
            function_code(identifier, parameters, [return_code(body)]),
            function_value(identifier, symbol, arity),
        ]
        return name(f"v{identifier}")

    def _variable(self, symbol: str) -> ast.expr:
        identifier, level = self._around[-1].variables[symbol]
        if symbol != "self":  # that name lives wherever the lambda will be defined
            self._reach(level)
        return name(identifier)

    def _reach(self, level: int) -> None:
        for inner in self._around[level + 1 :]:
            inner.reach = max(inner.reach, level)

    def _constant(self, symbol: str, path: TreePath) -> ast.expr:
        try:
            found = constant(symbol)
        except AlgoLispError as error:
            raise located(error, self._root, path) from None
        if found is None:
            raise unknown_symbol(symbol, self._root, path)
        value = found[0]
        if type(value) is int and not -self._bound < value < self._bound:
            too_large = Meter(self._limits).too_many_bits(value.bit_length())
            raise located(too_large, self._root, path)
        if type(value) in (int, float, str, bool):
            return ConstantCode(value)
        self._constants["INT_TYPE"] = value
        return name("INT_TYPE")

    # Calls

    def _builtin(self, node: Node, operands: list[ast.expr], path: TreePath, line: int) -> ast.expr:
        function = FUNCTIONS[node.symbol]
        if len(operands) != function.arity:
            raise arity_error(node, function.arity, self._root, path)
        identifier = f"f_{function.name}"
        self._constants[identifier] = function.implementation
        fast = self._fast_paths.of(node, identifier, operands, line)
        if fast is not None:
            return fast
        return CallCode(name(identifier), [METER, *operands], [], lineno=line)

    def _direct_call(self, node: Node, path: TreePath, line: int) -> ast.expr:
        """A lambda that is called where it is written."""
        identifier, _ = self._lambda(node.children[0], (*path, 0))
        if node.children[0].symbol != "lambda1":
            value = self._node(node.children[1], (*path, 1))
            return self._value_call(name(f"v{identifier}"), [value], line)
        return CallCode(
            name(identifier), [self._node(node.children[1], (*path, 1))], [], lineno=line
        )

    def _application(
        self, node: Node, operands: list[ast.expr], path: TreePath, line: int
    ) -> ast.expr:
        """A call of a function value that has a name: `self`, or an argument."""
        symbol, innermost = node.symbol, self._around[-1]
        if symbol in innermost.variables:
            head = self._variable(symbol)
            if symbol == "self" and len(operands) == innermost.arity:
                assert isinstance(head, ast.Name)
                return CallCode(name(head.id[1:]), operands, [], lineno=line)
            return self._value_call(head, operands, line)
        if symbol in self._inputs:
            return self._value_call(name(self._inputs[symbol]), operands, line)
        if constant(symbol) is not None:
            raise arity_error(node, 0, self._root, path)
        raise unknown_symbol(symbol, self._root, path)

    def _value_call(self, head: ast.expr, operands: list[ast.expr], line: int) -> ast.expr:
        identifier = f"call{len(operands)}" if len(operands) <= 2 else "call_many"
        return CallCode(name(identifier), [head, *operands], [], lineno=line)

    # Forms

    def _form(self, node: Node, path: TreePath, line: int) -> ast.expr:
        if len(node.children) != FORMS[node.symbol]:
            raise arity_error(node, FORMS[node.symbol], self._root, path)
        if node.symbol == "if":
            return self._choice(node, path, line)
        return name(f"v{self._lambda(node, path, is_counted=True)[0]}")

    def _choice(self, node: Node, path: TreePath, line: int) -> ast.expr:
        condition, then, otherwise = (
            self._node(child, (*path, index)) for index, child in enumerate(node.children)
        )
        if is_boolean(node.children[0]):
            return ChoiceCode(condition, then, otherwise)
        verdict = name(self._fresh("t"))
        refusal = CallCode(name("refuse_condition"), [verdict], [], lineno=line)
        is_true = CompareCode(assigned(verdict, condition), [IS], [TRUE])
        is_false = CompareCode(verdict, [IS], [FALSE])
        return ChoiceCode(is_true, then, ChoiceCode(is_false, otherwise, refusal))

    def _lambda(
        self, node: Node, path: TreePath, *, is_counted: bool = False
    ) -> tuple[str, "_Lambda"]:
        """Define a lambda, as far out as what it refers to allows; return the function's name."""
        if not is_counted:
            self._paths.append(path)
            self._around[-1].n_nodes += 1
            if len(node.children) != FORMS[node.symbol]:
                raise arity_error(node, FORMS[node.symbol], self._root, path)
        identifier = self._fresh("f")
        arity = lambda_arity(node.symbol)
        outer = self._around[-1]
        level = outer.level + 1
        parameters = [self._fresh("x") for _ in range(arity)]
        variables = {**outer.variables, "self": (f"v{identifier}", outer.level)}
        variables.update(zip(("arg1", "arg2"), ((p, level) for p in parameters), strict=False))
        inner = _Lambda(level, arity, variables)
        self._around.append(inner)
        value = self._node(node.children[0], (*path, 0))
        self._around.pop()
        is_recursive = self._is_wild or _uses_self(node.children[0])
        body = [*charge(inner.n_nodes, is_recursive), *inner.definitions]
        body += return_counted(value) if is_recursive else [return_code(value)]
        home = self._around[inner.reach]
        home.definitions += [
            function_code(identifier, parameters, body),
            function_value(identifier, node.symbol, arity),
        ]
        return identifier, inner


def _is_lambda(node: Node) -> bool:
    return node.symbol in ("lambda1", "lambda2") and bool(node.children)


def _refuse_condition(value: Any) -> Any:
    raise ValueTypeError(f"`if` expects a truth value as argument 1, found {kind_of(value)}")


def _call1(function: Any, x: Any) -> Any:
    return callable_of(function, 1)(x)


def _call2(function: Any, x: Any, y: Any) -> Any:
    return callable_of(function, 2)(x, y)


def _call_many(function: Any, *values: Any) -> Any:
    return callable_of(function, len(values))(*values)


def _uses_self(node: Node) -> bool:
    """Whether `self` occurs, other than in an inner lambda."""
    if node.symbol == "self":
        return True
    return not node.symbol.startswith("lambda") and any(map(_uses_self, node.children))


def _calls_unknown_functions(root: Node) -> bool:
    """Whether a function is called that is not written where it is called.

    Without such calls, only a lambda that says `self` can recurse.
    """
    for node in root.preorder():
        if node.children and node.symbol in ("arg1", "arg2"):
            return True
        if node.symbol in FUNCTIONS:
            for position in FUNCTIONS[node.symbol].function_parameters:
                if position < len(node.children) and not _is_written(node.children[position]):
                    return True
    return False


def _is_written(function: Node) -> bool:
    if function.children:
        return makes_function(function)
    return function.symbol not in ("arg1", "arg2")
