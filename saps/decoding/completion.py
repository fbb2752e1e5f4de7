"""How few nodes complete a partial tree, given the types of its open positions and their depths.

Small completions are found by branch and bound over what may fill the first open position.
Positions that share variables, or compete for names of arguments, are completed together. What
makes it cheap is a program that fits every type, such as `(head (array-new int))`: nothing larger
is ever needed where there is depth for it, and it tells nothing about the other positions.

Still the search takes exponential time at worst, so it stops when its work is spent. Then a
completion that there is may not be found; whatever is found is one.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from saps.decoding.open_positions import (
    ANYTHING,
    FRESH,
    Key,
    OpenPositions,
    Segment,
    Segments,
    Step,
)
from saps.decoding.terms import Term

_RIGID: Final = "?"
"""A type that only itself and variables unify with."""
_MOST_FOR_ANYTHING: Final = 6
_MANY: Final = 1 << 30
_DEEP: Final = 20
"""A full tree of so many levels is larger than any tree may be, unless no node has two children."""
_SMALL: Final = 4
"""Bounds below are worth their time: they recur."""
_MOST_POSITIONS: Final = 100
"""More are not searched: the search calls itself for each."""
_MANY_STEPS: Final = 100_000
_LIGHT: Final = 16
"""A step is counted once for so many symbols of types."""
_LISTING: Final = 4
"""What it counts to list the labels that a type takes."""


class Work:
    """How many steps a search may still take; without any left it finds only what is known.

    Attributes:
        left: at most 0 when the work is spent.
    """

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    @property
    def is_spent(self) -> bool:
        return self.left <= 0


class Plan(NamedTuple):
    """A completion, as keys of the positions in the order of writing; shares its end with others.

    Attributes:
        size: how many nodes it has.
        key: of the next position; no matter if nothing is left.
        rest: what follows; None if nothing is left.
    """

    size: int
    key: Key
    rest: "Plan | None"


NOTHING: Final = Plan(0, FRESH, None)


class Goal(NamedTuple):
    """What is to be completed.

    Attributes:
        segments: the open positions.
        rooms: of each position, how many levels its subtree may have.
        types: types of known arguments.
        n_spare: how many further arguments may be named.
    """

    segments: Segments
    rooms: tuple[int, ...]
    types: frozenset[Term]
    n_spare: int


@lru_cache(maxsize=4096)
def _in_order(types: frozenset[Term]) -> tuple[Term, ...]:
    """The order of a set differs from one process to the next; a search must not."""
    return tuple(sorted(types, key=repr))


class Completion:
    """Small completions; remembers them.

    Attributes:
        size: of the smallest program that fits every type, wherever it stands; 0 if there is none.
        depth: of that program.
        program: its productions in pre-order.
    """

    def __init__(self, positions: OpenPositions) -> None:
        self._positions = positions
        self._known: dict[Goal, tuple[int, int, Plan | None]] = {}
        self._evident: dict[tuple[int, int], Plan] = {(0, 0): NOTHING}
        self._max_arity = max((kind.arity for kind in positions.kinds.productions), default=0)
        self.size = self.depth = 0
        self.program: tuple[Key, ...] = ()
        self._find_program()
        positions.harmless = frozenset(self.program)

    def __len__(self) -> int:
        return len(self._known)

    def rooms(self, levels: list[int]) -> tuple[int, ...]:
        """How many levels count at each position, out of so many.

        No least completion uses more than the size of what fits every type, and one for the node
        at the first position, which need not be the best there.
        """
        if not self.size:
            return tuple(levels)
        size = self.size
        return (min(levels[0], size + 1), *(min(level, size) for level in levels[1:]))

    def least(self, goal: Goal, limit: int, work: Work) -> Plan | None:
        """Return the smallest completion of at most `limit` nodes; None if none is found.

        It is the smallest and none is missed if the work was not spent.
        """
        n_positions = len(goal.rooms)
        if n_positions > limit or n_positions <= goal.n_spare or self._is_sum(goal):
            return self.find(goal, limit, work)
        size = self._known.get(goal, (n_positions,))[0]
        while size <= limit:
            plan = self.find(goal, size, work)
            if plan is not None:
                return plan
            if work.is_spent or n_positions > _MOST_POSITIONS:
                return self.find(goal, limit, work)
            size = self._known[goal][0]
        return None

    def find(self, goal: Goal, limit: int, work: Work) -> Plan | None:
        """Return a completion of at most `limit` nodes; None if none is found.

        There is none if the work was not spent.
        """
        n_positions = len(goal.rooms)
        if n_positions > limit:
            return None
        if n_positions <= goal.n_spare:
            return self.evident(n_positions, 0)
        if self._is_sum(goal):
            return self._sum(goal, limit, work)
        found = self._known.get(goal)
        lowest, highest, plan = found or (n_positions, self._enough(goal.rooms, goal.n_spare), None)
        if limit >= highest:
            return plan or self.evident(goal.n_spare, n_positions - goal.n_spare)
        if limit < lowest or work.is_spent:
            return None
        if n_positions > _MOST_POSITIONS:
            work.left = 0
            return None
        most = sum(map(self._most, goal.rooms))
        better = self._search(goal, min(limit, most), work)
        if better is not None:
            self._known[goal] = lowest, better.size, better
        elif not work.is_spent:
            self._known[goal] = limit + 1 if limit < most else _MANY, highest, plan
        return better

    def sure(self, rooms: tuple[int, ...], n_spare: int, limit: int) -> Plan | None:
        """Return what completes positions of any types, if it has at most `limit` nodes."""
        n_positions = len(rooms)
        if n_positions <= min(n_spare, limit):
            return self.evident(n_positions, 0)
        if n_positions > limit or self._enough(rooms, n_spare) > limit:
            return None
        return self.evident(n_spare, n_positions - n_spare)

    @staticmethod
    def price(segment: Segment) -> int:
        """How many steps it counts to fill the first position of a segment."""
        return 1 + segment.weight // _LIGHT

    def evident(self, n_fresh: int, n_programs: int) -> Plan:
        """So many arguments that were not named before, then so many programs for any type."""
        plan = self._evident.get((n_fresh, n_programs))
        if plan is None:
            plan = self._chain((FRESH,) * n_fresh + (ANYTHING,) * n_programs, NOTHING)
            self._evident[n_fresh, n_programs] = plan
        return plan

    def split(self, plan: Plan, n_positions: int) -> tuple[Plan, Plan]:
        """Cut a plan behind what completes its first positions."""
        productions = self._positions.kinds.productions
        first: list[Key] = []
        rest: Plan | None = plan
        while n_positions:
            assert rest is not None
            first.append(rest.key)
            n_positions -= 1
            if type(rest.key) is int and rest.key >= 0:
                n_positions += productions[rest.key].arity
            rest = rest.rest
        assert rest is not None
        return self._chain(first, NOTHING), rest

    def join(self, plan: Plan, rest: Plan) -> Plan:
        """Return one plan, then another."""
        return self._chain(tuple(keys(plan)), rest) if rest.size else plan

    def spelled(self, plan: Plan) -> Plan:
        """Return the plan with a label's key first: that of no whole program."""
        if plan.key != ANYTHING or plan.rest is None:
            return plan
        return self._chain(self.program, plan.rest)

    def _chain(self, first: Sequence[Key], rest: Plan) -> Plan:
        for key in reversed(first):
            rest = Plan(rest.size + (self.size if key == ANYTHING else 1), key, rest)
        return rest

    def _enough(self, rooms: tuple[int, ...], n_spare: int) -> int:
        """A size that does for any types."""
        if not self.size or min(rooms) < self.depth:
            return _MANY
        return self.size * len(rooms) - (self.size - 1) * n_spare

    def _most(self, room: int) -> int:
        """How many nodes are of use at a position."""
        if self.size and room >= self.depth:
            return self.size
        return sum(self._max_arity**level for level in range(min(room, _DEEP)))

    @staticmethod
    def _is_sum(goal: Goal) -> bool:
        """Whether the segments are independent."""
        assert goal.segments is not None
        return goal.segments[1] is not None and not goal.n_spare and not goal.segments[0].loose

    def _sum(self, goal: Goal, limit: int, work: Work) -> Plan | None:
        total, start, segments = len(goal.rooms), 0, goal.segments
        plans: list[Plan] = []
        while segments is not None:
            segment, segments = segments
            end = start + len(segment.positions)
            part = Goal((segment, None), goal.rooms[start:end], goal.types, 0)
            plan = self.least(part, limit - total + end - start, work)
            if plan is None:
                return None
            total += plan.size - (end - start)
            plans.append(plan)
            start = end
        joined = NOTHING
        for plan in reversed(plans):
            joined = self.join(plan, joined)
        return joined

    def _search(self, goal: Goal, limit: int, work: Work) -> Plan | None:
        assert goal.segments is not None
        segment = goal.segments[0]
        work.left -= _LISTING if segment.first.calls is None else 0
        for key, arity in self._options(goal):
            if work.is_spent:
                return None
            work.left -= self.price(segment)
            after, cost = self._after(goal, key, arity)
            left = limit - cost
            if self._bound(after, left, work) <= left:
                plan = self.find(after, left, work)
                if plan is not None:
                    return Plan(plan.size + cost, key, plan)
        return None

    def _options(self, goal: Goal) -> Iterator[tuple[Key, int]]:
        """The ways to fill the first position, with the number of children of each.

        What tells least about the other positions comes first, then what is small.
        """
        assert goal.segments is not None
        segment, room = goal.segments[0], goal.rooms[0]
        fits = self._positions.fits
        if self.size and room >= self.depth:
            yield ANYTHING, 0
        if goal.n_spare:
            yield FRESH, 0
        yield from ((kind, 0) for kind in _in_order(goal.types) if fits(segment, kind))
        loose = range(-1, -1 - len(segment.loose), -1)
        yield from ((key, 0) for key in loose if fits(segment, key))
        productions = self._positions.kinds.productions
        yield from ((key, 0) for key in self._positions.leaves(segment))
        if room > 1:
            for key in self._positions.calls(segment):
                if self._room_below(room, productions[key].arity):
                    yield key, productions[key].arity

    def _room_below(self, room: int, arity: int) -> int:
        """How many levels are of use below a node with so many children.

        Where what fits every type has room, only what is smaller is of use.
        """
        if self.size and room >= self.depth:
            return max(0, self.size - 1 - arity)
        return room - 1

    def _after(self, goal: Goal, key: Key, arity: int) -> tuple[Goal, int]:
        """What is left to complete, and how many nodes that took."""
        assert goal.segments is not None
        step = self._positions.step(goal.segments[0], key)
        assert step is not None
        below = self._room_below(goal.rooms[0], arity)
        return self._next(goal, step, key, (below,) * arity), self.size if key == ANYTHING else 1

    def after(self, goal: Goal, step: Step, key: Key, arity: int) -> Goal:
        """Return the goal whose first position is filled with a node of so many children."""
        return self._next(goal, step, key, (goal.rooms[0] - 1,) * arity)

    def _next(self, goal: Goal, step: Step, key: Key, rooms: tuple[int, ...]) -> Goal:
        assert goal.segments is not None
        settled = frozenset(kind for kind in step.settled if kind is not None)
        return Goal(
            self._positions.push(step, goal.segments[1]),
            rooms + goal.rooms[1:],
            goal.types | settled if settled else goal.types,
            goal.n_spare - (key is FRESH),
        )

    def _bound(self, goal: Goal, limit: int, work: Work) -> int:
        """A size that no completion is below: that of all positions told each on its own."""
        segments = goal.segments
        if segments is None:
            return 0
        if goal.n_spare or segments[0].loose:
            return len(goal.rooms)
        bound, rooms = 0, iter(goal.rooms)
        while segments is not None and bound <= limit:
            segment, segments = segments
            for position in self._positions.singles(segment):
                bound += self._alone(position, next(rooms), goal.types, max(limit, _SMALL), work)
        return bound

    def _alone(
        self, position: Segment, room: int, types: frozenset[Term], limit: int, work: Work
    ) -> int:
        """A size that no completion of the position is below, seen alone."""
        work.left -= _LISTING if position.leaves is None else 0
        if self._positions.takes_leaf(position, types) or work.is_spent:
            return 1
        if room == 1:
            return _MANY
        plan = self.least(Goal((position, None), (room,), types, 0), limit, work)
        if work.is_spent:
            return 1
        return limit + 1 if plan is None else plan.size

    def _find_program(self) -> None:
        """Find the smallest program that fits a type of which nothing is known."""
        root = self._positions.root((), _RIGID, ())
        for size in range(1, _MOST_FOR_ANYTHING + 1):
            for depth in range(1, size + 1):
                goal = Goal(root, (depth,), frozenset(), 0)
                plan = self.least(goal, size, Work(_MANY_STEPS))
                if plan is not None:
                    self.size, self.depth = size, depth
                    self.program = tuple(keys(plan))
                    return


def keys(plan: Plan) -> Iterator[Key]:
    """The keys of a plan in the order of writing."""
    while plan.rest is not None:
        yield plan.key
        plan = plan.rest
