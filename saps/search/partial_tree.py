"""A tree that is being written in pre-order, label by label: where its next node goes.

And what may stand there as far as its shape tells: `ShapeConstraint`, for trees without types.

Sizes: K labels, R partial trees.
"""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.search.request import Request


class PartialTree:
    """An immutable beginning of a tree; `extend` gives a longer one and shares all it can.

    Nodes are numbered in pre-order, from 0. While the tree is not complete, `depth`, `is_down`,
    `anchor` and `is_last` speak of the next node, the one that has no label yet.

    Attributes:
        previous: the tree without the node written last; None where nothing is written.
        label: of the node written last, -1 where nothing is written.
        n_nodes: how many nodes are written.
        n_open: how many more are called for at least, the next node included; 0 if complete.
        depth: of the next node, 1 at the root; 0 if complete.
        is_down: whether the next node is the first child of its anchor, or else its next sibling.
        anchor: number of that anchor; -1 at the root, and if complete.
        is_last: whether the next node is its parent's last child; true of a root.
        n_closed: how many nodes with children were completed by the node written last: the
            brackets that close between it and the next node.
    """

    __slots__ = (
        "_above",
        "anchor",
        "depth",
        "is_down",
        "is_last",
        "label",
        "n_closed",
        "n_nodes",
        "n_open",
        "previous",
    )

    previous: Self | None
    _above: "_Family | None"

    def __init__(self) -> None:
        """Make the empty tree, whose next node is the root."""
        self.previous = None
        self.label = -1
        self.n_nodes = 0
        self.n_open = 1
        self.depth = 1
        self.is_down = False
        self.anchor = -1
        self.is_last = True
        self.n_closed = 0
        self._above = None

    @property
    def complete(self) -> bool:
        return self.n_open == 0

    @property
    def labels(self) -> list[int]:
        """The labels of all written nodes in pre-order; `SymbolTable.build` makes them a tree."""
        labels: list[int] = []
        tree: PartialTree = self
        while tree.previous is not None:
            labels.append(tree.label)
            tree = tree.previous
        labels.reverse()
        return labels

    def extend(self, label: int, arity: int) -> Self:
        """Write the next node; `arity` is its number of children."""
        assert self.n_open, "the tree is complete"
        grown = self.__class__.__new__(self.__class__)
        grown.previous = self
        grown.label = label
        grown.n_nodes = self.n_nodes + 1
        grown.n_open = self.n_open - 1 + arity
        if arity:
            grown._above = (arity - 1, self.n_nodes, self.depth + 1, self._above)
            grown.depth = self.depth + 1
            grown.is_down = True
            grown.anchor = self.n_nodes
            grown.is_last = arity == 1
            grown.n_closed = 0
        else:
            _close(grown, self)
        return grown

    def open_nodes(self) -> list[int]:
        """The numbers of the written nodes that nodes to come may follow: anchor and ancestors."""
        if not self.n_nodes or not self.n_open:
            return []
        nodes, family = [self.anchor], self._above
        while family is not None:
            nodes.append(family[1])
            family = family[3]
        return nodes

    def open_depths(self) -> list[int]:
        """The depths of all nodes that are called for, (n_open,), in the order of writing."""
        if not self.n_open:
            return []
        depths, family = [self.depth], self._above
        while family is not None:
            left, _, depth, family = family
            depths += [depth] * left
        return depths


_Family = tuple[int, int, int, "_Family | None"]
"""Siblings to be written: how many after the next one, number of the parent, depth, those above.

On the families above the lowest, the next one is the child that is being written."""


def _close(grown: PartialTree, before: PartialTree) -> None:
    """Place the next node after a leaf: beside it, or beside the nearest ancestor with room."""
    node, family, n_closed = before.n_nodes, before._above, 0
    while family is not None and family[0] == 0:
        node, family = family[1], family[3]
        n_closed += 1
    grown.n_closed = n_closed
    if family is None:
        grown._above = None
        grown.depth, grown.is_down, grown.anchor, grown.is_last = 0, False, -1, True
        return
    left, parent, depth, above = family
    grown._above = (left - 1, parent, depth, above)
    grown.depth, grown.is_down, grown.anchor, grown.is_last = depth, False, node, left == 1


class ShapeConstraint:
    """Any tree within a depth and a size, whatever its types."""

    def __init__(self, symbols: SymbolTable, *, max_depth: int, max_size: int) -> None:
        self._arities = symbols.arities
        self._max_depth = max_depth
        self._max_size = max_size
        arities = torch.tensor(self._arities)
        self._most = int(arities.max())
        # Row r: the labels with at most r children.
        self._within = arities <= torch.arange(self._most + 1)[:, None]

    def start(self, request: Request) -> PartialTree:  # noqa: ARG002 - the shape is free
        """Return the empty tree."""
        return PartialTree()

    def allowed_many(self, trees: Sequence[PartialTree]) -> Tensor:
        """Return which labels leave every tree within the caps, (R, K) bool."""
        return self._within[[self._room(tree) for tree in trees]]

    def first_allowed(self, tree: PartialTree, ranking: Sequence[int]) -> int:
        """Return the first label of a ranking that leaves the tree within the caps."""
        room = self._room(tree)
        return next(label for label in ranking if self._arities[label] <= room)

    def extend(self, tree: PartialTree, label: int) -> PartialTree:
        """Return the tree with its next node labelled."""
        return tree.extend(label, self._arities[label])

    def _room(self, tree: PartialTree) -> int:
        """Return how many children the next node may have, counted up to the largest arity."""
        if tree.depth >= self._max_depth:
            return 0
        return min(self._most, self._max_size - tree.n_nodes - tree.n_open)
