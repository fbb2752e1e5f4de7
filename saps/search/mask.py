"""Which labels can still lead to a program: typed, closed, and within a depth and a size.

    constraint = TypedConstraint(symbols, max_depth=60, max_size=400)
    tree = constraint.start(request)
    while not tree.complete:
        tree = constraint.extend(tree, choose(constraint.allowed(tree)))
    program = symbols.build(tree.labels)

Within the caps is what has so few nodes that close its open positions. `Closings.least` is a table
of them, filled as types come up: the fewest nodes that close one position, by its type, the levels
that are left and the types of the arguments. It is small, since most languages have a short program
that fits every type, such as `(head (array-new int))`: nothing larger is ever needed.

`Closings.close` fills positions that share variables one after the other, each so that it and all
the others take the fewest nodes by the table. That looks one step ahead and no further, and where
very many positions share variables it leaves the variables alone: another filling may be smaller
by a node or two. In return it takes time in proportion to the positions, and depends on them alone.

Sizes: K labels, R partial trees.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.lang.unify import Ground, Term, is_ground, may_unify, spell
from saps.search.interface import Constraint, PartialTree, ShapeConstraint
from saps.search.open_positions import (
    ANYTHING,
    FRESH,
    Key,
    OpenPositions,
    Productions,
    Segment,
    Segments,
    Step,
    TaskArguments,
    arguments_after,
    task_arguments,
)
from saps.search.request import Request, RequestedTypes, RequestTypeError

_NEVER: Final = 1 << 30
# A type that only itself and variables unify with.
_RIGID: Final = "?"
# A position that only deeper trees could close counts as one that nothing closes.
_MOST_LEVELS: Final = 6
MOST_TOGETHER: Final = 8
"""Where more positions are open, and caps leave room, each is closed on its own."""

Types = tuple[Term, ...]
Plan = tuple[Key, ...]
"""How to fill all open positions, in the order of writing."""


class Closings:
    """The least nodes that close open positions.

    Attributes:
        size: of the smallest program that fits every type, wherever it stands; 0 if there is none.
        depth: of that program.
        program: its productions in pre-order.
    """

    def __init__(self, positions: OpenPositions) -> None:
        self._positions = positions
        self._arity = positions.arity
        self._least: dict[tuple[Segment, int, Types], int] = {}
        self._closed: dict[tuple[Segment, tuple[int, ...], Types, int], Plan | None] = {}
        self._apart: dict[tuple[Segment, Types], Plan] = {}
        self.size = self.depth = 0
        self.program: Plan = ()
        # How many levels below a position can matter.
        self._levels = _MOST_LEVELS
        root = positions.root((), _RIGID, ())
        assert root is not None
        for depth in range(1, _MOST_LEVELS + 1):
            program = self.close((root[0],), (depth,), (), 0)
            if program is not None:
                self.size, self.depth, self.program = len(program), depth, program
                # What is smaller is no deeper than its size.
                self._levels = max(depth, self.size - 1)
                break
        positions.harmless = frozenset(self.program)
        # Calls that are smaller than that, whatever their type is used for: `(array-new int)`.
        self._short: dict[Key, int] = {}
        self._find_short_calls()

    def __len__(self) -> int:
        return len(self._least) + len(self._closed) + len(self._apart)

    def n_nodes(self, plan: Plan) -> int:
        """How many nodes a plan stands for."""
        return len(plan) + (self.size - 1) * plan.count(ANYTHING)

    def close(
        self, segments: Iterable[Segment], rooms: Sequence[int], types: Types, n_spare: int
    ) -> Plan | None:
        """Return keys that fill all positions, in the order of writing; None if there are none.

        Args:
            segments: the positions. Loose arguments may stand at positions of their segment.
            rooms: how many levels each position's subtree may have.
            types: of the arguments whose types are known.
            n_spare: further arguments that may be named.
        """
        if self.size and len(rooms) > MOST_TOGETHER and min(rooms) >= self.depth:
            return tuple(chain.from_iterable(self.apart(some, types) for some in segments))
        plan: list[Key] = []
        start = 0
        for segment in segments:
            end = start + len(segment.positions)
            here = tuple([min(room, self._levels) for room in rooms[start:end]])
            state = (segment, here, types, min(n_spare, end - start))
            if state not in self._closed:
                self._closed[state] = self._fill(*state)
            closed = self._closed[state]
            if closed is None:
                return None
            plan += closed
            n_spare -= closed.count(FRESH)
            start = end
        return tuple(plan)

    def _fill(
        self, segment: Segment, rooms: tuple[int, ...], types: Types, n_spare: int
    ) -> Plan | None:
        """Close one segment's positions."""
        if not rooms:
            return ()
        if len(rooms) <= n_spare:
            plan = self._fill(segment, rooms, types, 0)
            is_all_leaves = plan is not None and self.n_nodes(plan) == len(rooms)
            return plan if is_all_leaves else (FRESH,) * len(rooms)
        key, step = self._choose(segment, rooms, types, n_spare)
        if step is None:
            return None
        below = (rooms[0] - 1,) * self._arity(key) + rooms[1:]
        rest = self.close(step.segments, below, _with(types, step), n_spare - (key is FRESH))
        return None if rest is None else (key, *rest)

    def apart(self, segment: Segment, types: Types) -> Plan:
        """Close positions that have room for what fits every type, and leave all variables alone.

        So it remains a plan for them whatever becomes of their variables.
        """
        plan = self._apart.get((segment, types))
        if plan is None:
            alone = [self.alone(single, types) for single in segment.singles]
            plan = self._apart[segment, types] = tuple(chain.from_iterable(alone))
        return plan

    def alone(self, single: Segment, types: Types) -> Plan:
        """The part of `apart` for one position."""
        if type(single.positions[0]) is not Ground:
            return (ANYTHING,)
        return self.close((single,), (self.depth,), types, 0) or (ANYTHING,)

    def _choose(
        self, segment: Segment, rooms: tuple[int, ...], types: Types, n_spare: int
    ) -> tuple[Key, Step | None]:
        """Return how to fill the first position so that the table promises the fewest nodes.

        Of equals, the first of the options; no step if nothing fits.
        """
        chosen: tuple[Key, Step | None] = (FRESH, None)
        least = _NEVER
        # The others take no fewer nodes for being told more of their types.
        floor = self._promise(segment.singles[1:], segment.loose, rooms[1:], types)
        for key in self._options(segment, rooms[0], types, n_spare):
            arity = self._arity(key)
            if floor + 1 + arity >= least:  # calls come last, by arity
                break
            step = self._positions.step(segment, key)
            assert step is not None
            below = (rooms[0] - 1,) * arity + rooms[1:]
            singles = [single for after in step.segments for single in after.singles]
            loose = step.segments[0].loose if step.segments else ()
            n_nodes = self.size if key == ANYTHING else 1
            n_nodes += self._promise(singles, loose, below, _with(types, step))
            if n_nodes < least:
                chosen, least = (key, step), n_nodes
        return chosen

    def _options(self, segment: Segment, room: int, types: Types, n_spare: int) -> Iterator[Key]:
        """Yield what may stand at the first position, as far as it can be of use."""
        positions, first = self._positions, segment.singles[0].positions[0]
        has_program = self.size > 0 and room >= self.depth
        leaves, calls = [], []  # type: ignore[var-annotated]
        for number in positions.fitting(segment, most=0 if has_program or room == 1 else None):
            (calls if self._arity(number) else leaves).append(number)
        if has_program:
            calls = [number for number in self._short if positions.fits(segment, number)]
            if type(first[1]) is int:
                # A function at a place for anything is of little use to the other positions.
                leaves = [number for number in leaves if not positions.gives_function(number)]
        known = [kind for kind in types if positions.fits(segment, kind)]
        if type(first) is Ground and (known or leaves):
            yield (known or leaves)[0]  # all of them are the same to the other positions
            return
        yield from known
        yield from leaves
        yield from (
            key for key in range(-1, -1 - len(segment.loose), -1) if positions.fits(segment, key)
        )
        if n_spare:
            yield FRESH
        if has_program:
            yield ANYTHING
        yield from calls

    def _promise(
        self, singles: Iterable[Segment], loose: Sequence[Term], rooms: Sequence[int], types: Types
    ) -> int:
        """How many nodes the table gives for some positions."""
        n_nodes = 0
        for single, room in zip(singles, rooms, strict=True):
            is_named = any(may_unify(single.positions[0][1], kind) for kind in loose)
            n_nodes += 1 if is_named else self.least(single, room, types)
        return n_nodes

    def least(self, single: Segment, room: int, types: Types) -> int:
        """The fewest nodes that close a position alone within some levels; many if none do.

        Children that share variables are counted each alone: where they cannot agree, it is more.
        """
        state = (single, room, types)
        known = self._least.get(state)
        if known is None:
            known = self._least[state] = self._work_out(single, room, types)
        return known

    def _work_out(self, single: Segment, room: int, types: Types) -> int:
        positions = self._positions
        if any(positions.fits(single, kind) for kind in types):
            return 1
        if next(positions.fitting(single, most=0), None) is not None:
            return 1
        if self.size and room >= self.depth:
            short = [n for number, n in self._short.items() if positions.fits(single, number)]
            return min(short, default=self.size)
        least = _NEVER
        for number in positions.fitting(single) if room > 1 else ():
            if self._arity(number) + 1 >= least:
                break  # they come in the order of their arities
            children = self._children(single, number)
            least = min(least, 1 + sum(self.least(child, room - 1, types) for child in children))
        return least

    def _children(self, single: Segment, number: int) -> list[Segment]:
        """The positions below a node, each alone."""
        step = self._positions.step(single, number)
        assert step is not None
        return [child for after in step.segments for child in after.singles]

    def _find_short_calls(self) -> None:
        root = self._positions.root((), 0, (0,))
        assert root is not None
        for number in self._positions.fitting(root[0]):
            children = self._children(root[0], number)
            # Where a child's type depends on the call's, so does what closes it.
            if children and all(type(child.positions[0]) is Ground for child in children):
                n_nodes = 1 + sum(self.least(child, self.depth, ()) for child in children)
                if n_nodes < self.size:
                    self._short[number] = n_nodes


