"""SAPS once more, for one text and one node at a time, as anyone can check by eye.

Nothing is shared with `saps.model` but the weights, which are read by their names. Everything is
a vector, a matrix or a Python list; there is no batch, no padding and no order of nodes but the
tree's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.lang import Node
from saps.model.network import Text2Tree

START, DOWN, RIGHT = 0, 1, 2


class LstmState(NamedTuple):
    h: Tensor
    c: Tensor


@dataclass
class Position:
    """What the naive decoder knows of a node: logits (K,), gates (2,) before the sigmoid."""

    label: int
    vertical: LstmState | None
    horizontal: LstmState | None
    logits: Tensor
    gates: Tensor | None
    has_children: bool
    has_next: bool

    def loss(self) -> Tensor:
        """Return minus the log of the probability of the label, and of the gates if there are."""
        loss = torch.logsumexp(self.logits, dim=0) - self.logits[self.label]
        if self.gates is not None:
            for gate, is_open in zip(self.gates, (self.has_children, self.has_next), strict=True):
                probability = torch.sigmoid(gate)
                loss = loss - torch.log(probability if is_open else 1 - probability)
        return loss


class NaiveText2Tree:
    """A bi-directional LSTM and a doubly-recurrent tree decoder of LSTMs."""

    def __init__(
        self, network: Text2Tree, symbols: SymbolTable, first_child: str = "parent"
    ) -> None:
        self.first_child = first_child
        self.weights: dict[str, Tensor] = dict(network.named_parameters())
        self.symbols = symbols

    def loss(self, texts: Sequence[Sequence[int]], programs: Sequence[Node]) -> Tensor:
        """Return the mean loss of all nodes of all programs."""
        losses = []
        for pieces, program in zip(texts, programs, strict=True):
            losses += [position.loss() for position in self.grow(pieces, program)]
        return sum(losses[1:], losses[0]) / len(losses)

    def read(self, pieces: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        """Return the memory, a vector a piece, and z."""
        sequence = [self.weights["encoder.embedding.weight"][piece] for piece in pieces]
        layer = 0
        while f"encoder.forward_layers.{layer}.weight_ih_l0" in self.weights:
            forward = self._run(f"encoder.forward_layers.{layer}", sequence)
            backward = self._run(f"encoder.backward_layers.{layer}", sequence[::-1])[::-1]
            sequence = [torch.cat(pair) for pair in zip(forward, backward, strict=True)]
            layer += 1
        ends = torch.cat([forward[-1], backward[0]])
        return sequence, torch.tanh(self._linear("encoder.to_latent", ends))

    def grow(self, pieces: Sequence[int], program: Node) -> list[Position]:
        """Return the positions of a program's nodes in pre-order, under teacher forcing."""
        memory, z = self.read(pieces)
        start = self.weights["decoder.embedding.weight"][len(self.symbols)]
        vertical = horizontal = None
        if self._has("decoder.vertical.cell.input.weight"):
            vertical = self._step("decoder.vertical.cell", start, self._before("vertical", z))
        if self._has("decoder.horizontal.cell.input.weight"):
            before = self._before("horizontal", z)
            horizontal = self._step("decoder.horizontal.cell", self._add_kind(start, START), before)
        positions: list[Position] = []
        self._visit(program, vertical, horizontal, False, memory, z, positions)
        return positions

    def _visit(
        self,
        node: Node,
        vertical: LstmState | None,
        horizontal: LstmState | None,
        has_next: bool,
        memory: list[Tensor],
        z: Tensor,
        positions: list[Position],
    ) -> None:
        query = self._query(vertical, horizontal, memory, z)
        logits, gates = self._linear("decoder.to_label", query), None
        if self._has("decoder.topology.gates.weight"):
            gates = self._linear("decoder.topology.gates", query)
            columns = self.weights["decoder.topology.to_label.weight"]
            if node.children:
                logits = logits + columns[:, 0]
            if has_next:
                logits = logits + columns[:, 1]
        label = self.symbols.index(node)
        shape = (len(node.children) > 0, has_next)
        positions.append(Position(label, vertical, horizontal, logits, gates, *shape))

        x = self.weights["decoder.embedding.weight"][label]
        below = None
        if vertical is not None:
            below = self._step("decoder.vertical.cell", x, vertical)
        state, kind = horizontal, DOWN
        if state is not None and self.first_child == "latent":
            state = self._before("horizontal", z)
        elif state is not None and self.first_child == "zero":
            state = LstmState(torch.zeros_like(state.h), torch.zeros_like(state.c))
        for number, child in enumerate(node.children):
            if state is not None:
                state = self._step("decoder.horizontal.cell", self._add_kind(x, kind), state)
            more = number + 1 < len(node.children)
            self._visit(child, below, state, more, memory, z, positions)
            x = self.weights["decoder.embedding.weight"][self.symbols.index(child)]
            kind = RIGHT

    def _query(
        self,
        vertical: LstmState | None,
        horizontal: LstmState | None,
        memory: list[Tensor],
        z: Tensor,
    ) -> Tensor:
        q = self.weights["decoder.query_bias"]
        if vertical is not None:
            q = q + self.weights["decoder.vertical.to_query.weight"] @ vertical.h
        if horizontal is not None:
            q = q + self.weights["decoder.horizontal.to_query.weight"] @ horizontal.h
        if self._has("decoder.from_latent.weight"):
            q = q + self.weights["decoder.from_latent.weight"] @ z
        q = torch.tanh(q)
        if not self._has("decoder.attention.keys.weight"):
            return q
        energies = [m @ self.weights["decoder.attention.keys.weight"].T @ q for m in memory]
        shares = [torch.exp(energy) / torch.exp(torch.stack(energies)).sum() for energy in energies]
        read = torch.zeros_like(memory[0])
        for share, m in zip(shares, memory, strict=True):
            read = read + share * m
        return torch.tanh(self._linear("decoder.attention.combine", torch.cat([read, q])))

    def _before(self, chain: str, z: Tensor) -> LstmState:
        h = torch.tanh(self._linear(f"decoder.{chain}.from_latent", z))
        return LstmState(h, torch.zeros_like(h))

    def _add_kind(self, x: Tensor, kind: int) -> Tensor:
        return x + self.weights["decoder.step.weight"][kind]

    def _run(self, layer: str, sequence: list[Tensor]) -> list[Tensor]:
        size = self.weights[f"{layer}.weight_hh_l0"].shape[1]
        state = LstmState(sequence[0].new_zeros(size), sequence[0].new_zeros(size))
        outputs = []
        for x in sequence:
            sums = self.weights[f"{layer}.weight_ih_l0"] @ x + self.weights[f"{layer}.bias_ih_l0"]
            sums = sums + self.weights[f"{layer}.weight_hh_l0"] @ state.h
            state = _lstm(sums + self.weights[f"{layer}.bias_hh_l0"], state)
            outputs.append(state.h)
        return outputs

    def _step(self, cell: str, x: Tensor, state: LstmState) -> LstmState:
        sums = self._linear(f"{cell}.input", x)
        return _lstm(sums + self.weights[f"{cell}.recurrent.weight"] @ state.h, state)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return self.weights[f"{name}.weight"] @ x + self.weights[f"{name}.bias"]

    def _has(self, name: str) -> bool:
        return name in self.weights


def _lstm(sums: Tensor, state: LstmState) -> LstmState:
    """Seed 000, "LSTM"; sums of inputs in the order input, forget, candidate, output."""
    size = len(state.h)
    i, f, g, o = (sums[k * size : (k + 1) * size] for k in range(4))
    c = torch.sigmoid(f) * state.c + torch.sigmoid(i) * torch.tanh(g)
    return LstmState(torch.sigmoid(o) * torch.tanh(c), c)
