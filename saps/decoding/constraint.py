"""What a search asks of a constraint, and the one that looks at shapes alone."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.decoding.constraints import TypedConstraint
from saps.decoding.partial_tree import PartialTree
from saps.decoding.request import Request


class Constraint(Protocol):
    """Says which labels may come next; `TypedConstraint` and `ShapeConstraint` are such."""

    def start(self, request: Request) -> Any:
        """Return the empty tree of a request: a `PartialTree`, perhaps one that knows more."""
        ...

    def allowed_many(self, trees: Sequence[Any]) -> Tensor:
        """Return which labels the next node of each tree may have, (R, K) bool, on the CPU."""
        ...

    def first_allowed(self, tree: Any, ranking: Sequence[int]) -> int:
        """Return the first label of a ranking of all that the next node may have.

        It is the first that `allowed_many` has; some is, in a tree that came about by such.
        """
        ...

    def extend(self, tree: Any, label: int) -> Any:
        """Return the tree with its next node labelled."""
        ...


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


@lru_cache(maxsize=16)
def constraint_for(
    symbols: SymbolTable, *, typed: bool, max_depth: int, max_size: int
) -> Constraint:
    """Return a constraint; the same object for the same wishes, since typed ones remember a lot."""
    made = TypedConstraint if typed else ShapeConstraint
    return made(symbols, max_depth=max_depth, max_size=max_size)


def check_request(
    symbols: SymbolTable, request: Request, *, max_depth: int = 60, max_size: int = 400
) -> None:
    """Refuse a request that no program can satisfy.

    Raises:
        RequestTypeError: no program within the caps can have its types.
    """
    constraint_for(symbols, typed=True, max_depth=max_depth, max_size=max_size).start(request)


def forget_constraints() -> None:
    """Have constraints made anew, so that what is decoded next does not depend on what was before.

    Where a completion within the caps is not found for want of steps, one that is remembered from
    another tree may stand in for it: a constraint allows a little more the longer it is used.
    """
    constraint_for.cache_clear()
