"""How weights start (seed 004, "Initialisation and optimisers"; Glorot & Bengio 2010)."""

import torch
from torch import Tensor, nn


def glorot_(module: nn.Module) -> None:
    """Give each linear map of a module Glorot-uniform weights and a zero bias, in place."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def orthogonal_gates_(weight: Tensor) -> None:
    """Make each gate's square block of a stacked recurrent matrix, (G * H, H), orthogonal."""
    size = weight.shape[1]
    for block in torch.split(weight.data, size):
        nn.init.orthogonal_(block)


def glorot_gates_(weight: Tensor, hidden_size: int) -> None:
    """Draw each gate's block of a stacked input matrix, (G * H, E), Glorot-uniform."""
    for block in torch.split(weight.data, hidden_size):
        nn.init.xavier_uniform_(block)
