"""Which labels can still lead to a program: typed, closed, and within a depth and a size.

    constraint = TypedConstraint(symbols, max_depth=60, max_size=400)
    tree = constraint.start(request)
    while not tree.complete:
        tree = constraint.extend(tree, choose(constraint.allowed(tree)))
    program = symbols.build(tree.labels)

Sizes: K labels, R partial trees.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.decoding.completion import Completion, Goal
from saps.decoding.label_types import LabelTypes
from saps.decoding.open_positions import Key, OpenPositions, Segment, Segments
from saps.decoding.partial_tree import PartialTree
from saps.decoding.requested_types import RequestedTypes, RequestTypeError, TypeRequest
from saps.decoding.task_arguments import TaskArguments, intern
from saps.decoding.terms import is_ground, spell

Mask = npt.NDArray[np.bool_]
_MOST_SEGMENTS: Final = 100_000


class PartialType(PartialTree):
    """A partial tree with what is known of its types. Immutable; made by `TypedConstraint`."""

    __slots__ = ("_arguments", "_segments")

    _segments: Segments
    _arguments: TaskArguments


class TypedConstraint:
    """The labels that can still lead to a well-typed program, exactly.

    One object serves any number of requests and hypotheses, and remembers what it worked out.
    The labels are those of `SymbolTable.of_language` or some of them; any others are never
    allowed, except for further constants and names of arguments.
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
        self._kinds = LabelTypes(symbols)
        self._none = _read_only(np.zeros(len(symbols), dtype=np.bool_))
        self._max_arity = max((label.arity for label in symbols.labels), default=0)
        self._forget()

    def _forget(self) -> None:
        """Start with empty caches. Trees made before go on to work."""
        self._positions = OpenPositions(self._kinds)
        self._completion = Completion(self._positions)
        self._arguments: dict[object, TaskArguments] = {}
        self._tight: dict[tuple[TaskArguments, Goal, int], Mask] = {}
        size, depth = self._completion.size, self._completion.depth
        # Up to here whatever has the right type can be completed, with `size` for each position.
        self._roomy_depth = self.max_depth - depth if size else 0
        self._roomy_size = self.max_size - 1 - size * (self._max_arity - 1)
        self._worst = max(size, sum(self._max_arity**level for level in range(depth - 1)))

    @property
    def n_situations(self) -> int:
        """How many different open positions, with all that they share types with, came up."""
        return len(self._positions)

    @property
    def n_steps(self) -> int:
        """How many steps between them were worked out."""
        return self._positions.n_steps

    def start(self, request: TypeRequest | None = None) -> PartialType:
        """Return the empty tree of a program with these types (None: any types).

        Declared arguments without a label are never named.

        Raises:
            RequestTypeError: no program can have them.
        """
        if len(self._positions) > _MOST_SEGMENTS:
            self._forget()
        types = RequestedTypes.read(request)
        labels = self._kinds.arguments
        declared = sorted(
            (labels[name], kind) for name, kind in (types.arguments or {}).items() if name in labels
        )
        known = tuple(pair for pair in declared if is_ground(pair[1]))
        loose = tuple(pair for pair in declared if not is_ground(pair[1]))
        spare = tuple(labels.values()) if types.arguments is None else ()
        tree = PartialType()
        tree._arguments = intern(self._arguments, known, tuple(label for label, _ in loose), spare)
        tree._segments = self._positions.root(
            tuple(kind for _, kind in loose), types.result, types.constraints
        )
        goal = self._goal(tree, self.max_size)
        if not self._completion.fits(goal, self.max_size):
            raise RequestTypeError(
                f"no program of at most {self.max_size} nodes and {self.max_depth} levels "
                f"gives {spell(types.result)} from these arguments",
                "no-program",
            )
        return tree

    def allowed(self, tree: PartialType) -> Mask:
        """Return which labels the next node may have, (K,), read-only.

        They are exactly those with which some tree within the caps can be completed that
        `infer_signature` accepts with the requested types. So at least one is allowed in every
        tree that came about by allowed labels, unless it is complete: then none is.
        """
        if not tree.n_open:
            return self._none
        assert tree._segments is not None
        if (
            tree.depth <= self._roomy_depth
            and tree.n_nodes + self._completion.size * tree.n_open <= self._roomy_size
        ):
            segment, arguments = tree._segments[0], tree._arguments
            mask = segment.masks.get(arguments)
            return self._typed(segment, arguments) if mask is None else mask
        return self._completable(tree)

    def allowed_many(self, trees: Sequence[PartialType]) -> Tensor:
        """Return `allowed` of each tree, (R, K) bool, on the CPU."""
        masks = np.empty((len(trees), len(self.symbols)), dtype=np.bool_)
        for row, tree in enumerate(trees):
            masks[row] = self.allowed(tree)
        return torch.from_numpy(masks)

    def extend(self, tree: PartialType, label: int) -> PartialType:
        """Return the tree with its next node labelled.

        Raises:
            ValueError: the label does not have the type that the place calls for, or the tree is
                complete. Depth and size are `allowed`'s business alone.
        """
        arguments, segments = tree._arguments, tree._segments
        number = self._kinds.number[label]
        key = number if number >= 0 else arguments.keys.get(label, _ABSENT)
        step = None
        if segments is not None and key != _ABSENT:
            step = self._positions.step(segments[0], key)
        if segments is None or step is None:
            raise self._misfit(tree, label)
        grown = tree.extend(label, self._kinds.arities[label])
        grown._segments = self._positions.push(step, segments[1])
        if step.settled:
            arguments = arguments.after(label if number < 0 else -1, step.settled)
        grown._arguments = arguments
        return grown

    def complete(self, tree: PartialType) -> bool:
        """Whether no node is left to be labelled; `tree.complete` says the same."""
        return tree.complete

    def _misfit(self, tree: PartialType, label: int) -> ValueError:
        symbol = self.symbols.labels[label]
        if tree._segments is None:
            return ValueError(f"label {label} ({symbol.symbol}) after a complete tree")
        wanted = spell(tree._segments[0].positions[0][0])
        return ValueError(
            f"label {label} ({symbol.symbol} with {symbol.arity} children) has no place at node "
            f"{tree.n_nodes}, where {wanted} is called for; ask `allowed` first"
        )

    def _typed(self, segment: Segment, arguments: TaskArguments) -> Mask:
        """The labels of the right type, in scope."""
        mask = self._none.copy()
        mask[[label for _, _, labels in self._ways(segment, arguments) for label in labels]] = True
        segment.masks[arguments] = _read_only(mask)
        return mask

    def _ways(
        self, segment: Segment, arguments: TaskArguments
    ) -> Iterator[tuple[Key, int, list[int]]]:
        """What the types allow at the first position: key, number of children, labels."""
        kinds = self._kinds
        for number in (*self._positions.leaves(segment), *self._positions.calls(segment)):
            yield number, kinds.productions[number].arity, kinds.labels[number]
        for label, key in arguments.keys.items():
            if self._positions.fits(segment, key):
                yield key, 0, [label]

    def _goal(self, tree: PartialType, budget: int) -> Goal:
        levels = [self.max_depth + 1 - depth for depth in tree.open_depths()]
        rooms = self._completion.rooms(levels)
        arguments = tree._arguments
        # More spare names than nodes are left are of no use.
        return Goal(tree._segments, rooms, arguments.types, min(len(arguments.spare), budget))

    def _completable(self, tree: PartialType) -> Mask:
        """The labels with which the tree can be completed within the caps."""
        budget = self.max_size - tree.n_nodes
        goal = self._goal(tree, budget)
        assert goal.segments is not None
        segment, below = goal.segments
        if tree._arguments.are_all_known:
            n_positions = len(segment.positions)
            rest = Goal(below, goal.rooms[n_positions:], goal.types, 0)
            budget -= self._completion.least(rest, budget)
            goal = Goal((segment, None), goal.rooms[:n_positions], goal.types, 0)
        if self._worst:
            budget = min(budget, 1 + self._worst * (len(goal.rooms) + self._max_arity))
        key = (tree._arguments, goal, budget)
        mask = self._tight.get(key)
        if mask is None:
            mask = self._tight[key] = self._fitting(goal, budget, tree._arguments)
        return mask

    def _fitting(self, goal: Goal, budget: int, arguments: TaskArguments) -> Mask:
        assert goal.segments is not None
        segment = goal.segments[0]
        mask = self._none.copy()
        for key, arity, labels in self._ways(segment, arguments):
            step = self._positions.step(segment, key)
            if step is not None and (goal.rooms[0] > 1 or not arity):
                after = self._completion.after(goal, step, key, arity)
                mask[labels] = self._completion.fits(after, budget - 1)
        return _read_only(mask)


_ABSENT: Final = "absent"


def _read_only(mask: Mask) -> Mask:
    mask.flags.writeable = False
    return mask
