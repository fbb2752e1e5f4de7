"""Products with the same matrix at every step of a recurrence, its gradient taken once.

Left to autograd, each step makes a gradient as large as the matrix, and all of them are written and
added up. Here the steps treat the matrix as constant, and its gradient is one product over all
steps, at the end of the backward pass.

Sizes: B rows, P outputs, Q inputs, V inputs of all steps, L steps, n rows of one step.
"""

from typing import Any

import torch
from torch import Tensor


class RepeatedProduct:
    """y = bias + A x at each step, where every row has a matrix A of its own."""

    def __init__(
        self, matrix: Tensor, sizes: tuple[int, ...], place: Tensor, bias: Tensor | None = None
    ) -> None:
        """Prepare the steps.

        Args:
            matrix: (B, P, Q).
            sizes: rows of each step, the first ones of the step before.
            place: (V,) place of each step's rows in a (B * L) layout.
            bias: (B, P), gets no gradient; None for none.
        """
        self._matrix = matrix.detach()
        self._inputs: list[Tensor] = []
        rows = torch.div(place, len(sizes), rounding_mode="floor")
        if bias is None:
            outputs = matrix.new_zeros(len(rows), matrix.shape[1])
        else:
            outputs = bias.to(matrix.dtype).index_select(0, rows)
        shares: Tensor = _Shares.apply(matrix, outputs, self._inputs, place, len(sizes))  # type: ignore[no-untyped-call]
        self._shares = torch.split(shares, list(sizes))

    def __call__(self, x: Tensor) -> Tensor:
        """Take the next step, (n, Q) -> (n, P)."""
        share = self._shares[len(self._inputs)]
        x = x.to(self._matrix.dtype)
        self._inputs.append(x.detach())
        matrix = self._matrix[: len(x)].transpose(1, 2)
        return torch.baddbmm(share[:, None], x[:, None], matrix).squeeze(1)


class _Shares(torch.autograd.Function):
    """Passes on the steps' biases, and turns the gradients of all outputs into that of A."""

    @staticmethod
    def forward(
        ctx: Any, matrix: Tensor, outputs: Tensor, inputs: list[Tensor], place: Tensor, steps: int
    ) -> Tensor:
        ctx.inputs, ctx.shape, ctx.steps = inputs, matrix.shape, steps
        ctx.save_for_backward(place)
        return outputs.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (place,) = ctx.saved_tensors

        def by_row(values: Tensor) -> Tensor:
            layout = values.new_zeros(ctx.shape[0] * ctx.steps, values.shape[1])
            return layout.index_copy_(0, place, values).view(ctx.shape[0], ctx.steps, -1)

        matrix = by_row(gradient).transpose(1, 2) @ by_row(torch.cat(ctx.inputs))
        return matrix, None, None, None, None


class SharedProduct:
    """y = b + W x at each step, with one matrix W for all rows, and b of the row and the step."""

    def __init__(self, weight: Tensor, bias: Tensor, sizes: tuple[int, ...]) -> None:
        """Prepare the steps.

        Args:
            weight: (P, Q).
            bias: (V, P), step after step; gets its gradient.
            sizes: rows of each step, summing to V.
        """
        self._weight = weight.detach().t().to(bias.dtype)
        self._inputs: list[Tensor] = []
        shares: Tensor = _SharedGradient.apply(weight, bias, self._inputs)  # type: ignore[no-untyped-call]
        self._shares = torch.split(shares, list(sizes))

    def __call__(self, x: Tensor) -> Tensor:
        """Take the next step, (n, Q) -> (n, P)."""
        share = self._shares[len(self._inputs)]
        x = x.to(self._weight.dtype)
        self._inputs.append(x.detach())
        return torch.addmm(share, x, self._weight)


class _SharedGradient(torch.autograd.Function):
    """Passes on the steps' biases, and turns the gradients of all outputs into that of W."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, bias: Tensor, inputs: list[Tensor]) -> Tensor:
        ctx.inputs, ctx.dtype = inputs, weight.dtype
        return bias.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weight = gradient.t() @ torch.cat(ctx.inputs)
        return weight.to(ctx.dtype), gradient, None