def _with(types: Types, step: Step) -> Types:
    """The types of known arguments after a step."""
    settled = [kind for kind in step.settled if kind is not None]
    return tuple(dict.fromkeys((*types, *settled))) if settled else types


# Which labels can still lead to a program.

Mask = npt.NDArray[np.bool_]
_MOST_REMEMBERED: Final = 500_000
_ABSENT: Final = "absent"


class PartialType(PartialTree):
    """A partial tree with what is known of its types. Immutable; made by `TypedConstraint`."""

    __slots__ = ("_arguments", "_n_others", "_plan", "_segments")

    _segments: Segments
    _arguments: TaskArguments
    # A completion within the caps. None where one is evident, or the caps were not kept.
    _plan: Plan | None
    # Nodes that surely close all positions but the next; -1 until they are counted.
    _n_others: int


class TypedConstraint:
    """The labels that can still lead to a well-typed program.

    One object serves any number of requests and hypotheses, in any number of threads, and remembers
    what it worked out, up to a bound. What it allows depends on the tree alone.
    The labels are those of `SymbolTable.of_language` or some of them; any others are never
    allowed, except for further constants and names of arguments.
    """

    def __init__(self, symbols: SymbolTable, *, max_depth: int = 60, max_size: int = 400) -> None:
        """Set the caps: `max_depth` levels (a lone root has 1), `max_size` nodes a tree.

        Raises:
            ValueError: one of them is below 1.
        """
        if max_depth < 1 or max_size < 1:
            raise ValueError(f"max_depth={max_depth}, max_size={max_size}: both must be at least 1")
        self.symbols = symbols
        self.max_depth = max_depth
        self.max_size = max_size
        self._productions = Productions(symbols)
        self._arities = symbols.arities
        self._none = _read_only(np.zeros(len(symbols), dtype=np.bool_))
        self._max_arity = max((label.arity for label in symbols.labels), default=0)
        self._forget()

    def _forget(self) -> None:
        """Start with empty caches. Trees made before go on to work."""
        self._positions = OpenPositions(self._productions)
        self._closings = Closings(self._positions)
        self._n_masks = 0
        # Down to this depth, and up to this size, what fits any type has room; nothing does if
        # there is no such program.
        self._size = self._closings.size
        self._evident_depth = self.max_depth + 1 - self._closings.depth if self._size else -1
        self._roomy_size = self.max_size - 1 - self._size * (self._max_arity - 1)

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
        return self.n_situations + self.n_steps + self._n_masks + len(self._closings)

    def start(self, request: Request | None = None) -> PartialType:
        """Return the empty tree of a program with these types (None: any types).

        Declared arguments without a label are never named.

        Raises:
            RequestTypeError: no program can have them.
        """
        if self.n_remembered > _MOST_REMEMBERED:
            self._forget()
        types = RequestedTypes.read(request)
        labels = self._productions.arguments
        declared = sorted(
            (labels[name], kind) for name, kind in (types.arguments or {}).items() if name in labels
        )
        loose = tuple(pair for pair in declared if not is_ground(pair[1]))
        tree = PartialType()
        tree._arguments = task_arguments(
            tuple(pair for pair in declared if is_ground(pair[1])),
            tuple(label for label, _ in loose),
            tuple(labels.values()) if types.arguments is None else (),
        )
        tree._segments = self._positions.root(
            tuple(kind for _, kind in loose), types.result, types.constraints
        )
        tree._plan, tree._n_others = None, -1
        if not self._is_evident(tree):
            arguments = tree._arguments
            tree._plan = self._closings.close(
                _listed(tree._segments), [self.max_depth], arguments.types, len(arguments.spare)
            )
            if tree._plan is None or self._closings.n_nodes(tree._plan) > self.max_size:
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

        All such labels are allowed, with two exceptions. Where the caps leave no room for
        `(head (array-new int))`, or its like, at every open position, those are with which
        `Closings.close` finds a completion. And where open positions share types of hundreds of
        symbols, labels that make them larger still are left out.
        """
        if tree._segments is None:
            return self._none
        segment, arguments = tree._segments[0], tree._arguments
        if not self._is_roomy(tree):
            return self._near_caps(tree)
        mask = segment.masks.get(arguments)
        if mask is None:
            mask = segment.masks[arguments] = self._typed(segment, arguments)
            self._n_masks += 1
        return mask

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
        segment, is_roomy = tree._segments[0], self._is_roomy(tree)
        if is_roomy and not segment.is_heavy:
            mask = self.allowed(tree)
            return next(label for label in ranking if mask[label])
        tried: dict[Key, bool] = {}
        for label in ranking:
            key = self._key(tree._arguments, label)
            if key not in tried:
                tried[key] = (
                    key != _ABSENT
                    and self._positions.fits(segment, key)
                    and (is_roomy or self._has_room(tree, key))
                )
            if tried[key]:
                return label
        raise ValueError("no label is allowed: the tree did not come about by allowed ones")

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
        grown = tree.extend(label, self._arities[label])
        grown._segments = self._positions.push(step, segments[1])
        if step.settled:
            arguments = arguments_after(arguments, label, step.settled)
        grown._arguments, grown._n_others = arguments, -1
        grown._plan = None if self._is_evident(grown) else self._plan_after(tree, key)
        return grown

    def _misfit(self, tree: PartialType, label: int) -> ValueError:
        symbol = self.symbols.labels[label]
        if tree._segments is None:
            return ValueError(f"label {label} ({symbol.symbol}) after a complete tree")
        wanted = spell(tree._segments[0].positions[0][1])
        return ValueError(
            f"label {label} ({symbol.symbol} with {symbol.arity} children) has no place at node "
            f"{tree.n_nodes}, where {wanted} is called for; ask `allowed` first"
        )

    # What the types allow.

    def _key(self, arguments: TaskArguments, label: int) -> Key:
        number = self._productions.numbers[label]
        return number if number >= 0 else arguments.keys.get(label, _ABSENT)

    def _typed(self, segment: Segment, arguments: TaskArguments) -> Mask:
        """The labels that the types allow at the first position."""
        first = self._positions.first(segment)
        base = first.masks.get(None)
        if base is None:
            base = self._none.copy()
            for number in self._positions.fitting(first):
                base[self._productions.labels[number]] = True
            first.masks[None] = base  # once it is whole: other threads may look at it
        mask, fits = base.copy(), self._positions.fits
        for label, key in arguments.keys.items():
            mask[label] = fits(segment, key)
        return _read_only(mask)

    # What the caps allow. A position at the depth of the next node is the deepest of all.

    def _is_roomy(self, tree: PartialType) -> bool:
        """Whether what fits any type completes the tree whatever the next label is."""
        n_nodes = tree.n_nodes + self._size * tree.n_open
        return tree.depth < self._evident_depth and n_nodes <= self._roomy_size

    def _is_evident(self, tree: PartialType) -> bool:
        """Whether what fits any type completes the tree."""
        n_nodes = tree.n_nodes + self._size * tree.n_open
        return tree.depth <= self._evident_depth and n_nodes <= self.max_size

    def _near_caps(self, tree: PartialType) -> Mask:
        """The labels that types and caps allow."""
        assert tree._segments is not None
        mask = self._none.copy()
        for number in self._positions.fitting(tree._segments[0]):
            mask[self._productions.labels[number]] = self._has_room(tree, number)
        named: dict[Key, bool] = {}
        for label, key in tree._arguments.keys.items():
            if key not in named:
                fits = self._positions.fits(tree._segments[0], key)
                named[key] = fits and self._has_room(tree, key)
            mask[label] = named[key]
        return _read_only(mask)

    def _has_room(self, tree: PartialType, key: Key) -> bool:
        """Whether a tree can be completed within the caps after a key that fits its types."""
        arity, closings = self._positions.arity(key), self._closings
        deepest = tree.depth + (arity > 0)
        n_left = self.max_size - tree.n_nodes - 1
        if deepest > self.max_depth or tree.n_open - 1 + arity > n_left:
            return False
        if closings.size and deepest + closings.depth - 1 <= self.max_depth:
            # A plan that leaves all variables alone is one whatever the key does to them.
            if tree._n_others < 0:
                tree._n_others = self._n_apart(tree)
            if closings.size * arity + tree._n_others <= n_left:
                return True
            if tree.n_open - 1 + arity > MOST_TOGETHER:
                return self._rest_of_plan(tree, key) is not None
        return self._plan_after(tree, key) is not None

    def _n_apart(self, tree: PartialType) -> int:
        """How many nodes close all positions but the next, whatever becomes of their variables."""
        assert tree._segments is not None
        closings, types = self._closings, tree._arguments.types
        plans = [closings.apart(segment, types) for segment in _listed(tree._segments)]
        first = closings.alone(tree._segments[0].singles[0], types)
        return sum(map(closings.n_nodes, plans)) - closings.n_nodes(first)

    def _plan_after(self, tree: PartialType, key: Key) -> Plan | None:
        """A completion of the tree within the caps after a key; None if none is found."""
        closings, n_left = self._closings, self.max_size - tree.n_nodes - 1
        assert tree._segments is not None
        segment, below = tree._segments
        step = self._positions.step(segment, key)
        assert step is not None
        rooms = [self.max_depth + 1 - depth for depth in tree.open_depths()]
        rooms[:1] = [rooms[0] - 1] * self._positions.arity(key)
        if min(rooms, default=1) > 0:
            arguments = tree._arguments
            kinds = (*arguments.types, *(kind for kind in step.settled if kind is not None))
            segments = [*step.segments, *_listed(below)]
            n_spare = len(arguments.spare) - (key is FRESH)
            plan = closings.close(segments, rooms, tuple(dict.fromkeys(kinds)), n_spare)
            if plan is not None and closings.n_nodes(plan) <= n_left:
                return plan
        return self._rest_of_plan(tree, key)

    def _rest_of_plan(self, tree: PartialType, key: Key) -> Plan | None:
        """The tree's plan from the next position on, if it begins with a key.

        Without it a tree could run into a dead end: what is found for the rest of a plan may be
        larger than that rest.
        """
        plan = tree._plan
        if plan is None and self._is_evident(tree):
            plan = (ANYTHING,) * tree.n_open
        if plan and plan[0] == ANYTHING:
            plan = self._closings.program + plan[1:]
        return plan[1:] if plan and plan[0] == key else None


def _listed(segments: Segments) -> Iterator[Segment]:
    while segments is not None:
        segment, segments = segments
        yield segment


def _read_only(mask: Mask) -> Mask:
    mask.flags.writeable = False
    return mask


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
