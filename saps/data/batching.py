"""Texts and trees as index tensors, and the batches of an epoch.

Sizes: B examples, T pieces of the longest text, N nodes of all trees, P vertical states, M nodes of
the largest tree. Nodes of one step of a network are neighbours in its tensors, so that the step is
one slice; `*_sizes` say how many each step has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from saps.data.example import Example
from saps.data.symbols import SymbolError, SymbolTable
from saps.data.tokenizer import PAD_ID, Tokenizer, TokenizerError
from saps.lang import Node

IntArray = npt.NDArray[np.int64]
Indexes = npt.NDArray[np.integer[Any]]
"""Of whole splits, in 32 bits: they stay in memory. A batch has 64."""

# Kinds of step along the horizontal chain; the root's step comes from nowhere.
START, DOWN, RIGHT = 0, 1, 2

NO_LABEL = -100
"""The label of a node that only fills a place; torch's cross-entropy leaves it out."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTree:
    """One tree in pre-order; every field is (n,) for n nodes.

    Attributes:
        label: index of the label.
        parent: position of the parent, -1 at the root.
        sibling: position of the previous sibling, -1 at a first child and at the root.
        depth: 0 at the root.
        chain: steps from the root along the parent/sibling chain: a first child is one step
            after its parent, any other child one after its previous sibling.
    """

    label: Indexes
    parent: Indexes
    sibling: Indexes
    depth: Indexes
    chain: Indexes

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedExample:
    """One task as indexes: the pieces of its text, (t,), and its tree."""

    pieces: Indexes
    tree: EncodedTree


def encode_tree(program: Node, symbols: SymbolTable) -> EncodedTree:
    """Turn a tree into indexes.

    Raises:
        SymbolError: a node has a symbol that `symbols` lacks.
    """
    rows: list[tuple[int, int, int, int, int]] = []
    # Each entry: node, its parent's position, positions of its siblings so far, depth.
    stack: list[tuple[Node, int, list[int], int]] = [(program, -1, [], 0)]
    while stack:
        node, parent, siblings, depth = stack.pop()
        position = len(rows)
        sibling = siblings[-1] if siblings else -1
        before = sibling if sibling >= 0 else parent
        chain = rows[before][4] + 1 if before >= 0 else 0
        rows.append((symbols.index(node), parent, sibling, depth, chain))
        siblings.append(position)
        children: list[int] = []
        stack.extend((child, position, children, depth + 1) for child in reversed(node.children))
    table = np.asarray(rows, dtype=np.int32)
    return EncodedTree(*np.ascontiguousarray(table.T))


def encode_examples(
    examples: Sequence[Example], tokenizer: Tokenizer, symbols: SymbolTable
) -> list[EncodedExample]:
    """Encode tasks, in order.

    Raises:
        SymbolError: a program has a symbol that `symbols` lacks.
        TokenizerError: a text has no piece.
            Either message gives the task's number, counted from 1.
    """
    texts = tokenizer.encode_many([example.text for example in examples])
    encoded = []
    for number, (example, pieces) in enumerate(zip(examples, texts, strict=True), start=1):
        try:
            tree = encode_tree(example.program, symbols)
        except SymbolError as error:
            raise SymbolError(f"task {number}: {error}") from error
        if not pieces:
            raise TokenizerError(f"task {number}: no word is left of its text {example.text!r}")
        encoded.append(EncodedExample(np.asarray(pieces, dtype=np.int32), tree))
    return encoded


