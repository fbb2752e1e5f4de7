"""The scan of an LSTM over trees as one operation of torch, which compilers do not look into.

They can not follow its writing in place into parts of tensors; as an operation it also keeps a
compiled graph short, however many steps there are.

Sizes: X steps' rows in all, B starts, H hidden.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from saps.model.cells.lstm_scan import take_steps, take_steps_back


def scan_compiled(
    projected: Tensor, weight: Tensor, previous: Tensor, sizes: Sequence[int], start: Tensor
) -> Tensor:
    """Compute the states of all steps, (X, 2 H); see `scan_lstm`, whose twin this is."""
    states: Tensor = _scan(projected, weight, previous, list(sizes), start)[0]
    return states


@torch.library.custom_op("saps::lstm_scan", mutates_args=())
def _scan(
    projected: Tensor, weight: Tensor, previous: Tensor, sizes: Sequence[int], start: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return take_steps(projected, weight, previous, sizes, start)


@_scan.register_fake
def _scan_shapes(
    projected: Tensor,
    weight: Tensor,
    previous: Tensor,  # noqa: ARG001 - a shape depends on no more
    sizes: Sequence[int],  # noqa: ARG001
    start: Tensor,  # noqa: ARG001
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    n_rows, size = projected.shape[0], weight.shape[1]  # len() would make a constant of it
    n_columns = (2 * size, 4 * size, 2 * size, size)
    states, gates, before, squashed = (projected.new_empty(n_rows, n) for n in n_columns)
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
    return take_steps_back(of_states, weight, previous, gates, before, squashed, sizes, n_starts)


@_scan_back.register_fake
def _scan_back_shapes(
    of_states: Tensor,
    weight: Tensor,
    previous: Tensor,  # noqa: ARG001
    gates: Tensor,
    before: Tensor,  # noqa: ARG001
    squashed: Tensor,  # noqa: ARG001
    sizes: Sequence[int],  # noqa: ARG001
    n_starts: int,
) -> tuple[Tensor, Tensor, Tensor]:
    return (
        torch.empty_like(gates),
        torch.empty_like(weight),
        of_states.new_empty(n_starts, of_states.shape[1]),
    )


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    _, weight, previous, sizes, start = inputs
    ctx.sizes, ctx.n_starts, ctx.start_dtype = sizes, start.shape[0], start.dtype
    ctx.save_for_backward(weight, previous, *output[1:])


def _gradients(ctx: Any, of_states: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
    of_projected, of_weight, of_start = _scan_back(
        of_states, *ctx.saved_tensors, ctx.sizes, ctx.n_starts
    )
    return of_projected, of_weight, None, None, of_start.to(ctx.start_dtype)


_scan.register_autograd(_gradients, setup_context=_keep)
