"""Trees as bracketed token sequences: `(`, a label, its children, `)`; a leaf is its label alone.

Sizes: B examples, V tokens of all programs, L tokens of the longest, K labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from saps.data.batching import EncodedTree, IntArray


class Marks(NamedTuple):
    """The tokens that are no labels, numbered after them; `start` is fed and never written."""

    open: int
    close: int
    end: int
    start: int

    @classmethod
    def after(cls, n_labels: int) -> "Marks":
        return cls(n_labels, n_labels + 1, n_labels + 2, n_labels + 3)


@dataclass(frozen=True, slots=True, eq=False)
class SequenceBatch:
    """The programs of a batch as tokens, all tokens of one step neighbours.

    The rows of step t are the examples that have a token there, the longest program first: so
    each step's rows are the first rows of the step before.

    Attributes:
        token: (V,) gold tokens, step after step; each program ends with the end mark.
        fed: (V,) the token before each; the start mark at the first step.
        sizes: rows of each of the L steps, falling from B, summing to V.
        order: (B,) the example of each row.
        place: (V,) place of a token in a (B * L) layout, by row and step.
    """

    token: Tensor
    fed: Tensor
    sizes: tuple[int, ...]
    order: Tensor
    place: Tensor

    def to(self, device: torch.device | str) -> "SequenceBatch":
        token, fed, order, place = (
            tensor.to(device, non_blocking=True)
            for tensor in (self.token, self.fed, self.order, self.place)
        )
        return replace(self, token=token, fed=fed, order=order, place=place)


def batch_sequences(trees: Sequence[EncodedTree], n_labels: int) -> SequenceBatch:
    """Write trees with brackets, a few array operations for all of them."""
    marks = Marks.after(n_labels)
    lengths = np.asarray([_length(tree) for tree in trees], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    trees, lengths = [trees[i] for i in order], lengths[order]
    row = np.repeat(np.arange(len(trees)), lengths)
    step = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    token = _flatten(trees, lengths, marks)
    fed = np.concatenate([[marks.start], token[:-1]])
    fed[step == 0] = marks.start
    by_step = np.argsort(step, kind="stable")
    place = row * lengths[0] + step
    return SequenceBatch(
        token=torch.from_numpy(token[by_step]),
        fed=torch.from_numpy(fed[by_step]),
        sizes=tuple(np.bincount(step).tolist()),
        order=torch.from_numpy(order),
        place=torch.from_numpy(place[by_step]),
    )


def _length(tree: EncodedTree) -> int:
    """Count a tree's tokens: its labels, two brackets for each node with children, the end."""
    n_inner = np.count_nonzero(tree.depth[1:] > tree.depth[:-1])
    return len(tree) + 2 * int(n_inner) + 1


def _flatten(trees: Sequence[EncodedTree], lengths: IntArray, marks: Marks) -> IntArray:
    """Return the tokens of all trees, one tree after another."""
    sizes = np.asarray([len(tree) for tree in trees])
    label = np.concatenate([tree.label for tree in trees], dtype=np.int64)
    depth = np.concatenate([tree.depth for tree in trees], dtype=np.int64)
    last = np.cumsum(sizes) - 1
    fall = np.empty_like(depth)
    fall[:-1], fall[last] = depth[:-1] - depth[1:], depth[last]
    is_inner = fall < 0
    # Behind each label come the brackets that it closes, and behind a tree's last one the end.
    behind = np.maximum(fall, 0)
    behind[last] += 1
    width = 1 + is_inner + behind
    at = np.cumsum(width) - width + is_inner
    assert at[last[-1]] + behind[-1] + 1 == lengths.sum()
    token = np.full(int(lengths.sum()), marks.close, dtype=np.int64)
    token[at] = label
    token[at[is_inner] - 1] = marks.open
    token[np.cumsum(lengths) - 1] = marks.end
    return token
