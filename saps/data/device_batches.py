"""Batches as devices like them: padded to a few shapes, or all of an epoch's on the device.

oneDNN, which multiplies on a CPU in bfloat16, makes code for each combination of sizes; with few
of them a run is 1.4 to 2.3 times as fast. Sizes: S examples of a split, L steps of the longest
chain, D levels of the deepest tree, V tokens of the longest program, W columns, b batches.
"""

import logging
import math
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import accumulate, count, islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from saps.data.batching import (
    ABSENT,
    NO_LABEL,
    Batch,
    IntArray,
    SequenceBatch,
    Tensors,
    TextBatch,
    TreeBatch,
    UpwardBatch,
)
from saps.data.encoded import EncodedSplit
from saps.data.files import DataError
from saps.data.tokenizer import PAD_ID

logger = logging.getLogger(__name__)

Counts = npt.NDArray[np.uint16]


class ShapeError(ValueError):
    """A batch does not fit its shape; the message says where."""


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
        _, parent, _, depth, chain = split.nodes
        sizes = np.diff(split.node_ends)
        example = np.repeat(np.arange(len(sizes)), sizes)
        above = (parent + split.node_ends[:-1][example])[parent >= 0]
        children = np.bincount(above, minlength=len(parent))

        def count(chosen: npt.NDArray[np.bool_], step: npt.NDArray[np.int32]) -> Counts:
            n_steps = int(step.max()) + 1
            place = example[chosen] * n_steps + step[chosen]
            counts = np.bincount(place, minlength=len(sizes) * n_steps)
            return counts.reshape(len(sizes), n_steps).astype(np.uint16)

        leaves, inners = count(children == 0, depth), count(children > 0, depth)
        states = np.ones_like(inners)  # of the root
        states[:, 1:] = inners[:, :-1]
        n_inner = inners.sum(axis=1, dtype=np.int64)
        n_tokens = sizes + 2 * n_inner + 1
        tokens = (np.arange(n_tokens.max()) < n_tokens[:, None]).astype(np.uint16)
        parts = (count(children >= 0, chain), states, leaves, inners, tokens)
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


@dataclass(frozen=True, slots=True)
class ShapePlan:
    """A shape for each class of batches; the longest text tells a batch's class.

    Attributes:
        longest: pieces of the longest text of each class, rising.
        shapes: of the classes, each with room for every batch of its class.
    """

    longest: tuple[int, ...]
    shapes: tuple["BatchShape", ...]

    @classmethod
    def of(cls, widths: Widths, epochs: Iterable[Sequence[IntArray]], n_shapes: int) -> "ShapePlan":
        """Choose shapes.

        Args:
            widths: of the tasks.
            epochs: the plans of all epochs, each from `plan_epoch`; at least one.
            n_shapes: the most shapes; the text lengths at which one ends are those that leave the
                least padding of texts in the first epoch.
        """
        longest: IntArray = np.empty(0, dtype=np.int64)
        rooms: list[IntArray] = []
        for plan in epochs:
            rows, largest = widths.of_batches(plan)
            needs = np.column_stack([[len(batch) for batch in plan], largest, rows])
            if not rooms:
                longest = _ends(largest[:, 0], n_shapes)
                longest[-1] = widths.largest[:, 0].max()
                rooms = [np.zeros_like(needs[0])] * len(longest)
            kind = np.searchsorted(longest, largest[:, 0])
            for number, room in enumerate(rooms):
                needed = needs[kind == number].max(axis=0, initial=0)
                rooms[number] = np.maximum(room, needed)
        return cls(tuple(longest.tolist()), tuple(BatchShape.of(room, widths) for room in rooms))

    def shape(self, n_pieces: int) -> "BatchShape":
        """Return the shape of the batches whose longest text has so many pieces."""
        return self.shapes[int(np.searchsorted(self.longest, n_pieces))]

    def growth(self, widths: Widths, plan: Sequence[IntArray]) -> tuple[float, float]:
        """Return how much padding adds to an epoch's pieces and nodes, as shares of them."""
        shapes = [self.shape(int(widths.largest[batch, 0].max())) for batch in plan]
        n_pieces = sum(shape.n_examples * shape.n_pieces for shape in shapes)
        n_nodes = sum(sum(shape.h_sizes) for shape in shapes)
        real = widths.largest[np.concatenate(plan)].sum(axis=0)
        return n_pieces / int(real[0]) - 1, n_nodes / int(real[1]) - 1


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


