"""Which labels can still lead to a program: typed, closed, and within a depth and a size.

    constraint = TypedConstraint(symbols, max_depth=60, max_size=400)
    tree = constraint.start(request)
    while not tree.complete:
        tree = constraint.extend(tree, choose(constraint.allowed(tree)))
    program = symbols.build(tree.labels)

Sizes: K labels, R partial trees.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.decoding.partial_tree import PartialTree

Mask = npt.NDArray[np.bool_]


class TypeRequest(Protocol):
    """What is known of the types of a program before it is written.

    Attributes:
        arguments: types by name, in the language's syntax; the program may name these and no
            others. None: any argument may occur, and its type follows from its use.
        result: type of the program's value; None if it is not known.
    """

    @property
    def arguments(self) -> Mapping[str, str] | None: ...
    @property
    def result(self) -> str | None: ...


class RequestTypeError(ValueError):
    """No program can have the types that are asked for; the message says why.

    Attributes:
        code: "declaration" for a type that is none or a name that can be no argument,
            "impossible-type" for a type that no value of a program has, "no-program" where the
            types are possible but no program of the given depth and size has them.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code)
        self.message, self.code = message, code

    def __str__(self) -> str:
        return self.message


class PartialType(PartialTree):
    """A partial tree with what is known of its types. Immutable; made by `TypedConstraint`."""

    __slots__ = ()


class TypedConstraint:
    """The labels that can still lead to a well-typed program.

    One object serves any number of requests and hypotheses, and remembers what it worked out.
    """

    def __init__(self, symbols: SymbolTable, *, max_depth: int = 60, max_size: int = 400) -> None:
        """Set the caps: `max_depth` levels (a lone root has 1), `max_size` nodes a tree.

        Raises:
            ValueError: a cap is below 1.
        """
        if max_depth < 1 or max_size < 1:
            raise ValueError(f"max_depth={max_depth}, max_size={max_size}: both must be at least 1")
        self.symbols = symbols
        self.max_depth = max_depth
        self.max_size = max_size
        self._arities = np.array(symbols.arities)

    def start(self, request: TypeRequest | None = None) -> PartialType:  # noqa: ARG002
        """Return the empty tree of a program with these types (None: any types).

        Raises:
            RequestTypeError: no program can have them.
        """
        return PartialType()

    def allowed(self, tree: PartialType) -> Mask:
        """Return which labels the next node may have, (K,), read-only.

        At least one is allowed in every tree that came about by allowed labels, unless it is
        complete: then none is.
        """
        room = self.max_size - tree.n_nodes - tree.n_open if tree.depth < self.max_depth else 0
        return (self._arities <= room) & (not tree.complete)

    def allowed_many(self, trees: Sequence[PartialType]) -> Tensor:
        """Return `allowed` of each tree, (R, K) bool, on the CPU."""
        return torch.from_numpy(np.stack([self.allowed(tree) for tree in trees]))

    def extend(self, tree: PartialType, label: int) -> PartialType:
        """Return the tree with its next node labelled, which must be allowed."""
        return tree.extend(label, int(self._arities[label]))

    def complete(self, tree: PartialType) -> bool:
        """Whether no node is left to be labelled; `tree.complete` says the same."""
        return tree.complete
