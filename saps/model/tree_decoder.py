"""The doubly-recurrent decoder that grows a program's tree.

In training all nodes that can be computed at the same moment are computed together (`scores`); a
search computes the rows that it asks for (`start`, `advance`, `score`). What a state holds, and
in what order, is known here alone.

Sizes: B examples, T pieces, C memory, N nodes, P vertical states, E embedding, H hidden, D latent,
K labels, R rows (nodes of one step), S numbers in a state.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.batching import DOWN, NO_LABEL, RIGHT, START, TreeBatch
from saps.model.attention import AttentionMemory, GeneralAttention, Layout
from saps.model.cells.cell import Cell, decoder_cell, glorot_
from saps.model.cells.lstm import LstmCell
from saps.model.encoder import Dropout, TextState
from saps.model.protocols import Loss, Step

Recurrence = Literal["v", "h", "vh"]
Topology = Literal["arity", "predicted"]
FirstChild = Literal["parent", "latent", "zero"]


class DecoderContext(NamedTuple):
    """What every node may see: latent z (B, D), and the text's memory if there is attention."""

    latent: Tensor
    memory: AttentionMemory | None


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where R nodes stand in their trees, each (R,) whole numbers.

    Attributes:
        depth: 0 at a root.
        position: among the children of the node's parent, from 0.
        n_siblings: children of its parent, itself included; 1 at a root.
    """

    depth: Tensor
    position: Tensor
    n_siblings: Tensor

    def take(self, rows: Tensor) -> "Places":
        return Places(self.depth[rows], self.position[rows], self.n_siblings[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """R nodes of which something is computed, in any order.

    A vertical state belongs to all children of a node, and stands where the first of them does.

    Attributes:
        example: (R,) which example a node belongs to.
        layout: their places in a rectangle by example, where somebody knows them already.
        places: where they stand; None unless the decoder `sees_places`.
    """

    example: Tensor
    layout: Layout | None
    places: Places | None


class NodeStates(NamedTuple):
    """States of R nodes, (R, S) of a `Cell`; None for what a decoder does without."""

    vertical: Tensor | None
    horizontal: Tensor | None
    places: Places | None = None


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


class TreeRecurrence(nn.Module):
    """DRNN's ancestral or fraternal recurrence: its cell, its start from z, its share of q."""

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
        """Compute the states of all steps from their inputs x, (X, E); see `Cell.scan`."""
        return self.cell.scan(self.cell.project(x), previous, sizes, start)


