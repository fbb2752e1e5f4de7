"""A layer that reads a sequence in one direction, made of a cell.

Sizes: B texts, T pieces, E input, H output, S state of a cell.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from saps.model.cells.cell import Cell


class SteppedLayer(nn.Module):
    """A cell taken from column to column; the inputs of all columns go through one product."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read from column 0 on.

        Args:
            x: (B, T, E).
            state: (B, S) before column 0; zeros if None.

        Returns:
            The outputs (B, T, H), and the state after the last column, (B, S).
        """
        if state is None:
            state = x.new_zeros(len(x), self.cell.state_size)
        outputs = []
        for projected in self.cell.project(x.transpose(0, 1)).unbind(0):
            state = self.cell.step(projected, state)
            outputs.append(self.cell.output(state))
        return torch.stack(outputs, dim=1), state


def make_layer(
    make: Callable[..., nn.Module], input_size: int, hidden_size: int, truncate: int | None
) -> nn.Module:
    """Make a layer: by torch's module where the cell has one, else by steps.

    Args:
        make: of a `Cell`, or of a layer that has no state, from `input_size` and `hidden_size`.
        input_size: E.
        hidden_size: H.
        truncate: see `read`; checked here.

    Raises:
        ValueError: `truncate` is below 1, or the layer has no state to cut.
    """
    if truncate is not None and truncate < 1:
        raise ValueError(f"truncate is {truncate}, expected at least 1 piece, or null")
    made = make(input_size, hidden_size)
    if not isinstance(made, Cell):
        if truncate is not None:
            raise ValueError(
                f"truncate is {truncate}, but a {type(made).__name__} has no state: leave it out"
            )
        return made
    return made.fused() or SteppedLayer(made)


def read(layer: nn.Module, x: Tensor, truncate: int | None = None) -> Tensor:
    """Run a layer over a sequence, (B, T, E) -> (B, T, H).

    Args:
        layer: from `make_layer`.
        x: read from column 0, where all texts start, so that padding moves no cut.
        truncate: gradients do not pass from a column back into an earlier block of so many
            columns through the state (seed 000, "Truncated BPTT"); None lets them all pass.
    """
    if truncate is None:
        return layer(x)[0]  # type: ignore[no-any-return]
    outputs, state = [], None
    for block in torch.split(x, truncate, dim=1):
        output, state = layer(block, state)
        state = _cut(state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)


def _cut(state: Any) -> Any:
    """Detach a state: a tensor, or torch's pair of them for an LSTM."""
    return state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)
