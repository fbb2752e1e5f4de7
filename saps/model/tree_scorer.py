"""A tree decoder that has read some texts, as searches use it (`saps.decoding.scorer.Scorer`).

Sizes: B examples, R rows (positions), S numbers in a state, K labels, T pieces.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from saps.data.batching import DOWN
from saps.model.attention import AttentionMemory
from saps.model.tree_decoder import DecoderContext, NodeScores, NodeStates, TreeDecoder


class TreeScores(NamedTuple):
    """Natural log-probabilities (R, K), float32; attention (R, T), None without it."""

    log_probs: Tensor
    attention: Tensor | None


class TreeStep(Protocol):
    """How positions are reached: see `saps.decoding.scorer.Step`, of which a tree needs this."""

    @property
    def anchor_state(self) -> Tensor: ...
    @property
    def anchor_label(self) -> Tensor: ...
    @property
    def kind(self) -> Tensor: ...
    @property
    def example(self) -> Tensor: ...


class TreeScorer:
    """Scores positions of trees, many for each text, with one memory a text.

    A position's state is its vertical and its horizontal state side by side; a decoder that lacks
    one of them has the other alone.
    """

    by_anchor = True

    def __init__(self, decoder: TreeDecoder, context: DecoderContext) -> None:
        self._decoder = decoder
        self._context = context
        self.n_examples = len(context.latent)
        self.device = context.latent.device

    def start(self) -> Tensor:
        """Return the states of the roots, (B, S)."""
        return _pack(self._decoder.root(self._context))

    def scores(self, state: Tensor, example: Tensor, *, is_last: Tensor) -> TreeScores:
        """Score the labels of R positions; see `Scorer.scores`."""
        scores = self.node_scores(state, example)
        return TreeScores(self._decoder.log_probs(scores, is_last), scores.attn)

    def node_scores(self, state: Tensor, example: Tensor) -> NodeScores:
        """Return what the decoder says of R positions, before it is normalised."""
        context, example = self._busy(example)
        slot, n_slots = _layout(example, len(context.latent))
        return self._decoder.score(self._unpack(state), context, example, slot, n_slots)

    def _busy(self, example: Tensor) -> tuple[DecoderContext, Tensor]:
        """Leave out the texts without positions if they are most, so that nothing looks at them.

        Returns:
            The context of the texts with positions, and which of these a position belongs to.
        """
        memory = self._context.memory
        if memory is None or self.device.type != "cpu":
            return self._context, example
        is_busy = torch.bincount(example, minlength=self.n_examples) > 0
        busy = is_busy.nonzero().squeeze(1)
        if 2 * len(busy) > self.n_examples:
            return self._context, example
        narrow = AttentionMemory(*(part.index_select(0, busy) for part in memory))
        context = DecoderContext(self._context.latent.index_select(0, busy), narrow)
        return context, (is_busy.cumsum(0) - 1)[example]

    def choose(
        self, state: Tensor, example: Tensor, may_open: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Let the topology gates of R positions decide, and take the likeliest labels.

        Args:
            state: (R, S) of the positions.
            example: (R,) whose trees they belong to.
            may_open: (R, 2) bool, False where a gate is held shut.

        Returns:
            Labels (R,), whether each has children and a next sibling (R, 2) bool, and the natural
            log of the probability of both (R,).

        Raises:
            ValueError: the decoder has no gates.
        """
        scores, topology = self.node_scores(state, example), self._decoder.topology
        if topology is None or scores.gates is None:
            raise ValueError("the decoder has no topology gates: its labels give the shape")
        return topology.choose(scores.logits, scores.gates, may_open)

    def advance(self, step: TreeStep) -> Tensor:
        """Return the states of R positions, (R, S), from those of their anchors."""
        is_down = step.kind == DOWN
        down, right = is_down.nonzero().squeeze(1), (~is_down).nonzero().squeeze(1)
        parts = []
        for rows, follow in (
            (down, self._decoder.first_child),
            (right, self._decoder.next_sibling),
        ):
            anchors = self._unpack(step.anchor_state.index_select(0, rows))
            label, example = step.anchor_label[rows], step.example[rows]
            parts.append(_pack(follow(anchors, label, self._context, example)))
        place = torch.cat([down, right])
        return torch.empty_like(step.anchor_state).index_copy_(0, place, torch.cat(parts))

    def _unpack(self, state: Tensor) -> NodeStates:
        vertical, horizontal = self._decoder.vertical, self._decoder.horizontal
        if vertical is None:
            return NodeStates(None, state)
        if horizontal is None:
            return NodeStates(state, None)
        sizes = [vertical.cell.state_size, horizontal.cell.state_size]
        return NodeStates(*torch.split(state, sizes, dim=1))


def _pack(states: NodeStates) -> Tensor:
    return torch.cat([part for part in states if part is not None], dim=1)


def _layout(example: Tensor, n_examples: int) -> tuple[Tensor, int]:
    """Give each row a place of its own beside its example's: slots (R,), places an example."""
    crowd = torch.bincount(example, minlength=n_examples)
    n_slots = int(crowd.max())
    start = crowd.cumsum(0) - crowd
    order = example.argsort(stable=True)
    rank = torch.empty_like(example)
    rank[order] = torch.arange(len(example), device=example.device)
    return example * n_slots + rank - start[example], n_slots
