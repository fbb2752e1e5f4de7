"""What training and searches ask of a network, whatever it is made of.

Training asks for a loss, a search for a scorer of what the network has read. A search writes trees
in pre-order and knows no more of the network than this: the states of positions, and the scores of
labels there.

Sizes: B examples, R rows (positions), S numbers in a state, K labels, T pieces of the text.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor, nn

if TYPE_CHECKING:  # searches import this file, and read no batches
    from saps.data.batching import Batch, TextBatch, UpwardBatch

Source: TypeAlias = "TextBatch | UpwardBatch"
"""What a network reads of a batch: its texts, or (an autoencoder) its trees."""


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """The loss of a batch, in nats a node (or a token, where the network writes tokens).

    Attributes:
        total: scalar.
        parts: name to scalar, what `total` is made of; empty where there is one part alone.
    """

    total: Tensor
    parts: Mapping[str, Tensor] = field(default_factory=dict)


class Scores(NamedTuple):
    """Scores of R positions.

    Attributes:
        log_probs: natural log of the probability of each label, (R, K), float32; each row sums to
            1, or to less where the network predicts the shape as well.
        attention: which pieces of the text the position looked at, (R, T), or None; rows sum to 1.
    """

    log_probs: Tensor
    attention: Tensor | None


class Step(NamedTuple):
    """How R positions are reached from nodes that are written already.

    Attributes:
        last_state: (R, S) of the node written last, in pre-order.
        last_label: (R,) of that node.
        anchor_state: (R, S) of the node whose first child or next sibling the position is.
        anchor_label: (R,) of that node.
        is_down: (R,) bool, whether it is the first child.
        n_closed: (R,) calls that were completed between the node written last and the position;
            0 where it is a first child.
        example: (R,) whose tree it is.
    """

    last_state: Tensor
    last_label: Tensor
    anchor_state: Tensor
    anchor_label: Tensor
    is_down: Tensor
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

    def scores(self, state: Tensor, example: Tensor, *, is_last: Tensor) -> Scores:
        """Score the labels of R positions.

        Args:
            state: (R, S) of the positions.
            example: (R,) whose trees they belong to, in any order.
            is_last: (R,) whether the node will be the last child of its parent; true of a root.
        """
        ...

    def advance(self, step: Step) -> Tensor:
        """Return the states of R positions, (R, S)."""
        ...


class Written(NamedTuple):
    """A program as the labels of its tree in pre-order.

    Attributes:
        labels: of its nodes, without brackets.
        log_prob: of all that the network wrote, brackets included; natural log.
    """

    labels: list[int]
    log_prob: float


class Network(nn.Module, ABC):
    """A network that `saps train` trains and a model folder holds.

    Attributes:
        reads_trees: whether `source` is the batch's trees; training then makes `Batch.upward`.
        writes_tokens: whether `loss` wants bracketed tokens; training then makes `Batch.sequence`,
            and validation has the network `write`.
    """

    reads_trees = False
    writes_tokens = False

    @property
    def has_gates(self) -> bool:
        """Whether gates of its own decide the shape of a tree, as `scorer(...).choose` tells."""
        return False

    @abstractmethod
    def loss(self, batch: "Batch") -> Loss:
        """Return the loss under teacher forcing."""

    def source(self, batch: "Batch") -> Source:
        """Return what the network reads of a batch; the rest is what it should write."""
        return batch.text

    @abstractmethod
    def scorer(self, source: Any) -> Scorer:
        """Read what `source` returned, for a search to write programs from it."""

    def write(self, source: Any, *, max_depth: int, max_size: int) -> Sequence[Written | None]:
        """Write programs with nothing forced, if it `writes_tokens`; None for what is none."""
        raise NotImplementedError(f"a {type(self).__name__} grows trees")
