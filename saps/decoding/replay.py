"""How a network scores a program that is known: node by node, with what it looked at."""

from dataclasses import dataclass

from saps.data.symbols import Label, SymbolTable
from saps.decoding.constraint import ShapeConstraint
from saps.decoding.expansion import Expansion
from saps.decoding.scorer import Scorer
from saps.lang import Node

_N_LIKELIEST = 5


@dataclass(frozen=True, slots=True)
class NodeScore:
    """How one node was scored, given the nodes before it.

    Attributes:
        label: of the node.
        log_prob: of that label, natural log.
        likeliest: the five likeliest labels there and their log-probabilities, the best first.
        attention: how much the node looked at each piece of the text, summing to 1; None where
            the network has no attention.
    """

    label: Label
    log_prob: float
    likeliest: tuple[tuple[Label, float], ...]
    attention: tuple[float, ...] | None


def replay(scorer: Scorer, symbols: SymbolTable, program: Node) -> list[NodeScore]:
    """Return the score of each node of a program, in pre-order.

    Args:
        scorer: a network that has read one text.
        symbols: what its labels mean.
        program: any tree of these labels.

    Raises:
        SymbolError: no label is of some node.
    """
    if scorer.n_examples != 1:
        raise ValueError(f"the scorer has read {scorer.n_examples} texts, expected one")
    labels = [symbols.index(node) for node in program.preorder()]
    constraint = ShapeConstraint(symbols, max_depth=program.depth, max_size=program.size)
    expansion = Expansion(scorer, constraint)
    tree = expansion.roots(None)[0]
    scores = []
    for label in labels:
        output = expansion.scores([tree])
        log_probs = output.log_probs[0]
        log_prob = float(log_probs[label])
        values, numbers = log_probs.topk(min(_N_LIKELIEST, len(log_probs)))
        likeliest = zip(numbers.tolist(), values.tolist(), strict=True)
        attention = None if output.attention is None else tuple(output.attention[0].tolist())
        scores.append(
            NodeScore(
                symbols.labels[label],
                log_prob,
                tuple((symbols.labels[number], value) for number, value in likeliest),
                attention,
            )
        )
        tree = expansion.extend(tree, label, tree.log_prob + log_prob)
        if not tree.complete:
            expansion.advance([tree])
    return scores