class TreeDecoder(nn.Module):
    """Labels of a tree's nodes from the states of their parents and previous siblings.

        vertical:    hv_i, its state = Cell_v(x_p, state of p)
        horizontal:  hh_i, its state = Cell_h(x_s + e, state of s)
        prediction:  q_i = tanh(U_v hv_i + U_h hh_i + b [+ U_z z]),  softmax(W q_i + b)

    x is a label's embedding, a learned start embedding at the root, whose states come from z.
    A first child has no previous sibling: it is fed its parent's label, and its horizontal state
    continues the parent's, or as `first_child` says; e is the embedding of the kind of step (down,
    right), which tells it from the next sibling's. With attention q'_i takes q_i's place
    (`GeneralAttention`).

    A decoder of another kind replaces `context`, `_vertical_input`, `_horizontal_input` or
    `_query`; with `sees_places` these are told where each node stands.

    Source: Alvarez-Melis & Jaakkola 2017 (DRNN), Eqs. (1)-(4); Bednarek, Piaskowski & Krawiec
    2018 (SAPS). Differs from DRNN: both recurrences are LSTMs, or what `cell` makes; the label's
    arity is the number of children, unless the topology is predicted (`TopologyGates`). The step
    embedding, z at every node, and what a first child continues are this project's choices.
    """

    sees_places = False
    n_children: Tensor

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
        first_child: FirstChild = "parent",
    ) -> None:
        """Make the decoder for labels with so many children; the sizes are E, H, D and C.

        `recurrence` says which of the two there are, `attention` whether each node looks at the
        text, `latent_at_nodes` whether it sees z, `step_embedding` whether the steps down and right
        are told apart. `dropout` is the rate on inputs and queries, `cell` makes a `Cell` from its
        sizes, topology "predicted" adds `TopologyGates`. `first_child` is the horizontal state that
        a first child continues: its parent's, the one before the root (it comes from z), or zeros.

        Raises:
            ValueError: one of three names is unknown, or `cell` makes no such cell.
        """
        super().__init__()
        _check("recurrence", recurrence, Recurrence)
        _check("topology", topology, Topology)
        _check("first_child", first_child, FirstChild)
        self.arities = tuple(arities)
        self.n_labels = len(self.arities)
        self.first_child_from = first_child
        self.embedding = nn.Embedding(self.n_labels + 1, embedding_size)
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)

        def recurrent(letter: str) -> TreeRecurrence | None:
            if letter not in recurrence:
                return None
            made = decoder_cell(cell, embedding_size, hidden_size)
            return TreeRecurrence(made, latent_size)

        self.vertical, self.horizontal = recurrent("v"), recurrent("h")
        has_kinds = step_embedding and self.horizontal is not None
        self.step = nn.Embedding(3, embedding_size) if has_kinds else None
        self.from_latent = None
        if latent_at_nodes:
            self.from_latent = nn.Linear(latent_size, hidden_size, bias=False)
            glorot_(self.from_latent)
        self.attention = GeneralAttention(memory_size, hidden_size) if attention else None
        self.query_bias = nn.Parameter(torch.zeros(hidden_size))
        self.to_label = nn.Linear(hidden_size, self.n_labels)
        glorot_(self.to_label)
        is_predicted = topology == "predicted"
        self.topology = TopologyGates(hidden_size, self.n_labels) if is_predicted else None
        # Of the labels, and of the start label, whose one child is the root.
        self.register_buffer("n_children", torch.tensor([*self.arities, 1]), persistent=False)
        self.dropout = Dropout(dropout)

    def context(self, text: TextState) -> DecoderContext:
        """Prepare what the nodes of a batch of texts may see."""
        memory = None
        if self.attention is not None:
            memory = self.attention.prepare(text.memory, text.mask)
        return DecoderContext(text.latent, memory)

    # What a decoder of another kind may replace.

    def _vertical_input(self, label: Tensor, context: DecoderContext, rows: Rows) -> Tensor:  # noqa: ARG002
        """Return the inputs of steps down from nodes labelled `label`, (R,) -> (R, E)."""
        dropped: Tensor = self.dropout(self.embedding(label))
        return dropped

    def _horizontal_input(
        self,
        label: Tensor,
        kind: Tensor,
        context: DecoderContext,  # noqa: ARG002
        rows: Rows,  # noqa: ARG002
    ) -> Tensor:
        """Return the inputs of steps of some kind from nodes labelled `label`, (R,) -> (R, E)."""
        x = self.embedding(label)
        if self.step is not None:
            x = x + self.step(kind)
        dropped: Tensor = self.dropout(x)
        return dropped

    def _query(self, shared: Tensor, context: DecoderContext, rows: Rows) -> Tensor:
        """Return q of R nodes from both recurrences' shares in it, (R, H) -> (R, H)."""
        if self.from_latent is not None:
            shared = shared + self.from_latent(context.latent).index_select(0, rows.example)
        return torch.tanh(shared + self.query_bias)

    # All nodes of a batch at once, under teacher forcing.

    def forward(self, context: DecoderContext, tree: TreeBatch) -> Tensor:
        """Score the labels of all nodes.

        Returns:
            (N, K) logits, not normalised, in the order of `tree.label`; told of the gold shape
            where the topology is predicted.
        """
        scores = self.scores(context, tree)
        if self.topology is None:
            return scores.logits
        return self.topology.condition(scores.logits, tree.shape)

    def loss(self, context: DecoderContext, tree: TreeBatch) -> Loss:
        """Return the mean cross-entropy a node.

        It is the mean of minus the natural log of the probability of each node: of its label, and
        where the topology is predicted also of both gates.
        """
        scores = self.scores(context, tree)
        if self.topology is None or scores.gates is None:
            return Loss(functional.cross_entropy(scores.logits, tree.label))
        logits = self.topology.condition(scores.logits, tree.shape)
        label = functional.cross_entropy(logits, tree.label)
        is_node = tree.label != NO_LABEL if tree.is_padded else None
        topology = self.topology.loss(scores.gates, tree.shape.to(logits.dtype), is_node)
        return Loss(label + topology, {"label": label, "topology": topology})

    def scores(self, context: DecoderContext, tree: TreeBatch) -> NodeScores:
        """Score all nodes, in the order of `tree.label`."""
        of_nodes, of_states = self._places(tree) if self.sees_places else (None, None)
        nodes = Rows(tree.example, Layout(tree.slot, tree.n_examples, tree.n_slots), of_nodes)
        shared = []
        if self.vertical is not None:
            layout = Layout(tree.v_slot, tree.n_examples, tree.n_v_slots)
            x = self._vertical_input(tree.v_label, context, Rows(tree.v_example, layout, of_states))
            start = self.vertical.start(context.latent)
            states = self.vertical.scan(x, tree.v_previous, tree.v_sizes, start)
            shared.append(self.vertical.query(states).index_select(0, tree.v_index))
        if self.horizontal is not None:
            x = self._horizontal_input(tree.h_label, tree.h_kind, context, nodes)
            start = self.horizontal.start(context.latent)
            if self.first_child_from == "parent":
                states = self.horizontal.scan(x, tree.h_previous, tree.h_sizes, start)
            else:
                states = self._scan_siblings(self.horizontal, x, tree, start)
            shared.append(self.horizontal.query(states))
        return self._score(reduce(torch.add, shared), context, nodes)

    def _scan_siblings(
        self, recurrence: TreeRecurrence, x: Tensor, tree: TreeBatch, start: Tensor
    ) -> Tensor:
        """Compute the horizontal states, (N, S), where each row of siblings begins anew.

        No node waits for its parent then, so there is a step for each position, and these are few.
        """
        position = self._places(tree)[0].position
        order = position.argsort(stable=True)
        sizes = tuple(position.bincount().tolist())
        rank = torch.empty_like(order)
        rank[order] = torch.arange(len(order), device=order.device)
        # The rows of previous siblings, in the batch's order and in ours, then within their step.
        before = tree.h_previous + _first_rows(tree.h_sizes, order.device)[_steps(tree) - 1]
        earlier = _first_rows(sizes, order.device)[(position - 1).clamp(min=0)]
        previous = rank[torch.where(position > 0, before, 0)] - earlier
        first = tree.example
        if self.first_child_from == "zero":
            first = torch.where(tree.h_kind == START, first, len(start))
            start = torch.cat([start, start.new_zeros(1, start.shape[1])])
        previous = torch.where(position > 0, previous, first)
        return recurrence.scan(x[order], previous[order], sizes, start).index_select(0, rank)

    def _places(self, tree: TreeBatch) -> tuple[Places, Places]:
        """Return where the nodes of a batch stand, and where its vertical states do."""
        step, n_children = _steps(tree), self.n_children[tree.v_label]
        depth = _numbers(tree.v_sizes, step.device)
        # Siblings follow one another on the chain: the first one's step is the smallest.
        first = step.new_full(depth.shape, len(step)).scatter_reduce(0, tree.v_index, step, "amin")
        position = step - first[tree.v_index]
        if tree.is_padded:  # rows that fill places belong to no parent
            position = position.masked_fill(tree.label == NO_LABEL, 0)
        nodes = Places(depth[tree.v_index], position, n_children[tree.v_index])
        return nodes, Places(depth, torch.zeros_like(depth), n_children)

    # Rows of nodes, as a search asks for them.

    def start(self, context: DecoderContext) -> Tensor:
        """Return the states of the B roots, (B, S)."""
        example = torch.arange(len(context.latent), device=context.latent.device)
        label = torch.full_like(example, self.n_labels)
        before = NodeStates(
            None if self.vertical is None else self.vertical.start(context.latent),
            None if self.horizontal is None else self.horizontal.start(context.latent),
            Places(example * 0 - 1, example, example) if self.sees_places else None,
        )
        return self._follow(before, label, torch.full_like(example, START), context, example)

    def advance(self, step: Step, context: DecoderContext) -> Tensor:
        """Return the states of R nodes, (R, S), from those of the nodes that they follow."""
        before, kind = self._unpacked(step.anchor_state), torch.where(step.is_down, DOWN, RIGHT)
        return self._follow(before, step.anchor_label, kind, context, step.example)

    def _follow(
        self,
        before: NodeStates,
        label: Tensor,
        kind: Tensor,
        context: DecoderContext,
        example: Tensor,
    ) -> Tensor:
        """Take one step from R nodes, to their first children or to their next siblings.

        Args:
            before: states of the nodes; at the start, of what comes before the root.
            label: (R,) what the nodes were labelled.
            kind: (R,) START, DOWN or RIGHT; the start is a step down.
            context: of the B examples.
            example: (R,) which example a node belongs to.

        Returns:
            (R, S).
        """
        vertical, horizontal, places = before
        is_right = kind == RIGHT
        if places is not None:
            places = Places(
                torch.where(is_right, places.depth, places.depth + 1),
                torch.where(is_right, places.position + 1, 0),
                torch.where(is_right, places.n_siblings, self.n_children[label]),
            )
        if self.vertical is not None and vertical is not None:
            down = (~is_right).nonzero().squeeze(1)  # siblings share their parent's vertical state
            rows = Rows(example[down], None, None if places is None else places.take(down))
            x = self._vertical_input(label[down], context, rows)
            new = self.vertical.advance(x, vertical.index_select(0, down))
            vertical = vertical.index_copy(0, down, new.to(vertical.dtype))
        if self.horizontal is not None and horizontal is not None:
            if self.first_child_from != "parent":
                first = torch.zeros_like(horizontal)
                if self.first_child_from == "latent":
                    first = self.horizontal.start(context.latent).index_select(0, example)
                horizontal = torch.where((kind == DOWN)[:, None], first, horizontal)
            x = self._horizontal_input(label, kind, context, Rows(example, None, places))
            horizontal = self.horizontal.advance(x, horizontal)
        return _packed(NodeStates(vertical, horizontal, places))

    def score(self, state: Tensor, example: Tensor, context: DecoderContext) -> NodeScores:
        """Score the labels of R nodes.

        Args:
            state: (R, S) of the nodes.
            example: (R,) which example a node belongs to.
            context: of the B examples.
        """
        states = self._unpacked(state)
        shared = []
        if self.vertical is not None and states.vertical is not None:
            shared.append(self.vertical.query(states.vertical))
        if self.horizontal is not None and states.horizontal is not None:
            shared.append(self.horizontal.query(states.horizontal))
        layout = Layout.of(example, len(context.latent))
        return self._score(reduce(torch.add, shared), context, Rows(example, layout, states.places))

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
        has_children = self.n_children[:-1] > 0
        return self.topology.log_probs(scores.logits, scores.gates, has_children, is_last)

    def _unpacked(self, state: Tensor) -> NodeStates:
        """Undo `_packed`, by the sizes of this decoder's cells."""
        recurrences = self.vertical, self.horizontal
        sizes = [0 if part is None else part.cell.state_size for part in recurrences]
        *parts, rest = state.split_with_sizes([*sizes, state.shape[1] - sum(sizes)], dim=1)
        vertical, horizontal = (x if n else None for x, n in zip(parts, sizes, strict=True))
        places = Places(*rest.long().unbind(1)) if self.sees_places else None
        return NodeStates(vertical, horizontal, places)

    def _score(self, shared: Tensor, context: DecoderContext, rows: Rows) -> NodeScores:
        query = self.dropout(self._query(shared, context, rows))
        attn = None
        if self.attention is not None and context.memory is not None:
            assert rows.layout is not None, "who scores nodes lays them out"
            attended, attn = self.attention.at_rows(query, context.memory, rows.layout)
            query = self.dropout(attended)
        gates = None if self.topology is None else self.topology(query)
        return NodeScores(self.to_label(query), attn, gates)


