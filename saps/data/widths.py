"""How many rows each task adds to the steps of a batch.

Sizes: S tasks, L steps of the longest horizontal chain, D levels of the deepest tree, V tokens of
the longest program, W columns, b batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from saps.data.batching import IntArray
from saps.data.encoded_split import EncodedSplit

Counts = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Widths:
    """What a batch needs room for, by task; see `TreeBatch` and its siblings for the steps.

    Attributes:
        rows: (S, W) what adds up over a batch, for five kinds of steps side by side: nodes (L),
            vertical states (D), leaves (D) and inner nodes (D) from the root down, tokens (V).
        columns: L, D, D, D, V.
        largest: (S, 3) of what a batch needs the largest: pieces, nodes, vertical states.
        n_children: the most children of a node.
    """

    rows: Counts
    columns: tuple[int, ...]
    largest: IntArray
    n_children: int

    @classmethod
    def of(cls, split: EncodedSplit) -> "Widths":
        """Count a split's tasks."""
        _, parent, _, depth, chain = split.nodes
        sizes = np.diff(split.node_ends)
        example = np.repeat(np.arange(len(sizes)), sizes)
        children = np.bincount(
            (parent + split.node_ends[:-1][example])[parent >= 0], minlength=len(parent)
        )
        inner = children > 0
        n_inner = np.bincount(example[inner], minlength=len(sizes))
        shape = (len(sizes), int(depth.max()) + 1)
        leaves = _count(example[~inner], depth[~inner], shape)
        inners = _count(example[inner], depth[inner], shape)
        states = np.ones(shape, dtype=np.uint16)  # of the root
        states[:, 1:] = inners[:, :-1]
        nodes = _count(example, chain, (len(sizes), int(chain.max()) + 1))
        n_tokens = sizes + 2 * n_inner + 1
        tokens = (np.arange(n_tokens.max()) < n_tokens[:, None]).astype(np.uint16)
        parts = (nodes, states, leaves, inners, tokens)
        return cls(
            np.concatenate(parts, axis=1),
            tuple(part.shape[1] for part in parts),
            np.stack([split.lengths, sizes, 1 + n_inner], axis=1),
            int(children.max()),
        )

    def of_batches(self, plan: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
        """Return what the batches of a plan need room for: rows (b, W), and the largest (b, 3)."""
        order = np.concatenate(plan)
        starts = np.cumsum([0, *map(len, plan[:-1])])
        rows = np.add.reduceat(self.rows[order], starts, axis=0, dtype=np.int64)
        return rows, np.maximum.reduceat(self.largest[order], starts, axis=0)


def _count(example: IntArray, step: npt.NDArray[np.int32], shape: tuple[int, int]) -> Counts:
    """Count rows by example and step."""
    counts = np.bincount(example * shape[1] + step, minlength=shape[0] * shape[1])
    return counts.reshape(shape).astype(np.uint16)
