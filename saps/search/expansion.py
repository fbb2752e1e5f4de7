"""Grows partial trees of many texts together.

Sizes: B texts, R partial trees, K labels, S numbers in a state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from saps.data.symbols import Label, SymbolTable
from saps.lang import Node
from saps.model.protocols import Scorer, Scores, Step
from saps.search.interface import Constraint, PartialTree, ShapeConstraint
from saps.search.request import NOTHING_KNOWN, Request


class Labelled(NamedTuple):
    """A written node: the state, (S,), that it was labelled from, and its label."""

    state: Tensor
    label: int


@dataclass(slots=True, eq=False)
class Hypothesis:
    """A partial tree of one text, or a complete one. Immutable but for what is computed later.

    Attributes:
        example: number of the text.
        tree: the constraint's view of it; knows its labels and where the next node goes.
        log_prob: of its labels, natural log.
        last: the node written last; None where nothing is written.
        open: the nodes that a node to come may follow: the next one's anchor, then the ancestors of
            that. The states of all others are gone.
        state: of the next node, (S,); None until it is computed, and of a complete tree.
        ranked: log-probabilities of the tree with each label that may come next, and these labels,
            the best first; None until a search has them ranked.
    """

    example: int
    tree: PartialTree
    log_prob: float = 0.0
    last: Labelled | None = None
    open: tuple[Labelled, ...] = ()
    state: Tensor | None = None
    ranked: tuple[Sequence[float], Sequence[int]] | None = None

    @property
    def complete(self) -> bool:
        return self.tree.complete

    @property
    def labels(self) -> tuple[int, ...]:
        """Of all nodes that are written, in pre-order."""
        return tuple(self.tree.labels)


class Expansion:
    """The partial trees of B texts under one scorer and one constraint.

    States are computed once for each partial tree; whoever searches holds hypotheses, asks for the
    `log_probs` of their next labels, extends those it likes, and has the states of the new ones
    computed together by `advance`.
    """

    def __init__(self, scorer: Scorer, constraint: Constraint) -> None:
        self._scorer = scorer
        self._constraint = constraint

    def roots(self, requests: Sequence[Request] | None) -> list[Hypothesis]:
        """Return the empty tree of each text, ready to be scored.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        n_texts = self._scorer.n_examples
        known = [NOTHING_KNOWN] * n_texts if requests is None else requests
        if len(known) != n_texts:
            raise ValueError(f"{len(known)} requests for {n_texts} texts: give one for each")
        trees = [self._constraint.start(request.settled()) for request in known]
        return [
            Hypothesis(number, tree, state=state)
            for number, (tree, state) in enumerate(zip(trees, self._scorer.start(), strict=True))
        ]

    def scores(self, hypotheses: Sequence[Hypothesis]) -> Scores:
        """Return the model's own scores of the next labels of R partial trees."""
        states = [h.state for h in hypotheses if h.state is not None]
        assert len(states) == len(hypotheses), "call advance first"
        return self._scorer.scores(
            torch.stack(states),
            self._tensor([h.example for h in hypotheses]),
            is_last=self._tensor([h.tree.is_last for h in hypotheses]),
        )

    def log_probs(self, hypotheses: Sequence[Hypothesis]) -> Tensor:
        """Return the log-probabilities of the next labels, (R, K), float64.

        They are the model's own, not made to sum to 1 again; -inf where the constraint forbids
        the label.
        """
        log_probs = self.scores(hypotheses).log_probs.double()
        allowed = self._constraint.allowed_many([h.tree for h in hypotheses])
        return log_probs.masked_fill(~allowed.to(log_probs.device), -torch.inf)

    def first_allowed(self, hypothesis: Hypothesis, ranking: Sequence[int]) -> int:
        """Return the first label of a ranking of all that the next node may have."""
        return self._constraint.first_allowed(hypothesis.tree, ranking)

    def extend(self, hypothesis: Hypothesis, label: int, log_prob: float) -> Hypothesis:
        """Return a scored tree with its next node labelled, its next state still to be computed."""
        assert hypothesis.state is not None, "a node is labelled by the scores of its state"
        before = hypothesis.tree
        tree = self._constraint.extend(before, label)
        node = Labelled(hypothesis.state, label)
        above = hypothesis.open if before.is_down else hypothesis.open[1:]
        return Hypothesis(hypothesis.example, tree, log_prob, node, (node, *above)[tree.n_closed :])

    def advance(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Compute the states of the next nodes of partial trees that `extend` made."""
        if not hypotheses:
            return
        last = [h.last for h in hypotheses if h.last is not None]
        anchors = [h.open[0] for h in hypotheses]
        step = Step(
            last_state=torch.stack([node.state for node in last]),
            last_label=self._tensor([node.label for node in last]),
            anchor_state=torch.stack([node.state for node in anchors]),
            anchor_label=self._tensor([node.label for node in anchors]),
            is_down=self._tensor([h.tree.is_down for h in hypotheses]),
            n_closed=self._tensor([h.tree.n_closed for h in hypotheses]),
            example=self._tensor([h.example for h in hypotheses]),
        )
        states = self._scorer.advance(step).unbind()
        for hypothesis, state in zip(hypotheses, states, strict=True):
            hypothesis.state = state

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, device=self._scorer.device)


# How a network scores a program that is known: node by node, with what it looked at.

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
    """Return the score of each node of a program, in pre-order, by a scorer of one text.

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
