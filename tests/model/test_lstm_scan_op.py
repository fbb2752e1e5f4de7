"""The scan of an LSTM, whose gradient is worked out by hand, beside the steps one by one."""

import pytest
import torch
from torch import Tensor

from saps.model.cells.cell import Cell
from saps.model.cells.lstm import LstmCell, lstm_scan

SIZES = (3, 5, 2)
SIZE = 4


def _inputs(dtype: torch.dtype) -> tuple[LstmCell, Tensor, Tensor, Tensor]:
    """Return a cell, gates of all steps, the rows continued, and three starts."""
    torch.manual_seed(0)
    previous = torch.tensor([0, 1, 2, 0, 0, 2, 1, 1, 4, 0])
    projected = torch.randn(10, 4 * SIZE, dtype=dtype, requires_grad=True)
    start = torch.randn(3, 2 * SIZE, dtype=torch.float64, requires_grad=True)
    return LstmCell(3, SIZE).double(), projected, previous, start


def test_states_and_gradients_are_those_of_the_steps() -> None:
    found = []
    for scan in (LstmCell.scan, Cell.scan):
        cell, projected, previous, start = _inputs(torch.float64)
        states = scan(cell, projected, previous, SIZES, start)
        states.square().sum().backward()  # type: ignore[no-untyped-call]
        found.append([states, projected.grad, cell.recurrent.weight.grad, start.grad])
    for scanned, stepped in zip(*found, strict=True):
        assert scanned is not None
        assert stepped is not None
        torch.testing.assert_close(scanned, stepped)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_what_compilers_are_told_of_the_operation_is_so(dtype: torch.dtype) -> None:
    cell, projected, previous, start = _inputs(dtype)
    weight = cell.recurrent.weight.detach().requires_grad_()
    checks = ("test_schema", "test_faketensor", "test_autograd_registration")
    torch.library.opcheck(
        lstm_scan, (projected, weight, previous, list(SIZES), start), test_utils=checks
    )
