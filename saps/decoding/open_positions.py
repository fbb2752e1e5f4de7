"""The open positions of a partial tree, as far as types matter, and how a label changes them.

Positions whose types have variables in common must be told together; all others are independent.
So the open positions are kept as segments: runs of positions that share no variable with the rest.
A segment names its variables itself, from 0, so that equal situations in different trees are one
object, and what was worked out for one serves all.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from saps.decoding.label_types import NO_SCOPE, LabelTypes, Position, Scope
from saps.decoding.terms import Ground, Term, Unifier, ground, shift, variables, weight

Key = int | str | tuple[Term, ...] | None
"""A way to fill a position: a production's number; -1 - i for the i-th loose argument; a type
without variables, for a known argument of that type; FRESH or ANYTHING."""

FRESH: Final = None
"""An argument that the tree did not name before."""
ANYTHING: Final = "*"
"""Something that fits every type and so tells nothing about the others."""

_HEAVY: Final = 200
"""From this weight on it is looked at whether a step makes a segment heavier; those of 10,000
generated programs weigh 157 at most."""
_HEAVIEST: Final = 400
"""No step that is found to fit makes a segment of `_HEAVY` heavier than this."""


class Segment:
    """Positions, in the order of writing, that share variables with one another and no others.

    Made by `OpenPositions` alone, once for equal contents: compared by identity.

    Attributes:
        loose: types, with variables, of arguments that are named already; the segment that is
            written next has all of them, the others none.
        positions: the open ones. Empty only if there are loose arguments and nothing else.
        constraints: of the variables 0, 1, ...
        weight: how many symbols its types have.
        is_heavy: whether it is looked at what a step makes of that weight.
        first: the segment of the first position alone, without loose arguments.
    """

    __slots__ = (
        "_light",
        "_steps",
        "calls",
        "constraints",
        "first",
        "is_heavy",
        "joined",
        "leaves",
        "loose",
        "masks",
        "positions",
        "singles",
        "weight",
    )

    def __init__(
        self, loose: tuple[Term, ...], positions: tuple[Position, ...], constraints: tuple[int, ...]
    ) -> None:
        self.loose = loose
        self.positions = positions
        self.constraints = constraints
        self.weight = sum(map(weight, loose)) + sum(map(_weight, positions))
        self.is_heavy = self.weight > _HEAVY
        self.first: Segment = self
        self._light: dict[Key, bool] = {}
        self._steps: dict[Key, Step | None] = {}
        self.joined: dict[Segment, Segment] = {}
        self.masks: dict[object, npt.NDArray[np.bool_]] = {}
        self.singles: tuple[Segment, ...] = ()
        self.leaves: list[int] | None = None
        self.calls: list[int] | None = None


Segments = tuple[Segment, "Segments"] | None
"""A linked list, the segment that is written next first."""


class Step:
    """What filling the first position of a segment leads to.

    Attributes:
        segments: in place of the segment; the first may have loose arguments and no positions.
        settled: for each argument that was loose, and one named just now, its type if that has no
            variables any more, else None; an empty tuple if there are no such arguments.
    """

    __slots__ = ("segments", "settled")

    def __init__(self, segments: tuple[Segment, ...], settled: tuple[Term | None, ...]) -> None:
        self.segments = segments
        self.settled = settled


class OpenPositions:
    """All segments that came up, and the steps between them.

    Types may double with every step. So steps from a heavy segment to a far heavier one are taken
    not to fit, though `step` does them.

    Attributes:
        n_steps: how many steps were worked out.
        harmless: productions that fit however heavy the segment.
    """

    def __init__(self, kinds: LabelTypes) -> None:
        self.kinds = kinds
        self._segments: dict[object, Segment] = {}
        self.n_steps = 0
        self.harmless: frozenset[Key] = frozenset()
        arities = [production.arity for production in kinds.productions]
        self._leaves = [number for number, arity in enumerate(arities) if not arity]
        self._calls = sorted(
            (number for number, arity in enumerate(arities) if arity), key=arities.__getitem__
        )

    def __len__(self) -> int:
        return len(self._segments)

    def root(self, loose: tuple[Term, ...], result: Term, constraints: Iterable[int]) -> Segments:
        """Return the segments of an empty tree."""
        unifier = Unifier(constraints)
        return self.push(self._settle(unifier, loose, ((result, NO_SCOPE),)), None)

    def step(self, segment: Segment, key: Key) -> Step | None:
        """Fill the segment's first position; None if the types forbid it."""
        try:
            return segment._steps[key]
        except KeyError:
            pass
        self.n_steps += 1
        entered = self._enter(segment, key)
        step = None
        if entered is not None:
            unifier, loose, children = entered
            step = self._settle(unifier, loose, children + segment.positions[1:])
        segment._steps[key] = step
        return step

    def leaves(self, segment: Segment) -> list[int]:
        """The productions without children that the types allow at the first position."""
        first = segment if segment.is_heavy else segment.first
        if first.leaves is None:
            first.leaves = [number for number in self._leaves if self.fits(first, number)]
        return first.leaves

    def calls(self, segment: Segment) -> list[int]:
        """Those with children, the fewest first."""
        first = segment if segment.is_heavy else segment.first
        if first.calls is None:
            first.calls = [number for number in self._calls if self.fits(first, number)]
        return first.calls

    def takes_leaf(self, segment: Segment, types: Iterable[Term]) -> bool:
        """Whether some leaf may stand at the first position, seen alone."""
        first = segment.first
        if first.leaves is not None and first.leaves:
            return True
        return any(self.fits(first, kind) for kind in types) or bool(self.leaves(segment))

    def fits(self, segment: Segment, key: Key) -> bool:
        """Whether the types allow to fill the first position so, and stay small."""
        if segment.is_heavy:
            light = segment._light.get(key)
            if light is None:
                light = segment._light[key] = self._stays_light(segment, key)
            return light
        if key in segment._steps:
            return segment._steps[key] is not None
        if type(key) is int and key < 0:
            return self._enter(segment, key) is not None
        return self._enter(segment.first, key) is not None

    def _stays_light(self, segment: Segment, key: Key) -> bool:
        entered = self._enter(segment, key)
        if entered is None or key in self.harmless:
            return entered is not None
        unifier, loose, children = entered
        positions = children + segment.positions[1:]
        terms = [*loose, *(term for kind, scope in positions for term in (kind, *scope))]
        most = max(segment.weight, _HEAVIEST)
        return unifier.weight([term for term in terms if term is not None]) <= most

    def singles(self, segment: Segment) -> tuple[Segment, ...]:
        """Each position as a segment of its own, as if it shared nothing with the others."""
        if len(segment.positions) == 1:
            return (segment.first,)
        if not segment.singles:
            alone = Unifier(segment.constraints)
            segment.singles = tuple(
                self._intern(alone, (), (position,)) for position in segment.positions
            )
        return segment.singles

    def push(self, step: Step, below: Segments) -> Segments:
        """Return all segments after a step, given those below the one that it changed."""
        segments = step.segments
        if len(segments) == 1 and segments[0].positions:  # nearly always
            return segments[0], below
        for segment in segments[:0:-1]:
            below = segment, below
        if not segments:
            return below
        top = segments[0]
        if not top.positions:
            if below is None:
                return None
            return self._join(top, below[0]), below[1]
        return top, below

    def _join(self, loose: Segment, segment: Segment) -> Segment:
        """Return the segment with loose arguments, whose variables are others than its own."""
        joined = loose.joined.get(segment)
        if joined is None:
            unifier = Unifier(loose.constraints)
            by = unifier.add(segment.constraints)
            positions = tuple(_shift(position, by) for position in segment.positions)
            joined = self._intern(unifier, loose.loose, positions)
            loose.joined[segment] = joined
        return joined

    def _enter(
        self, segment: Segment, key: Key
    ) -> tuple[Unifier, tuple[Term, ...], tuple[Position, ...]] | None:
        expected, scope = segment.positions[0]
        unifier, loose = Unifier(segment.constraints), segment.loose
        children: tuple[Position, ...] | None = ()
        if key is FRESH:
            loose = (*loose, expected)
        elif type(key) is int and key >= 0:
            children = self.kinds.productions[key].enter(unifier, expected, scope)
        elif key != ANYTHING:
            found = loose[-1 - key] if type(key) is int else key
            children = () if unifier.unify(expected, found) else None
        return None if children is None else (unifier, loose, children)

    def _settle(
        self, unifier: Unifier, loose: tuple[Term, ...], positions: tuple[Position, ...]
    ) -> Step:
        """Split positions into segments and name their variables anew."""
        loose = tuple(map(unifier.resolve, loose))
        positions = tuple(_resolve(unifier, position) for position in positions)
        free = [_free(kind) for kind in loose]
        settled = tuple(None if names else kind for kind, names in zip(loose, free, strict=True))
        still = tuple(kind for kind, names in zip(loose, free, strict=True) if names)
        shared = set().union(*free)
        segments = []
        if still and not positions:
            segments.append(self._intern(unifier, still, ()))
        for start, end in _cuts(shared, positions):
            segments.append(self._intern(unifier, still, positions[start:end]))
            still = ()
        return Step(tuple(segments), settled)

    def _intern(
        self, unifier: Unifier, loose: tuple[Term, ...], positions: tuple[Position, ...]
    ) -> Segment:
        names = _Names(unifier)
        loose = tuple(map(names.rename, loose))
        positions = tuple(
            (names.rename(kind), names.rename_scope(scope)) for kind, scope in positions
        )
        key = (loose, positions, tuple(names.constraints))
        segment = self._segments.get(key)
        if segment is None:
            segment = self._segments.setdefault(key, Segment(loose, positions, key[2]))
            if loose or len(positions) > 1:
                alone = Unifier(key[2])
                segment.first = self._intern(alone, (), positions[:1]) if positions else segment
        return segment