@dataclass(frozen=True, slots=True)
class BatchShape:
    """The sizes of all tensors of a batch; the names are those of `TreeBatch` and its siblings.

    Attributes:
        n_examples: B.
        n_pieces: T.
        h_sizes: nodes of each step of the horizontal chain.
        v_sizes: vertical states of each depth.
        n_slots: nodes that an example has room for.
        n_v_slots: vertical states that an example has room for.
        token_sizes: tokens of each step, where a network writes tokens.
        leaf_sizes: leaves of each level, the deepest first.
        inner_sizes: nodes with children of each level.
        n_children: the most children of a node.
    """

    n_examples: int
    n_pieces: int
    h_sizes: tuple[int, ...]
    v_sizes: tuple[int, ...]
    n_slots: int
    n_v_slots: int
    token_sizes: tuple[int, ...]
    leaf_sizes: tuple[int, ...]
    inner_sizes: tuple[int, ...]
    n_children: int

    @classmethod
    def of(cls, room: IntArray, widths: Widths) -> "BatchShape":
        """Return the shape with room for so many examples, (4 + W,): see `Widths.of_batches`."""
        n_examples, n_pieces, n_slots, n_v_slots = room[:4].tolist()
        steps = np.split(room[4:], np.cumsum(widths.columns[:-1]))
        nodes, states, leaves, inners, tokens = (np.trim_zeros(part, "b") for part in steps)
        inners = np.pad(inners, (0, len(leaves) - len(inners)))  # the deepest level: leaves alone
        return cls(
            n_examples=n_examples,
            n_pieces=n_pieces,
            h_sizes=tuple(nodes.tolist()),
            v_sizes=tuple(states.tolist()),
            # Padding has a place of its own too.
            n_slots=max(n_slots, -(-int(nodes.sum()) // n_examples)),
            n_v_slots=max(n_v_slots, -(-int(states.sum()) // n_examples)),
            token_sizes=tuple(tokens.tolist()),
            leaf_sizes=tuple(leaves[::-1].tolist()),
            inner_sizes=tuple(inners[::-1].tolist()),
            n_children=widths.n_children,
        )

    def pad(self, batch: Batch) -> Batch:
        """Fill a batch up to this shape: `indices` names its real examples alone.

        The padding has no label, so that no loss counts it, and no real node's state continues
        or looks at it: losses and gradients stay what they are.

        Raises:
            ShapeError: the batch has more than there is room for.
        """
        upward = None if batch.upward is None else self._pad_upward(batch.upward)
        sequence = None if batch.sequence is None else self._pad_sequence(batch.sequence)
        tree = self._pad_tree(batch.tree)
        return Batch(self._pad_text(batch.text), tree, batch.indices, upward, sequence)

    def _pad_text(self, text: TextBatch) -> TextBatch:
        n_texts, n_pieces = text.pieces.shape
        _check("texts", n_texts, self.n_examples)
        _check("pieces", n_pieces, self.n_pieces)
        pieces = torch.full((self.n_examples, self.n_pieces), PAD_ID)
        pieces[:n_texts, :n_pieces] = text.pieces
        # A text without pieces would leave attention nothing to divide by.
        return TextBatch(pieces, _spread(text.lengths, torch.arange(n_texts), self.n_examples, 1))

    def _pad_tree(self, tree: TreeBatch) -> TreeBatch:
        node, state = _places(tree.h_sizes, self.h_sizes), _places(tree.v_sizes, self.v_sizes)
        n_nodes, n_states = sum(self.h_sizes), sum(self.v_sizes)
        slot = _slots(tree.slot, tree.n_slots, node, n_nodes, self.n_slots)
        v_slot = _slots(tree.v_slot, tree.n_v_slots, state, n_states, self.n_v_slots)
        return TreeBatch(
            label=_spread(tree.label, node, n_nodes, NO_LABEL),
            example=slot // self.n_slots,
            slot=slot,
            h_label=_spread(tree.h_label, node, n_nodes),
            h_kind=_spread(tree.h_kind, node, n_nodes),
            h_previous=_spread(tree.h_previous, node, n_nodes),
            h_sizes=self.h_sizes,
            v_label=_spread(tree.v_label, state, n_states),
            v_previous=_spread(tree.v_previous, state, n_states),
            v_example=v_slot // self.n_v_slots,
            v_sizes=self.v_sizes,
            v_index=_spread(state[tree.v_index], node, n_nodes),
            v_slot=v_slot,
            shape=_spread(tree.shape, node, n_nodes),
            n_examples=self.n_examples,
            n_slots=self.n_slots,
            n_v_slots=self.n_v_slots,
            is_padded=True,
        )

    def _pad_sequence(self, sequence: SequenceBatch) -> SequenceBatch:
        place = _places(sequence.sizes, self.token_sizes)
        n_tokens, n_steps = sum(self.token_sizes), len(self.token_sizes)
        step = torch.repeat_interleave(torch.tensor(self.token_sizes))
        row = torch.arange(n_tokens) - _starts(self.token_sizes)[step]
        others = torch.arange(len(sequence.order), self.n_examples)
        return SequenceBatch(
            token=_spread(sequence.token, place, n_tokens, NO_LABEL),
            fed=_spread(sequence.fed, place, n_tokens),
            sizes=self.token_sizes,
            order=torch.cat([sequence.order, others]),
            place=row * n_steps + step,
        )

    def _pad_upward(self, trees: UpwardBatch) -> UpwardBatch:
        # Levels are counted from the roots, which come last.
        missing = (0,) * (len(self.leaf_sizes) - len(trees.leaf_sizes))
        leaf_sizes, inner_sizes = missing + trees.leaf_sizes, missing + trees.inner_sizes
        leaf, inner = _places(leaf_sizes, self.leaf_sizes), _places(inner_sizes, self.inner_sizes)
        n_inner, n_children = sum(self.inner_sizes), trees.children.shape[1]
        _check("children", n_children, self.n_children)
        # Leaves stand behind the inner nodes of their level, which are more now.
        before, now = torch.tensor(inner_sizes), torch.tensor(self.inner_sizes)

        def moved(place: Tensor, level: Tensor) -> Tensor:
            return torch.where(place > before[level], place + (now - before)[level], place)

        children = torch.full((n_inner, self.n_children), ABSENT)
        below = torch.repeat_interleave(before)[:, None] - 1
        children[inner, :n_children] = moved(trees.children, below)
        roots = moved(trees.roots, torch.tensor(-1))
        return UpwardBatch(
            leaf_label=_spread(trees.leaf_label, leaf, sum(self.leaf_sizes)),
            leaf_sizes=self.leaf_sizes,
            inner_label=_spread(trees.inner_label, inner, n_inner),
            inner_sizes=self.inner_sizes,
            children=children,
            roots=_spread(roots, torch.arange(len(roots)), self.n_examples, ABSENT),
        )


def _check(what: str, found: int, room: int) -> None:
    if found > room:
        raise ShapeError(f"a batch has {found} {what}, its shape has room for {room}")


def _starts(sizes: Sequence[int]) -> Tensor:
    return torch.tensor(list(accumulate(sizes, initial=0))[:-1])


def _places(sizes: Sequence[int], room: Sequence[int]) -> Tensor:
    """Return where the rows of all steps go when each step has more room, (sum of sizes,)."""
    _check("steps", len(sizes), len(room))
    for number, (found, most) in enumerate(zip(sizes, room, strict=False)):
        _check(f"rows in step {number}", found, most)
    step = torch.repeat_interleave(torch.tensor(sizes))
    shift = _starts(room)[: len(sizes)] - _starts(sizes)
    return torch.arange(len(step)) + shift[step]


def _spread(rows: Tensor, place: Tensor, n_rows: int, value: int = 0) -> Tensor:
    """Put rows, (R, ...), in their places among `n_rows`; the others are `value`."""
    spread = rows.new_full((n_rows, *rows.shape[1:]), value)
    spread[place] = rows
    return spread


def _slots(slot: Tensor, n_slots: int, place: Tensor, n_rows: int, room: int) -> Tensor:
    """Return the rows' slots where an example has `room` of them; padding takes free ones."""
    _check("nodes or states in an example", n_slots, room)
    kept = slot // n_slots * room + slot % n_slots
    is_free = torch.ones(int(kept.max()) + 1 + n_rows, dtype=torch.bool)
    is_free[kept] = False
    slots = _spread(kept, place, n_rows, -1)
    padding = slots < 0
    slots[padding] = is_free.nonzero().squeeze(1)[: int(padding.sum())]
    return slots


# The batches of an epoch on the device, while worker processes make those of the next.

Key = tuple[int, int]
"""An epoch, from 0, and which of its parts."""


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

    def __getitem__(self, index: int) -> Batch:
        """Return a batch; its tensors are views, so that nothing is copied or computed."""

        def view(place: _Place) -> Tensor:
            end = place.first + math.prod(place.shape)
            return self.numbers[place.first : end].view(place.shape)

        return self.outlines[index].map(_Place, view)

    @property
    def size_bytes(self) -> int:
        return self.numbers.numel() * self.numbers.element_size()


@dataclass(eq=False)
class _EpochParts(Dataset[PackedBatches]):
    """Parts of all epochs, each part in one tensor, made when asked for.

    Attributes:
        batches_of: returns the batches of an epoch; has a length and gives each by number.
        n_parts: of an epoch, for so many processes to make at the same time.
    """

    batches_of: Callable[[int], Any]
    n_parts: int

    def __getitem__(self, key: Key) -> PackedBatches:
        epoch, part = key
        batches = self.batches_of(epoch)
        numbers = np.array_split(np.arange(len(batches)), self.n_parts)[part]
        return PackedBatches.of(batches[number] for number in numbers.tolist())


def check_room(n_workers: int) -> None:
    """See that worker processes can be started; a loader that fails at that says little.

    Raises:
        DataError: there is no room in /dev/shm, where processes keep their locks.
    """
    try:
        locks = [multiprocessing.Lock() for _ in range(8 * n_workers)]
    except OSError as error:
        told = f"no worker process can start ({error.strerror})"
        reason = f"{told}; free some space, or set feed.n_workers=0"
        raise DataError("/dev/shm", reason) from error  # noqa: S108 - no file of ours
    del locks


@dataclass(eq=False)
class Residence:
    """Keeps the batches of one epoch on a device; worker processes make those of the next.

    Attributes:
        batches_of: see `_EpochParts`.
        n_epochs: of the run, so that none is made ahead that nobody asks for; None for no end.
        n_workers: processes that make batches; 0 makes an epoch when it begins.
        pin: copy by way of page-locked memory.
    """

    batches_of: Callable[[int], Any]
    device: torch.device
    _: KW_ONLY
    n_epochs: int | None
    n_workers: int
    pin: bool

    def __post_init__(self) -> None:
        check_room(self.n_workers)
        self._parts = _EpochParts(self.batches_of, max(1, self.n_workers))
        self._epoch = -1
        self._here: list[PackedBatches] = []
        self._ahead: Iterator[PackedBatches] | None = None

    def epoch(self, number: int) -> list[PackedBatches]:
        """Return the batches of an epoch, on the device."""
        if number == self._epoch:
            return self._here
        if self._ahead is None or number != self._epoch + 1:
            self._ahead = iter(self._loader(number))
        self._here = []  # makes room on the device first
        parts = islice(self._ahead, self._parts.n_parts)
        self._here = [part.to(self.device) for part in parts]
        if self._epoch < 0:
            size_mb = sum(part.size_bytes for part in self._here) / 1e6
            logger.info("the batches of an epoch take %.0f MB on %s", size_mb, self.device)
        self._epoch = number
        return self._here

    def _loader(self, first: int) -> DataLoader[PackedBatches]:
        epochs = count(first) if self.n_epochs is None else range(first, self.n_epochs)
        keys = ((epoch, part) for epoch in epochs for part in range(self._parts.n_parts))
        return DataLoader(
            self._parts,
            batch_size=None,
            sampler=keys,
            num_workers=self.n_workers,
            # Each worker makes one part ahead: together the next epoch, and no more.
            prefetch_factor=1 if self.n_workers else None,
            pin_memory=self.pin,
        )

    def close(self) -> None:
        """Let the workers go."""
        self._ahead = None


class CountedEpoch:
    """The batches of one epoch, in turn; a checkpoint within it knows how many were given."""

    def __init__(
        self, batches_from: Callable[[int], Iterable[Batch]], length: int, epoch: int
    ) -> None:
        """Take what gives the `length` batches of an epoch from a number on."""
        self._batches_from, self._length, self._epoch = batches_from, length, epoch
        self._start = self._given = 0

    @classmethod
    def resident(cls, parts: Sequence[PackedBatches], epoch: int) -> "CountedEpoch":
        """Give the batches of an epoch that are on a device."""
        places = [(part, number) for part in parts for number in range(len(part))]
        return cls(lambda n: (part[i] for part, i in places[n:]), len(places), epoch)

    def __len__(self) -> int:
        return self._length  # of the whole epoch: Lightning counts on

    def __iter__(self) -> Iterator[Batch]:
        self._given = self._start
        for batch in self._batches_from(self._start):
            self._given += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self._epoch, "given": self._given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        if state["epoch"] == self._epoch:
            self._start = state["given"]