class Tensors:
    """What holds tensors, and perhaps others that do: they move together."""

    __slots__ = ()

    def map(self, kind: type[Any], function: Callable[[Any], Any]) -> Self:
        """Return a copy with `function` applied to every value of a kind, in here or deeper."""

        def mapped(value: Any) -> Any:
            if isinstance(value, kind):
                return function(value)
            return value.map(kind, function) if isinstance(value, Tensors) else value

        parts = {field.name: mapped(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]
        return replace(self, **parts)  # type: ignore[type-var]

    def to(self, device: torch.device | str) -> Self:
        return self.map(Tensor, lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Self:
        """Return a copy in page-locked memory, from where a GPU takes it in passing."""
        return self.map(Tensor, Tensor.pin_memory)

    def __reduce__(self) -> tuple[Any, ...]:
        # By value: torch would hand tensors from a worker process over in /dev/shm, which is small
        # in a container and kills the worker when it is full.
        values = [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]
        arrays = [value.numpy() if isinstance(value, Tensor) else value for value in values]
        return _unpickled, (type(self), arrays)


def _unpickled(kind: type[Any], arrays: list[Any]) -> Any:
    return kind(*(torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arrays))


@dataclass(frozen=True, slots=True, eq=False)
class TextBatch(Tensors):
    """The texts of a batch.

    Attributes:
        pieces: (B, T) piece ids, padded on the right with `PAD_ID`.
        lengths: (B,) number of real pieces, at least 1.
    """

    pieces: Tensor
    lengths: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class TreeBatch(Tensors):
    """The trees of a batch, arranged so that all nodes of one step are neighbours.

    Nodes are ordered by their step on the parent/sibling chain ("horizontal order"). The
    vertical state of a node depends on its ancestors alone, so all children of one parent share
    one: there is one vertical state a tree for its root, and one for each node with children.
    These are ordered by depth ("vertical order").

    Attributes:
        label: (N,) gold label of each node, horizontal order.
        example: (N,) which example of the batch a node belongs to.
        slot: (N,) place of a node in a (B * M) layout, pre-order within its example.
        h_label: (N,) label of the node before it on the chain; `n_labels` (start) at a root.
        h_kind: (N,) kind of the step to it: START, DOWN or RIGHT.
        h_previous: (N,) place, within the previous step's nodes, of the node before it; at a
            root, its example.
        h_sizes: nodes at each step, summing to N.
        v_label: (P,) label of the parent whose children have this state; start at roots.
        v_previous: (P,) place, within the previous depth's states, of the parent's own state;
            at a root, its example.
        v_example: (P,) which example of the batch a vertical state belongs to.
        v_sizes: vertical states at each depth, summing to P.
        v_index: (N,) which vertical state a node has.
        v_slot: (P,) place of a vertical state in a (B * n_v_slots) layout, by example.
        shape: (N, 2) 1 where a node has children, and where it has a next sibling; else 0.
        n_examples: B.
        n_slots: M.
        n_v_slots: the most vertical states that an example has.
        is_padded: whether some nodes fill places, and have `NO_LABEL`.
    """

    label: Tensor
    example: Tensor
    slot: Tensor
    h_label: Tensor
    h_kind: Tensor
    h_previous: Tensor
    h_sizes: tuple[int, ...]
    v_label: Tensor
    v_previous: Tensor
    v_example: Tensor
    v_sizes: tuple[int, ...]
    v_index: Tensor
    v_slot: Tensor
    shape: Tensor
    n_examples: int
    n_slots: int
    n_v_slots: int
    is_padded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Batch(Tensors):
    """Texts with their trees.

    Attributes:
        text: what to read.
        tree: what to write.
        indices: (B,) which examples of the split these are.
        upward: the same trees for a network that reads them; None where none does.
        sequence: the same trees for a network that writes tokens; None where none does.
    """

    text: TextBatch
    tree: TreeBatch
    indices: tuple[int, ...]
    upward: "UpwardBatch | None" = None
    sequence: "SequenceBatch | None" = None

    def __len__(self) -> int:
        return len(self.indices)


class ShapeError(ValueError):
    """A batch does not fit its shape; the message says where."""


@final
@dataclass(frozen=True, slots=True)
class BatchShape:
    """The sizes of all tensors of a batch, with room for more than it may hold.

    What fills the room has no label, so that no loss counts it, and no real node's state continues
    or looks at it: losses and gradients stay what they are. The names are those of `TreeBatch` and
    its siblings.

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


def _roomy(what: str, found: int, room: int | None) -> int:
    """Return a size with room to spare, where there is a shape that gives it."""
    if room is not None and found > room:
        raise ShapeError(f"a batch has {found} {what}, its shape has room for {room}")
    return found if room is None else room


def pad_pieces(
    texts: Sequence[Indexes | Sequence[int]], shape: BatchShape | None = None
) -> TextBatch:
    """Put texts into one rectangle, of a shape if one is given.

    Raises:
        ValueError: a text has no piece.
        ShapeError: they do not fit the shape.
    """
    lengths = np.asarray([len(text) for text in texts], dtype=np.int64)
    if not len(lengths) or not lengths.all():
        raise ValueError("a batch needs texts, each of at least one piece")
    n_texts = _roomy("texts", len(texts), shape and shape.n_examples)
    n_pieces = _roomy("pieces", int(lengths.max()), shape and shape.n_pieces)
    # A text without pieces would leave attention nothing to divide by.
    padded = np.pad(lengths, (0, n_texts - len(texts)), constant_values=1)
    pieces = np.full((n_texts, n_pieces), PAD_ID, dtype=np.int64)
    pieces[: len(texts)][np.arange(n_pieces) < lengths[:, None]] = np.concatenate(
        [np.asarray(text, dtype=np.int64) for text in texts]
    )
    return TextBatch(torch.from_numpy(pieces), torch.from_numpy(padded))


def batch_trees(
    trees: Sequence[EncodedTree], n_labels: int, shape: BatchShape | None = None
) -> TreeBatch:
    """Arrange trees for a decoder with `n_labels` labels; the start label is `n_labels`.

    Raises:
        ShapeError: they do not fit the shape, if one is given.
    """
    (label, parent, sibling, depth, chain), example, rank = _joined(trees, *_TREE_FIELDS)
    first = np.arange(len(label)) - rank
    parent = np.where(parent < 0, -1, parent + first)
    sibling = np.where(sibling < 0, -1, sibling + first)
    before = np.where(sibling >= 0, sibling, parent)
    node, within, h_sizes = _by_step(chain, shape and shape.h_sizes)

    # Vertical states, before they are ordered: the roots', then one for each node with children.
    roots, parents = np.flatnonzero(before < 0), np.unique(parent[parent >= 0])
    state_of_parent = np.zeros(len(label), dtype=np.int64)
    state_of_parent[parents] = np.arange(len(parents)) + len(roots)
    state = np.where(before < 0, example, state_of_parent[parent])
    v_step = np.concatenate([np.zeros_like(roots), depth[parents] + 1])
    v_example = np.concatenate([np.arange(len(roots)), example[parents]])
    v_node, v_within, v_sizes = _by_step(v_step, shape and shape.v_sizes)
    v_rank = np.empty_like(v_node)
    # The states of an example are counted in vertical order.
    v_order = np.argsort(v_node)
    v_rank[v_order] = _by_step(v_example[v_order])[1]

    has = np.zeros((len(label), 2), dtype=np.int64)
    has[parents, 0] = 1
    has[sibling[sibling >= 0], 1] = 1
    kind = np.where(before < 0, START, np.where(sibling >= 0, RIGHT, DOWN))
    n_nodes, n_states = sum(h_sizes), sum(v_sizes)
    n_slots = _roomy("nodes in an example", int(rank.max()) + 1, shape and shape.n_slots)
    n_v_slots = _roomy("states in an example", int(v_rank.max()) + 1, shape and shape.n_v_slots)
    slot = _slots(example * n_slots + rank, node, n_nodes)
    v_slot = _slots(v_example * n_v_slots + v_rank, v_node, n_states)
    v_label = np.concatenate([np.full(len(roots), n_labels), label[parents]])
    v_previous = np.concatenate([np.arange(len(roots)), v_within[state[parents]]])
    return TreeBatch(
        label=_spread(label, node, n_nodes, NO_LABEL),
        example=slot // n_slots,
        slot=slot,
        h_label=_spread(np.where(before < 0, n_labels, label[before]), node, n_nodes),
        h_kind=_spread(kind, node, n_nodes),
        h_previous=_spread(np.where(before < 0, example, within[before]), node, n_nodes),
        h_sizes=h_sizes,
        v_label=_spread(v_label, v_node, n_states),
        v_previous=_spread(v_previous, v_node, n_states),
        v_example=v_slot // n_v_slots,
        v_sizes=v_sizes,
        v_index=_spread(v_node[state], node, n_nodes),
        v_slot=v_slot,
        shape=_spread(has, node, n_nodes),
        n_examples=_roomy("trees", len(trees), shape and shape.n_examples),
        n_slots=n_slots,
        n_v_slots=n_v_slots,
        is_padded=shape is not None,
    )


_TREE_FIELDS = tuple(field.name for field in fields(EncodedTree))


def _joined(trees: Sequence[EncodedTree], *names: str) -> tuple[list[IntArray], IntArray, IntArray]:
    """Return fields of all trees one after another, each node's tree, and its place in that."""
    sizes = np.asarray([len(tree) for tree in trees], dtype=np.int64)
    tree = np.repeat(np.arange(len(trees)), sizes)
    place = np.arange(len(tree)) - (np.cumsum(sizes) - sizes)[tree]
    joined = [
        np.concatenate([getattr(tree, name) for tree in trees], dtype=np.int64) for name in names
    ]
    return joined, tree, place


def _by_step(
    step: IntArray, room: Sequence[int] | None = None, n_steps: int = 0
) -> tuple[IntArray, IntArray, tuple[int, ...]]:
    """Put items, in their order, step after step.

    Args:
        step: of each item, from 0.
        room: the sizes that the steps are to have; None for those that they have.
        n_steps: at least so many sizes.

    Returns:
        Each item's place, its place within its step, and the steps' sizes.
    """
    order = np.argsort(step, kind="stable")
    sizes = np.bincount(step, minlength=n_steps)
    within = np.empty_like(order)
    within[order] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[step[order]]
    if room is not None:
        _roomy("steps", len(sizes), len(room))
        for number, (found, most) in enumerate(zip(sizes.tolist(), room, strict=False)):
            _roomy(f"rows in step {number}", found, most)
        sizes = np.asarray(room, dtype=np.int64)
    return (np.cumsum(sizes) - sizes)[step] + within, within, tuple(sizes.tolist())


def _spread(rows: IntArray, place: IntArray, n_rows: int, value: int = 0) -> Tensor:
    """Put rows, (R, ...), in their places among `n_rows`; the others are `value`."""
    spread = np.full((n_rows, *rows.shape[1:]), value, dtype=np.int64)
    spread[place] = rows
    return torch.from_numpy(spread)


def _slots(slot: IntArray, place: IntArray, n_rows: int) -> Tensor:
    """Put slots in the places of their rows; the other rows get the first slots that are free."""
    slots = np.full(n_rows, -1)
    slots[place] = slot
    if n_rows > len(slot):
        is_free = np.ones(int(slot.max()) + 1 + n_rows, dtype=bool)
        is_free[slot] = False
        slots[slots < 0] = np.flatnonzero(is_free)[: n_rows - len(slot)]
    return torch.from_numpy(slots)


def plan_epoch(
    lengths: IntArray, *, batch_size: int, token_budget: int, seed: int, epoch: int
) -> list[IntArray]:
    """Choose the batches of an epoch: alike in length, in an order that the seed decides.

    The order depends on `seed` and `epoch` alone, so that a resumed run sees the batches that
    it would have seen.

    Args:
        lengths: (n,) pieces of each text.
        batch_size: the most examples in a batch.
        token_budget: the most pieces in a batch, padding included; a longer text stands alone.
        seed: of the run.
        epoch: counted from 0.

    Returns:
        Batches of indexes into `lengths`; together they hold each index once.
    """
    generator = np.random.default_rng((seed, epoch))
    # The jitter lets texts of nearly the same length meet in another batch every epoch.
    order = np.argsort(lengths + 2.0 * generator.random(len(lengths)), kind="stable")
    batches: list[IntArray] = []
    start = longest = 0
    for position, length in enumerate(lengths[order].tolist()):
        count = position - start + 1
        if count > 1 and (count > batch_size or count * max(longest, length) > token_budget):
            batches.append(order[start:position])
            start, longest = position, 0
        longest = max(longest, length)
    if len(order):
        batches.append(order[start:])
    return [batches[i] for i in generator.permutation(len(batches))]


def padding_share(lengths: IntArray, plan: Sequence[IntArray]) -> float:
    """Return the share of the places in the rectangles of a plan that hold padding, in [0, 1)."""
    places = sum(len(batch) * int(lengths[batch].max()) for batch in plan)
    return 1 - int(lengths.sum()) / places if places else 0.0


# A program as a sequence: `(`, a label, its children, `)`; a leaf is its label alone. Sizes: V
# tokens of all programs, L of the longest.


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
class SequenceBatch(Tensors):
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


def batch_sequences(
    trees: Sequence[EncodedTree], n_labels: int, shape: BatchShape | None = None
) -> SequenceBatch:
    """Write trees with brackets, a few array operations for all of them.

    Raises:
        ShapeError: they do not fit the shape, if one is given.
    """
    marks = Marks.after(n_labels)
    order = np.argsort([-n_tokens(tree) for tree in trees], kind="stable")
    trees = [trees[i] for i in order]
    (label, depth), _, _ = _joined(trees, "label", "depth")
    last = np.cumsum([len(tree) for tree in trees]) - 1
    fall = np.append(depth[:-1] - depth[1:], 0)
    fall[last] = depth[last]
    is_inner = fall < 0
    # Behind each label come the brackets that it closes, and behind a tree's last one the end.
    behind = np.maximum(fall, 0)
    behind[last] += 1
    width = 1 + is_inner + behind
    ends = np.cumsum(width)
    token = np.full(int(ends[-1]), marks.close, dtype=np.int64)
    at = ends - width + is_inner
    token[at] = label
    token[at[is_inner] - 1] = marks.open
    token[ends[last] - 1] = marks.end
    lengths = np.diff(ends[last], prepend=0)
    step = np.arange(len(token)) - np.repeat(ends[last] - lengths, lengths)
    fed = np.where(step == 0, marks.start, np.roll(token, 1))
    place, _, sizes = _by_step(step, shape and shape.token_sizes)
    n_examples = _roomy("trees", len(trees), shape and shape.n_examples)
    # The rows of a step are its first ones, with or without room to spare.
    row = np.concatenate([np.arange(size) for size in sizes])
    return SequenceBatch(
        token=_spread(token, place, len(row), NO_LABEL),
        fed=_spread(fed, place, len(row)),
        sizes=sizes,
        order=torch.from_numpy(np.append(order, np.arange(len(trees), n_examples))),
        place=torch.from_numpy(row * len(sizes) + np.repeat(np.arange(len(sizes)), sizes)),
    )


def n_tokens(tree: EncodedTree) -> int:
    """Count the tokens of a program: labels, two brackets for each node with children, the end."""
    return len(tree) + 2 * int(np.count_nonzero(tree.depth[1:] > tree.depth[:-1])) + 1


# For a network that reads trees from the leaves to the root. Sizes: L leaves, I inner nodes, D
# levels, A the most children that a node has.

ABSENT = 0
"""The place of a child that is not there; real places start at 1."""


@dataclass(frozen=True, slots=True, eq=False)
class UpwardBatch(Tensors):
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


def batch_upward(trees: Sequence[EncodedTree], shape: BatchShape | None = None) -> UpwardBatch:
    """Arrange trees.

    Raises:
        ShapeError: they do not fit the shape, if one is given.
    """
    (label, parent, depth), _, rank = _joined(trees, "label", "parent", "depth")
    n_levels = _roomy("levels", int(depth.max()) + 1, shape and len(shape.leaf_sizes))
    level = n_levels - 1 - depth
    child = np.flatnonzero(parent >= 0)
    above = parent[child] + child - rank[child]
    n_children = np.bincount(above, minlength=len(label))
    inner, leaf = np.flatnonzero(n_children), np.flatnonzero(n_children == 0)
    inner_row, within, inner_sizes = _by_step(level[inner], shape and shape.inner_sizes, n_levels)
    place = np.empty_like(label)
    place[inner] = 1 + within
    leaf_row, within, leaf_sizes = _by_step(level[leaf], shape and shape.leaf_sizes, n_levels)
    place[leaf] = 1 + np.asarray(inner_sizes)[level[leaf]] + within
    row = np.empty_like(label)
    row[inner] = inner_row
    _, among_siblings, _ = _by_step(above)
    most = _roomy("children", int(n_children.max()), shape and shape.n_children)
    children = np.full((sum(inner_sizes), most), ABSENT, dtype=np.int64)
    children[row[above], among_siblings] = place[child]
    n_examples = _roomy("trees", len(trees), shape and shape.n_examples)
    return UpwardBatch(
        leaf_label=_spread(label[leaf], leaf_row, sum(leaf_sizes)),
        leaf_sizes=leaf_sizes,
        inner_label=_spread(label[inner], inner_row, sum(inner_sizes)),
        inner_sizes=inner_sizes,
        children=torch.from_numpy(children),
        roots=_spread(place[parent < 0], np.arange(len(trees)), n_examples, ABSENT),
    )
