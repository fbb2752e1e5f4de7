"""The simple recurrent network. Sizes: R rows, H hidden."""

import torch
from torch import Tensor, nn

from saps.model.cells.cell import Cell
from saps.model.cells.fused import with_weights_of


class RnnCell(Cell):
    """h' = tanh(W x + U h + b); the state is h.

    Source: seed 003, "RNN architecture: Vanilla RNN" (written there without the bias).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, n_gates=1, n_states=1)

    def step(self, projected: Tensor, state: Tensor) -> Tensor:
        return torch.tanh(torch.addmm(projected, state, self.recurrent.weight.t()))

    def fused(self) -> nn.RNN:
        return with_weights_of(self, nn.RNN(self.input_size, self.hidden_size, batch_first=True))
