"""The decoder that writes a program as bracketed tokens, one after another.

Sizes: B examples, T pieces, C memory, D latent, E embedding, H hidden, S state of the cell,
G gates before their activation, K labels, W tokens (K labels and three marks), V tokens of all
programs, R rows.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.sequences import Marks, SequenceBatch
from saps.model.attention import GeneralAttention
from saps.model.attentive_scan import (
    AttentiveMemory,
    AttentiveSteps,
    AttentiveWeights,
    scan_attentively,
)
from saps.model.attentive_scan_op import scan_attentively_compiled
from saps.model.cells.cell import Cell, decoder_cell
from saps.model.cells.lstm import LstmCell
from saps.model.dropout import Dropout
from saps.model.encoder import TextState
from saps.model.initialization import glorot_
from saps.model.layout import Layout
from saps.model.loss import Loss
from saps.model.repeated_product import RepeatedProduct, SharedProduct


class SequenceContext(NamedTuple):
    """What every step may see of B texts.

    Attributes:
        latent: (B, D).
        keys: (B, T, H) M W_a.
        values: (B, T, H) M W_r, where W_c = [W_r, W_q]: what a piece adds before the tanh.
        bias: (B, T) 0 at a piece, minus infinity at padding.
    """

    latent: Tensor
    keys: Tensor
    values: Tensor
    bias: Tensor

    def take(self, rows: Tensor) -> "SequenceContext":
        """Return the context of the given examples, (R,)."""
        return SequenceContext(*(part.index_select(0, rows) for part in self))


class SequenceState(NamedTuple):
    """After a token was fed: the cell's state (R, S), and the attended output (R, H)."""

    cell: Tensor
    attended: Tensor


