"""How few nodes close the open positions of a partial tree: a table, filled as types come up.

`Closings.least` is the table: the fewest nodes that close one position, by its type, the levels
that are left and the types of the arguments. It is small, since most languages have a short program
that fits every type, such as `(head (array-new int))`: nothing larger is ever needed.

`Closings.close` fills positions that share variables one after the other, each so that it and all
the others take the fewest nodes by the table. That looks one step ahead and no further, and where
very many positions share variables it leaves the variables alone: another filling may be smaller
by a node or two. In return it takes time in proportion to the positions, and depends on them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

from saps.lang.unify import Ground, Term, may_unify
from saps.search.open_positions import ANYTHING, FRESH, Key

if TYPE_CHECKING:
    from saps.search.open_positions import OpenPositions, Segment, Step

_NEVER: Final = 1 << 30
_RIGID: Final = "?"
"""A type that only itself and variables unify with."""
_MOST_LEVELS: Final = 6
"""A position that only deeper trees could close counts as one that nothing closes."""
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
        self,
        singles: Iterable[Segment],
        loose: Sequence[Term],
        rooms: Sequence[int],
        types: Types,
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
