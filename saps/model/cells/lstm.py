"""Long short-term memory without peepholes. Sizes: R rows, H hidden."""

import torch
from torch import Tensor, nn

from saps.model.cells.cell import Cell
from saps.model.cells.fused import with_weights_of
from saps.model.cells.lstm_scan import scan_lstm
from saps.model.cells.lstm_scan_op import scan_compiled


class LstmCell(Cell):
    """The LSTM of torch and of most of the literature.

    Gates in the order input, forget, candidate, output; the state is [h, c]:
        i = s(W_i x + U_i h + b_i), f = s(W_f x + U_f h + b_f), o = s(W_o x + U_o h + b_o)
        c' = f c + i tanh(W_c x + U_c h + b_c), h' = o tanh(c')

    Source: seeds 000 and 003, "LSTM". The forget gate's bias starts at 1: an open gate lets
    gradients through (seed 004).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, n_gates=4, n_states=2)
        nn.init.ones_(self.input.bias.data[hidden_size : 2 * hidden_size])

    def step(self, projected: Tensor, state: Tensor) -> Tensor:
        h, c = torch.split(state, self.hidden_size, dim=1)
        return self.activate(torch.addmm(projected, h, self.recurrent.weight.t()), c)

    def activate(self, gates: Tensor, c: Tensor) -> Tensor:
        """Return the next states, (R, S), from the gates' sums, (R, G), and c, (R, H)."""
        i, f, candidate, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(candidate)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c], dim=1)

    def scan(
        self, projected: Tensor, previous: Tensor, sizes: tuple[int, ...], start: Tensor
    ) -> Tensor:
        scan = scan_compiled if torch.compiler.is_compiling() else scan_lstm
        return scan(projected, self.recurrent.weight, previous, sizes, start)

    def fused(self) -> nn.LSTM:
        lstm = nn.LSTM(self.input_size, self.hidden_size, batch_first=True)
        return with_weights_of(self, lstm)
