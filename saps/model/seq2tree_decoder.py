"""The tree decoder whose inputs look at the text: Seq2Tree of Neural Program Search.

Sizes: B examples, T pieces, C memory, E embedding, H hidden, R rows.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from saps.model.attention import GeneralAttention, Layout
from saps.model.cells.cell import Cell
from saps.model.cells.gru import GruCell
from saps.model.encoder import TextState
from saps.model.tree_decoder import DecoderContext, Rows, TreeDecoder


class Seq2TreeDecoder(TreeDecoder):
    """A doubly-recurrent decoder with attention at its inputs and none at its outputs.

        context(x) = tanh(W_c [r ; x]),  a = softmax(M W_a x),  r = a^T M
        vertical:    hv_i, its state = Cell_v(context(x_p), state of p)
        horizontal:  hh_i, its state = Cell_h(context(x_s), state of s)
        prediction:  h_i = U_v hv_i + U_h hh_i,  softmax(W h_i + b)

    x_p and x_s are the embeddings of the parent's and the previous sibling's label, at a first
    child the parent's in both places, as in `TreeDecoder`; both recurrences share W_a and W_c.

    Source: Polosukhin & Skidanov 2018 (Neural Program Search), Sec. 4. Differs from it: the states
    before the root come from z; a label's arity is the number of its children, unless the topology
    is predicted.
    """

    def __init__(
        self,
        *,
        embedding_size: int,
        memory_size: int,
        cell: Callable[..., Cell] = GruCell,
        **settings: Any,
    ) -> None:
        """Make the decoder; the `settings` are those that it shares with `TreeDecoder`."""
        super().__init__(
            embedding_size=embedding_size,
            memory_size=memory_size,
            recurrence="vh",
            attention=False,
            latent_at_nodes=False,
            step_embedding=False,
            cell=cell,
            **settings,
        )
        self.register_parameter("query_bias", None)
        self.look = GeneralAttention(memory_size, embedding_size)

    def context(self, text: TextState) -> DecoderContext:
        return DecoderContext(text.latent, self.look.prepare(text.memory, text.mask))

    def _vertical_input(self, label: Tensor, context: DecoderContext, rows: Rows) -> Tensor:
        """Look at the text once for each label, (R,) -> (R, E)."""
        assert context.memory is not None
        # In a search nobody knows the layout; to make one asks the device for a number.
        layout = rows.layout or Layout.of(rows.example, len(context.latent))
        contexts = self.look(layout.spread(self.embedding(label)), context.memory)[0]
        dropped: Tensor = self.dropout(layout.collect(contexts))
        return dropped

    def _horizontal_input(
        self, label: Tensor, _kind: Tensor, context: DecoderContext, rows: Rows
    ) -> Tensor:  # the vertical state tells the kinds of step apart
        return self._vertical_input(label, context, rows)

    def _query(self, shared: Tensor, _context: DecoderContext, _rows: Rows) -> Tensor:
        return shared
