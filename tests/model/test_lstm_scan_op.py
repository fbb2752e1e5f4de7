"""The scan as one operation of torch, beside the one that autograd runs."""

import pytest
import torch
from torch import Tensor

from saps.model.cells import lstm_scan_op
from saps.model.cells.lstm_scan import scan_lstm
from saps.model.cells.lstm_scan_op import scan_compiled

SIZES = (3, 5, 2)
SIZE = 4


def _inputs(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return gates of all steps, the matrix, the rows continued, and three starts."""
    generator = torch.Generator().manual_seed(0)
    previous = torch.tensor([0, 1, 2, 0, 0, 2, 1, 1, 4, 0])
    projected = torch.randn(10, 4 * SIZE, generator=generator, dtype=dtype)
    weight = torch.randn(4 * SIZE, SIZE, generator=generator, dtype=torch.float64)
    start = torch.randn(3, 2 * SIZE, generator=generator, dtype=torch.float64)
    leaves = (projected, weight, start)
    projected, weight, start = (leaf.requires_grad_() for leaf in leaves)
    return projected, weight, previous, start


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_states_and_gradients_are_those_of_the_plain_scan(dtype: torch.dtype) -> None:
    found = []
    for scan in (scan_lstm, scan_compiled):
        projected, weight, previous, start = _inputs(dtype)
        states = scan(projected, weight, previous, SIZES, start)
        states.float().square().sum().backward()  # type: ignore[no-untyped-call]
        found.append([states, projected.grad, weight.grad, start.grad])
    for plain, operation in zip(*found, strict=True):
        assert plain is not None
        assert operation is not None
        assert plain.dtype == operation.dtype
        assert torch.equal(plain, operation)


def test_what_compilers_are_told_of_the_operation_is_so() -> None:
    projected, weight, previous, start = _inputs(torch.float64)
    torch.library.opcheck(lstm_scan_op._scan, (projected, weight, previous, list(SIZES), start))
