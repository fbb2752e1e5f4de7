"""What encoders and decoders ask of a recurrent cell.

Sizes: R rows, E input, H hidden, S state, G gates before their activation.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

# How weights start (seed 004, "Initialisation and optimisers"; Glorot & Bengio 2010).


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


class Cell(nn.Module, ABC):
    """One step of a recurrence, split so that many steps' inputs take one product.

    A state is one tensor, (R, S), whose first H columns are the cell's output: whoever carries
    states along (a scan, a search) moves rows and knows nothing of what they mean.

    Attributes:
        input_size: E.
        hidden_size: H.
        state_size: S, at least H.
        input: the input's share of all gates, with their biases.
        recurrent: the output's share.
    """

    def __init__(self, input_size: int, hidden_size: int, *, n_gates: int, n_states: int) -> None:
        """Make the matrices that every cell has.

        Args:
            input_size: E.
            hidden_size: H.
            n_gates: blocks of H columns in G, gates and candidate together.
            n_states: blocks of H columns in S.
        """
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.state_size = n_states * hidden_size
        self.input = nn.Linear(input_size, n_gates * hidden_size)
        self.recurrent = nn.Linear(hidden_size, n_gates * hidden_size, bias=False)
        glorot_gates_(self.input.weight, hidden_size)
        orthogonal_gates_(self.recurrent.weight)
        nn.init.zeros_(self.input.bias)

    def project(self, x: Tensor) -> Tensor:
        """Return the input's share of the gates, (R, E) -> (R, G), for `step`."""
        projected: Tensor = self.input(x)
        return projected

    @abstractmethod
    def step(self, projected: Tensor, state: Tensor) -> Tensor:
        """Advance each row by one step.

        Args:
            projected: (R, G) from `project`.
            state: (R, S).

        Returns:
            (R, S).
        """

    def scan(
        self, projected: Tensor, previous: Tensor, sizes: tuple[int, ...], start: Tensor
    ) -> Tensor:
        """Compute the states of all steps, all rows of one step together.

        Args:
            projected: (X, G) from `project`, the rows of one step after those of the one before.
            previous: (X,) row, within the step before, of the state that each continues.
            sizes: number of rows of each step, summing to X.
            start: (B, S) the states that the first step continues.

        Returns:
            (X, S).
        """
        states = [start]
        steps = zip(
            torch.split(projected, list(sizes)), torch.split(previous, list(sizes)), strict=True
        )
        for inputs, rows in steps:
            states.append(self.step(inputs, states[-1].index_select(0, rows)))
        return torch.cat(states[1:])

    def start(self, h: Tensor) -> Tensor:
        """Return states whose output is h and that remember nothing else, (R, H) -> (R, S)."""
        if self.state_size == self.hidden_size:
            return h
        return torch.cat([h, h.new_zeros(len(h), self.state_size - self.hidden_size)], dim=1)

    def output(self, state: Tensor) -> Tensor:
        """Return a state's output, (R, S) -> (R, H)."""
        return state[:, : self.hidden_size]

    def fused(self) -> nn.RNNBase | None:
        """Return torch's module for whole sequences with this cell's weights, if torch has one."""
        return None


def decoder_cell(make: Callable[..., nn.Module], input_size: int, hidden_size: int) -> Cell:
    """Make the cell of a decoder, from its input's size, E, and its own, H.

    Raises:
        ValueError: what is made takes no steps, and can only read.
    """
    made = make(input_size, hidden_size)
    if not isinstance(made, Cell):
        raise ValueError(
            f"a {type(made).__name__} reads a text at once and cannot write step by step: a "
            "decoder needs a recurrent cell, such as lstm"
        )
    return made


# From a cell's weights to those of torch's module for whole sequences.

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
