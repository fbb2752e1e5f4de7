"""From a cell's weights to those of torch's module for whole sequences."""

from typing import TypeVar

from torch import Tensor, nn

from saps.model.cells.cell import Cell

Fused = TypeVar("Fused", bound=nn.RNNBase)


def with_weights_of(cell: Cell, fused: Fused, recurrent_bias: Tensor | None = None) -> Fused:
    """Give torch's one-layer module the weights of a cell whose gates have the same order.

    Args:
        cell: where the weights come from.
        fused: made for the same sizes; changed in place and returned.
        recurrent_bias: torch adds a second bias to every gate, which starts at this, else at 0.
    """
    weights = dict(fused.named_parameters())
    weights["weight_ih_l0"].data.copy_(cell.input.weight.data)
    weights["weight_hh_l0"].data.copy_(cell.recurrent.weight.data)
    weights["bias_ih_l0"].data.copy_(cell.input.bias.data)
    weights["bias_hh_l0"].data.zero_()
    if recurrent_bias is not None:
        weights["bias_hh_l0"].data[-len(recurrent_bias) :] = recurrent_bias.data
    return fused