def _check(name: str, value: str, names: Any) -> None:
    known = get_args(names)
    if value not in known:
        told = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
        raise ValueError(f"{name} is {value!r}, expected {told}")


def _packed(states: NodeStates) -> Tensor:
    """Put all states of R nodes side by side, (R, S), and where they stand as numbers behind."""
    parts = [part for part in (states.vertical, states.horizontal) if part is not None]
    if states.places is not None:
        at = (states.places.depth, states.places.position, states.places.n_siblings)
        parts.append(torch.stack(at, dim=1).to(parts[0].dtype))
    return torch.cat(parts, dim=1)


def _numbers(sizes: Sequence[int], device: torch.device) -> Tensor:
    """Return the number of each row's step, for steps of so many rows."""
    counts = torch.tensor(sizes, device=device)
    return torch.repeat_interleave(torch.arange(len(sizes), device=device), counts)


def _steps(tree: TreeBatch) -> Tensor:
    return _numbers(tree.h_sizes, tree.label.device)


def _first_rows(sizes: Sequence[int], device: torch.device) -> Tensor:
    """Return the first row of each step."""
    counts = torch.tensor(sizes, device=device)
    return counts.cumsum(0) - counts


class TopologyGates(nn.Module):
    """Whether a node has children and a next sibling, and what that tells of its label.

        p_a = s(u_a q + b_a),  p_f = s(u_f q + b_f)                       Eqs. (5), (6)
        o = softmax(W q + b + a v_a + f v_f)                              Eq. (7)

    a and f are 1 where the node has children and a next sibling: the gold ones in training, the
    predicted ones when a tree is grown.

    Source: Alvarez-Melis & Jaakkola 2017 (DRNN); differs from it in the gates' biases.
    """

    def __init__(self, query_size: int, n_labels: int) -> None:
        super().__init__()
        self.gates = nn.Linear(query_size, 2)
        self.to_label = nn.Linear(2, n_labels, bias=False)
        glorot_(self)

    def forward(self, query: Tensor) -> Tensor:
        """Return the gates before the sigmoid, (R, H) -> (R, 2)."""
        gates: Tensor = self.gates(query)
        return gates

    def condition(self, logits: Tensor, shape: Tensor) -> Tensor:
        """Tell the labels' logits, (R, K), of nodes' shapes, (R, 2) of 0 and 1 (Eq. 7)."""
        told: Tensor = logits + self.to_label(shape.to(self.to_label.weight.dtype))
        return told

    def loss(self, gates: Tensor, shape: Tensor, is_node: Tensor | None = None) -> Tensor:
        """Return the mean over nodes of both gates' binary cross-entropy, in nats; a scalar.

        Args:
            gates: (R, 2) before the sigmoid.
            shape: (R, 2) of 0 and 1, the gold one.
            is_node: (R,) bool, False where a row only fills a place; None where all are nodes.
        """
        if is_node is None:
            return 2 * functional.binary_cross_entropy_with_logits(gates, shape)
        each = functional.binary_cross_entropy_with_logits(gates, shape, reduction="none")
        return (each.sum(dim=1) * is_node).sum() / is_node.sum()

    def log_probs(
        self, logits: Tensor, gates: Tensor, has_children: Tensor, is_last: Tensor
    ) -> Tensor:
        """Return the log-probability of each label together with the shape that it needs.

        Args:
            logits: (R, K), not told of the shape.
            gates: (R, 2) before the sigmoid.
            has_children: (K,) bool, of the labels.
            is_last: (R,) bool, whether the node is its parent's last child.

        Returns:
            (R, K) float32, natural log of P(shape) P(label | shape). A row sums to less than 1:
            labels whose number of children contradicts the shape have the rest.
        """
        gates, has_next = gates.float(), (~is_last).float()
        parts = []
        for child in (0.0, 1.0):
            shape = torch.stack([torch.full_like(has_next, child), has_next], dim=1)
            gate = -functional.binary_cross_entropy_with_logits(gates, shape, reduction="none")
            label = self.condition(logits, shape).float().log_softmax(dim=1)
            parts.append(label + gate.sum(dim=1, keepdim=True))
        return torch.where(has_children, parts[1], parts[0])

    def choose(
        self, logits: Tensor, gates: Tensor, may_open: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Decide the shape by the gates, then the label; see `TreeScorer.choose`."""
        open_gates = (gates > 0) & may_open
        gates, shape = gates.float(), open_gates.float()
        best, label = self.condition(logits, shape).float().log_softmax(dim=1).max(dim=1)
        gate = -functional.binary_cross_entropy_with_logits(gates, shape, reduction="none")
        return label, open_gates, best + gate.sum(dim=1)
