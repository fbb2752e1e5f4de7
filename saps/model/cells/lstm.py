"""Long short-term memory without peepholes, and all its steps over trees as one operation.

The gradient of the scan is worked out by hand. Autograd would record some fifteen operations a
step and add up a weight gradient a step; here a step is a product and a few operations in place,
and the weights' gradient is one product at the end of the backward pass. As an operation of torch
it also keeps a compiled graph short, and compilers need not follow the writing in place.

Sizes: X rows of all steps, n rows of one step, B starts, R rows, E input, H hidden, S = 2 H state.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import torch
from torch import Tensor, nn

from saps.model.cells.cell import Cell, with_weights_of

_HAS_BFLOAT16: Final = torch.backends.cpu.get_cpu_capability() == "AVX512"


class LstmCell(Cell):
    """The LSTM of torch and of most of the literature.

    Gates in the order input, forget, candidate, output; the state is [h, c]:
        i = s(W_i x + U_i h + b_i), f = s(W_f x + U_f h + b_f), o = s(W_o x + U_o h + b_o)
        c' = f c + i tanh(W_c x + U_c h + b_c), h' = o tanh(c')

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers, Schmidhuber & Cummins
    2000. Its bias starts at 1: an open gate lets gradients through (Jozefowicz et al. 2015).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, n_gates=4, n_states=2)
        nn.init.ones_(self.input.bias.data[hidden_size : 2 * hidden_size])

    def step(self, projected: Tensor, state: Tensor) -> Tensor:
        h, c = state.chunk(2, dim=1)
        return self.activate(torch.addmm(projected, h, self.recurrent.weight.t()), c)

    def activate(self, gates: Tensor, c: Tensor) -> Tensor:
        """Return the next states, (R, S), from the gates' sums, (R, 4 H), and c, (R, H)."""
        i, f, candidate, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(candidate)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c], dim=1)

    def scan(
        self, projected: Tensor, previous: Tensor, sizes: tuple[int, ...], start: Tensor
    ) -> Tensor:
        # Of the type of `projected`, which autocast makes short, as it would each step.
        weight = self.recurrent.weight
        states: Tensor = lstm_scan(projected, weight, previous, list(sizes), start)[0]
        return states

    def fused(self) -> nn.LSTM:
        return with_weights_of(self, _Lstm(self.input_size, self.hidden_size, batch_first=True))


class _Lstm(nn.LSTM):
    """torch's LSTM; in 32 bits on a CPU for which oneDNN has none in bfloat16 and raises."""

    def forward(self, x: Tensor, state: Any = None) -> Any:  # type: ignore[override]
        if x.device.type != "cpu" or _HAS_BFLOAT16:
            return super().forward(x, state)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.to(next(self.parameters()).dtype), state)