class _Names:
    """Renames variables in order of appearance."""

    def __init__(self, unifier: Unifier) -> None:
        self.constraints: list[int] = []
        self._unifier = unifier
        self._new: dict[int, int] = {}

    def rename(self, term: Term) -> Term:
        if type(term) is int:
            name = self._new.get(term)
            if name is None:
                name = self._new[term] = len(self.constraints)
                self.constraints.append(self._unifier.constraints[term])
            return name
        if type(term) is tuple:
            parts = (term[0], *map(self.rename, term[1:]))
            is_ground = all(type(part) is str or type(part) is Ground for part in parts)
            return ground(parts) if is_ground else parts
        return term

    def rename_scope(self, scope: Scope) -> Scope:
        if scope is NO_SCOPE:
            return scope
        first, second, itself = (None if kind is None else self.rename(kind) for kind in scope)
        return first, second, itself


def _resolve(unifier: Unifier, position: Position) -> Position:
    expected, scope = position
    if scope is not NO_SCOPE:
        first, second, itself = (None if kind is None else unifier.resolve(kind) for kind in scope)
        scope = first, second, itself
    return unifier.resolve(expected), scope


def _shift(position: Position, by: int) -> Position:
    expected, scope = position
    if scope is not NO_SCOPE:
        first, second, itself = (None if kind is None else shift(kind, by) for kind in scope)
        scope = first, second, itself
    return shift(expected, by), scope


def _weight(position: Position) -> int:
    expected, scope = position
    if scope is NO_SCOPE:
        return weight(expected)
    return weight(expected) + sum(weight(kind) for kind in scope if kind is not None)


def _free(kind: Term) -> set[int]:
    found: set[int] = set()
    variables(kind, found)
    return found


def _cuts(shared: set[int], positions: tuple[Position, ...]) -> list[tuple[int, int]]:
    """Where segments start and end; `shared` variables belong to the first."""
    free = []
    last: dict[int, int] = {}
    for index, (expected, scope) in enumerate(positions):
        names = _free(expected)
        for kind in scope:
            if kind is not None:
                variables(kind, names)
        free.append(names)
        last.update(dict.fromkeys(names, index))
    reach = max((last.get(name, 0) for name in shared), default=0)
    cuts, start = [], 0
    for index, names in enumerate(free):
        reach = max(reach, index, *(last[name] for name in names))
        if index == reach:
            cuts.append((start, index + 1))
            start = index + 1
    return cuts
