"""The scan of attentional Seq2Seq as one operation of torch, which compilers do not look into.

See `saps.model.cells.lstm_scan_op` for why. What an operation returns must be tensors that share
no memory: where nothing is short, `Trace.fed` is `Trace.outputs`, and an empty tensor goes in its
place.

Sizes: B examples, V tokens of all programs, T pieces, H hidden.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from saps.model.attentive_scan import (
    AttentiveMemory,
    AttentiveSteps,
    AttentiveWeights,
    Trace,
    take_attentive_steps,
    take_attentive_steps_back,
)


def scan_attentively_compiled(
    projected: Tensor,
    start: Tensor,
    weights: AttentiveWeights,
    memory: AttentiveMemory,
    steps: AttentiveSteps,
) -> Tensor:
    """Compute q' of all steps, (V, H); see `scan_attentively`, whose twin this is."""
    sizes = list(steps.sizes)
    kept = _scan(projected, start, *weights, *memory, steps.order, steps.place, sizes)
    attended: Tensor = kept[0]
    return attended


@torch.library.custom_op("saps::attentive_scan", mutates_args=())
def _scan(
    projected: Tensor,
    start: Tensor,
    recurrent: Tensor,
    query: Tensor,
    bias: Tensor,
    keys: Tensor,
    values: Tensor,
    padding: Tensor,
    order: Tensor,
    place: Tensor,
    sizes: Sequence[int],
) -> list[Tensor]:
    weights = AttentiveWeights(recurrent, query, bias)
    memory = AttentiveMemory(keys, values, padding)
    steps = AttentiveSteps(order, place, sizes)
    attended, trace = take_attentive_steps(projected, start, weights, memory, steps)
    if trace.fed is trace.outputs:
        trace = trace._replace(fed=projected.new_empty(0))
    return [attended, *trace]


@_scan.register_fake
def _scan_shapes(
    projected: Tensor,
    start: Tensor,
    recurrent: Tensor,  # noqa: ARG001 - a shape depends on no more
    query: Tensor,
    bias: Tensor,  # noqa: ARG001
    keys: Tensor,
    values: Tensor,
    padding: Tensor,  # noqa: ARG001
    order: Tensor,  # noqa: ARG001
    place: Tensor,  # noqa: ARG001
    sizes: Sequence[int],  # noqa: ARG001
) -> list[Tensor]:
    # len() would make constants of the first two.
    n_tokens, n_rows, size = projected.shape[0], start.shape[0], query.shape[0]
    wide = torch.promote_types(projected.dtype, torch.float32)
    is_short = projected.dtype != wide

    def room(*shape: int) -> Tensor:
        return projected.new_empty(shape, dtype=wide)

    trace = Trace(
        keys=room(*keys.shape),
        values=room(*values.shape),
        outputs=room(n_rows + n_tokens, 2 * size),
        fed=projected.new_empty((n_rows + n_tokens, 2 * size) if is_short else (0,)),
        cells=room(n_rows + n_tokens, size),
        gates=room(n_tokens, 4 * size),
        squashed=room(n_tokens, size),
        shares=room(n_tokens, keys.shape[1]),
    )
    return [projected.new_empty(n_tokens, size), *trace]


@torch.library.custom_op("saps::attentive_scan_back", mutates_args=())
def _scan_back(
    of_attended: Tensor,
    recurrent: Tensor,
    query: Tensor,
    kept: Sequence[Tensor],
    order: Tensor,
    place: Tensor,
    sizes: Sequence[int],
) -> list[Tensor]:
    trace = Trace(*kept)
    if not trace.fed.numel():
        trace = trace._replace(fed=trace.outputs)
    steps = AttentiveSteps(order, place, sizes)
    return list(take_attentive_steps_back(of_attended, recurrent, query, trace, steps))


@_scan_back.register_fake
def _scan_back_shapes(
    of_attended: Tensor,
    recurrent: Tensor,
    query: Tensor,
    kept: Sequence[Tensor],
    order: Tensor,
    place: Tensor,  # noqa: ARG001
    sizes: Sequence[int],  # noqa: ARG001
) -> list[Tensor]:
    trace, size = Trace(*kept), len(query)
    return [
        torch.empty_like(trace.gates, dtype=of_attended.dtype),
        trace.cells.new_empty(order.shape[0], 2 * size),
        torch.empty_like(recurrent, dtype=of_attended.dtype),
        torch.empty_like(query, dtype=of_attended.dtype),
        trace.cells.new_empty(size),
        torch.empty_like(trace.keys),
        torch.empty_like(trace.values),
    ]


def _keep(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    _, *parts, _, order, place, sizes = inputs
    ctx.sizes, ctx.dtypes = sizes, [part.dtype for part in parts]
    _, recurrent, query, *_ = parts
    ctx.save_for_backward(recurrent, query, order, place, *output[1:])


def _gradients(ctx: Any, of_outputs: list[Tensor]) -> tuple[Tensor | None, ...]:
    recurrent, query, order, place, *kept = ctx.saved_tensors
    of_projected, *gradients = _scan_back(
        of_outputs[0], recurrent, query, kept, order, place, ctx.sizes
    )
    typed = [part.to(dtype) for part, dtype in zip(gradients, ctx.dtypes, strict=True)]
    return of_projected, *typed, None, None, None, None


_scan.register_autograd(_gradients, setup_context=_keep)
