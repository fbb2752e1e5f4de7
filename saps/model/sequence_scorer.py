"""A sequence decoder that has read some texts, as searches use it (`saps.decoding.scorer.Scorer`).

A search writes labels, and the brackets follow from them. So the network is asked for no bracket
that could not be otherwise, and at each position it shares all probability among what can follow:
first among `(` and the labels without children; then, behind `(`, among those with children.

Sizes: B examples, R rows (positions), S numbers in a state, K labels, T pieces, H hidden.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from saps.model.layout import Layout
from saps.model.sequence_decoder import SequenceContext, SequenceDecoder, SequenceState


class SequenceScores(NamedTuple):
    """Natural log-probabilities (R, K), float32; attention (R, T)."""

    log_probs: Tensor
    attention: Tensor


class SequenceStep(Protocol):
    """How positions are reached: see `saps.decoding.scorer.Step`, of which this is needed."""

    @property
    def last_state(self) -> Tensor: ...
    @property
    def last_label(self) -> Tensor: ...
    @property
    def n_closed(self) -> Tensor: ...
    @property
    def example(self) -> Tensor: ...


class SequenceScorer:
    """Scores positions of bracketed programs, many for each text, with one memory a text.

    A position's state is the cell's and the attended output side by side, after all tokens before
    the position were fed.
    """

    by_anchor = False

    def __init__(self, decoder: SequenceDecoder, context: SequenceContext) -> None:
        self._decoder = decoder
        self._context = context
        self.n_examples = len(context.latent)
        self.device = context.latent.device
        self._has_children = torch.tensor(decoder.arities, device=self.device) > 0

    def start(self) -> Tensor:
        """Return the states of the roots, (B, S)."""
        return torch.cat(self._decoder.start(self._context), dim=1)

    def scores(
        self,
        state: Tensor,
        example: Tensor,
        *,
        is_last: Tensor,  # noqa: ARG002 - the label alone decides on the children
    ) -> SequenceScores:
        """Score the labels of R positions; see `Scorer.scores`."""
        unpacked = self._unpack(state)
        layout = Layout.of(example, self.n_examples)
        marks = self._decoder.marks
        # Of the logits (R, K + 3), those of the labels and of "(".
        logits = self._decoder.score(unpacked)[:, : marks.close].float()
        no_call = torch.nn.functional.pad(self._has_children, (0, 1))
        first = logits.masked_fill(no_call, -torch.inf).log_softmax(dim=1)
        opening = torch.full_like(example, marks.open)
        opened = self._decoder.advance(unpacked, opening, self._context, layout)
        calls = self._decoder.score(opened)[:, : marks.open].float()
        calls = calls.masked_fill(~self._has_children, -torch.inf).log_softmax(dim=1)
        log_probs = torch.where(
            self._has_children, first[:, marks.open :] + calls, first[:, : marks.open]
        )
        return SequenceScores(log_probs, self._decoder.look(unpacked.cell, self._context, layout))

    def advance(self, step: SequenceStep) -> Tensor:
        """Return the states of R positions, (R, S), from those of the nodes written last."""
        marks, state = self._decoder.marks, step.last_state
        calls = self._has_children[step.last_label]
        state = self._feed(state, torch.full_like(step.last_label, marks.open), step.example, calls)
        state = self._feed(state, step.last_label, step.example, torch.ones_like(calls))
        closing = torch.full_like(step.last_label, marks.close)
        for count in range(int(step.n_closed.max())):
            state = self._feed(state, closing, step.example, step.n_closed > count)
        return state

    def _feed(self, state: Tensor, token: Tensor, example: Tensor, where: Tensor) -> Tensor:
        """Feed a token to the rows that `where`, (R,), picks; the others stay."""
        rows = where.nonzero().squeeze(1)
        if len(rows) == 0:
            return state
        layout = Layout.of(example[rows], self.n_examples)
        before = self._unpack(state.index_select(0, rows))
        after = self._decoder.advance(before, token[rows], self._context, layout)
        return state.index_copy(0, rows, torch.cat(after, dim=1))

    def _unpack(self, state: Tensor) -> SequenceState:
        sizes = [self._decoder.cell.state_size, self._decoder.cell.hidden_size]
        return SequenceState(*torch.split(state, sizes, dim=1))
