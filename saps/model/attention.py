"""Attention over the text's memory.

Sizes: B examples, T pieces, S queries an example, C memory, H query.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from saps.model.initialization import glorot_
from saps.model.layout import Layout


class AttentionMemory(NamedTuple):
    """A text's memory made ready for queries: keys (B, T, H), values (B, T, C), mask (B, T)."""

    keys: Tensor
    values: Tensor
    mask: Tensor


class GeneralAttention(nn.Module):
    """Luong's general form: a = softmax(M W_a q), r = a^T M, q' = tanh(W_c [r ; q] + b_c).

    Source: Luong, Pham & Manning 2015, Eqs. (5), (7), (8).
    """

    def __init__(self, memory_size: int, query_size: int) -> None:
        super().__init__()
        self.keys = nn.Linear(memory_size, query_size, bias=False)
        self.combine = nn.Linear(memory_size + query_size, query_size)
        glorot_(self)

    def prepare(self, memory: Tensor, mask: Tensor) -> AttentionMemory:
        """Project the memory once for all queries: memory (B, T, C), mask (B, T)."""
        return AttentionMemory(self.keys(memory), memory, mask)

    def forward(self, query: Tensor, memory: AttentionMemory) -> tuple[Tensor, Tensor]:
        """Look at the text once for each query.

        Args:
            query: (B, S, H).
            memory: of the same B examples.

        Returns:
            The attended queries q', (B, S, H) in (-1, 1), and the weights a, (B, S, T), which
            sum to 1 over the text's pieces and are 0 on padding.
        """
        weights = _weights(query, memory)
        read = weights @ memory.values
        return torch.tanh(self.combine(torch.cat([read, query], dim=2))), weights

    def at_rows(
        self, query: Tensor, memory: AttentionMemory, layout: Layout
    ) -> tuple[Tensor, Tensor]:
        """Look at the text once for each of R queries of any examples.

        One product serves all queries of an example, and no memory is copied; what is done to each
        query alone is done to no place of the rectangle that holds none.

        Args:
            query: (R, H).
            memory: of all examples.
            layout: which example each query belongs to.

        Returns:
            The attended queries q', (R, H), and the weights a, (R, T); see `forward`.
        """
        weights = _weights(layout.spread(query), memory)
        read = layout.collect(weights @ memory.values)
        return torch.tanh(self.combine(torch.cat([read, query], dim=1))), layout.collect(weights)


def _weights(query: Tensor, memory: AttentionMemory) -> Tensor:
    """Return how much each query, (B, S, H), takes of each piece, (B, S, T)."""
    energy = query @ memory.keys.transpose(1, 2)
    return energy.masked_fill(~memory.mask[:, None, :], -torch.inf).softmax(dim=2)
