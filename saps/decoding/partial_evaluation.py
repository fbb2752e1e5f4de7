"""Tells partial trees that can not become a program that works on the examples."""

from collections.abc import Iterator, Sequence

from saps.data.symbols import SymbolTable
from saps.decoding.hypothesis import Hypothesis
from saps.decoding.rehearsal import Rehearsal
from saps.lang import LAMBDA_ARGUMENTS, Node

_LAMBDAS = ("lambda1", "lambda2")
# Codes that say nothing of the program around: a value that is a function is no program's value
# but may well be an argument; inputs may be missing; how long a run takes is chance.
_INCONCLUSIVE = frozenset({"type", "input", "time", "declaration", "unknown-symbol"})


class PartialEvaluation:
    """Runs the finished parts of partial trees on a request's examples.

    A finished subtree is run as soon as it is complete if it is closed (it names no argument of a
    lambda around it) and it will surely be evaluated: evaluation is strict, so every argument of
    a call is, and only bodies of lambdas and branches of `if` are not. Of the branches, the one
    that the condition chooses on an example is evaluated on that example; the condition is
    finished before. If the subtree raises, so will every program that the tree can become, and
    the example is failed.
    """

    def __init__(self, symbols: SymbolTable, rehearsal: Rehearsal) -> None:
        self._symbols = symbols
        self._arities = symbols.arities
        self._rehearsal = rehearsal

    def is_hopeless(self, hypothesis: Hypothesis) -> bool:
        """Whether a part that was completed by the node written last is sure to raise."""
        tree, labels = hypothesis.tree, hypothesis.labels
        if tree.complete or not tree.n_closed or not self._rehearsal.n_examples:
            return False
        finished, *above = tree.open_nodes()
        surely = self._surely_evaluated(labels, finished, above)
        if not surely:
            return False
        return any(self._raises(part, surely) for part in self._parts(labels[finished:]))

    def _raises(self, part: Node, surely: frozenset[int]) -> bool:
        runs = self._rehearsal.runs(part)
        return any(runs[i].error and runs[i].error not in _INCONCLUSIVE for i in surely)

    def _parts(self, labels: Sequence[int]) -> Iterator[Node]:
        """Yield what to run of a finished subtree: itself, or what it evaluates if it is open."""
        waiting = [self._symbols.build(labels)]
        while waiting:
            node = waiting.pop()
            if node.children and node.symbol not in _LAMBDAS:
                if is_closed(node) and not _gives_function(node):
                    yield node
                else:
                    waiting += node.children[:1] if node.symbol == "if" else node.children

    def _surely_evaluated(
        self, labels: Sequence[int], node: int, above: Sequence[int]
    ) -> frozenset[int]:
        """Return the examples on which a node is evaluated, whatever the rest of the tree is.

        Args:
            labels: of the partial tree.
            node: number of the node.
            above: numbers of its ancestors, the nearest first.
        """
        surely = frozenset(range(self._rehearsal.n_examples))
        for parent in above:
            symbol = self._symbols.labels[labels[parent]].symbol
            if symbol in _LAMBDAS:
                return frozenset()
            if symbol == "if" and node != parent + 1:
                condition_end = self._end(labels, parent + 1)
                condition = self._symbols.build(labels[parent + 1 : condition_end])
                surely &= self._examples_where(condition, node == condition_end)
            node = parent
        return surely

    def _examples_where(self, condition: Node, value: bool) -> frozenset[int]:
        if not is_closed(condition):
            return frozenset()
        runs = self._rehearsal.runs(condition)
        return frozenset(i for i, run in enumerate(runs) if not run.error and run.value is value)

    def _end(self, labels: Sequence[int], start: int) -> int:
        """Return the number of the node after the subtree that starts at a node."""
        missing, number = 1, start
        while missing:
            missing += self._arities[labels[number]] - 1
            number += 1
        return number


def is_closed(node: Node, bound: frozenset[str] = frozenset()) -> bool:
    """Whether a tree names no argument of a lambda outside of it, nor `self` of one."""
    if node.symbol in (*LAMBDA_ARGUMENTS, "self") and node.symbol not in bound:
        return False
    if node.children and node.symbol in _LAMBDAS:
        bound |= {"self", *LAMBDA_ARGUMENTS[: 1 if node.symbol == "lambda1" else 2]}
    return all(is_closed(child, bound) for child in node.children)


def _gives_function(node: Node) -> bool:
    return node.symbol in ("partial0", "partial1", "partial2", "combine")