@torch.library.custom_op("saps::lstm_scan", mutates_args=())
def lstm_scan(
    projected: Tensor, weight: Tensor, previous: Tensor, sizes: Sequence[int], start: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Compute the states of all steps; see `Cell.scan`.

    Args:
        projected: (X, 4 H) the input's share of the gates.
        weight: (4 H, H) the recurrent matrix.
        previous: (X,) row, within the step before, of the state that each continues.
        sizes: rows of each step, summing to X.
        start: (B, 2 H) the states that the first step continues.

    Returns:
        The states (X, 2 H), and what their gradient needs: the gates (X, 4 H); the states that
        each row continues (X, 2 H); tanh(c') of each row (X, H).
    """
    size, dtype = weight.shape[1], projected.dtype
    gates = torch.empty_like(projected)
    before = gates.new_empty(len(projected), 2 * size)
    states, squashed = torch.empty_like(before), torch.empty_like(before[:, :size])
    with torch.autocast(projected.device.type, enabled=False):
        matrix, last = weight.to(dtype).t(), start.to(dtype)
        for first, end in _bounds(sizes):
            rows = slice(first, end)
            torch.index_select(last, 0, previous[rows], out=before[rows])
            last = states[rows]
            torch.addmm(projected[rows], before[rows, :size], matrix, out=gates[rows])
            gates[rows, : 2 * size].sigmoid_()
            gates[rows, 2 * size : 3 * size].tanh_()
            gates[rows, 3 * size :].sigmoid_()
            i, f, candidate, o = gates[rows].chunk(4, dim=1)
            h, cell = torch.split(last, size, dim=1)
            torch.mul(f, before[rows, size:], out=cell)
            cell.addcmul_(i, candidate)
            torch.tanh(cell, out=squashed[rows])
            torch.mul(o, squashed[rows], out=h)
    return states, gates, before, squashed


@torch.library.custom_op("saps::lstm_scan_back", mutates_args=())
def _scan_back(
    of_states: Tensor,
    weight: Tensor,
    previous: Tensor,
    gates: Tensor,
    before: Tensor,
    squashed: Tensor,
    sizes: Sequence[int],
    n_starts: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of `projected`, `weight` and `start` from that of the states."""
    size = weight.shape[1]
    with torch.autocast(of_states.device.type, enabled=False):
        to_cell, by_output, by_cell, forget = _factors(gates, before[:, size:], squashed)
        of_gates = torch.empty_like(gates)
        of_state = of_states.clone()
        of_start = of_state.new_zeros(n_starts, 2 * size)
        matrix = weight.to(gates.dtype)
        bounds = _bounds(sizes)
        for number in range(len(bounds) - 1, -1, -1):
            rows = slice(*bounds[number])
            of_h, of_c = of_state[rows, :size], of_state[rows, size:]
            of_c.addcmul_(of_h, to_cell[rows])
            of_sums = of_gates[rows]
            torch.mul(of_h, by_output[rows], out=of_sums[:, 3 * size :])
            blocks = of_sums[:, : 3 * size].view(-1, 3, size)
            torch.mul(of_c[:, None], by_cell[rows], out=blocks)
            of_before = torch.cat([of_sums @ matrix, of_c * forget[rows]], dim=1)
            earlier = of_state[slice(*bounds[number - 1])] if number else of_start
            earlier.index_add_(0, previous[rows], of_before)
        of_weight = of_gates.t() @ before[:, :size]
    return of_gates, of_weight.to(weight.dtype), of_start


def _factors(gates: Tensor, before: Tensor, squashed: Tensor) -> tuple[Tensor, ...]:
    """Return what the gradients of h' and c' are multiplied by, for all steps at once.

    Args:
        gates: (X, 4 H) their values.
        before: (X, H) c.
        squashed: (X, H) tanh(c').

    Returns:
        From h' to c' (X, H); from h' to the output gate's sum (X, H); from c' to the sums of the
        input gate, the forget gate and the candidate (X, 3, H); from c' to c (X, H).
    """
    i, f, candidate, o = gates.chunk(4, dim=1)
    by_cell = gates.new_empty(len(gates), 3, squashed.shape[1])
    # The slopes s(x) (1 - s(x)) and 1 - tanh(x)^2 from the values, times the first argument.
    sigmoid_slope = torch.ops.aten.sigmoid_backward.grad_input
    tanh_slope = torch.ops.aten.tanh_backward.grad_input
    sigmoid_slope(candidate, i, grad_input=by_cell[:, 0])
    sigmoid_slope(before, f, grad_input=by_cell[:, 1])
    tanh_slope(i, candidate, grad_input=by_cell[:, 2])
    by_output = torch.ops.aten.sigmoid_backward(squashed, o)
    to_cell = torch.ops.aten.tanh_backward(o, squashed)
    return to_cell, by_output, by_cell, f


def _bounds(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first row of each step and the one after its last."""
    return list(pairwise(accumulate(sizes, initial=0)))


# What compilers and autograd are told of the two operations: shapes and types, and which is the
# gradient of which.


@lstm_scan.register_fake
def _shapes(projected: Tensor, weight: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    n_rows, size = projected.shape[0], weight.shape[1]  # len() would make a constant of it
    n_columns = (2 * size, 4 * size, 2 * size, size)
    states, gates, before, squashed = (projected.new_empty(n_rows, n) for n in n_columns)
    return states, gates, before, squashed


@_scan_back.register_fake
def _shapes_back(
    of_states: Tensor, weight: Tensor, _previous: Tensor, gates: Tensor, *rest: Any
) -> tuple[Tensor, Tensor, Tensor]:
    n_starts = rest[-1]
    of_start = of_states.new_empty(n_starts, of_states.shape[1])
    return torch.empty_like(gates), torch.empty_like(weight), of_start


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    _, weight, previous, sizes, start = inputs
    ctx.sizes, ctx.n_starts, ctx.start_dtype = sizes, start.shape[0], start.dtype
    ctx.save_for_backward(weight, previous, *output[1:])


def _gradients(ctx: Any, of_states: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
    of_projected, of_weight, of_start = _scan_back(
        of_states, *ctx.saved_tensors, ctx.sizes, ctx.n_starts
    )
    return of_projected, of_weight, None, None, of_start.to(ctx.start_dtype)


lstm_scan.register_autograd(_gradients, setup_context=_keep)
