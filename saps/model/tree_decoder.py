"""The doubly-recurrent decoder that grows a program's tree.

Sizes: B examples, T pieces, N nodes, P vertical states, E embedding, H hidden, D latent,
K labels, R rows (nodes of one step), S slots (nodes an example has in a layout).
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.batching import DOWN, NO_LABEL, RIGHT, START, TreeBatch
from saps.model.attention import AttentionMemory, GeneralAttention
from saps.model.cells.cell import Cell, decoder_cell
from saps.model.cells.lstm import LstmCell
from saps.model.dropout import Dropout
from saps.model.encoder import TextState
from saps.model.initialization import glorot_
from saps.model.layout import Layout
from saps.model.loss import Loss
from saps.model.topology import Topology, TopologyGates, shape_of

Recurrence = Literal["v", "h", "vh"]


class DecoderContext(NamedTuple):
    """What every node may see: latent z (B, D), and the text's memory if there is attention."""

    latent: Tensor
    memory: AttentionMemory | None


class NodeStates(NamedTuple):
    """States of R nodes, (R, S) of a `Cell`; None for a recurrence that the decoder lacks."""

    vertical: Tensor | None
    horizontal: Tensor | None

    def take(self, rows: Tensor) -> "NodeStates":
        """Return the states at the given rows, (Q,)."""
        return NodeStates(
            None if self.vertical is None else self.vertical.index_select(0, rows),
            None if self.horizontal is None else self.horizontal.index_select(0, rows),
        )


class NodeScores(NamedTuple):
    """What a decoder says of R nodes.

    Attributes:
        logits: (R, K) of the labels, not normalised; where there are gates, not told of the shape.
        attn: attention weights (R, T), None without attention.
        gates: (R, 2) of `TopologyGates` before the sigmoid, None where arities give the shape.
    """

    logits: Tensor
    attn: Tensor | None
    gates: Tensor | None


class Chain(nn.Module):
    """One of the two recurrences: its cell, its start from z, its share of the prediction."""

    def __init__(self, cell: Cell, latent_size: int) -> None:
        super().__init__()
        self.cell = cell
        self.from_latent = nn.Linear(latent_size, cell.hidden_size)
        self.to_query = nn.Linear(cell.hidden_size, cell.hidden_size, bias=False)
        glorot_(self.from_latent)
        glorot_(self.to_query)

    def start(self, latent: Tensor) -> Tensor:
        """Return the state before the root, (B, D) -> (B, S)."""
        return self.cell.start(torch.tanh(self.from_latent(latent)))

    def advance(self, x: Tensor, state: Tensor) -> Tensor:
        """Take one step with inputs x, (R, E), from states (R, S) to states (R, S)."""
        return self.cell.step(self.cell.project(x), state)

    def query(self, state: Tensor) -> Tensor:
        """Return the share of states, (R, S), in the prediction, (R, H)."""
        shared: Tensor = self.to_query(self.cell.output(state))
        return shared

    def scan(self, x: Tensor, previous: Tensor, sizes: tuple[int, ...], start: Tensor) -> Tensor:
        """Compute the states of all steps, all nodes of one step together.

        Args:
            x: (X, E) inputs, the nodes of one step after those of the one before.
            previous: (X,) row, within the step before, of the state that each continues.
            sizes: number of nodes of each step, summing to X.
            start: the states that the first step continues, each (S,).

        Returns:
            (X, S).
        """
        return self.cell.scan(self.cell.project(x), previous, sizes, start)


