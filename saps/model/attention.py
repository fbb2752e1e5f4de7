"""Attention over the text's memory.

Sizes: B examples, T pieces, S queries an example, C memory, H query.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from saps.model.cells.cell import glorot_

# Rows that belong to examples, laid out as a rectangle, so that one product serves all of them.
#
# Sizes: B examples, R rows, S slots an example, C columns.


class Layout(NamedTuple):
    """Where rows go: `slot` (R,), no two alike, in a (B * n_slots) rectangle."""

    slot: Tensor
    n_examples: int
    n_slots: int

    @classmethod
    def of(cls, example: Tensor, n_examples: int) -> "Layout":
        """Give each row a place beside the others of its example, (R,), in any order."""
        if n_examples == 1:  # one sentence, the commonest case: nothing is to be sorted
            return cls(torch.arange(len(example), device=example.device), 1, len(example))
        crowd = torch.bincount(example, minlength=n_examples)
        n_slots = int(crowd.max())
        start = crowd.cumsum(0) - crowd
        order = example.argsort(stable=True)
        rank = torch.empty_like(example)
        rank[order] = torch.arange(len(example), device=example.device)
        return cls(example * n_slots + rank - start[example], n_examples, n_slots)

    @classmethod
    def one_each(cls, n_examples: int, device: torch.device) -> "Layout":
        """Row i is the only one of example i."""
        return cls(torch.arange(n_examples, device=device), n_examples, 1)

    def spread(self, rows: Tensor) -> Tensor:
        """Lay rows out, (R, C) -> (B, S, C); zero where there is none."""
        rectangle = rows.new_zeros(self.n_examples * self.n_slots, rows.shape[1])
        filled = rectangle.index_copy(0, self.slot, rows)
        return filled.view(self.n_examples, self.n_slots, rows.shape[1])

    def collect(self, rectangle: Tensor) -> Tensor:
        """Undo `spread`, (B, S, C) -> (R, C)."""
        return rectangle.flatten(0, 1).index_select(0, self.slot)


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
