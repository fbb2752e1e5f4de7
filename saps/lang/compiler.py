"""Turns a tree into closures, and on the way checks names, arity and forms."""

from dataclasses import dataclass
from typing import Any, Final

from saps.lang.closures import (
    Closure,
    Operand,
    builtin_call,
    cell,
    choice,
    lambda1,
    lambda2,
    local,
    recursive_lambda1,
    recursive_lambda2,
    self_call,
    value_call,
)
from saps.lang.constants import constant
from saps.lang.errors import AlgoLispError, TreePath
from saps.lang.functions import FORMS, FUNCTIONS, Function, as_value
from saps.lang.limits import Meter
from saps.lang.node import Node
from saps.lang.scope import arity_error, lambda_arity, located, unknown_symbol

_SLOTS: Final = {"arg1": 0, "arg2": 1, "self": 2}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the lambdas around a place bind; `arity` is that of the innermost, and of `self`."""

    arity: int = 0
    bound: frozenset[str] = frozenset()


_Compiled = tuple[Operand, int]
"""A node, and how many nodes one evaluation of it takes at most, inner lambdas' bodies aside."""


class Compiler:
    """Compiles one program for one meter and one list of cells.

    The cells begin with the inputs, in the order of `names`; constants are added behind them.
    """

    def __init__(self, root: Node, names: tuple[str, ...], meter: Meter, cells: list[Any]) -> None:
        self._root = root
        self._meter = meter
        self._cells = cells
        self._slots = {name: slot for slot, name in enumerate(names)}
        self._constants: dict[str, Operand] = {}
        self._is_wild = _calls_unknown_functions(root)

    def compile(self) -> tuple[Closure, int]:
        operand, cost = self._node(self._root, (), _Scope())
        return operand.closure, cost

    def _node(self, node: Node, path: TreePath, scope: _Scope) -> _Compiled:
        symbol = node.symbol
        if not node.children:
            return self._leaf(symbol, node, path, scope), 1
        if symbol in FORMS:
            return self._form(node, path, scope)
        operands = []
        cost = 1
        for index, child in enumerate(node.children):
            operand, child_cost = self._node(child, (*path, index), scope)
            operands.append(operand)
            cost += child_cost
        if symbol in FUNCTIONS:
            return self._builtin(node, FUNCTIONS[symbol], operands, path), cost
        return self._application(node, operands, path, scope), cost

    def _leaf(self, symbol: str, node: Node, path: TreePath, scope: _Scope) -> Operand:
        if symbol in scope.bound:
            return local(_SLOTS[symbol])
        if symbol in self._slots:
            return cell(self._cells, self._slots[symbol])
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        if symbol not in self._constants:
            self._constants[symbol] = cell(self._cells, len(self._cells))
            self._cells.append(self._value(symbol, path))
        return self._constants[symbol]

    def _value(self, symbol: str, path: TreePath) -> Any:
        if symbol in FUNCTIONS:
            return as_value(FUNCTIONS[symbol], self._meter)
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

    def _builtin(
        self, node: Node, function: Function, operands: list[Operand], path: TreePath
    ) -> Operand:
        if len(operands) != function.arity:
            raise arity_error(node, function.arity, self._root, path)
        return Operand(
            builtin_call(function.implementation, self._meter, self._cells, operands, path)
        )

    def _application(
        self, node: Node, operands: list[Operand], path: TreePath, scope: _Scope
    ) -> Operand:
        """A call of a function value that has a name: `self`, or an argument."""
        symbol = node.symbol
        if symbol not in scope.bound and symbol not in self._slots:
            if constant(symbol) is not None:
                raise arity_error(node, 0, self._root, path)
            raise unknown_symbol(symbol, self._root, path)
        if symbol == "self" and len(operands) == scope.arity:
            return Operand(self_call(operands, path))
        head = self._leaf(symbol, node, path, scope)
        return Operand(value_call(head.closure, operands, path))

    def _form(self, node: Node, path: TreePath, scope: _Scope) -> _Compiled:
        if len(node.children) != FORMS[node.symbol]:
            raise arity_error(node, FORMS[node.symbol], self._root, path)
        if node.symbol == "if":
            parts = [self._node(c, (*path, i), scope) for i, c in enumerate(node.children)]
            condition, then, otherwise = (operand.closure for operand, _ in parts)
            cost = 1 + sum(cost for _, cost in parts)
            return Operand(choice(condition, then, otherwise, path)), cost
        return self._lambda(node, path, scope), 1

    def _lambda(self, node: Node, path: TreePath, scope: _Scope) -> Operand:
        arity = lambda_arity(node.symbol)
        names = ("self", "arg1", "arg2") if arity == 2 else ("self", "arg1")
        inner = _Scope(arity, scope.bound.union(names))
        body, cost = self._node(node.children[0], (*path, 0), inner)
        if self._is_wild or uses_self(node.children[0]):
            make = recursive_lambda1 if arity == 1 else recursive_lambda2
        else:
            make = lambda1 if arity == 1 else lambda2
        return Operand(make(body.closure, cost, self._meter))


def uses_self(node: Node) -> bool:
    """Whether `self` occurs, other than in an inner lambda."""
    if node.symbol == "self":
        return True
    return not node.symbol.startswith("lambda") and any(map(uses_self, node.children))


_FUNCTION_OPERANDS: Final = {
    "map": (1,),
    "filter": (1,),
    "reduce": (2,),
    "invoke1": (0,),
    "combine": (0, 1),
    "partial0": (1,),
    "partial1": (1,),
    "partial2": (1,),
}
_MAKES_FUNCTION: Final = frozenset(
    {"lambda1", "lambda2", "combine", "partial0", "partial1", "partial2"}
)


def _calls_unknown_functions(root: Node) -> bool:
    """Whether a function is called that is not written where it is called.

    Without such calls, only a lambda that says `self` can recurse.
    """
    for node in root.preorder():
        if node.children and node.symbol in ("arg1", "arg2"):
            return True
        for position in _FUNCTION_OPERANDS.get(node.symbol, ()):
            if position < len(node.children) and not _is_written(node.children[position]):
                return True
    return False


def _is_written(function: Node) -> bool:
    if function.children:
        return function.symbol in _MAKES_FUNCTION
    return function.symbol not in ("arg1", "arg2")
