"""All steps of an LSTM over trees, with its gradient worked out by hand.

Autograd would record some fifteen operations a step and add up a weight gradient a step; here a
step is a product and a few operations in place, and the weights' gradient is one product at the
end of the backward pass.

Sizes: X steps' rows in all, n rows of one step, B starts, H hidden.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from saps.model.cells.lstm_step import step_factors, take_step


def scan_lstm(
    projected: Tensor, weight: Tensor, previous: Tensor, sizes: tuple[int, ...], start: Tensor
) -> Tensor:
    """Compute the states of all steps; see `Cell.scan` and `LstmCell`.

    Args:
        projected: (X, 4 H) the input's share of the gates.
        weight: (4 H, H) the recurrent matrix.
        previous: (X,) row, within the step before, of the state that each continues.
        sizes: rows of each step, summing to X.
        start: (B, 2 H) the states that the first step continues.

    Returns:
        (X, 2 H) of the type of `projected`, which autocast makes short, as it would each step.
    """
    states: Tensor = _LstmScan.apply(projected, weight, previous, sizes, start)  # type: ignore[no-untyped-call]
    return states


class _LstmScan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        projected: Tensor,
        weight: Tensor,
        previous: Tensor,
        sizes: tuple[int, ...],
        start: Tensor,
    ) -> Tensor:
        states, *kept = take_steps(projected, weight, previous, sizes, start)
        ctx.sizes, ctx.start_dtype = sizes, start.dtype
        ctx.n_starts = len(start)
        ctx.save_for_backward(weight, previous, *kept)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_states: Tensor) -> tuple[Tensor | None, ...]:
        weight, previous, gates, before, squashed = ctx.saved_tensors
        of_gates, of_weight, of_start = take_steps_back(
            of_states, weight, previous, gates, before, squashed, ctx.sizes, ctx.n_starts
        )
        return of_gates, of_weight, None, None, of_start.to(ctx.start_dtype)


def take_steps(
    projected: Tensor, weight: Tensor, previous: Tensor, sizes: Sequence[int], start: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Compute the states, (X, 2 H), and what their gradient needs; see `scan_lstm`.

    Returns:
        The states; the gates (X, 4 H); the states that each row continues (X, 2 H); tanh(c') of
        each row (X, H).
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
            h, cell = torch.split(last, size, dim=1)
            take_step(gates[rows], before[rows, size:], cell, squashed[rows], h)
    return states, gates, before, squashed


def take_steps_back(
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
        to_cell, by_output, by_cell, forget = step_factors(gates, before[:, size:], squashed)
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


def _bounds(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first row of each step and the one after its last."""
    return list(pairwise(accumulate(sizes, initial=0)))
