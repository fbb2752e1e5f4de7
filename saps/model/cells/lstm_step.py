"""One step of an LSTM written into tensors that are there, and what its gradient is made of.

For those who go through all steps with a gradient worked out by hand; `LstmCell` has the equations.

Sizes: X steps' rows in all, n rows of one step, H hidden.
"""

import torch
from torch import Tensor


def take_step(gates: Tensor, before: Tensor, cell: Tensor, squashed: Tensor, h: Tensor) -> None:
    """Take one step.

    Args:
        gates: (n, 4 H) their sums; become their values.
        before: (n, H) c.
        cell: (n, H) where c' goes.
        squashed: (n, H) where tanh(c') goes.
        h: (n, H) where h' goes.
    """
    size = cell.shape[1]
    gates[:, : 2 * size].sigmoid_()
    gates[:, 2 * size : 3 * size].tanh_()
    gates[:, 3 * size :].sigmoid_()
    i, f, candidate, o = gates.chunk(4, dim=1)
    torch.mul(f, before, out=cell)
    cell.addcmul_(i, candidate)
    torch.tanh(cell, out=squashed)
    torch.mul(o, squashed, out=h)


def step_factors(gates: Tensor, before: Tensor, squashed: Tensor) -> tuple[Tensor, ...]:
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
