"""Texts and trees as index tensors, and the batches of an epoch.

Sizes: B examples, T pieces of the longest text, N nodes of all trees, P vertical states,
M nodes of the largest tree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from saps.data.example import Example
from saps.data.symbols import SymbolError, SymbolTable
from saps.data.tokenizer import PAD_ID, Tokenizer, TokenizerError
from saps.lang import Node

if TYPE_CHECKING:
    from saps.data.sequences import SequenceBatch
    from saps.data.upward import UpwardBatch

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
    # Each entry: node, parent, previous sibling, depth, chain; a stack, for trees may be deep.
    stack: list[tuple[Node, int, list[int], int]] = [(program, -1, [], 0)]
    while stack:
        node, parent, elder, depth = stack.pop()
        position = len(rows)
        sibling = elder[-1] if elder else -1
        before = sibling if sibling >= 0 else parent
        chain = rows[before][4] + 1 if before >= 0 else 0
        rows.append((symbols.index(node), parent, sibling, depth, chain))
        elder.append(position)
        brood: list[int] = []
        stack.extend((child, position, brood, depth + 1) for child in reversed(node.children))
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


def map_parts(kind: type[Any], function: Callable[[Any], Any], value: Any) -> Any:
    """Apply `function` to all that is of a kind in a dataclass and the dataclasses within it."""
    if isinstance(value, kind):
        return function(value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {part.name: getattr(value, part.name) for part in fields(value)}
    return replace(value, **{name: map_parts(kind, function, part) for name, part in parts.items()})


@dataclass(frozen=True, slots=True, eq=False)
class TextBatch:
    """The texts of a batch.

    Attributes:
        pieces: (B, T) piece ids, padded on the right with `PAD_ID`.
        lengths: (B,) number of real pieces, at least 1.
    """

    pieces: Tensor
    lengths: Tensor

    def to(self, device: torch.device | str) -> "TextBatch":
        return TextBatch(
            self.pieces.to(device, non_blocking=True), self.lengths.to(device, non_blocking=True)
        )


@dataclass(frozen=True, slots=True, eq=False)
class TreeBatch:
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

    def to(self, device: torch.device | str) -> "TreeBatch":
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True)
            for name, value in values.items()
            if isinstance(value, Tensor)
        }
        return replace(self, **moved)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
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

    def pin_memory(self) -> "Batch":
        """Return a copy in page-locked memory, from where a GPU takes it in passing."""
        pinned: Batch = map_parts(Tensor, Tensor.pin_memory, self)
        return pinned

    def to(self, device: torch.device | str) -> "Batch":
        upward = None if self.upward is None else self.upward.to(device)
        sequence = None if self.sequence is None else self.sequence.to(device)
        return Batch(self.text.to(device), self.tree.to(device), self.indices, upward, sequence)

    def __len__(self) -> int:
        return len(self.indices)


def pad_pieces(texts: Sequence[Indexes | Sequence[int]]) -> TextBatch:
    """Put texts into one rectangle.

    Raises:
        ValueError: a text has no piece.
    """
    lengths = np.asarray([len(text) for text in texts], dtype=np.int64)
    if not len(lengths) or not lengths.all():
        raise ValueError("a batch needs texts, each of at least one piece")
    pieces = np.full((len(texts), int(lengths.max())), PAD_ID, dtype=np.int64)
    pieces[np.arange(pieces.shape[1]) < lengths[:, None]] = np.concatenate(
        [np.asarray(text, dtype=np.int64) for text in texts]
    )
    return TextBatch(torch.from_numpy(pieces), torch.from_numpy(lengths))


def batch_trees(trees: Sequence[EncodedTree], n_labels: int) -> TreeBatch:
    """Arrange trees for a decoder with `n_labels` labels; the start label is `n_labels`."""
    sizes = np.asarray([len(tree) for tree in trees], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    example = np.repeat(np.arange(len(trees)), sizes)
    shift = offsets[example]
    label, parent, sibling, depth, chain = (
        np.concatenate([getattr(tree, name) for tree in trees], dtype=np.int64)
        for name in ("label", "parent", "sibling", "depth", "chain")
    )
    rank = np.arange(len(label)) - shift
    parent = np.where(parent < 0, -1, parent + shift)
    sibling = np.where(sibling < 0, -1, sibling + shift)
    before = np.where(sibling >= 0, sibling, parent)
    kind = np.where(before < 0, START, np.where(sibling >= 0, RIGHT, DOWN))
    order, within, h_sizes = _order_by_step(chain)
    vertical = _vertical_order(parent, depth, label, example, n_labels)
    _, v_rank, v_crowd = _order_by_step(vertical.example)
    slots, v_slots = int(sizes.max()), max(v_crowd)
    return TreeBatch(
        label=_tensor(label[order]),
        example=_tensor(example[order]),
        slot=_tensor((example * slots + rank)[order]),
        h_label=_tensor(np.where(before < 0, n_labels, label[before])[order]),
        h_kind=_tensor(kind[order]),
        h_previous=_tensor(np.where(before < 0, example, within[before])[order]),
        h_sizes=h_sizes,
        v_label=_tensor(vertical.label),
        v_previous=_tensor(vertical.previous),
        v_example=_tensor(vertical.example),
        v_sizes=vertical.sizes,
        v_index=_tensor(vertical.of_node[order]),
        v_slot=_tensor(vertical.example * v_slots + v_rank),
        shape=_tensor(_shape(parent, sibling)[order]),
        n_examples=len(trees),
        n_slots=slots,
        n_v_slots=v_slots,
    )


def _shape(parent: IntArray, sibling: IntArray) -> IntArray:
    """Tell which nodes have children and a next sibling, (N, 2) of 0 and 1, in pre-order."""
    shape = np.zeros((len(parent), 2), dtype=np.int64)
    shape[parent[parent >= 0], 0] = 1
    shape[sibling[sibling >= 0], 1] = 1
    return shape


@dataclass(frozen=True, slots=True, eq=False)
class _Vertical:
    """Vertical states in their order, see `TreeBatch`; `of_node` is by node, in pre-order."""

    label: IntArray
    previous: IntArray
    example: IntArray
    sizes: tuple[int, ...]
    of_node: IntArray


def _vertical_order(
    parent: IntArray, depth: IntArray, label: IntArray, example: IntArray, n_labels: int
) -> _Vertical:
    roots = np.flatnonzero(parent < 0)
    parents = np.unique(parent[parent >= 0])
    step = np.concatenate([np.zeros_like(roots), depth[parents] + 1])
    order, within, sizes = _order_by_step(step)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    # State number (before ordering) of each node: its tree's root state or its parent's.
    number_of_parent = np.zeros(len(parent), dtype=np.int64)
    number_of_parent[parents] = np.arange(len(parents)) + len(roots)
    number = np.where(parent < 0, example, number_of_parent[parent])
    state_label = np.concatenate([np.full(len(roots), n_labels), label[parents]])
    previous = np.concatenate([np.arange(len(roots)), within[number[parents]]])
    of_example = np.concatenate([np.arange(len(roots)), example[parents]])
    return _Vertical(state_label[order], previous[order], of_example[order], sizes, place[number])


def _order_by_step(step: IntArray) -> tuple[IntArray, IntArray, tuple[int, ...]]:
    """Return the stable order by step, each item's place within its step, the steps' sizes."""
    order = np.argsort(step, kind="stable")
    sizes = np.bincount(step)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    within = np.empty_like(order)
    within[order] = np.arange(len(order)) - starts[step[order]]
    return order, within, tuple(sizes.tolist())


def _tensor(array: IntArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64))


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
    """Return the share of the places in an epoch's rectangles that hold padding, in [0, 1).

    Args:
        lengths: (n,) pieces of each text.
        plan: what `plan_epoch` made of them.
    """
    places = sum(len(batch) * int(lengths[batch].max()) for batch in plan)
    return 1 - int(lengths.sum()) / places if places else 0.0
