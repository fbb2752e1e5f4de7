"""What a search asks of a network: the states of positions, and the scores of labels there.

A search writes trees in pre-order and knows no more of the network than this. Networks satisfy
the protocol by their shape and do not import it.

Sizes: B examples, R rows (positions), S numbers in a state, K labels, T pieces of the text.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class ScoreOutput(Protocol):
    """Scores of R positions."""

    @property
    def log_probs(self) -> Tensor:
        """Natural log of the probability of each label, (R, K), float32; each row sums to 1."""
        ...

    @property
    def attention(self) -> Tensor | None:
        """Which pieces of the text the position looked at, (R, T), or None; rows sum to 1."""
        ...


class StepInput(Protocol):
    """How R positions are reached; what `Step` has."""

    @property
    def last_state(self) -> Tensor: ...
    @property
    def last_label(self) -> Tensor: ...
    @property
    def anchor_state(self) -> Tensor: ...
    @property
    def anchor_label(self) -> Tensor: ...
    @property
    def kind(self) -> Tensor: ...
    @property
    def n_closed(self) -> Tensor: ...
    @property
    def example(self) -> Tensor: ...


class ScorerOutput(NamedTuple):
    """See `ScoreOutput`."""

    log_probs: Tensor
    attention: Tensor | None


class Step(NamedTuple):
    """How R positions are reached from nodes that are written already.

    Attributes:
        last_state: (R, S) of the node written last, in pre-order.
        last_label: (R,) of that node.
        anchor_state: (R, S) of the node whose first child (DOWN) or next sibling (RIGHT) the
            position is.
        anchor_label: (R,) of that node.
        kind: (R,) DOWN or RIGHT of `saps.data.batching`.
        n_closed: (R,) calls that were completed between the node written last and the position;
            0 for DOWN.
        example: (R,) whose tree it is.
    """

    last_state: Tensor
    last_label: Tensor
    anchor_state: Tensor
    anchor_label: Tensor
    kind: Tensor
    n_closed: Tensor
    example: Tensor


class Scorer(Protocol):
    """A network that has read B texts.

    Attributes:
        n_examples: B.
        device: where its tensors are.
        by_anchor: whether a position's state depends on its anchor alone, not on the node that was
            written last: then the nodes of several branches can be labelled at the same time.
    """

    @property
    def n_examples(self) -> int: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def by_anchor(self) -> bool: ...

    def start(self) -> Tensor:
        """Return the states of the roots' positions, (B, S)."""
        ...

    def scores(self, state: Tensor, example: Tensor, *, is_last: Tensor) -> ScoreOutput:
        """Score the labels of R positions.

        Args:
            state: (R, S) of the positions.
            example: (R,) whose trees they belong to, in any order.
            is_last: (R,) whether the node will be the last child of its parent; true of a root.
        """
        ...

    def advance(self, step: StepInput) -> Tensor:
        """Return the states of R positions, (R, S)."""
        ...
