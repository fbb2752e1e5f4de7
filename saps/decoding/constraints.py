"""Which labels can still lead to a program: typed, closed, and within a depth and a size.

    constraint = TypedConstraint(symbols, max_depth=60, max_size=400)
    tree = constraint.start(request)
    while not tree.complete:
        tree = constraint.extend(tree, choose(constraint.allowed(tree)))
    program = symbols.build(tree.labels)

Sizes: K labels, R partial trees.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.decoding.completion import NOTHING, Completion, Goal, Plan, Work
from saps.decoding.label_types import LabelTypes
from saps.decoding.open_positions import FRESH, Key, OpenPositions, Segment, Segments
from saps.decoding.partial_tree import PartialTree
from saps.decoding.requested_types import RequestedTypes, RequestTypeError, TypeRequest
from saps.decoding.task_arguments import TaskArguments, intern
from saps.decoding.terms import is_ground, spell

Mask = npt.NDArray[np.bool_]
_MOST_REMEMBERED: Final = 500_000
_STEPS_AT_START: Final = 100_000
_SHARE: Final = 3
"""One label may take this part of a mask's steps, so that some are left for the others."""


class PartialType(PartialTree):
    """A partial tree with what is known of its types. Immutable; made by `TypedConstraint`."""

    __slots__ = ("_arguments", "_choices", "_is_looked_at", "_outlook", "_plan", "_segments")

    _segments: Segments
    _arguments: TaskArguments
    _plan: Plan | None
    """A completion within the caps. None where one is evident, or the caps were not kept."""
    _is_looked_at: bool
    """Whether `_outlook` is worked out."""
    _outlook: "Outlook | None"
    _choices: "Choices | None"
    """What may come next where caps are near; None until it is worked out."""

    def __init__(self) -> None:
        super().__init__()
        self._is_looked_at = False
        self._choices = None


class Outlook(NamedTuple):
    """What is to be completed together with the next position, and how far that may go.

    Attributes:
        goal: the positions that matter to the next one, itself included.
        budget: how many nodes these may still take.
        plan: a known completion of them, if there is one.
        rest: completes the other positions.
        work: what is left for the search for completions, which is made once.
    """

    goal: Goal
    budget: int
    plan: Plan | None
    rest: Plan
    work: Work


class Choices(NamedTuple):
    """What may come next.

    Attributes:
        mask: of the labels, (K,).
        plans: how to go on after each key that is allowed.
    """

    mask: Mask
    plans: dict[Key, Plan]


