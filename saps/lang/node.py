"""The program tree: an immutable, hashable `Node`, and its nested-list and s-expression forms."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from saps.lang.errors import (
    AlgoLispError,
    ArityError,
    ParseError,
    TreeError,
    TreeLimitError,
    TreePath,
    UnknownSymbolError,
    on_this_stack,
)
from saps.lang.program_values import BOUND, LAMBDA_ARGUMENTS, SELF, constant, is_text, kind_of

E = TypeVar("E", bound=AlgoLispError)

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
        if type(symbol) is not str or type(children) is not tuple:
            raise TreeError(
                "a node has a string and a tuple of nodes, "
                f"found {_shorten(symbol)} and {kind_of(children)}"
            )
        depth, size = 1, 1
        for child in children:
            if type(child) is not Node:
                raise TreeError(f"found {_shorten(child)} among the children of a node")
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
        return on_this_stack(_of_short_tree, tree, ())

    @classmethod
    def of_preorder(cls, symbols: Iterable[str], n_children: Iterable[int]) -> "Node":
        """Make a tree of the symbols of its nodes in preorder, and their numbers of children."""
        nodes = list(zip(symbols, n_children, strict=True))
        node: Node = _fold(nodes, lambda symbol, below: Node(symbol, tuple(below)))
        return node

    def to_short_tree(self) -> ShortTree:
        short: ShortTree = self._folded(lambda symbol, below: [symbol, *below] if below else symbol)
        return short

    def renamed(self, names: Mapping[str, str]) -> "Node":
        """The tree with other symbols for some, of calls as well: an argument may be called."""
        node: Node = self._folded(
            lambda symbol, below: Node(names.get(symbol, symbol), tuple(below))
        )
        return node

    def _folded(self, make: Callable[[str, list[Any]], Any]) -> Any:
        """What `make` gives for the root, made of the symbol and what it gave for the children."""
        return _fold([(node.symbol, len(node.children)) for node in self.preorder()], make)

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
        node, parts = self, []
        for index in path:
            parts.append(f"{node.symbol}.{index}")
            node = node.children[index]
        return ".".join(parts) or self.symbol

    def __str__(self) -> str:
        """The s-expression."""
        text: str = self._folded(
            lambda symbol, below: f"({symbol} {' '.join(below)})" if below else symbol
        )
        return text

    def __repr__(self) -> str:
        return f"parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node):
            return NotImplemented
        if hash(self) != hash(other) or self.size != other.size:
            return False
        waiting = [(self, other)]
        while waiting:
            left, right = waiting.pop()
            if left is not right:
                if left.symbol != right.symbol or len(left.children) != len(right.children):
                    return False
                waiting += zip(left.children, right.children, strict=True)
        return True

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined,no-any-return]  # set in __init__

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Node is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Node is immutable: cannot delete {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Flat, since pickle would recurse; and not the hash, which differs between processes.
        nodes = list(self.preorder())
        return Node.of_preorder, ([n.symbol for n in nodes], [len(n.children) for n in nodes])


def _fold(nodes: list[tuple[str, int]], make: Callable[[str, list[Any]], Any]) -> Any:
    """As `Node._folded`, of the symbols and numbers of children in preorder.

    The walk has a stack of its own: the deepest trees have more levels than a caller may have
    frames left, and whoever prints a tree counts on no error.
    """
    made: list[Any] = []
    for symbol, n_children in reversed(nodes):
        below = []
        if n_children:
            below = made[: -n_children - 1 : -1]
            del made[-n_children:]
        made.append(make(symbol, below))
    return made[0]


def _of_short_tree(tree: Any, path: TreePath) -> Node:
    if type(tree) is not list:
        return Node(_symbol(tree, path))
    symbol = _head(tree, path)
    children = []  # by a loop, since a comprehension would take a second frame for each level
    for index, part in enumerate(tree[1:]):
        children.append(_of_short_tree(part, (*path, index)))
    return Node(symbol, tuple(children))


def _head(tree: list[Any], path: TreePath) -> str:
    """The symbol of a call in the nested-list form."""
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
    return symbol


def _symbol(leaf: Any, path: TreePath) -> str:
    if type(leaf) is str:
        if not _SYMBOL.fullmatch(leaf) or not is_text(leaf):
            raise TreeError(f"{_shorten(leaf)} is not a symbol", *_at(path))
        if leaf.startswith('"'):
            try:
                constant(leaf)
            except ParseError as error:
                raise TreeError(error.message, *_at(path)) from None
        return leaf
    if type(leaf) is int and leaf.bit_length() <= 10_000:  # beyond, str() itself would refuse
        return str(leaf)
    if type(leaf) is float and math.isfinite(leaf):
        return repr(leaf)
    raise TreeError(
        f"found {_shorten(leaf)}, expected a symbol, a finite number or a list", *_at(path)
    )


def _shorten(leaf: Any) -> str:
    if type(leaf) is int:
        return f"an integer of {leaf.bit_length()} bits"
    if leaf is None or type(leaf) is bool:
        return json.dumps(leaf)
    text = ascii(leaf) if isinstance(leaf, str | float) else kind_of(leaf)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _at(path: TreePath) -> tuple[TreePath, str]:
    return path, ".".join(map(str, path)) or "the root"


# What is said of nodes with regard to the forms of the language.


def lambda_arity(symbol: str) -> int:
    """How many arguments the function takes that a lambda form makes; 0 for other symbols."""
    return 1 if symbol == "lambda1" else 2 if symbol == "lambda2" else 0


def is_closed(node: Node, bound: frozenset[str] = frozenset()) -> bool:
    """Whether a tree names no argument of a lambda outside of it, nor `self` of one."""
    if node.symbol in BOUND and node.symbol not in bound:
        return False
    if node.children and lambda_arity(node.symbol):
        bound |= {SELF, *LAMBDA_ARGUMENTS[: lambda_arity(node.symbol)]}
    return all(is_closed(child, bound) for child in node.children)


def uses_self(node: Node) -> bool:
    """Whether `self` occurs, other than in an inner lambda."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.symbol == SELF:
            return True
        if not lambda_arity(node.symbol):
            waiting += node.children
    return False


def arity_error(node: Node, expected: int, root: Node, path: TreePath) -> ArityError:
    """The error for a node that takes `expected` arguments and has another number."""
    noun = "argument" if expected == 1 else "arguments"
    found = len(node.children) or "none"
    error = ArityError(f"`{node.symbol}` takes {expected} {noun}, found {found}")
    return located(error, root, path)


def unknown_symbol(symbol: str, root: Node, path: TreePath) -> UnknownSymbolError:
    """The error for a symbol that means nothing at `path`."""
    if symbol in BOUND:
        message = f"`{symbol}` stands outside of a lambda that would bind it"
    else:
        message = f"unknown symbol `{symbol}`: no function, no constant, no argument"
    return located(UnknownSymbolError(message), root, path)


def head_error(node: Node, root: Node, path: TreePath) -> AlgoLispError:
    """The error for a call of what is no function and no argument."""
    if constant_at(node.symbol, root, path) is not None:
        return arity_error(node, 0, root, path)
    return unknown_symbol(node.symbol, root, path)


def constant_at(symbol: str, root: Node, path: TreePath) -> tuple[Any, str] | None:
    """As `constant`; its errors tell where in the tree the symbol stands."""
    try:
        return constant(symbol)
    except AlgoLispError as error:
        raise located(error, root, path) from None


def located(error: E, root: Node, path: TreePath) -> E:
    """The same error, which now knows where in the tree it happened."""
    error.path = path
    error.place = root.place(path)
    return error
