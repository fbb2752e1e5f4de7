"""All tasks of a split as a few flat arrays.

Sizes: S tasks, T pieces of all texts, N nodes of all trees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from saps.data.batching import EncodedExample, EncodedTree, Indexes, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class EncodedSplit:
    """Tasks one after another; task i has the places `ends[i]` to `ends[i + 1]`.

    Attributes:
        pieces: (T,) piece ids of the texts.
        piece_ends: (S + 1,) from 0 to T.
        nodes: (5, N) the fields of `EncodedTree` in their order.
        node_ends: (S + 1,) from 0 to N.
    """

    pieces: Indexes
    piece_ends: IntArray
    nodes: Indexes
    node_ends: IntArray

    @classmethod
    def of(cls, examples: Sequence[EncodedExample]) -> "EncodedSplit":
        trees = [example.tree for example in examples]
        rows = (
            [tree.label for tree in trees],
            [tree.parent for tree in trees],
            [tree.sibling for tree in trees],
            [tree.depth for tree in trees],
            [tree.chain for tree in trees],
        )
        return cls(
            _join([example.pieces for example in examples]),
            _ends([len(example.pieces) for example in examples]),
            np.stack([_join(row) for row in rows]),
            _ends([len(tree) for tree in trees]),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "EncodedSplit":
        """Undo `arrays`."""
        return cls(**arrays)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {
            "pieces": self.pieces,
            "piece_ends": self.piece_ends,
            "nodes": self.nodes,
            "node_ends": self.node_ends,
        }

    def __len__(self) -> int:
        return len(self.piece_ends) - 1

    def __getitem__(self, index: int) -> EncodedExample:
        pieces = self.pieces[self.piece_ends[index] : self.piece_ends[index + 1]]
        nodes = self.nodes[:, self.node_ends[index] : self.node_ends[index + 1]]
        return EncodedExample(pieces, EncodedTree(*nodes))

    @property
    def lengths(self) -> IntArray:
        """(S,) pieces of each text."""
        return np.diff(self.piece_ends)


def _join(parts: Sequence[Indexes]) -> npt.NDArray[np.int32]:
    return np.concatenate([np.empty(0, np.int32), *parts], dtype=np.int32)


def _ends(sizes: Sequence[int]) -> IntArray:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