class TypedConstraint:
    """The labels that can still lead to a well-typed program.

    One object serves any number of requests and hypotheses, in any number of threads, and remembers
    what it worked out, up to a bound.
    The labels are those of `SymbolTable.of_language` or some of them; any others are never
    allowed, except for further constants and names of arguments.
    """

    def __init__(
        self,
        symbols: SymbolTable,
        *,
        max_depth: int = 60,
        max_size: int = 400,
        max_steps: int = 600,
    ) -> None:
        """Set the caps: `max_depth` levels (a lone root has 1), `max_size` nodes a tree.

        Args:
            symbols: the labels.
            max_depth: levels of a tree.
            max_size: nodes of a tree.
            max_steps: of the search for completions, for one mask; see `allowed`.

        Raises:
            ValueError: one of them is below 1.
        """
        if max_depth < 1 or max_size < 1:
            raise ValueError(f"max_depth={max_depth}, max_size={max_size}: both must be at least 1")
        if max_steps < 1:
            raise ValueError(f"max_steps={max_steps}: it must be at least 1")
        self.max_steps = max_steps
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
        self._tight: dict[tuple[TaskArguments, Goal, int], Choices] = {}
        self._n_masks = 0
        size, depth = self._completion.size, self._completion.depth
        # Up to here whatever has the right type can be completed, with `size` for each position.
        self._roomy_depth = self.max_depth - depth if size else 0
        self._roomy_size = self.max_size - 1 - size * (self._max_arity - 1)
        self._evident_depth = max(0, self._roomy_depth + 1) if size else 0
        self._worst = max(size, sum(self._max_arity**level for level in range(depth - 1)))

    @property
    def n_situations(self) -> int:
        """How many different open positions, with all that they share types with, came up."""
        return len(self._positions)

    @property
    def n_steps(self) -> int:
        """How many steps between them were worked out."""
        return self._positions.n_steps

    @property
    def n_remembered(self) -> int:
        """How many things that were worked out are kept; `start` forgets them if they are many."""
        n_kept = len(self._positions) + len(self._completion) + self._positions.n_steps
        return n_kept + len(self._arguments) + len(self._tight) + self._n_masks

    def start(self, request: TypeRequest | None = None) -> PartialType:
        """Return the empty tree of a program with these types (None: any types).

        Declared arguments without a label are never named.

        Raises:
            RequestTypeError: no program can have them.
        """
        if self.n_remembered > _MOST_REMEMBERED:
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
        tree._plan = None
        if self._is_evident(tree):
            return tree
        goal = self._goal(tree, self.max_size)
        tree._plan = self._completion.find(goal, self.max_size, Work(_STEPS_AT_START))
        if tree._plan is None:
            raise RequestTypeError(
                f"no program of at most {self.max_size} nodes and {self.max_depth} levels "
                f"gives {spell(types.result)} from these arguments",
                "no-program",
            )
        return tree

    def allowed(self, tree: PartialType) -> Mask:
        """Return which labels the next node may have, (K,), read-only.

        With each of them some tree within the caps can be completed that `infer_signature`
        accepts with the requested types. At least one is allowed in every tree that came about by
        allowed labels, unless it is complete: then none is.

        All such labels are allowed, with two exceptions, for the sake of time. Where the caps leave
        no room for `(head (array-new int))` at every open position, or its like, a completion is
        searched for, in `max_steps` steps for all labels together; those for which none was found
        by then are left out. And where open positions share types of hundreds of symbols, labels
        that make them larger still are.
        """
        if not tree.n_open:
            return self._none
        if not self._is_roomy(tree):
            outlook = self._outlook(tree)
            return self._none if outlook is None else self._choices(tree, outlook).mask
        assert tree._segments is not None
        segment, arguments = tree._segments[0], tree._arguments
        mask = segment.masks.get(arguments)
        return self._typed(segment, arguments) if mask is None else mask

    def allowed_many(self, trees: Sequence[PartialType]) -> Tensor:
        """Return `allowed` of each tree, (R, K) bool, on the CPU."""
        masks = np.empty((len(trees), len(self.symbols)), dtype=np.bool_)
        for row, tree in enumerate(trees):
            masks[row] = self.allowed(tree)
        return torch.from_numpy(masks)

    def first_allowed(self, tree: PartialType, ranking: Sequence[int]) -> int:
        """Return the first label of a ranking of all that `allowed` has.

        Quicker than the mask, which looks at each label, where types are heavy or caps near.
        """
        assert tree._segments is not None
        segment, arguments = tree._segments[0], tree._arguments
        is_roomy = self._is_roomy(tree)
        if is_roomy and not segment.is_heavy:
            mask = self.allowed(tree)
            return next(label for label in ranking if mask[label])
        fitting = (label for label in ranking if self._fits(segment, arguments, label))
        if is_roomy:
            return next(fitting)
        return next(label for label in fitting if self._is_within_caps(tree, label))

    def _is_within_caps(self, tree: PartialType, label: int) -> bool:
        """Whether a label that fits the types is among those of `allowed`, where caps are near."""
        outlook = self._outlook(tree)
        if outlook is None:
            return False
        key, arity = self._key(tree._arguments, label), self._kinds.arities[label]
        if self._sure(outlook, key, arity) is not None:
            return True
        return bool(self._choices(tree, outlook).mask[label])

    def extend(self, tree: PartialType, label: int) -> PartialType:
        """Return the tree with its next node labelled.

        Raises:
            ValueError: the label does not have the type that the place calls for, or the tree is
                complete. Depth and size are `allowed`'s business alone.
        """
        arguments, segments = tree._arguments, tree._segments
        key = self._key(arguments, label)
        step = None
        if segments is not None and key != _ABSENT:
            step = self._positions.step(segments[0], key)
        if segments is None or step is None:
            raise self._misfit(tree, label)
        grown = tree.extend(label, self._kinds.arities[label])
        grown._is_looked_at, grown._choices = False, None
        grown._segments = self._positions.push(step, segments[1])
        if step.settled:
            arguments = arguments.after(label if label in arguments.keys else -1, step.settled)
        grown._arguments = arguments
        grown._plan = None if self._is_evident(grown) else self._plan_after(tree, label, key)
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
        self._n_masks += 1
        return mask

    def _fits(self, segment: Segment, arguments: TaskArguments, label: int) -> bool:
        """Whether a label is of the right type, in scope; the mask of `_typed` for one label."""
        key = self._key(arguments, label)
        return key != _ABSENT and self._positions.fits(segment, key)

    def _key(self, arguments: TaskArguments, label: int) -> Key:
        number = self._kinds.number[label]
        return number if number >= 0 else arguments.keys.get(label, _ABSENT)

    def _ways(
        self, segment: Segment, arguments: TaskArguments
    ) -> Iterator[tuple[Key, int, list[int]]]:
        """What the types allow at the first position: key, number of children, labels."""
        kinds = self._kinds
        # Arguments first: theirs is the work that a search may do.
        for label, key in arguments.keys.items():
            if self._positions.fits(segment, key):
                yield key, 0, [label]
        for number in (*self._positions.leaves(segment), *self._positions.calls(segment)):
            yield number, kinds.productions[number].arity, kinds.labels[number]

    def _goal(self, tree: PartialType, budget: int) -> Goal:
        levels = [self.max_depth + 1 - depth for depth in tree.open_depths()]
        rooms = self._completion.rooms(levels)
        arguments = tree._arguments
        # More spare names than nodes are left are of no use.
        return Goal(tree._segments, rooms, arguments.types, min(len(arguments.spare), budget))

    def _is_roomy(self, tree: PartialType) -> bool:
        """Whether the caps leave room for what fits any type, wherever a position will be open."""
        return tree.depth <= self._roomy_depth and (
            tree.n_nodes + self._completion.size * tree.n_open <= self._roomy_size
        )

    def _is_evident(self, tree: PartialType) -> bool:
        """Whether what fits any type completes the tree, wherever a position is open."""
        return tree.depth <= self._evident_depth and (
            tree.n_nodes + self._completion.size * tree.n_open <= self.max_size
        )

    def _plan(self, tree: PartialType) -> Plan | None:
        """A completion of the tree; None only if the caps were not kept."""
        plan = tree._plan
        if plan is None and self._completion.size and self._is_evident(tree):
            plan = self._completion.evident(0, tree.n_open)
        return None if plan is None else self._completion.spelled(plan)

    def _plan_after(self, tree: PartialType, label: int, key: Key) -> Plan | None:
        outlook = self._outlook(tree)
        if outlook is None:
            return None
        plan = self._sure(outlook, key, self._kinds.arities[label])
        plan = plan or self._choices(tree, outlook).plans.get(key)
        return None if plan is None else self._completion.join(plan, outlook.rest)

    def _outlook(self, tree: PartialType) -> Outlook | None:
        """What is to be completed together with the next position; None if nothing can be."""
        if not tree._is_looked_at:
            tree._outlook = self._look(tree)
            tree._is_looked_at = True
        return tree._outlook

    def _look(self, tree: PartialType) -> Outlook | None:
        completion, work = self._completion, Work(self.max_steps)
        budget = self.max_size - tree.n_nodes
        goal, plan, rest = self._goal(tree, budget), self._plan(tree), NOTHING
        assert goal.segments is not None
        segment, below = goal.segments
        if tree._arguments.are_all_known:
            n_positions = len(segment.positions)
            others = Goal(below, goal.rooms[n_positions:], goal.types, 0)
            least = completion.least(others, budget, work)
            if plan is not None:
                plan, rest = completion.split(plan, n_positions)
            if least is not None and (plan is None or least.size < rest.size):
                rest = least
            if plan is None and least is None:
                return None
            budget -= rest.size
            goal = Goal((segment, None), goal.rooms[:n_positions], goal.types, 0)
        if self._worst:
            budget = min(budget, 1 + self._worst * (len(goal.rooms) + self._max_arity))
        return Outlook(goal, budget, plan, rest, work)

    def _choices(self, tree: PartialType, outlook: Outlook) -> Choices:
        """The labels with which the tree is known to be completed within the caps."""
        if tree._choices is not None:
            return tree._choices
        goal, budget, plan = outlook.goal, outlook.budget, outlook.plan
        key = (tree._arguments, goal, budget)
        choices = self._tight.get(key)
        if choices is None:
            choices = self._tight[key] = self._fitting(outlook, tree._arguments)
        if plan is not None and plan.key not in choices.plans:
            choices = self._tight[key] = self._with(choices, plan, tree._arguments)
        tree._choices = choices
        return choices

    def _sure(self, outlook: Outlook, key: Key, arity: int) -> Plan | None:
        """How to go on after a key that fits, where it takes no search to see."""
        goal = outlook.goal
        if goal.rooms[0] == 1 and arity:
            return None
        rooms = (goal.rooms[0] - 1,) * arity + goal.rooms[1:]
        return self._completion.sure(rooms, goal.n_spare - (key is FRESH), outlook.budget - 1)

    def _fitting(self, outlook: Outlook, arguments: TaskArguments) -> Choices:
        goal, budget, work = outlook.goal, outlook.budget, outlook.work
        assert goal.segments is not None
        mask, plans = self._none.copy(), dict[Key, Plan]()
        for key, arity, labels in self._ways(goal.segments[0], arguments):
            if goal.rooms[0] == 1 and arity:
                continue
            plan = self._sure(outlook, key, arity)
            plan = plan or self._search(goal, key, arity, budget, work)
            if plan is not None:
                plans[key] = plan
                mask[labels] = True
        return Choices(_read_only(mask), plans)

    def _search(self, goal: Goal, key: Key, arity: int, budget: int, work: Work) -> Plan | None:
        """How to complete the goal within a budget after a key, if there is work left for it."""
        assert goal.segments is not None
        share = Work(min(work.left, self.max_steps // _SHARE + 1))
        if work.is_spent:
            return None
        work.left -= share.left
        share.left -= self._completion.price(goal.segments[0])
        step = self._positions.step(goal.segments[0], key)
        plan = None
        if step is not None:
            after = self._completion.after(goal, step, key, arity)
            plan = self._completion.find(after, budget - 1, share)
        work.left += share.left
        return plan

    def _with(self, choices: Choices, plan: Plan, arguments: TaskArguments) -> Choices:
        """Allow what a plan begins with."""
        key = plan.key
        assert plan.rest is not None
        mask = choices.mask.copy()
        if type(key) is int and key >= 0:
            mask[self._kinds.labels[key]] = True
        else:
            mask[[label for label, way in arguments.keys.items() if way == key]] = True
        return Choices(_read_only(mask), {**choices.plans, key: plan.rest})


_ABSENT: Final = "absent"


def _read_only(mask: Mask) -> Mask:
    mask.flags.writeable = False
    return mask
