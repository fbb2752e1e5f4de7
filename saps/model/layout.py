"""Rows that belong to examples, laid out as a rectangle, so that one product serves all of them.

Sizes: B examples, R rows, S slots an example, C columns.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Layout(NamedTuple):
    """Where rows go: `slot` (R,), no two alike, in a (B * n_slots) rectangle."""

    slot: Tensor
    n_examples: int
    n_slots: int

    @classmethod
    def of(cls, example: Tensor, n_examples: int) -> "Layout":
        """Give each row a place beside the others of its example, (R,), in any order."""
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
