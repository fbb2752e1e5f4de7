"""What all parts of a translation share: its state, and names for what it writes."""

import ast
import builtins
import keyword
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from saps.lang.errors import TreePath
from saps.lang.node import Node, is_closed
from saps.lang.python.term import ANYTHING, Facts, Term, assign, call, join, variable
from saps.lang.types import Type

T = TypeVar("T")

MOST_NODES: Final = 1_000
"""How many nodes may be translated that were translated before.

Some parts are tried in one form and, where that fails, translated again in another; parts of them
likewise. Without a limit, each level of such parts doubles the work. What is tried is paid for by
its size, so that the work is at most the size of the program and this limit."""

_WORTHWHILE: Final = frozenset(
    {"map", "filter", "reduce", "invoke1", "range", "sort", "reverse", "slice"}
    | {"digits", "is_prime", "str_split"}
)
_MANY_NODES: Final = 6
_TAKEN: Final = frozenset(
    {*keyword.kwlist, *dir(builtins), "math", "functools", "itertools", "operator"}
)


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
        """Where an expression may remain unevaluated, as in a comprehension over variables."""
        return replace(self, is_strict=False, inner=self.inner | set(variables))


@dataclass(frozen=True, slots=True)
class Callee:
    """A function, ready to be applied wherever its calls stand.

    Attributes:
        arity: how many terms it takes; None if that is not known.
        write: gives the term of a call.
    """

    arity: int | None
    write: Callable[[list[Term], Context], Term]

    def apply(self, terms: list[Term], where: Context) -> Term:
        """The term of a call, which fails if the number of arguments is wrong."""
        if self.arity is None or self.arity == len(terms):
            return self.write(terms, where)
        reason = f"a function of {self.arity} is called with {len(terms)} arguments"
        return Term(call("fail", ast.Constant(reason)))


class NeedsStatementError(Exception):
    """An expression alone cannot say it; whoever is further out has to make room."""


class Writer:
    """The state of one translation. Knows no construct of the language."""

    def __init__(
        self, root: Node, types: Mapping[TreePath, Type], taken: frozenset[str], *, is_loose: bool
    ) -> None:
        """Begin a translation; `is_loose`: the program is ill-typed."""
        self._root = root
        self._types = types
        self._taken = _TAKEN | taken
        self._used: set[str] = {"digit", "piece"}
        self._arguments: dict[str, Term] = {}
        self._loose = is_loose
        self._repeated = _repeated(root)
        self._n_spare = MOST_NODES

    def _fresh(self, hint: str) -> str:
        candidate, number = hint, 1
        while candidate in self._used or candidate in self._taken:
            number += 1
            candidate = f"{hint}{number}"
        self._used.add(candidate)
        return candidate

    def _variable(self, hints: str = "xyzuvw") -> str:
        return self._fresh(next((h for h in hints if h not in self._used), hints[0]))

    def _bind(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be written several times, and whose evaluation is done by then."""
        if term.is_simple:
            return term
        if not context.is_strict:
            raise NeedsStatementError
        target = self._fresh(hint)
        context.block.append(assign(target, term.code))
        return variable(target, term.facts)

    def _early(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be evaluated later, several times or never instead of now."""
        if term.is_total and _is_cheap(term.code):
            return term
        return self._bind(term, hint, context)

    def _may_repeat(self, n_nodes: int) -> bool:
        """Set apart what it costs to translate some nodes again, if so much is left."""
        if n_nodes > self._n_spare:
            return False
        self._n_spare -= n_nodes
        return True

    def _settled(
        self,
        n_nodes: int,
        assumed: tuple[Facts, ...],
        attempt: Callable[[tuple[Facts, ...]], tuple[T, tuple[Facts, ...]]],
    ) -> tuple[T, tuple[Facts, ...]]:
        """What an attempt makes of facts that hold, and these facts: from the best ones down.

        An attempt gives what it made, and what it found to hold. One more of them is set apart in
        advance: the last one, which assumes nothing and so always holds.
        """
        used = set(self._used)
        while True:
            may_follow = self._may_repeat(n_nodes)
            self._used = set(used)
            if not may_follow:
                assumed = (ANYTHING,) * len(assumed)
            made, found = attempt(assumed)
            weaker = tuple(map(join, assumed, found))
            if weaker == assumed:
                self._n_spare += n_nodes * may_follow
                return made, assumed
            assumed = weaker


def _repeated(root: Node) -> frozenset[Node]:
    """The subtrees that occur twice or more, and that a person would give a name.

    Not just as parts of larger ones that do; only those that mean the same everywhere, having no
    argument of a lambda around them, and that take more than a few operations.
    """
    counts: Counter[Node] = Counter()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.children:
            counts[node] += 1
            if counts[node] == 1:
                stack.extend(node.children)
    repeated = [node for node, n in counts.items() if n > 1]
    return frozenset(node for node in repeated if _is_worthwhile(node) and is_closed(node))


def _is_worthwhile(node: Node) -> bool:
    symbols = {part.symbol for part in node.preorder() if part.children}
    return bool(symbols & _WORTHWHILE) or node.size >= _MANY_NODES


def _is_cheap(code: ast.expr) -> bool:
    """Whether code is short and goes over no array."""
    nodes = list(ast.walk(code))
    return len(nodes) <= 8 and not any(
        isinstance(node, ast.ListComp | ast.GeneratorExp | ast.Starred) for node in nodes
    )
