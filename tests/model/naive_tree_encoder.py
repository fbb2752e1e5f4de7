"""The Tree-LSTM once more, one gate of one node at a time."""

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.lang import Node
from saps.model.tree_encoder import NaryTreeLstmCell, TreeEncoder


class NaiveTreeEncoder:
    """Tai et al. 2015, Eqs. (2)-(8) and (9)-(14), one gate of one node at a time."""

    def __init__(self, encoder: TreeEncoder, symbols: SymbolTable) -> None:
        self.encoder = encoder
        self.symbols = symbols
        self.size = encoder.cell.hidden_size
        self.w = dict(encoder.cell.named_parameters())

    def latent(self, program: Node) -> Tensor:
        h, _ = self._visit(program)
        return torch.tanh(self.encoder.to_latent.weight @ h + self.encoder.to_latent.bias)

    def _visit(self, node: Node) -> tuple[Tensor, Tensor]:
        children = [self._visit(child) for child in node.children]
        h = [child[0] for child in children]
        x = self.encoder.embedding.weight[self.symbols.index(node)]
        i = torch.sigmoid(self._input(0, x) + self._recurrent(0, h))
        u = torch.tanh(self._input(2, x) + self._recurrent(1, h))
        o = torch.sigmoid(self._input(3, x) + self._recurrent(2, h))
        c = i * u
        for k, (_, memory) in enumerate(children):
            c = c + torch.sigmoid(self._input(1, x) + self._forget(k, h)) * memory
        return o * torch.tanh(c), c

    def _input(self, gate: int, x: Tensor) -> Tensor:
        rows = slice(gate * self.size, (gate + 1) * self.size)
        return self.w["input.weight"][rows] @ x + self.w["input.bias"][rows]

    def _recurrent(self, gate: int, h: list[Tensor]) -> Tensor:
        total = torch.zeros(self.size, dtype=torch.float64)
        for place, of_child in enumerate(h):
            # The child-sum cell has one matrix, whatever the place.
            column = place if isinstance(self.encoder.cell, NaryTreeLstmCell) else 0
            total = total + self._block(gate, column) @ of_child
        return total

    def _forget(self, k: int, h: list[Tensor]) -> Tensor:
        if isinstance(self.encoder.cell, NaryTreeLstmCell):
            return self._recurrent(3 + k, h)
        return self.w["forget.weight"] @ h[k]

    def _block(self, row: int, column: int) -> Tensor:
        rows = slice(row * self.size, (row + 1) * self.size)
        return self.w["recurrent.weight"][rows, column * self.size : (column + 1) * self.size]