class SequenceDecoder(nn.Module):
    """An LSTM over tokens with general attention and input feeding.

        state_t = LSTM([x_t ; q'_(t-1)], state_(t-1)),  q_t its output
        a_t = softmax(M W_a q_t),  r_t = a_t^T M,  q'_t = tanh(W_c [r_t ; q_t])
        token: softmax(W q'_t + b)

    x_t is the embedding of the token before, a start mark at first; the first state's output is
    tanh(W_z z + b_z) and q'_0 is 0. Dropout is on x_t and on q'_t where it is scored, not where it
    is fed.

    Source: Luong, Pham & Manning 2015, Eqs. (5)-(8) and Sec. 3.3 (input feeding). Differs from it:
    one layer; the encoder is bi-directional, and z is between the two.
    """

    def __init__(
        self,
        *,
        arities: Sequence[int],
        embedding_size: int,
        hidden_size: int,
        latent_size: int,
        memory_size: int,
        dropout: float,
        cell: Callable[..., Cell] = LstmCell,
    ) -> None:
        super().__init__()
        self.arities = tuple(arities)
        self.marks = Marks.after(len(self.arities))
        self.embedding = nn.Embedding(self.marks.start + 1, embedding_size)
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)
        self.from_latent = nn.Linear(latent_size, hidden_size)
        self.cell = decoder_cell(cell, embedding_size, hidden_size)
        self.feed = nn.Linear(hidden_size, self.cell.input.out_features, bias=False)
        self.attention = GeneralAttention(memory_size, hidden_size)
        self.to_token = nn.Linear(hidden_size, self.marks.end + 1)
        for part in (self.from_latent, self.feed, self.to_token):
            glorot_(part)
        self.dropout = Dropout(dropout)

    def context(self, text: TextState) -> SequenceContext:
        """Project the memory once for all steps."""
        memory_size = text.memory.shape[2]
        to_value = self.attention.combine.weight[:, :memory_size]
        return SequenceContext(
            text.latent,
            self.attention.keys(text.memory),
            functional.linear(text.memory, to_value),
            torch.zeros_like(text.memory[..., 0]).masked_fill(~text.mask, -torch.inf),
        )

    def forward(self, context: SequenceContext, sequence: SequenceBatch) -> Tensor:
        """Return the logits of all tokens under teacher forcing, (V, W), as in `sequence.token`."""
        cell = self.cell
        if not isinstance(cell, LstmCell):
            return self._logits(self._run(context, sequence))
        # The sums of an LSTM's gates are linear in q' and h alike, so both take one product.
        recurrent = torch.cat([self.feed.weight, cell.recurrent.weight], dim=1)
        weights = AttentiveWeights(recurrent, *self._query_weights())
        memory = AttentiveMemory(context.keys, context.values, context.bias)
        projected, start = self._project(sequence.fed), self._before(context).cell
        steps = AttentiveSteps(sequence.order, sequence.place, sequence.sizes)
        scan = scan_attentively_compiled if torch.compiler.is_compiling() else scan_attentively
        return self._logits(scan(projected, start, weights, memory, steps))

    def _run(self, context: SequenceContext, sequence: SequenceBatch) -> Tensor:
        """Return q' of all steps, (V, H), with any cell."""
        context = context.take(sequence.order)
        sizes, place = sequence.sizes, sequence.place
        keys = RepeatedProduct(context.keys, sizes, place, context.bias)
        values = RepeatedProduct(context.values.transpose(1, 2), sizes, place)
        feed = SharedProduct(self.feed.weight, self._project(sequence.fed), sizes)
        to_query, bias = self._query_weights()
        share = SharedProduct(to_query, bias.expand(len(sequence.fed), -1), sizes)
        state, attended = self._before(context)
        steps = []
        for n_rows in sizes:
            if n_rows < len(state):
                state, attended = state[:n_rows], attended[:n_rows]
            state = self.cell.step(feed(attended), state)
            query = self.cell.output(state)
            attended = torch.tanh(share(query) + values(keys(query).softmax(dim=1)))
            steps.append(attended)
        return torch.cat(steps)

    def loss(self, context: SequenceContext, sequence: SequenceBatch) -> Loss:
        """Return the mean cross-entropy of all tokens under teacher forcing."""
        return Loss(functional.cross_entropy(self(context, sequence), sequence.token))

    def start(self, context: SequenceContext) -> SequenceState:
        """Return the states from which the first tokens are scored, a row an example."""
        layout = Layout.one_each(len(context.latent), context.latent.device)
        fed = torch.full_like(layout.slot, self.marks.start)
        return self.advance(self._before(context), fed, context, layout)

    def advance(
        self, state: SequenceState, token: Tensor, context: SequenceContext, layout: Layout
    ) -> SequenceState:
        """Feed a token to each state, (R,).

        Args:
            state: of R rows.
            token: (R,) what to feed.
            context: of the B examples.
            layout: of the rows, by example.
        """
        x = torch.addmm(self._project(token), state.attended, self.feed.weight.t())
        cell = self.cell.step(x, state.cell)
        read = layout.collect(layout.spread(self.look(cell, context, layout)) @ context.values)
        share = functional.linear(self.cell.output(cell), *self._query_weights())
        return SequenceState(cell, torch.tanh(share + read))

    def look(self, cell: Tensor, context: SequenceContext, layout: Layout) -> Tensor:
        """Return the attention weights of states of the cell, (R, S) -> (R, T)."""
        query = layout.spread(self.cell.output(cell))
        energy = torch.baddbmm(context.bias[:, None], query, context.keys.transpose(1, 2))
        return layout.collect(energy).softmax(dim=1)

    def score(self, state: SequenceState) -> Tensor:
        """Return the logits of the next tokens, (R, W)."""
        return self._logits(state.attended)

    def _before(self, context: SequenceContext) -> SequenceState:
        h = torch.tanh(self.from_latent(context.latent))
        return SequenceState(self.cell.start(h), torch.zeros_like(h))

    def _project(self, token: Tensor) -> Tensor:
        return self.cell.project(self.dropout(self.embedding(token)))

    def _query_weights(self) -> tuple[Tensor, Tensor]:
        """Return W_q (H, H) and b (H,): what the cell's output adds before the tanh."""
        combine = self.attention.combine
        return combine.weight[:, -self.cell.hidden_size :], combine.bias

    def _logits(self, attended: Tensor) -> Tensor:
        logits: Tensor = self.to_token(self.dropout(attended))
        return logits
