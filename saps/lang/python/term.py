"""A Python expression under construction, and the place where it stands."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from saps.lang.node import Node
from saps.lang.python.facts import ANYTHING, Facts


@dataclass(frozen=True, slots=True)
class Term:
    """A Python expression, and what is known of it.

    Attributes:
        code: the expression.
        facts: of its value.
        is_total: evaluating it never raises.
    """

    code: ast.expr
    facts: Facts = ANYTHING
    is_total: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether it may be written twice: a name or a constant."""
        return isinstance(self.code, ast.Name | ast.Constant)


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression stands.

    Attributes:
        block: the statements before it.
        is_strict: the expression is evaluated exactly once after `block`, so that parts of it may
            become statements there.
        inner: variables of comprehensions and lambdas, which `block` does not see.
        names: what `arg1`, `arg2` and `self` mean.
        known: variables of the block that hold the values of whole subtrees.
    """

    block: list[ast.stmt]
    is_strict: bool = True
    inner: frozenset[str] = frozenset()
    names: Mapping[str, "Term | Callee"] = field(default_factory=dict)

    known: dict[Node, "Term"] = field(default_factory=dict)

    def branch(self, block: list[ast.stmt]) -> "Context":
        """In a block inside of this one."""
        return replace(self, block=block, known=dict(self.known))

    def within(self, *variables: str) -> "Context":
        """Inside a comprehension or lambda over these variables."""
        return replace(self, is_strict=False, inner=self.inner | set(variables))

    def lazy(self) -> "Context":
        """Where an expression may remain unevaluated."""
        return replace(self, is_strict=False)


@dataclass(frozen=True, slots=True)
class Callee:
    """A function, ready to be applied wherever its calls stand.

    Attributes:
        arity: how many terms `apply` takes; None if that is not known.
        apply: gives the term of a call.
    """

    arity: int | None
    apply: Callable[[list[Term], Context], Term]


class NeedsStatementError(Exception):
    """An expression alone can not say it; whoever is further out has to make room."""


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """`function(arguments)`."""
    return ast.Call(name(function), list(arguments), [])


def name(identifier: str) -> ast.Name:
    """A variable that is read."""
    return ast.Name(identifier, ast.Load())


def literal(value: Any) -> ast.expr:
    """A constant; Python writes a negative number as an operation."""
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def binary(operator: ast.operator, left: Term, right: Term) -> ast.BinOp:
    """`left operator right`."""
    return ast.BinOp(left.code, operator, right.code)


def compare(operator: ast.cmpop, left: Term, right: Term) -> ast.Compare:
    """`left operator right`."""
    return ast.Compare(left.code, [operator], [right.code])


def assign(target: str, value: ast.expr) -> ast.Assign:
    """`target = value`."""
    return ast.Assign([ast.Name(target, ast.Store())], value, lineno=0)


def comprehension(target: str, iterable: ast.expr) -> ast.comprehension:
    """`for target in iterable`, to which conditions may be added."""
    return ast.comprehension(ast.Name(target, ast.Store()), iterable, [], 0)


def constant_value(term: Term) -> Any:
    """The value of a literal term, or None."""
    code = term.code
    if isinstance(code, ast.UnaryOp) and isinstance(code.operand, ast.Constant):
        return -code.operand.value  # type: ignore[operator]  # only numbers are negated
    return code.value if isinstance(code, ast.Constant) else None
