"""The sizes of all tensors of a batch, and padding up to them: a compiler sees few shapes.

Sizes: B examples, T pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from saps.data.batching import NO_LABEL, Batch, TextBatch, TreeBatch
from saps.data.sequences import SequenceBatch
from saps.data.tokenizer import PAD_ID
from saps.data.upward import ABSENT, UpwardBatch


class ShapeError(ValueError):
    """A batch does not fit its shape; the message says where."""


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
        return TextBatch(pieces, _filled(text.lengths, self.n_examples, 1))

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
        first = torch.tensor(list(accumulate(self.token_sizes, initial=0))[:-1])
        row = torch.arange(n_tokens) - first[step]
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
        n_inner = sum(self.inner_sizes)
        _check("children", trees.children.shape[1], self.n_children)
        # Leaves stand behind the inner nodes of their level, which are more now.
        before, now = torch.tensor(inner_sizes), torch.tensor(self.inner_sizes)
        level = torch.repeat_interleave(before)
        below = torch.full((n_inner, self.n_children), ABSENT)
        moved = _behind(trees.children, before[level - 1, None], now[level - 1, None])
        below[inner, : trees.children.shape[1]] = moved
        roots = _behind(trees.roots, before[-1], now[-1])
        return UpwardBatch(
            leaf_label=_spread(trees.leaf_label, leaf, sum(self.leaf_sizes)),
            leaf_sizes=self.leaf_sizes,
            inner_label=_spread(trees.inner_label, inner, n_inner),
            inner_sizes=self.inner_sizes,
            children=below,
            roots=_filled(roots, self.n_examples, ABSENT),
        )


def _behind(place: Tensor, n_inner: Tensor, n_inner_now: Tensor) -> Tensor:
    """Return the new places in a level: those of inner nodes stay, those of leaves move on."""
    return torch.where(place > n_inner, place - n_inner + n_inner_now, place)


def _check(what: str, found: int, room: int) -> None:
    if found > room:
        raise ShapeError(f"a batch has {found} {what}, its shape has room for {room}")


def _places(sizes: Sequence[int], room: Sequence[int]) -> Tensor:
    """Return where the rows of all steps go when each step has more room, (sum of sizes,)."""
    _check("steps", len(sizes), len(room))
    for number, (found, most) in enumerate(zip(sizes, room, strict=False)):
        _check(f"rows in step {number}", found, most)
    counts = torch.tensor(sizes)
    step = torch.repeat_interleave(counts)
    first = torch.tensor(list(accumulate(room, initial=0)))[: len(sizes)]
    return torch.arange(len(step)) + (first - (counts.cumsum(0) - counts))[step]


def _spread(rows: Tensor, place: Tensor, n_rows: int, value: int = 0) -> Tensor:
    """Put rows, (R, ...), in their places among `n_rows`; the others are `value`."""
    spread = rows.new_full((n_rows, *rows.shape[1:]), value)
    spread[place] = rows
    return spread


def _filled(rows: Tensor, n_rows: int, value: int) -> Tensor:
    return _spread(rows, torch.arange(len(rows)), n_rows, value)


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
