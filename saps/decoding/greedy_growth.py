"""Greedy trees in pre-order: at each node the likeliest label that a constraint allows.

The trees are those of `grow_beams` with a width of 1. Much of a beam's work goes into masks of all
labels; here labels are asked for from the likeliest down, and nearly always the first few will do.

Sizes: R partial trees, K labels.
"""

from collections.abc import Sequence

from saps.decoding.constraint import Constraint
from saps.decoding.expansion import Expansion
from saps.decoding.hypothesis import Hypothesis


def grow_greedily(
    expansion: Expansion, constraint: Constraint, roots: Sequence[Hypothesis]
) -> list[Hypothesis]:
    """Return the complete tree of each text; those that are complete early come first.

    Args:
        expansion: scores and extends, under the constraint.
        constraint: what is allowed.
        roots: the empty trees of the texts.
    """
    complete, alive = [], list(roots)
    while alive:
        grown = _grow(expansion, constraint, alive)
        complete += [hypothesis for hypothesis in grown if hypothesis.complete]
        alive = [hypothesis for hypothesis in grown if not hypothesis.complete]
        expansion.forget_all_but(alive)
        expansion.advance(alive)
    return complete


def _grow(
    expansion: Expansion, constraint: Constraint, alive: Sequence[Hypothesis]
) -> list[Hypothesis]:
    """Label the next node of each tree."""
    log_probs = expansion.scores(alive).log_probs
    # Of labels that are equally likely the first is taken, as beams do.
    rankings = log_probs.argsort(dim=1, descending=True, stable=True).tolist()
    trees = [hypothesis.tree for hypothesis in alive]
    labels = [constraint.first_allowed(*pair) for pair in zip(trees, rankings, strict=True)]
    chosen = log_probs[range(len(labels)), labels].double().tolist()
    return [
        expansion.extend(hypothesis, label, hypothesis.log_prob + log_prob)
        for hypothesis, label, log_prob in zip(alive, labels, chosen, strict=True)
    ]
