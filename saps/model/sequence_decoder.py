"""The decoder that writes a program as bracketed tokens, one after another.

Sizes: B examples, T pieces, C memory, D latent, E embedding, H hidden, S state of the cell,
G gates before their activation, K labels, W tokens (K labels and three marks), V tokens of all
programs, R rows.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.batching import Marks, SequenceBatch
from saps.model.attention import GeneralAttention, Layout
from saps.model.cells.cell import Cell, decoder_cell, glorot_
from saps.model.cells.lstm import LstmCell
from saps.model.encoder import Dropout, TextState
from saps.model.protocols import Loss, Scores, Step, Written


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
        context, sizes = context.take(sequence.order), sequence.sizes
        row = torch.div(sequence.place, len(sizes), rounding_mode="floor")
        # Products of single rows with a memory gain nothing from being short.
        keys, values = _wide(context.keys), _wide(context.values).transpose(1, 2)
        energies = DeferredProduct(keys, _wide(context.bias)[row], sizes, sequence.place)
        reads = DeferredProduct(
            values, values.new_zeros(len(row), values.shape[1]), sizes, sequence.place
        )
        cell, feed = self.cell, self.feed.weight
        if isinstance(cell, LstmCell):  # its gates are linear in q' and h alike: one product
            feed = torch.cat([feed, cell.recurrent.weight], dim=1)
        gates = DeferredProduct(feed, self._project(sequence.fed), sizes)
        to_query, bias = self._query_weights()
        state, attended = self._before(context)
        steps = []
        for n_rows in sizes:  # the shortest programs, which come last, are over first
            state, attended = state[:n_rows], attended[:n_rows]
            if isinstance(cell, LstmCell):
                h, c = torch.split(_wide(state), cell.hidden_size, dim=1)
                state = cell.activate(_wide(gates(torch.cat([attended, h], dim=1))), c)
            else:
                state = cell.step(gates(attended), state)
            with torch.autocast(state.device.type, enabled=False):
                query = _wide(cell.output(state))
                read = reads(energies(query).softmax(dim=1))
                attended = torch.tanh(functional.linear(query, to_query, bias) + read)
            steps.append(attended)
        return self._logits(torch.cat(steps))

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


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


class DeferredProduct:
    """y = bias + A x at each step, with the gradient of A made once, after the last step.

    Left to autograd, each step makes a gradient as large as A, and all of these are added up:
    where A is the memory of a text, a training step takes half as long again.
    """

    def __init__(
        self, matrix: Tensor, bias: Tensor, sizes: tuple[int, ...], place: Tensor | None = None
    ) -> None:
        """Prepare the steps.

        Args:
            matrix: (P, Q) for all rows, or (B, P, Q), one for each.
            bias: (V, P), step after step.
            sizes: rows of each of L steps, the first ones of the step before; they sum to V.
            place: (V,) place of each step's rows in a (B * L) layout, where each has a matrix.
        """
        self._matrix = matrix = matrix.to(bias.dtype)
        self._inputs: list[Tensor] = []
        if not torch.compiler.is_compiling():  # no compiler follows what `_Deferred` does
            self._matrix = matrix.detach()
            bias = _Deferred.apply(matrix, bias, self._inputs, place, len(sizes))  # type: ignore[no-untyped-call]
        self._bias = torch.split(bias, list(sizes))

    def __call__(self, x: Tensor) -> Tensor:
        """Take the next step, (n, Q) -> (n, P)."""
        bias, x = self._bias[len(self._inputs)], x.to(self._matrix.dtype)
        self._inputs.append(x.detach())
        if self._matrix.dim() == 2:
            return torch.addmm(bias, x, self._matrix.t())
        matrix = self._matrix[: len(x)].transpose(1, 2)
        return torch.baddbmm(bias[:, None], x[:, None], matrix).squeeze(1)


class _Deferred(torch.autograd.Function):
    """Passes on the steps' biases, and turns the gradients of all outputs into that of A."""

    @staticmethod
    def forward(
        ctx: Any,
        matrix: Tensor,
        bias: Tensor,
        inputs: list[Tensor],
        place: Tensor | None,
        n_steps: int,
    ) -> Tensor:
        ctx.inputs, ctx.place, ctx.n_rows, ctx.n_steps = inputs, place, len(matrix), n_steps
        return bias.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs = torch.cat(ctx.inputs)
        if ctx.place is None:
            return gradient.t() @ inputs, gradient, None, None, None

        def by_row(values: Tensor) -> Tensor:
            layout = values.new_zeros(ctx.n_rows * ctx.n_steps, values.shape[1])
            return layout.index_copy_(0, ctx.place, values).view(ctx.n_rows, ctx.n_steps, -1)

        matrix = by_row(gradient).transpose(1, 2) @ by_row(inputs)
        return matrix, gradient, None, None, None


