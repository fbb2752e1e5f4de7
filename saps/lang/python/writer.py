"""What all parts of a translation share: its state, and names for what it writes."""

import builtins
import keyword
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

from saps.lang.errors import TreePath
from saps.lang.inference import NodeTypes
from saps.lang.node import Node
from saps.lang.python.carried import helper_names
from saps.lang.python.facts import Facts
from saps.lang.python.occurrence import is_cheap
from saps.lang.python.repetition import repeated
from saps.lang.python.spare import Spare
from saps.lang.python.term import Context, NeedsStatementError, Term, assign, name

_TAKEN: Final = frozenset(
    {*keyword.kwlist, *dir(builtins), *helper_names(), "math", "functools", "itertools", "operator"}
)


class Writer(ABC):
    """The state of one translation. Knows no construct of the language."""

    def __init__(self, root: Node, arguments: Mapping[str, str], types: NodeTypes) -> None:
        self._root = root
        self._declared = arguments
        self._types = types
        self._used: set[str] = {"digit", "piece"}
        self._arguments: dict[str, Term] = {}
        self._loose = bool(types.mismatches)
        self._repeated = repeated(root)
        self._spare = Spare()

    @abstractmethod
    def _term(self, node: Node, path: TreePath, context: Context) -> Term:
        """The value of a node."""

    @abstractmethod
    def _leaf(self, node: Node, path: TreePath, context: Context) -> Term:
        """The value of a node without children."""

    @abstractmethod
    def _operation(self, symbol: str, terms: list[Term]) -> Term:
        """A call of a function of the table that takes no functions."""

    @abstractmethod
    def _return(self, node: Node, path: TreePath, context: Context) -> Facts:
        """Add statements that return the node's value."""

    def _fresh(self, hint: str) -> str:
        candidate, number = hint, 1
        while candidate in self._used or candidate in _TAKEN:
            number += 1
            candidate = f"{hint}{number}"
        self._used.add(candidate)
        return candidate

    def _variable(self, hints: str = "xyzuvw") -> str:
        free = (h for h in hints if h not in self._used)
        return self._fresh(next(free, hints[0]))

    def _bind(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be written several times, and whose evaluation is done by then."""
        if term.is_simple:
            return term
        if not context.is_strict:
            raise NeedsStatementError
        target = self._fresh(hint)
        context.block.append(assign(target, term.code))
        return Term(name(target), term.facts, is_total=True)

    def _early(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be evaluated later, several times or never instead of now."""
        if term.is_total and is_cheap(term.code):
            return term
        return self._bind(term, hint, context)