class TreeDecoder(nn.Module):
    """Labels of a tree's nodes from the states of their parents and previous siblings.

        vertical:    hv_i, its state = Cell_v(x_p, state of p)
        horizontal:  hh_i, its state = Cell_h(x_s + e, state of s)
        prediction:  q_i = tanh(U_v hv_i + U_h hh_i + b [+ U_z z]),  softmax(W q_i + b)

    x is a label's embedding, a learned start embedding at the root, whose states come from z.
    A first child's horizontal state continues from its parent's; e is the embedding of the kind
    of step (down, right), which tells it from the next sibling's. With attention q'_i takes q_i's
    place (`GeneralAttention`).

    Source: Alvarez-Melis & Jaakkola 2017 (DRNN), Eqs. (1)-(4); Bednarek, Piaskowski & Krawiec
    2018 (SAPS). Differs from DRNN: both recurrences are LSTMs, or what `cell` makes; the label's
    arity is the number of children, unless the topology is predicted (`TopologyGates`); a first
    child goes on from its parent's horizontal state. The step embedding, and z at every node, are
    this project's choices; each can be switched off.
    """

    has_children: Tensor

    def __init__(
        self,
        *,
        arities: Sequence[int],
        embedding_size: int,
        hidden_size: int,
        latent_size: int,
        memory_size: int,
        recurrence: Recurrence,
        attention: bool,
        latent_at_nodes: bool,
        step_embedding: bool,
        dropout: float,
        cell: Callable[..., Cell] = LstmCell,
        topology: Topology = "arity",
    ) -> None:
        super().__init__()
        if recurrence not in ("v", "h", "vh"):
            raise ValueError(f"recurrence is {recurrence!r}, expected 'v', 'h' or 'vh'")
        if topology not in ("arity", "predicted"):
            raise ValueError(f"topology is {topology!r}, expected 'arity' or 'predicted'")
        self.arities = tuple(arities)
        self.n_labels = len(self.arities)
        self.embedding = nn.Embedding(self.n_labels + 1, embedding_size)
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)
        self.vertical = self.horizontal = self.step = self.from_latent = self.attention = None
        if "v" in recurrence:
            self.vertical = Chain(decoder_cell(cell, embedding_size, hidden_size), latent_size)
        if "h" in recurrence:
            self.horizontal = Chain(decoder_cell(cell, embedding_size, hidden_size), latent_size)
            self.step = nn.Embedding(3, embedding_size) if step_embedding else None
        if latent_at_nodes:
            self.from_latent = nn.Linear(latent_size, hidden_size, bias=False)
            glorot_(self.from_latent)
        if attention:
            self.attention = GeneralAttention(memory_size, hidden_size)
        self.query_bias = nn.Parameter(torch.zeros(hidden_size))
        self.to_label = nn.Linear(hidden_size, self.n_labels)
        glorot_(self.to_label)
        self.topology = None
        if topology == "predicted":
            self.topology = TopologyGates(hidden_size, self.n_labels)
            has_children = torch.tensor(self.arities) > 0
            self.register_buffer("has_children", has_children, persistent=False)
        self.dropout = Dropout(dropout)

    def context(self, text: TextState) -> DecoderContext:
        """Prepare what the nodes of a batch of texts may see."""
        memory = None
        if self.attention is not None:
            memory = self.attention.prepare(text.memory, text.mask)
        return DecoderContext(text.latent, memory)

    def forward(self, context: DecoderContext, tree: TreeBatch) -> Tensor:
        """Score the labels of all nodes under teacher forcing.

        Returns:
            (N, K) logits, not normalised, in the order of `tree.label`; told of the gold shape
            where the topology is predicted.
        """
        scores = self.scores(context, tree)
        if self.topology is None:
            return scores.logits
        return self.topology.condition(scores.logits, shape_of(tree, scores.logits.dtype))

    def scores(self, context: DecoderContext, tree: TreeBatch) -> NodeScores:
        """Score all nodes under teacher forcing, in the order of `tree.label`."""
        by_node = Layout(tree.slot, tree.n_examples, tree.n_slots)
        by_state = Layout(tree.v_slot, tree.n_examples, tree.n_v_slots)
        shared = []
        if self.vertical is not None:
            states = self.vertical.scan(
                self._vertical_input(tree.v_label, context, tree.v_example, by_state),
                tree.v_previous,
                tree.v_sizes,
                self.vertical.start(context.latent),
            )
            shared.append(self.vertical.query(states).index_select(0, tree.v_index))
        if self.horizontal is not None:
            states = self.horizontal.scan(
                self._horizontal_input(tree.h_label, tree.h_kind, context, tree.example, by_node),
                tree.h_previous,
                tree.h_sizes,
                self.horizontal.start(context.latent),
            )
            shared.append(self.horizontal.query(states))
        return self._score(
            reduce(torch.add, shared), context, tree.example, tree.slot, tree.n_slots
        )

    def loss(self, context: DecoderContext, tree: TreeBatch) -> Loss:
        """Return the mean cross-entropy a node under teacher forcing.

        It is the mean of minus the natural log of the probability of each node: of its label, and
        where the topology is predicted also of both gates.
        """
        scores = self.scores(context, tree)
        if self.topology is None or scores.gates is None:
            return Loss(functional.cross_entropy(scores.logits, tree.label))
        shape = shape_of(tree, scores.logits.dtype)
        logits = self.topology.condition(scores.logits, shape)
        label = functional.cross_entropy(logits, tree.label)
        is_node = tree.label != NO_LABEL if tree.is_padded else None
        topology = self.topology.loss(scores.gates, shape, is_node)
        return Loss(label + topology, {"label": label, "topology": topology})

    def log_probs(self, scores: NodeScores, is_last: Tensor) -> Tensor:
        """Return the natural log of the labels' probabilities in well-formed trees.

        Args:
            scores: of R nodes.
            is_last: (R,) bool, whether a node is its parent's last child.

        Returns:
            (R, K) float32; where the topology is predicted the label comes with its shape.
        """
        if self.topology is None or scores.gates is None:
            return scores.logits.float().log_softmax(dim=1)
        return self.topology.log_probs(scores.logits, scores.gates, self.has_children, is_last)

    def root(self, context: DecoderContext) -> NodeStates:
        """Return the states of the B roots."""
        example = torch.arange(len(context.latent), device=context.latent.device)
        label = torch.full_like(example, self.n_labels)
        vertical = horizontal = None
        if self.vertical is not None:
            start = self.vertical.start(context.latent)
            vertical = self.vertical.advance(self._vertical_input(label, context, example), start)
        if self.horizontal is not None:
            start = self.horizontal.start(context.latent)
            kind = torch.full_like(label, START)
            x = self._horizontal_input(label, kind, context, example)
            horizontal = self.horizontal.advance(x, start)
        return NodeStates(vertical, horizontal)

    def first_child(
        self, parent: NodeStates, label: Tensor, context: DecoderContext, example: Tensor
    ) -> NodeStates:
        """Return the states of the first children of R nodes.

        Args:
            parent: states of the nodes.
            label: (R,) what the nodes were labelled.
            context: of the B examples.
            example: (R,) which example a node belongs to.
        """
        vertical = parent.vertical
        if self.vertical is not None and vertical is not None:
            x = self._vertical_input(label, context, example)
            vertical = self.vertical.advance(x, vertical)
        horizontal = self._advance_horizontal(parent, label, DOWN, context, example)
        return NodeStates(vertical, horizontal)

    def next_sibling(
        self, node: NodeStates, label: Tensor, context: DecoderContext, example: Tensor
    ) -> NodeStates:
        """Return the states of the next siblings of R nodes; see `first_child`."""
        horizontal = self._advance_horizontal(node, label, RIGHT, context, example)
        return NodeStates(node.vertical, horizontal)

    def score(
        self,
        states: NodeStates,
        context: DecoderContext,
        example: Tensor,
        slot: Tensor,
        n_slots: int,
    ) -> NodeScores:
        """Score the labels of R nodes.

        Args:
            states: of the nodes.
            context: of the B examples.
            example: (R,) which example a node belongs to.
            slot: (R,) place of a node in a (B * n_slots) layout, no two alike.
            n_slots: the most nodes that an example has among these.
        """
        shared = []
        if self.vertical is not None and states.vertical is not None:
            shared.append(self.vertical.query(states.vertical))
        if self.horizontal is not None and states.horizontal is not None:
            shared.append(self.horizontal.query(states.horizontal))
        return self._score(reduce(torch.add, shared), context, example, slot, n_slots)

    def _vertical_input(
        self,
        label: Tensor,
        context: DecoderContext,  # noqa: ARG002 - for decoders whose inputs look at the text
        example: Tensor,  # noqa: ARG002
        layout: Layout | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return the inputs of steps down from nodes labelled `label`, (R,) -> (R, E).

        `layout` gives the rows places by their examples, where somebody knows them already.
        """
        dropped: Tensor = self.dropout(self.embedding(label))
        return dropped

    def _horizontal_input(
        self,
        label: Tensor,
        kind: Tensor,
        context: DecoderContext,  # noqa: ARG002
        example: Tensor,  # noqa: ARG002
        layout: Layout | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Return the inputs of steps of some kind from nodes labelled `label`, (R,) -> (R, E)."""
        x = self.embedding(label)
        if self.step is not None:
            x = x + self.step(kind)
        dropped: Tensor = self.dropout(x)
        return dropped

    def _advance_horizontal(
        self,
        states: NodeStates,
        label: Tensor,
        kind: int,
        context: DecoderContext,
        example: Tensor,
    ) -> Tensor | None:
        if self.horizontal is None or states.horizontal is None:
            return None
        x = self._horizontal_input(label, torch.full_like(label, kind), context, example)
        return self.horizontal.advance(x, states.horizontal)

    def _query(self, shared: Tensor, context: DecoderContext, example: Tensor) -> Tensor:
        """Return q of R nodes from both chains' shares in it, (R, H) -> (R, H)."""
        if self.from_latent is not None:
            shared = shared + self.from_latent(context.latent).index_select(0, example)
        return torch.tanh(shared + self.query_bias)

    def _score(
        self, shared: Tensor, context: DecoderContext, example: Tensor, slot: Tensor, n_slots: int
    ) -> NodeScores:
        query = self.dropout(self._query(shared, context, example))
        attn = None
        if self.attention is not None and context.memory is not None:
            layout = Layout(slot, len(context.latent), n_slots)
            attended, attn = self.attention.at_rows(query, context.memory, layout)
            query = self.dropout(attended)
        gates = None if self.topology is None else self.topology(query)
        return NodeScores(self.to_label(query), attn, gates)
