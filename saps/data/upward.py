"""Trees arranged for a network that reads them from the leaves to the root.

Sizes: B trees, L leaves, I inner nodes, D levels, A the most children that a node has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from saps.data.batching import EncodedTree, IntArray

ABSENT = 0
"""The place of a child that is not there; real places start at 1."""


@dataclass(frozen=True, slots=True, eq=False)
class UpwardBatch:
    """The trees of a batch, all nodes of one depth together, the deepest first.

    A node's children are one level below it, so a level needs the one before it alone. Within a
    level the inner nodes come first, then the leaves; a place in a level counts them from 1.
    Nodes of one level are in pre-order, tree after tree.

    Attributes:
        leaf_label: (L,) labels of the leaves, level after level.
        leaf_sizes: leaves of each of the D levels, summing to L.
        inner_label: (I,) labels of the nodes with children, level after level.
        inner_sizes: inner nodes of each level, summing to I; none in the first, the deepest.
        children: (I, A) places of each node's children in the level before, from the first child
            on; `ABSENT` where there are fewer than A.
        roots: (B,) places of the roots in the last level.
    """

    leaf_label: Tensor
    leaf_sizes: tuple[int, ...]
    inner_label: Tensor
    inner_sizes: tuple[int, ...]
    children: Tensor
    roots: Tensor

    def to(self, device: torch.device | str) -> "UpwardBatch":
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True)
            for name, value in values.items()
            if isinstance(value, Tensor)
        }
        return replace(self, **moved)


def batch_upward(trees: Sequence[EncodedTree]) -> UpwardBatch:
    """Arrange trees."""
    sizes = np.asarray([len(tree) for tree in trees], dtype=np.int64)
    shift = np.repeat(np.cumsum(sizes) - sizes, sizes)
    label, parent, depth = (
        np.concatenate([getattr(tree, name) for tree in trees], dtype=np.int64)
        for name in ("label", "parent", "depth")
    )
    child = np.flatnonzero(parent >= 0)
    above = parent[child] + shift[child]
    n_children = np.bincount(above, minlength=len(label))
    height = depth.max() - depth
    inner, leaf = np.flatnonzero(n_children > 0), np.flatnonzero(n_children == 0)
    inner_order, inner_within, inner_sizes = _by_level(height[inner], int(depth.max()) + 1)
    leaf_order, leaf_within, leaf_sizes = _by_level(height[leaf], int(depth.max()) + 1)
    place = np.empty_like(label)
    place[inner] = 1 + inner_within
    place[leaf] = 1 + inner_sizes[height[leaf]] + leaf_within
    number = np.empty_like(label)
    number[inner[inner_order]] = np.arange(len(inner))
    children = np.full((len(inner), n_children.max()), ABSENT, dtype=np.int64)
    children[number[above], _rank(above, n_children)] = place[child]
    return UpwardBatch(
        leaf_label=torch.from_numpy(label[leaf[leaf_order]]),
        leaf_sizes=tuple(leaf_sizes.tolist()),
        inner_label=torch.from_numpy(label[inner[inner_order]]),
        inner_sizes=tuple(inner_sizes.tolist()),
        children=torch.from_numpy(children),
        roots=torch.from_numpy(place[parent < 0]),
    )


def _by_level(level: IntArray, n_levels: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return the stable order by level, each item's place within its level, the levels' sizes."""
    order = np.argsort(level, kind="stable")
    sizes = np.bincount(level, minlength=n_levels)
    within = np.empty_like(order)
    within[order] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[level[order]]
    return order, within, sizes


def _rank(above: IntArray, n_children: IntArray) -> IntArray:
    """Return the place of each child among its siblings, from 0; siblings come in their order."""
    by_parent = np.argsort(above, kind="stable")
    first = (np.cumsum(n_children) - n_children)[above[by_parent]]
    rank = np.empty_like(above)
    rank[by_parent] = np.arange(len(above)) - first
    return rank
