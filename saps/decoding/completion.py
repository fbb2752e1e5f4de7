"""How few nodes complete a partial tree, given the types of its open positions and their depths.

The least size is found by branch and bound over what may fill the first open position. It is
exact: positions that share variables, or compete for names of arguments, are completed together.
What makes it cheap is a program that fits every type, such as `(head (array-new int))`: nothing
larger is ever needed where there is depth for it, and it tells nothing about the other positions.
"""

from collections.abc import Iterator
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


class Completion:
    """The least sizes of completions; remembers them.

    Attributes:
        size: of the smallest program that fits every type, wherever it stands; 0 if there is none.
        depth: of that program.
    """

    def __init__(self, positions: OpenPositions) -> None:
        self._positions = positions
        self._known: dict[Goal, tuple[int, int]] = {}
        self._max_arity = max((kind.arity for kind in positions.kinds.productions), default=0)
        self.size = self.depth = 0
        self.size, self.depth = self._anything()

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

    def least(self, goal: Goal, limit: int) -> int:
        """Return the size of the smallest completion, or some number above `limit`."""
        n_positions = len(goal.rooms)
        if n_positions > limit or n_positions <= goal.n_spare:
            return n_positions
        if self._is_sum(goal):
            return self._sum(goal, limit)
        budget = self._known.get(goal, (n_positions, 0))[0]
        while budget <= limit and not self.fits(goal, budget):
            budget = self._known[goal][0]
        return budget

    def fits(self, goal: Goal, budget: int) -> bool:
        """Whether the open positions can be completed with so many nodes."""
        n_positions = len(goal.rooms)
        if n_positions > budget or n_positions <= goal.n_spare:
            return n_positions <= budget
        if self._is_sum(goal):
            return self._sum(goal, budget) <= budget
        lowest, highest = self._known.get(goal) or (n_positions, self._enough(goal))
        if lowest <= budget < highest:
            most = sum(map(self._most, goal.rooms))
            if self._search(goal, min(budget, most)):
                highest = min(budget, most)
            else:
                lowest = budget + 1 if budget < most else _MANY
            self._known[goal] = lowest, highest
        return budget >= highest

    def _enough(self, goal: Goal) -> int:
        """A size that does for any types."""
        if not self.size or min(goal.rooms) < self.depth:
            return _MANY
        return self.size * len(goal.rooms) - (self.size - 1) * goal.n_spare

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

    def _sum(self, goal: Goal, limit: int) -> int:
        total, start, segments = len(goal.rooms), 0, goal.segments
        while segments is not None and total <= limit:
            segment, segments = segments
            end = start + len(segment.positions)
            part = Goal((segment, None), goal.rooms[start:end], goal.types, 0)
            total += self.least(part, limit - total + end - start) - (end - start)
            start = end
        return total

    def _search(self, goal: Goal, budget: int) -> bool:
        for key, arity in self._options(goal):
            after, cost = self._after(goal, key, arity)
            left = budget - cost
            if self._bound(after, left) <= left and self.fits(after, left):
                return True
        return False

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
        yield from ((kind, 0) for kind in goal.types if fits(segment, kind))
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

    def _bound(self, goal: Goal, limit: int) -> int:
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
                bound += self._alone(position, next(rooms), goal.types, max(limit, _SMALL))
        return bound

    def _alone(self, position: Segment, room: int, types: frozenset[Term], limit: int) -> int:
        if self._positions.takes_leaf(position, types):
            return 1
        return self.least(Goal((position, None), (room,), types, 0), limit) if room > 1 else _MANY

    def _anything(self) -> tuple[int, int]:
        """Find the smallest program that fits a type of which nothing is known."""
        root = self._positions.root((), _RIGID, ())
        for size in range(1, _MOST_FOR_ANYTHING + 1):
            for depth in range(1, size + 1):
                if self.least(Goal(root, (depth,), frozenset(), 0), size) <= size:
                    return size, depth
        return 0, 0
