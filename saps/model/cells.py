"""Recurrent cells, split so that the inputs of many steps are projected in one product.

Sizes: R rows, E input, H hidden.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from saps.model.initialization import glorot_gates_, orthogonal_gates_


class CellState(NamedTuple):
    """Hidden and cell values, each (R, H); `h` lies in (-1, 1)."""

    h: Tensor
    c: Tensor

    def take(self, rows: Tensor) -> "CellState":
        """Return the states at the given rows, (S,) -> each (S, H)."""
        return CellState(self.h.index_select(0, rows), self.c.index_select(0, rows))


class LstmCell(nn.Module):
    """Long short-term memory without peepholes.

    Source: seed 000, "LSTM"; gates in the order input, forget, candidate, output:
        i = s(W_i x + U_i h + b_i), f = s(W_f x + U_f h + b_f), o = s(W_o x + U_o h + b_o)
        c' = f c + i tanh(W_c x + U_c h + b_c), h' = o tanh(c')
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.input = nn.Linear(input_size, 4 * hidden_size)
        self.recurrent = nn.Linear(hidden_size, 4 * hidden_size, bias=False)
        glorot_gates_(self.input.weight, hidden_size)
        orthogonal_gates_(self.recurrent.weight)
        nn.init.zeros_(self.input.bias)
        # An open forget gate at the start lets gradients through (seed 004).
        nn.init.ones_(self.input.bias.data[hidden_size : 2 * hidden_size])

    def project(self, x: Tensor) -> Tensor:
        """Return the input's share of the gates, (R, E) -> (R, 4 H), for `step`."""
        projected: Tensor = self.input(x)
        return projected

    def step(self, projected: Tensor, state: CellState) -> CellState:
        """Advance each row by one step; `projected` is (R, 4 H) from `project`."""
        gates = torch.addmm(projected, state.h, self.recurrent.weight.t())
        i, f, candidate, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * state.c + torch.sigmoid(i) * torch.tanh(candidate)
        return CellState(torch.sigmoid(o) * torch.tanh(c), c)
