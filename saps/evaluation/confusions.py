"""Where predicted trees part from their targets: symbols taken for one another."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from saps.evaluation.metrics import Result
from saps.lang import FUNCTIONS, Node

NO_TREE: Final = "(no tree)"


@dataclass(frozen=True, slots=True)
class Confusion:
    """A symbol of targets, and what predictions had in its place.

    A function as a value and the same function called are two symbols: `+` and `(+ ...)`.

    Attributes:
        gold: the target's symbol.
        predicted: the prediction's.
        n_places: in how many places.
        n_tasks: in how many tasks.
    """

    gold: str
    predicted: str
    n_places: int
    n_tasks: int


def count_confusions(results: Iterable[Result], limit: int) -> tuple[Confusion, ...]:
    """Return the most frequent confusions.

    Both trees are read from their roots. Where the symbols differ, that pair is counted and what
    lies below is not looked at: it answers another question.
    """
    places: Counter[tuple[str, str]] = Counter()
    tasks: Counter[tuple[str, str]] = Counter()
    for result in results:
        pairs = Counter(differences(result.example.program, result.predicted))
        places.update(pairs)
        tasks.update(pairs.keys())
    ordered = sorted(places, key=lambda pair: (-tasks[pair], -places[pair], pair))
    return tuple(Confusion(*pair, places[pair], tasks[pair]) for pair in ordered[:limit])


def differences(gold: Node, predicted: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the labels of both trees wherever they first differ on a way down."""
    if predicted is None:
        yield label_of(gold), NO_TREE
        return
    stack = [(gold, predicted)]
    while stack:
        left, right = stack.pop()
        if left == right:
            continue
        if (left.symbol, len(left.children)) != (right.symbol, len(right.children)):
            yield label_of(left), label_of(right)
            continue
        stack.extend(zip(left.children, right.children, strict=True))


def label_of(node: Node) -> str:
    """Spell a node's label; a call of what may also be a value shows that it is one."""
    if node.children and (node.symbol in FUNCTIONS or node.symbol == "self"):
        return f"({node.symbol} ...)"
    return node.symbol
