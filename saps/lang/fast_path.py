"""Operators of Python in front of calls of the function table, for the commonest kinds of values.

A fast path tests that its operands are what it is good for, and else calls the implementation; so
it changes no value and no error. All operands are evaluated, once and in order, on either way.
"""

import ast
from typing import Final

from saps.lang.code import (
    AND,
    AT_MOST,
    BIT_AND,
    HIGH,
    INT,
    IS,
    LEN,
    LESS,
    LIST,
    LOAD,
    LOW,
    METER,
    NOT,
    ZERO,
    BinaryCode,
    CallCode,
    ChoiceCode,
    CompareCode,
    ElementCode,
    FreshNames,
    LogicCode,
    NameCode,
    UnaryCode,
    assigned,
    name,
    type_of,
)
from saps.lang.functions import FUNCTIONS
from saps.lang.node import Node
from saps.lang.types import BOOL

_BOUNDED: Final[dict[str, ast.operator]] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "square": ast.Mult(),
}
_DIVISIONS: Final[dict[str, ast.operator]] = {"/": ast.FloorDiv(), "%": ast.Mod()}
_COMPARISONS: Final[dict[str, ast.cmpop]] = {
    "<": LESS,
    ">": ast.Gt(),
    "<=": AT_MOST,
    ">=": ast.GtE(),
    "==": ast.Eq(),
    "!=": ast.NotEq(),
}
_LOGIC: Final[dict[str, ast.operator]] = {"&&": BIT_AND, "||": ast.BitOr()}
_EXTREMES: Final = {"min": (0, 1), "max": (1, 0)}
INTEGER_OPERATIONS: Final = frozenset({*_BOUNDED, *_DIVISIONS, *_COMPARISONS, *_EXTREMES})


class FastPaths:
    """Writes the fast paths of one program."""

    def __init__(self, fresh: FreshNames) -> None:
        self._fresh = fresh

    def of(
        self, node: Node, identifier: str, operands: list[ast.expr], line: int
    ) -> ast.expr | None:
        symbol = node.symbol
        if symbol in INTEGER_OPERATIONS:
            return self._fast_integers(node, identifier, operands, line)
        if symbol in ("&&", "||", "!"):
            return self._fast_logic(node, operands)
        if symbol == "deref" and not isinstance(operands[0], ast.Constant):
            return self._fast_element(identifier, operands, line)
        if symbol == "len":
            return self._fast_length(identifier, operands[0], line)
        return None

    def _named(self, operand: ast.expr) -> tuple[ast.expr, ast.expr]:
        """An expression that evaluates the operand, and one that gives its value again."""
        if isinstance(operand, ast.Name | ast.Constant):
            return operand, operand
        variable = NameCode(self._fresh("t"), LOAD)
        return assigned(variable, operand), variable

    def _fast_integers(
        self, node: Node, identifier: str, operands: list[ast.expr], line: int
    ) -> ast.expr | None:
        """`x + y if both are integers and so the sum is, within bounds, else the call`."""
        named = [self._named(operand) for operand in operands]
        test = _are_integers([first for first, _ in named])
        if test is None:
            return None
        again = [value for _, value in named]
        slow = CallCode(name(identifier), [METER, *again], [], lineno=line)
        if node.symbol in _BOUNDED:
            result = NameCode(self._fresh("r"), LOAD)
            value = assigned(result, BinaryCode(again[0], _BOUNDED[node.symbol], again[-1]))
            in_bounds = CompareCode(LOW, [LESS, LESS], [value, HIGH])
            return ChoiceCode(LogicCode(AND, [test, in_bounds]), result, slow)
        if node.symbol in _COMPARISONS:
            fast: ast.expr = CompareCode(again[0], [_COMPARISONS[node.symbol]], [again[1]])
            return ChoiceCode(test, fast, slow)
        if node.symbol in _EXTREMES:
            then, otherwise = _EXTREMES[node.symbol]
            in_order = CompareCode(again[0], [AT_MOST], [again[1]])
            return ChoiceCode(test, ChoiceCode(in_order, again[then], again[otherwise]), slow)
        divisor = again[1]
        if not isinstance(divisor, ast.Constant):
            test = LogicCode(AND, [test, divisor])  # a divisor of zero takes the slow path
        elif not divisor.value:
            return None
        return ChoiceCode(test, BinaryCode(again[0], _DIVISIONS[node.symbol], divisor), slow)

    def _fast_logic(self, node: Node, operands: list[ast.expr]) -> ast.expr | None:
        """Operators of truth values, where it is known that there are such."""
        if not all(map(is_boolean, node.children)):
            return None
        if node.symbol == "!":
            return UnaryCode(NOT, operands[0])
        # Not `and`: both sides are evaluated.
        return BinaryCode(operands[0], _LOGIC[node.symbol], operands[1])

    def _fast_element(self, identifier: str, operands: list[ast.expr], line: int) -> ast.expr:
        """`values[position] if both are what they should be else the call`."""
        (first, values), (second, position) = map(self._named, operands)
        is_array = CompareCode(type_of(first), [IS], [LIST])
        is_integer = CompareCode(type_of(second), [IS], [INT])
        both = BinaryCode(is_array, BIT_AND, is_integer)  # not `and`: both have to be evaluated
        inside = CompareCode(ZERO, [AT_MOST, LESS], [position, CallCode(LEN, [values], [])])
        slow = CallCode(name(identifier), [METER, values, position], [], lineno=line)
        return ChoiceCode(LogicCode(AND, [both, inside]), ElementCode(values, position, LOAD), slow)

    def _fast_length(self, identifier: str, operand: ast.expr, line: int) -> ast.expr:
        first, values = self._named(operand)
        is_array = CompareCode(type_of(first), [IS], [LIST])
        slow = CallCode(name(identifier), [METER, values], [], lineno=line)
        return ChoiceCode(is_array, CallCode(LEN, [values], []), slow)


def is_boolean(node: Node) -> bool:
    """Whether a node's value is a truth value, if it has one at all."""
    if not node.children:
        return node.symbol in ("true", "false")
    return node.symbol in FUNCTIONS and FUNCTIONS[node.symbol].result == BOOL


def _are_integers(operands: list[ast.expr]) -> ast.expr | None:
    """A test that evaluates all operands, whatever comes of it; None if it can not succeed."""
    unknown = []
    for operand in operands:
        if not isinstance(operand, ast.Constant):
            unknown.append(type_of(operand))
        elif type(operand.value) is not int:
            return None
    if not unknown:
        return None  # two constants: let the implementation do it
    return CompareCode(unknown[0], [IS] * len(unknown), [*unknown[1:], INT])
