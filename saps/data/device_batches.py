"""Batches as devices like them: padded to a few shapes, or many in one buffer.

oneDNN, which multiplies on a CPU in bfloat16, makes code for each combination of sizes; with few
of them a run is 1.4 to 2.3 times as fast. Sizes: b batches of an epoch.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from saps.data.batching import Batch, BatchShape, IntArray, Tensors
from saps.data.encoded import EncodedSplit


@dataclass(frozen=True, slots=True)
class ShapePlan:
    """A shape for each class of batches; the longest text tells a batch's class.

    Attributes:
        longest: pieces of the longest text of each class, rising.
        shapes: of the classes, each with room for every batch of its class.
    """

    longest: tuple[int, ...]
    shapes: tuple[BatchShape, ...]

    @classmethod
    def of(
        cls, split: EncodedSplit, epochs: Iterable[Sequence[IntArray]], n_shapes: int
    ) -> "ShapePlan":
        """Choose shapes.

        Args:
            split: the tasks.
            epochs: the plans of all epochs, each from `plan_epoch`; at least one.
            n_shapes: the most shapes; the text lengths at which one ends are those that leave the
                least padding of texts in the first epoch.
        """
        needs = _Needs(split)
        longest: IntArray = np.empty(0, dtype=np.int64)
        rooms: IntArray | None = None
        for plan in epochs:
            found = needs.of(plan)
            n_pieces = found[:, 1]
            if rooms is None:
                longest = _ends(n_pieces, n_shapes)
                longest[-1] = split.lengths.max()
                rooms = np.zeros((len(longest), found.shape[1]), dtype=np.int64)
            np.maximum.at(rooms, np.searchsorted(longest, n_pieces), found)
        assert rooms is not None, "a run has an epoch"
        return cls(tuple(longest.tolist()), tuple(map(needs.shape, rooms)))

    def shape(self, n_pieces: int) -> BatchShape:
        """Return the shape of the batches whose longest text has so many pieces."""
        return self.shapes[int(np.searchsorted(self.longest, n_pieces))]

    def growth(self, split: EncodedSplit, plan: Sequence[IntArray]) -> tuple[float, float]:
        """Return how much padding adds to an epoch's pieces and nodes, as shares of them."""
        lengths = split.lengths
        shapes = [self.shape(int(lengths[batch].max())) for batch in plan]
        n_pieces = sum(shape.n_examples * shape.n_pieces for shape in shapes)
        n_nodes = sum(sum(shape.h_sizes) for shape in shapes)
        tasks = np.concatenate(plan)
        real_nodes = np.diff(split.node_ends)[tasks].sum()
        return n_pieces / int(lengths[tasks].sum()) - 1, n_nodes / int(real_nodes) - 1


