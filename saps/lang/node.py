"""The program tree: an immutable, hashable `Node`, and its nested-list and s-expression forms."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from saps.lang.constants import constant
from saps.lang.errors import ArityError, ParseError, TreeError, TreeLimitError, TreePath, place_of
from saps.lang.values import is_text, kind_of

MAX_DEPTH: Final = 200
MAX_SIZE: Final = 5_000

ShortTree = str | list["ShortTree"]
"""The published form: a call is a list that starts with its symbol, a leaf is a string."""

# The terminals of grammar/algolisp.lark, for trees that come without text; a test compares them.
_SYMBOL: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s(),\[\]"]+', re.DOTALL)


class Node:
    """One symbol and what it is applied to.

    A leaf is an argument, a constant, or a function meant as a value; a node with children is a
    call or a form. Equality and hash are structural; the hash is computed once, so that trees work
    as dictionary keys. A node is never deeper than `MAX_DEPTH` nor larger than `MAX_SIZE`.
    """

    __slots__ = ("_hash", "children", "depth", "size", "symbol")

    symbol: str
    children: tuple["Node", ...]
    depth: int
    """1 for a leaf."""
    size: int
    """The number of nodes."""

    def __init__(self, symbol: str, children: tuple["Node", ...] = ()) -> None:
        """Raises TreeLimitError if the tree would be too deep or too large."""
        depth, size = 1, 1
        for child in children:
            size += child.size
            if child.depth >= depth:
                depth = child.depth + 1
        if depth > MAX_DEPTH:
            raise TreeLimitError(f"the program is deeper than {MAX_DEPTH} nodes")
        if size > MAX_SIZE:
            raise TreeLimitError(f"the program has more than {MAX_SIZE} nodes")
        assign = object.__setattr__
        assign(self, "symbol", symbol)
        assign(self, "children", children)
        assign(self, "depth", depth)
        assign(self, "size", size)
        assign(self, "_hash", hash((symbol, children)))

    @classmethod
    def from_short_tree(cls, tree: Any) -> "Node":
        """Read the nested-list form; a leaf may also be a JSON number.

        Raises:
            TreeError: a list is empty, starts with a list, or a leaf is no symbol.
            TreeLimitError: the tree is too deep or too large.
            ArityError: a list has one symbol only, which would be a call without arguments.
        """
        return _from_short_tree(tree, ())

    def to_short_tree(self) -> ShortTree:
        if not self.children:
            return self.symbol
        return [self.symbol, *(child.to_short_tree() for child in self.children)]

    def preorder(self) -> Iterator["Node"]:
        """This node, then its subtrees from left to right."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def at(self, path: TreePath) -> "Node":
        """The node that `path` leads to."""
        node = self
        for index in path:
            node = node.children[index]
        return node

    def place(self, path: TreePath) -> str:
        """Spell `path` for people: `reduce.2.lambda1.0`."""
        node, symbols = self, [self.symbol]
        for index in path:
            if index >= len(node.children):
                break
            node = node.children[index]
            symbols.append(node.symbol)
        return place_of(symbols, path)

    def __str__(self) -> str:
        """The s-expression."""
        if not self.children:
            return self.symbol
        return f"({self.symbol} {' '.join(map(str, self.children))})"

    def __repr__(self) -> str:
        return f"parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node):
            return NotImplemented
        return (
            self._hash == other._hash  # type: ignore[attr-defined]  # set in __init__
            and self.symbol == other.symbol
            and self.children == other.children
        )

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined,no-any-return]  # set in __init__

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Node is immutable: can not set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Node is immutable: can not delete {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Not the slots: the hash of a string differs from process to process.
        return Node, (self.symbol, self.children)


def _from_short_tree(tree: Any, path: TreePath) -> Node:
    if type(tree) is not list:
        return Node(_symbol(tree, path))
    if len(path) >= MAX_DEPTH:
        raise TreeLimitError(f"the program is deeper than {MAX_DEPTH} nodes")
    if not tree:
        raise TreeError("found an empty list, expected a symbol and its arguments", *_at(path))
    if type(tree[0]) is list:
        raise TreeError(
            "found a list where a symbol is expected; call a function value with invoke1",
            *_at(path),
        )
    symbol = _symbol(tree[0], path)
    if len(tree) == 1:
        raise ArityError(f"{symbol} is called without arguments", *_at(path))
    if len(tree) > MAX_SIZE:
        raise TreeLimitError(f"the program has more than {MAX_SIZE} nodes")
    children = [_from_short_tree(child, (*path, i)) for i, child in enumerate(tree[1:])]
    return Node(symbol, tuple(children))


def _symbol(leaf: Any, path: TreePath) -> str:
    if type(leaf) is str:
        if not _SYMBOL.fullmatch(leaf) or not is_text(leaf):
            raise TreeError(f"{_shorten(leaf)} is not a symbol", *_at(path))
        if leaf.startswith('"') and "\\" in leaf:
            _check_escapes(leaf, path)
        return leaf
    if type(leaf) is int and leaf.bit_length() <= 10_000:  # beyond, str() itself would refuse
        return str(leaf)
    if type(leaf) is float and math.isfinite(leaf):
        return repr(leaf)
    raise TreeError(
        f"found {_shorten(leaf)}, expected a symbol, a finite number or a list", *_at(path)
    )


def _check_escapes(literal: str, path: TreePath) -> None:
    try:
        constant(literal)
    except ParseError as error:
        raise TreeError(error.message, *_at(path)) from None


def _shorten(leaf: Any) -> str:
    if type(leaf) is int:
        return f"an integer of {leaf.bit_length()} bits"
    if leaf is None or type(leaf) is bool:
        return json.dumps(leaf)
    text = ascii(leaf) if isinstance(leaf, str | float) else kind_of(leaf)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _at(path: TreePath) -> tuple[TreePath, str]:
    return path, ".".join(map(str, path)) or "the root"
