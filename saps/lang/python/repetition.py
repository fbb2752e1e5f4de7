"""Finds what a program computes more than once, and a person would give a name."""

from collections import Counter
from typing import Final

from saps.lang.functions import LAMBDA_ARGUMENTS, SELF
from saps.lang.node import Node

_WORTHWHILE: Final = frozenset(
    {"map", "filter", "reduce", "invoke1", "range", "sort", "reverse", "slice"}
    | {"digits", "is_prime", "str_split"}
)
_MANY_NODES: Final = 6
_LAMBDA_NAMES: Final = frozenset({*LAMBDA_ARGUMENTS, SELF})


def repeated(root: Node) -> frozenset[Node]:
    """The subtrees that occur twice or more, not just as parts of larger ones that do.

    Only those that mean the same everywhere, having no argument of a lambda around them, and only
    those that take more than a few operations.
    """
    counts: Counter[Node] = Counter()
    stack = [root]
    while stack:
        node = stack.pop()
        if not node.children:
            continue
        counts[node] += 1
        if counts[node] == 1:
            stack.extend(node.children)
    return frozenset(
        node for node, n in counts.items() if n > 1 and _is_worthwhile(node) and _is_closed(node)
    )


def _is_worthwhile(node: Node) -> bool:
    symbols = {part.symbol for part in node.preorder() if part.children}
    return bool(symbols & _WORTHWHILE) or node.size >= _MANY_NODES


def _is_closed(node: Node) -> bool:
    return not _free(node)


def _free(node: Node) -> frozenset[str]:
    """The names in a subtree that a lambda around it binds."""
    own = frozenset({node.symbol} & _LAMBDA_NAMES)
    below = own.union(*map(_free, node.children))
    if node.children and node.symbol == "lambda1":
        return below - {"arg1", SELF}
    if node.children and node.symbol == "lambda2":
        return below - _LAMBDA_NAMES
    return below
