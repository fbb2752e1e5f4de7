"""Where names occur in programs and in code."""

import ast

from saps.lang.node import Node


def is_function(node: Node) -> bool:
    """Whether a node makes a function that can be applied in place."""
    return node.symbol in ("lambda1", "lambda2", "combine", "partial0", "partial1", "partial2")


def uses_self(node: Node) -> bool:
    """Whether `self` occurs, other than in an inner lambda."""
    if node.symbol == "self":
        return True
    return not node.symbol.startswith("lambda") and any(map(uses_self, node.children))


def n_uses(node: Node, argument: str) -> int:
    """How often an argument occurs; inside of inner lambdas counts as often."""
    if node.symbol == argument and not node.children:
        return 1
    n_below = sum(n_uses(child, argument) for child in node.children)
    return 2 * n_below if node.symbol.startswith("lambda") else n_below


def names_in(statements: list[ast.stmt]) -> set[str]:
    """The variables that statements mention."""
    return {
        n.id for statement in statements for n in ast.walk(statement) if isinstance(n, ast.Name)
    }


def is_cheap(code: ast.expr) -> bool:
    """Whether code is short and goes over no array."""
    return sum(1 for _ in ast.walk(code)) <= 8 and not any(
        isinstance(n, ast.ListComp | ast.GeneratorExp | ast.Starred) for n in ast.walk(code)
    )


def is_call_with(code: ast.expr, variables: list[str]) -> bool:
    """Whether code is a call of a function with just these variables."""
    return (
        isinstance(code, ast.Call)
        and isinstance(code.func, ast.Name)
        and not code.keywords
        and [ast.unparse(argument) for argument in code.args] == variables
    )