# As searches use it. A search writes labels, and the brackets follow from them. So the network is
# asked for no bracket that could not be otherwise, and at each position it shares all probability
# among what can follow: first among `(` and the labels without children; then, behind `(`, among
# those with children.


class SequenceScorer:
    """A decoder that has read some texts: a `Scorer` of many positions, with one memory a text.

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
    ) -> Scores:
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
        return Scores(log_probs, self._decoder.look(unpacked.cell, self._context, layout))

    def advance(self, step: Step) -> Tensor:
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


# Greedy writing of bracketed tokens, just as the network would have it.


class BracketParser:
    """Whether a sequence of tokens is a bracketed program within the caps, read token by token.

    `(` must be followed by a label with children, then come as many children as it has, then `)`;
    a label without children stands alone; the end mark comes after the one whole tree.

    Attributes:
        labels: those that were read, in pre-order.
        failed: a token was wrong.
        ended: none was, and the end mark has come.
    """

    def __init__(self, arities: Sequence[int], *, max_depth: int, max_size: int) -> None:
        self.marks = Marks.after(len(arities))
        self.labels: list[int] = []
        self.failed = self.ended = False
        self._arities, self._max_depth, self._max_size = arities, max_depth, max_size
        # Children still to come, by level; the level above the root waits for one tree.
        self._missing = [1]
        self._opened = False

    def read(self, token: int) -> None:
        """Read the next token; what follows the end or a wrong one does not count."""
        if not (self.failed or self.ended):
            self.failed = not self._takes(token)

    def _takes(self, token: int) -> bool:
        missing, opened, self._opened = self._missing, self._opened, token == self.marks.open
        if token < self.marks.open:
            arity = self._arities[token]
            fits = len(self.labels) < self._max_size and len(missing) <= self._max_depth
            if (arity > 0) != opened or not missing[-1] or not fits:
                return False
            self.labels.append(token)
            missing[-1] -= 1
            missing += [arity] if arity else []
            return True
        if opened or (missing[-1] > 0) != self._opened:
            return False
        if token == self.marks.close:
            missing.pop()
            return bool(missing)
        self.ended = token == self.marks.end and len(missing) == 1
        return self.ended or self._opened


def write_greedily(
    decoder: SequenceDecoder, context: SequenceContext, *, max_depth: int, max_size: int
) -> list[Written | None]:
    """Take the most likely token at each step, until each program ends.

    Nothing keeps the tokens well-formed. A program whose brackets or numbers of children go wrong,
    or that outgrows `max_depth` levels or `max_size` nodes, is given up there.

    Returns:
        Each example's program, in order; None where it was given up.
    """
    n_examples, device = len(context.latent), context.latent.device
    parsers = [
        BracketParser(decoder.arities, max_depth=max_depth, max_size=max_size)
        for _ in range(n_examples)
    ]
    log_prob = torch.zeros(n_examples, dtype=torch.float64, device=device)
    rows = torch.arange(n_examples, device=device)
    reading = parsers
    state = decoder.start(context)
    while True:
        best, token = decoder.score(state).float().log_softmax(dim=1).max(dim=1)
        log_prob[rows] += best.double()
        for parser, number in zip(reading, token.tolist(), strict=True):
            parser.read(number)
        going = [i for i, parser in enumerate(reading) if not (parser.failed or parser.ended)]
        if not going:
            break
        if len(going) < len(reading):
            reading = [reading[i] for i in going]
            left = torch.tensor(going, device=device)
            rows, token, context = rows[left], token[left], context.take(left)
            state = SequenceState(*(part[left] for part in state))
        state = decoder.advance(state, token, context, Layout.one_each(len(rows), device))
    return [
        Written(parser.labels, total) if parser.ended else None
        for parser, total in zip(parsers, log_prob.tolist(), strict=True)
    ]
