"""The gated recurrent unit. Sizes: R rows, H hidden."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.model.cells.cell import Cell, with_weights_of


class GruCell(Cell):
    """A gated cell whose state is its output h.

    Gates in the order reset, update, candidate:
        r = s(W_r x + U_r h + b_r), z = s(W_z x + U_z h + b_z)
        n = tanh(W_n x + U_n (r h) + b_n)              reset before the matrix
        n = tanh(W_n x + b_n + r (U_n h + b'_n))       reset after it, `reset_after`
        h' = z h + (1 - z) n

    Source: seed 003, "GRU", which resets before the matrix (seed 000 swaps z and 1 - z, the same
    family of functions). torch's own GRU resets after it, so that the three products of a step
    are one; with `reset_after` a cell is that one, and an encoder runs it by torch's module.
    """

    def __init__(self, input_size: int, hidden_size: int, *, reset_after: bool = False) -> None:
        super().__init__(input_size, hidden_size, n_gates=3, n_states=1)
        self.candidate_bias = nn.Parameter(torch.zeros(hidden_size)) if reset_after else None

    def step(self, projected: Tensor, state: Tensor) -> Tensor:
        size = self.hidden_size
        gates, candidate = torch.split(projected, [2 * size, size], dim=1)
        to_gates, to_candidate = torch.split(self.recurrent.weight, [2 * size, size])
        r, z = torch.sigmoid(torch.addmm(gates, state, to_gates.t())).chunk(2, dim=1)
        if self.candidate_bias is None:
            candidate = torch.addmm(candidate, r * state, to_candidate.t())
        else:
            candidate = candidate + r * functional.linear(state, to_candidate, self.candidate_bias)
        # Autocast makes the products short and leaves the state as it is; lerp wants one type.
        new = torch.tanh(candidate).to(state.dtype)
        return torch.lerp(new, state, z.to(state.dtype))

    def fused(self) -> nn.GRU | None:
        if self.candidate_bias is None:
            return None
        gru = nn.GRU(self.input_size, self.hidden_size, batch_first=True)
        return with_weights_of(self, gru, self.candidate_bias)


# The simple recurrent network. Sizes: R rows, H hidden.


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
