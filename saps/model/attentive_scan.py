"""All steps of an LSTM with attention and input feeding, with its gradient worked out by hand.

Left to autograd, a step records some thirty operations and copies what it read; here it is two
products with weights, two with the memory, and a few operations in place, and the gradients of
weights and memory are one product each at the end of the backward pass.

Sizes: B examples, V tokens of all programs, L steps, n rows of one step, T pieces, H hidden.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from saps.model.cells.lstm_step import step_factors, take_step


class AttentiveWeights(NamedTuple):
    """What all steps share: the gates' sums are `recurrent` [q' ; h], the query's is `query` h.

    Attributes:
        recurrent: (4 H, 2 H).
        query: (H, H) W_q.
        bias: (H,) of q' before its tanh.
    """

    recurrent: Tensor
    query: Tensor
    bias: Tensor


class AttentiveMemory(NamedTuple):
    """What all steps read: keys (B, T, H), values (B, T, H), and `padding` (B, T).

    `padding` is 0 at a piece and minus infinity elsewhere, and gets no gradient.
    """

    keys: Tensor
    values: Tensor
    padding: Tensor


class AttentiveSteps(NamedTuple):
    """Which example each token belongs to; see `SequenceBatch`.

    Attributes:
        order: (B,) the example of each row.
        place: (V,) place of a token in a (B * L) layout, by row and step.
        sizes: rows of each step.
    """

    order: Tensor
    place: Tensor
    sizes: Sequence[int]


def scan_attentively(
    projected: Tensor,
    start: Tensor,
    weights: AttentiveWeights,
    memory: AttentiveMemory,
    steps: AttentiveSteps,
) -> Tensor:
    """Compute q' of all steps; `SequenceDecoder` has the equations.

    Where autocast makes `projected` short, so are the large products with weights. What is done to
    each number alone and what gains nothing from being short has 32 bits.

    Args:
        projected: (V, 4 H) the fed tokens' share of the gates, step after step.
        start: (B, 2 H) the states [h, c] of the examples before the first step; q' is 0 there.
        weights: of all steps.
        memory: of the B examples.
        steps: of the V tokens.

    Returns:
        (V, H) in (-1, 1), of the type of `projected`.
    """
    attended: Tensor = _AttentiveScan.apply(projected, start, *weights, *memory, steps)  # type: ignore[no-untyped-call]
    return attended


class Trace(NamedTuple):
    """What the steps leave for the way back.

    Of what they leave step after step, the first three have B rows more, before all steps.

    Attributes:
        keys: (B, T, H) by row, as `values`.
        values: (B, T, H).
        outputs: (B + V, 2 H) [q' ; h].
        fed: (B + V, 2 H) the same, of the type of the large products.
        cells: (B + V, H) c.
        gates: (V, 4 H) their values.
        squashed: (V, H) tanh(c).
        shares: (V, T) the attention.
    """

    keys: Tensor
    values: Tensor
    outputs: Tensor
    fed: Tensor
    cells: Tensor
    gates: Tensor
    squashed: Tensor
    shares: Tensor


class _AttentiveScan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        projected: Tensor,
        start: Tensor,
        recurrent: Tensor,
        to_query: Tensor,
        bias: Tensor,
        keys: Tensor,
        values: Tensor,
        padding: Tensor,
        steps: AttentiveSteps,
    ) -> Tensor:
        weights = AttentiveWeights(recurrent, to_query, bias)
        memory = AttentiveMemory(keys, values, padding)
        attended, trace = take_attentive_steps(projected, start, weights, memory, steps)
        ctx.steps = steps
        ctx.dtypes = [part.dtype for part in (start, recurrent, to_query, bias, keys, values)]
        ctx.save_for_backward(recurrent, to_query, *trace)
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_attended: Tensor) -> tuple[Tensor | None, ...]:
        recurrent, to_query, *kept = ctx.saved_tensors
        of_projected, *gradients = take_attentive_steps_back(
            of_attended, recurrent, to_query, Trace(*kept), ctx.steps
        )
        typed = [part.to(dtype) for part, dtype in zip(gradients, ctx.dtypes, strict=True)]
        return of_projected, *typed, None, None


def take_attentive_steps(
    projected: Tensor,
    start: Tensor,
    weights: AttentiveWeights,
    memory: AttentiveMemory,
    steps: AttentiveSteps,
) -> tuple[Tensor, Trace]:
    """Compute q', (V, H), and what its gradient needs; see `scan_attentively`."""
    wide = torch.promote_types(projected.dtype, torch.float32)
    with torch.autocast(projected.device.type, enabled=False):
        by_row = (*memory, start)
        keys, values, padding, first = (
            part.index_select(0, steps.order).to(wide) for part in by_row
        )
        trace = _start_trace(projected, first, keys, values)
        laid_out = AttentiveWeights(
            # Both ways the matrix lies as its product reads it fastest.
            weights.recurrent.to(projected.dtype).t().contiguous(),
            weights.query.to(wide).t().contiguous(),
            weights.bias.to(wide),
        )
        _run(trace, projected, laid_out, padding[:, None], steps.sizes)
    return trace.fed[len(start) :, : len(weights.query)].contiguous(), trace


def take_attentive_steps_back(
    of_attended: Tensor, recurrent: Tensor, to_query: Tensor, trace: Trace, steps: AttentiveSteps
) -> tuple[Tensor, ...]:
    """Return the gradients of `projected`, `start`, the three weights, keys and values.

    All but the first have the types of the products that they come from.
    """
    n_rows, size = len(steps.order), len(to_query)
    with torch.autocast(of_attended.device.type, enabled=False):
        matrices = recurrent.to(trace.fed.dtype), to_query.to(trace.keys.dtype)
        back = _start_gradients(of_attended, trace, n_rows)
        _run_back(back, trace, matrices, steps.sizes)
        of_start = torch.cat([back.outputs[:n_rows, size:], back.cells], dim=1)
        return (
            back.sums,
            torch.empty_like(of_start).index_copy_(0, steps.order, of_start),
            back.sums.t() @ _before(trace.fed, n_rows, steps.sizes),
            back.totals.to(trace.fed.dtype).t() @ trace.fed[n_rows:, size:],
            back.totals.sum(dim=0),
            _by_example(back.energies, trace.outputs[n_rows:, size:], steps),
            _by_example(trace.shares, back.totals, steps),
        )


def _start_trace(projected: Tensor, start: Tensor, keys: Tensor, values: Tensor) -> Trace:
    """Make room for all steps, the rows before the first one filled; `start` is [h, c] by row."""
    n_rows, n_tokens, size = len(start), len(projected), start.shape[1] // 2
    outputs = start.new_empty(n_rows + n_tokens, 2 * size)
    cells = start.new_empty(n_rows + n_tokens, size)
    outputs[:n_rows, :size] = 0
    outputs[:n_rows, size:], cells[:n_rows] = torch.split(start, size, dim=1)
    fed = outputs
    if projected.dtype != outputs.dtype:
        fed = torch.empty_like(outputs, dtype=projected.dtype)
        fed[:n_rows] = outputs[:n_rows]
    return Trace(
        keys,
        values,
        outputs,
        fed,
        cells,
        gates=start.new_empty(n_tokens, 4 * size),
        squashed=start.new_empty(n_tokens, size),
        shares=start.new_empty(n_tokens, keys.shape[1]),
    )


def _run(
    trace: Trace,
    projected: Tensor,
    weights: AttentiveWeights,
    padding: Tensor,
    sizes: Sequence[int],
) -> None:
    """Take all steps; both matrices come transposed, `padding` (B, 1, T) by row."""
    is_short = trace.fed is not trace.outputs
    with_first = [len(trace.keys), *sizes]
    outputs, fed, cells = (
        torch.split(part, with_first) for part in (trace.outputs, trace.fed, trace.cells)
    )
    gates, squashed, shares = (
        torch.split(part, list(sizes)) for part in (trace.gates, trace.squashed, trace.shares)
    )
    keys = trace.keys.transpose(1, 2)
    for step, (n, inputs) in enumerate(
        zip(sizes, torch.split(projected, list(sizes)), strict=True)
    ):
        if is_short:
            gates[step].copy_(torch.addmm(inputs, fed[step][:n], weights.recurrent))
        else:
            torch.addmm(inputs, fed[step][:n], weights.recurrent, out=gates[step])
        attended, h = outputs[step + 1].chunk(2, dim=1)
        take_step(gates[step], cells[step][:n], cells[step + 1], squashed[step], h)
        energy = torch.baddbmm(padding[:n], h[:, None], keys[:n])
        torch.softmax(energy.squeeze(1), dim=1, out=shares[step])
        total = torch.addmm(weights.bias, h, weights.query)
        total = torch.baddbmm(total[:, None], shares[step][:, None], trace.values[:n])
        torch.tanh(total.squeeze(1), out=attended)
        if is_short:
            fed[step + 1].copy_(outputs[step + 1])


class _Gradients(NamedTuple):
    """What the steps leave on the way back, where the last two are of the sums alone.

    Attributes:
        outputs: (B + V, 2 H) of [q' ; h], as `Trace.outputs`.
        cells: (B, H) of c of the step before; at the end, of the states before the first.
        totals: (V, H) of q' before its tanh.
        energies: (V, T) of the attention before its softmax.
        sums: (V, 4 H) of the gates' sums, of the type of the large products.
    """

    outputs: Tensor
    cells: Tensor
    totals: Tensor
    energies: Tensor
    sums: Tensor


def _start_gradients(of_attended: Tensor, trace: Trace, n_rows: int) -> _Gradients:
    size = of_attended.shape[1]
    outputs = torch.zeros_like(trace.outputs)
    outputs[n_rows:, :size] = of_attended
    return _Gradients(
        outputs,
        cells=trace.cells.new_zeros(n_rows, size),
        totals=torch.empty_like(trace.squashed),
        energies=torch.empty_like(trace.shares),
        sums=torch.empty_like(trace.gates, dtype=trace.fed.dtype),
    )


def _run_back(
    back: _Gradients,
    trace: Trace,
    matrices: tuple[Tensor, Tensor],
    sizes: Sequence[int],
) -> None:
    """Take all steps back.

    Args:
        back: filled, but for `outputs` at the steps, where gradients of q' are already.
        trace: of the way here.
        matrices: those of the gates and of the query.
        sizes: rows of each step.
    """
    recurrent, to_query = matrices
    keys, values = trace.keys, trace.values.transpose(1, 2)
    n_rows, size = back.cells.shape
    before = _before(trace.cells, n_rows, sizes)
    factors = step_factors(trace.gates, before, trace.squashed)
    to_cell, by_output, by_cell, forget = (torch.split(part, list(sizes)) for part in factors)
    outputs = torch.split(back.outputs, [n_rows, *sizes])
    attended = torch.split(trace.outputs[n_rows:, :size], list(sizes))
    totals, energies, sums, shares = (
        torch.split(part, list(sizes))
        for part in (back.totals, back.energies, back.sums, trace.shares)
    )
    is_short = back.sums.dtype != back.outputs.dtype
    tanh_slope = torch.ops.aten.tanh_backward.grad_input
    softmax_slope = torch.ops.aten._softmax_backward_data.out
    for step in range(len(sizes) - 1, -1, -1):
        n = sizes[step]
        of_attended, of_h = outputs[step + 1].chunk(2, dim=1)
        tanh_slope(of_attended, attended[step], grad_input=totals[step])
        of_shares = torch.bmm(totals[step][:, None], values[:n]).squeeze(1)
        softmax_slope(of_shares, shares[step], 1, of_shares.dtype, grad_input=energies[step])
        of_h.addmm_(totals[step], to_query)
        of_h += torch.bmm(energies[step][:, None], keys[:n]).squeeze(1)
        of_c = back.cells[:n].addcmul_(of_h, to_cell[step])
        of_sums = torch.empty_like(trace.gates[:n]) if is_short else sums[step]
        torch.mul(of_h, by_output[step], out=of_sums[:, 3 * size :])
        torch.mul(of_c[:, None], by_cell[step], out=of_sums[:, : 3 * size].view(n, 3, size))
        of_c.mul_(forget[step])
        if is_short:
            outputs[step][:n] += torch.mm(sums[step].copy_(of_sums), recurrent)
        else:
            outputs[step][:n].addmm_(of_sums, recurrent)


def _before(values: Tensor, n_rows: int, sizes: Sequence[int]) -> Tensor:
    """Return what each step found, (V, ...), of what came out before all steps and of each."""
    blocks = torch.split(values, [n_rows, *sizes])
    return torch.cat([block[:n] for block, n in zip(blocks[:-1], sizes, strict=True)])


def _by_example(left: Tensor, right: Tensor, steps: AttentiveSteps) -> Tensor:
    """Sum the outer products of rows, (V, P) and (V, Q), by example: (B, P, Q)."""
    n_examples, n_steps = len(steps.order), len(steps.sizes)
    row = torch.div(steps.place, n_steps, rounding_mode="floor")
    place = (steps.order[row] - row) * n_steps + steps.place

    def spread(values: Tensor) -> Tensor:
        rectangle = values.new_zeros(n_examples * n_steps, values.shape[1])
        return rectangle.index_copy_(0, place, values).view(n_examples, n_steps, -1)

    return spread(left).transpose(1, 2) @ spread(right)