class _Needs:
    """Counts what the batches of a plan need room for, without making them."""

    def __init__(self, split: EncodedSplit) -> None:
        _, parent, _, self.depth, self.chain = split.nodes
        sizes = np.diff(split.node_ends)
        self.task = np.repeat(np.arange(len(sizes)), sizes)
        children = np.bincount(
            (parent + split.node_ends[:-1][self.task])[parent >= 0], minlength=len(parent)
        )
        self.n_children = int(children.max())
        self.is_inner = children > 0
        n_inner = np.bincount(self.task[self.is_inner], minlength=len(sizes))
        # Of a task: what a batch needs the largest of, and its tokens, see `n_tokens`.
        self.largest = np.stack([split.lengths, sizes, 1 + n_inner], axis=1)
        self.n_tokens = sizes + 2 * n_inner + 1

    def of(self, plan: Sequence[IntArray]) -> IntArray:
        """Return the needs of each batch, (b, W).

        They are examples, the most pieces, nodes and vertical states of one, then what adds up over
        a batch: nodes of each step of the chain, inner nodes and leaves of each depth, tokens of
        each step.
        """
        tasks = np.concatenate(plan)
        lengths = [len(batch) for batch in plan]
        batch_of = np.full(len(self.largest), -1)  # a process has a part of each batch
        batch_of[tasks] = np.repeat(np.arange(len(plan)), lengths)
        batch = batch_of[self.task]

        def count(batch: IntArray, step: IntArray, n_steps: int) -> IntArray:
            places = (batch * n_steps + step)[batch >= 0]
            found = np.bincount(places, minlength=len(plan) * n_steps)
            return found.reshape(len(plan), n_steps)

        starts = np.cumsum([0, *lengths[:-1]])
        inner, n_levels = self.is_inner, int(self.depth.max()) + 1
        with_tokens = count(batch_of, self.n_tokens, int(self.n_tokens.max()) + 1)
        parts = (
            count(batch, self.chain, int(self.chain.max()) + 1),
            count(batch[inner], self.depth[inner], n_levels),
            count(batch[~inner], self.depth[~inner], n_levels),
            # Those that have a token at a step: those that have more tokens than that.
            with_tokens[:, ::-1].cumsum(axis=1)[:, -2::-1],
        )
        self.widths = [part.shape[1] for part in parts]
        largest = np.maximum.reduceat(self.largest[tasks], starts, axis=0)
        return np.column_stack([lengths, largest, *parts])

    def shape(self, room: IntArray) -> BatchShape:
        """Return the shape with room for so much, (W,)."""
        n_examples, n_pieces, n_slots, n_v_slots = room[:4].tolist()
        steps = np.split(room[4:], np.cumsum(self.widths[:-1]))
        nodes, inners, leaves, tokens = (np.trim_zeros(part, "b").tolist() for part in steps)
        # A root has a vertical state, and so have the children of each inner node.
        states = [n_examples, *inners]
        inners += [0] * (len(leaves) - len(inners))  # the deepest level has leaves alone
        return BatchShape(
            n_examples=n_examples,
            n_pieces=n_pieces,
            h_sizes=tuple(nodes),
            v_sizes=tuple(states),
            # Padding has a place of its own too.
            n_slots=max(n_slots, -(-sum(nodes) // n_examples)),
            n_v_slots=max(n_v_slots, -(-sum(states) // n_examples)),
            token_sizes=tuple(tokens),
            leaf_sizes=tuple(reversed(leaves)),
            inner_sizes=tuple(reversed(inners)),
            n_children=self.n_children,
        )


def _ends(lengths: IntArray, n_classes: int) -> IntArray:
    """Return the last length of each class, such that (b,) lengths rounded up to them add least."""
    values, counts = np.unique(lengths, return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])
    # cost[i]: of the first i values in the classes so far; begins[k][i]: where the k-th begins.
    cost = np.concatenate([[0.0], np.full(len(values), np.inf)])
    begins = []
    for _ in range(min(n_classes, len(values))):
        # Row: values up to i; column: the last class holds the values from j on.
        of_class = values[:, None] * (before[1:, None] - before[None, :-1])
        total = np.where(np.tri(len(values), dtype=bool), cost[None, :-1] + of_class, np.inf)
        begins.append(total.argmin(axis=1))
        cost = np.concatenate([[0.0], total.min(axis=1)])
    ends, end = [], len(values)
    while end > 0:
        ends.append(values[end - 1])
        end = int(begins.pop()[end - 1])
    return np.asarray(ends[::-1], dtype=np.int64)


class _Place(NamedTuple):
    """Where the numbers of a tensor are, and its shape."""

    first: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PackedBatches(Tensors):
    """Batches whose tensors are parts of one flat buffer: one copy brings them to a device.

    Attributes:
        numbers: (X,) what is in all tensors, one after another.
        outlines: the batches, with a place in `numbers` instead of each tensor.
    """

    numbers: Tensor
    outlines: tuple[Batch, ...]

    @classmethod
    def of(cls, batches: Iterable[Batch]) -> "PackedBatches":
        """Copy batches of index tensors into one tensor."""
        tensors = [torch.empty(0, dtype=torch.int64)]
        first = 0

        def put(tensor: Tensor) -> _Place:
            nonlocal first
            place = _Place(first, tuple(tensor.shape))
            tensors.append(tensor.flatten())
            first += tensor.numel()
            return place

        outlines = tuple(batch.map(Tensor, put) for batch in batches)
        return cls(torch.cat(tensors), outlines)

    def __len__(self) -> int:
        return len(self.outlines)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; their tensors are views, so that nothing is copied or computed."""

        def view(place: _Place) -> Tensor:
            end = place.first + math.prod(place.shape)
            return self.numbers[place.first : end].view(place.shape)

        return (outline.map(_Place, view) for outline in self.outlines)

    @property
    def size_bytes(self) -> int:
        return self.numbers.numel() * self.numbers.element_size()
