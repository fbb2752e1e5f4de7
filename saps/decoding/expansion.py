"""Grows partial trees of many texts together.

Sizes: B texts, R partial trees, K labels.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from saps.decoding.constraint import Constraint
from saps.decoding.hypothesis import Hypothesis
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.scorer import Scorer, ScorerOutput, Step
from saps.decoding.state_pool import StatePool


class Expansion:
    """The partial trees of B texts under one scorer and one constraint.

    States are computed once for each partial tree and kept; whoever searches holds hypotheses,
    asks for the `log_probs` of their next labels, extends those it likes, and has the states of
    the new ones computed together by `advance`.
    """

    def __init__(self, scorer: Scorer, constraint: Constraint) -> None:
        self._scorer = scorer
        self._constraint = constraint
        self._pool = StatePool(scorer.start())

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
        rows = self._pool.first_rows()
        return [
            Hypothesis(number, tree, (), (), 0.0, row)
            for number, (tree, row) in enumerate(zip(trees, rows, strict=True))
        ]

    def scores(self, hypotheses: Sequence[Hypothesis]) -> ScorerOutput:
        """Return the model's own scores of the next labels of R partial trees."""
        assert all(hypothesis.row is not None for hypothesis in hypotheses), "call advance first"
        output = self._scorer.scores(
            self._pool.take([h.row for h in hypotheses if h.row is not None]),
            self._indexes([h.example for h in hypotheses]),
            is_last=self._indexes([h.tree.is_last for h in hypotheses]),
        )
        return ScorerOutput(output.log_probs, output.attention)

    def log_probs(self, hypotheses: Sequence[Hypothesis]) -> Tensor:
        """Return the log-probabilities of the next labels, (R, K), float64.

        They are the model's own, not made to sum to 1 again; -inf where the constraint forbids
        the label.
        """
        log_probs = self.scores(hypotheses).log_probs.double()
        allowed = self._constraint.allowed_many([h.tree for h in hypotheses])
        return log_probs.masked_fill(~allowed.to(log_probs.device), -torch.inf)

    def extend(self, hypothesis: Hypothesis, label: int, log_prob: float) -> Hypothesis:
        """Return the tree with its next node labelled; its next state is still to be computed.

        Args:
            hypothesis: a partial tree that has been scored.
            label: of its next node.
            log_prob: of the whole tree with that label.
        """
        assert hypothesis.row is not None, "a node is labelled by the scores of its state"
        return Hypothesis(
            hypothesis.example,
            self._constraint.extend(hypothesis.tree, label),
            (*hypothesis.labels, label),
            (*hypothesis.rows, hypothesis.row),
            log_prob,
            None,
        )

    def advance(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Compute the states of the next nodes of partial trees that `extend` made."""
        if not hypotheses:
            return
        anchors = [h.tree.anchor for h in hypotheses]
        step = Step(
            last_state=self._pool.take([h.rows[-1] for h in hypotheses]),
            last_label=self._indexes([h.labels[-1] for h in hypotheses]),
            anchor_state=self._pool.take(
                [h.rows[number] for h, number in zip(hypotheses, anchors, strict=True)]
            ),
            anchor_label=self._indexes(
                [h.labels[number] for h, number in zip(hypotheses, anchors, strict=True)]
            ),
            kind=self._indexes([h.tree.kind for h in hypotheses]),
            n_closed=self._indexes([h.tree.n_closed for h in hypotheses]),
            example=self._indexes([h.example for h in hypotheses]),
        )
        rows = self._pool.add(self._scorer.advance(step))
        for hypothesis, row in zip(hypotheses, rows, strict=True):
            hypothesis.row = row

    def forget_all_but(self, alive: Iterable[Hypothesis]) -> None:
        """Free the states that no tree of these needs, once there are many such."""
        if self._pool.is_crowded:
            self._pool.keep(row for hypothesis in alive for row in hypothesis.needed_rows())

    def _indexes(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, device=self._scorer.device)
