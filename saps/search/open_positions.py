"""The open positions of a partial tree, as far as types matter, and how a label changes them.

Positions whose types have variables in common must be told together; all others are independent.
So the open positions are kept as segments: runs of positions that share no variable with the rest.
A segment names its variables itself, from 0, so that equal situations in different trees are one
object, and what was worked out for one serves all.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from saps.lang.unify import (
    FUNCTION,
    Ground,
    Term,
    Unifier,
    ground,
    is_ground,
    shift,
    variables,
    weight,
)
from saps.search.productions import ANYTHING, FRESH, Key, Position, Productions, position

# The types of 10,000 generated programs weigh 157 symbols at most, but those that an untrained
# network writes may double with every node. From _HEAVY on, steps that would make a segment heavier
# than _HEAVIEST are taken not to fit.
_HEAVY: Final = 200
_HEAVIEST: Final = 400


class Segment:
    """Positions, in the order of writing, that share variables with one another and no others.

    Made by `OpenPositions` alone, once for equal contents: compared by identity.

    Attributes:
        loose: types, with variables, of arguments that are named already; the segment that is
            written next has all of them, the others none.
        positions: the open ones. Empty only if there are loose arguments and nothing else.
        constraints: of the variables 0, 1, ...
        weight: how many symbols its types have.
        singles: each position as a segment of its own, as if it shared nothing with the others.
        is_heavy: whether it is looked at what a step makes of that weight.
        masks: the labels that fit at the first position, by arguments; by None, those that are no
            names of arguments.
    """

    __slots__ = (
        "_fits",
        "_joined",
        "_steps",
        "constraints",
        "is_heavy",
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
        self.weight = sum(map(weight, (*loose, *positions)))
        self.is_heavy = self.weight > _HEAVY
        self.singles: tuple[Segment, ...] = (self,)
        self.masks: dict[TaskArguments | None, npt.NDArray[np.bool_]] = {}
        self._fits: dict[Key, bool] = {}
        self._joined: dict[Segment, Segment] = {}
        self._steps: dict[Key, Step | None] = {}


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

    Attributes:
        n_steps: how many steps were worked out.
        harmless: productions that fit however heavy the segment.
    """

    def __init__(self, productions: Productions) -> None:
        self._productions = productions
        self.n_steps = 0
        self.harmless: frozenset[Key] = frozenset()
        self._segments: dict[object, Segment] = {}

    def __len__(self) -> int:
        return len(self._segments)

    def root(self, loose: tuple[Term, ...], result: Term, constraints: Iterable[int]) -> Segments:
        """Return the segments of an empty tree."""
        return self.push(self._settle(Unifier(constraints), loose, (position(result),)), None)

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

    def arity(self, key: Key) -> int:
        """How many children the node has that fills a position so."""
        return self._productions[key].arity if type(key) is int and key >= 0 else 0

    def gives_function(self, number: int) -> bool:
        """Whether a production is a function as a value, or gives one."""
        result = self._productions[number].result
        return isinstance(result, tuple) and result[0] == FUNCTION

    def fitting(self, segment: Segment, most: int | None = None) -> Iterator[int]:
        """Yield the productions that the types allow at the first position, by arity.

        Args:
            segment: whose first position it is.
            most: children that they may have; None for any number.
        """
        first = self.first(segment)
        for number in self._productions.giving(first.positions[0][1]):
            if most is not None and self._productions[number].arity > most:
                return
            if self.fits(first, number):
                yield number

    def first(self, segment: Segment) -> Segment:
        """The segment that tells what fits at the first position, but for loose arguments."""
        return segment if segment.is_heavy else segment.singles[0]

    def fits(self, segment: Segment, key: Key) -> bool:
        """Whether the types allow to fill the first position so, and stay small."""
        is_heavy = segment.is_heavy
        if not is_heavy and not (type(key) is int and key < 0):
            segment = segment.singles[0]
        fits = segment._fits.get(key)
        if fits is None:
            fits = self._stays_light(segment, key) if is_heavy else bool(self._enter(segment, key))
            segment._fits[key] = fits
        return fits

    def _stays_light(self, segment: Segment, key: Key) -> bool:
        entered = self._enter(segment, key)
        if entered is None or key in self.harmless:
            return entered is not None
        unifier, loose, children = entered
        terms = (*loose, *children, *segment.positions[1:])
        return unifier.weight(terms) <= max(segment.weight, _HEAVIEST)

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
        if top.positions:
            return top, below
        return None if below is None else (self._join(top, below[0]), below[1])

    def _join(self, loose: Segment, segment: Segment) -> Segment:
        """Return the segment with loose arguments, whose variables are others than its own."""
        joined = loose._joined.get(segment)
        if joined is None:
            unifier = Unifier(loose.constraints)
            by = unifier.add(segment.constraints)
            positions = [shift(at, by) for at in segment.positions]
            joined = loose._joined[segment] = self._intern(unifier, loose.loose, positions)
        return joined

    def _enter(
        self, segment: Segment, key: Key
    ) -> tuple[Unifier, tuple[Term, ...], tuple[Position, ...]] | None:
        """Fill the first position: what that tells, the loose arguments, the children."""
        at = segment.positions[0]
        unifier, loose = Unifier(segment.constraints), segment.loose
        children: tuple[Position, ...] | None = ()
        if key is FRESH:
            loose = (*loose, at[1])
        elif type(key) is int and key >= 0:
            children = self._productions[key].enter(unifier, at)
        elif key != ANYTHING:
            found = loose[-1 - key] if type(key) is int else key
            children = () if unifier.unify(at[1], found) else None
        return None if children is None else (unifier, loose, children)

    def _settle(
        self, unifier: Unifier, loose: tuple[Term, ...], positions: tuple[Position, ...]
    ) -> Step:
        """Split positions into segments and name their variables anew."""
        loose = tuple(map(unifier.resolve, loose))
        resolved = [unifier.resolve(at) for at in positions]
        still = tuple([kind for kind in loose if not is_ground(kind)])
        settled = tuple([kind if is_ground(kind) else None for kind in loose])
        segments = []
        if still and not resolved:
            segments.append(self._intern(unifier, still, ()))
        for start, end in _cuts(_free(*still), list(map(_free, resolved))):
            segments.append(self._intern(unifier, still, resolved[start:end]))
            still = ()
        return Step(tuple(segments), settled)

    def _intern(
        self, unifier: Unifier, loose: Iterable[Term], positions: Iterable[Term]
    ) -> Segment:
        """Return the one segment of these contents, with its variables named in order."""
        names: dict[int, int] = {}

        def named(term: Term) -> Term:
            if type(term) is int:
                return names.setdefault(term, len(names))
            if type(term) is not tuple:
                return term
            parts = (term[0], *[named(part) for part in term[1:]])
            is_known = all(type(part) is str or type(part) is Ground for part in parts)
            return ground(parts) if is_known else parts

        contents = tuple(map(named, loose)), tuple(map(named, positions))
        key = (*contents, tuple([unifier.constraints[name] for name in names]))
        segment = self._segments.get(key)
        if segment is None:
            segment = Segment(*key)  # type: ignore[arg-type]
            if key[0] or len(key[1]) != 1:
                alone = Unifier(key[2])
                segment.singles = tuple([self._intern(alone, (), (at,)) for at in key[1]])
            # Another thread may have made it meanwhile.
            segment = self._segments.setdefault(key, segment)
        return segment


def _free(*terms: Term) -> set[int]:
    found: set[int] = set()
    for term in terms:
        variables(term, found)
    return found


def _cuts(shared: set[int], free: list[set[int]]) -> list[tuple[int, int]]:
    """Where segments start and end; `shared` variables belong to the first."""
    last: dict[int, int] = {}
    for index, names in enumerate(free):
        last.update(dict.fromkeys(names, index))
    reach = max((last.get(name, 0) for name in shared), default=0)
    cuts, start = [], 0
    for index, names in enumerate(free):
        reach = max(reach, index, *[last[name] for name in names])
        if index == reach:
            cuts.append((start, index + 1))
            start = index + 1
    return cuts


# The arguments that a partial tree may name, with what is known of their types.


class TaskArguments:
    """Immutable, and compared by identity: `task_arguments` makes one for equal contents.

    Attributes:
        known: label and type, without variables, of each argument whose type is known.
        loose: labels of those whose types have variables, which the first segment of the open
            positions holds in the same order.
        spare: labels of names that an argument may yet be given; its type follows from its use.
        types: what is among `known`, in a fixed order.
        keys: how each of the labels fills a position.
    """

    __slots__ = ("keys", "known", "loose", "spare", "types")

    def __init__(
        self, known: tuple[tuple[int, Term], ...], loose: tuple[int, ...], spare: tuple[int, ...]
    ) -> None:
        self.known, self.loose, self.spare = known, loose, spare
        self.types = tuple(dict.fromkeys(kind for _, kind in known))
        self.keys: dict[int, Key] = dict(known)
        self.keys.update((label, -1 - place) for place, label in enumerate(loose))
        self.keys.update(dict.fromkeys(spare, FRESH))


task_arguments = lru_cache(maxsize=100_000)(TaskArguments)


@lru_cache(maxsize=100_000)
def arguments_after(
    arguments: TaskArguments, label: int, settled: tuple[Term | None, ...]
) -> TaskArguments:
    """The arguments after a label was written and some types became known.

    Args:
        arguments: those before.
        label: what was written; may be one of the spare names.
        settled: for each loose one, and then for the label if it was spare, its type or None.
    """
    named = (*arguments.loose, label) if label in arguments.spare else arguments.loose
    pairs = list(zip(named, settled, strict=True))
    known = [*arguments.known, *((name, kind) for name, kind in pairs if kind is not None)]
    return task_arguments(
        tuple(sorted(known, key=lambda pair: pair[0])),
        tuple([name for name, kind in pairs if kind is None]),
        tuple([name for name in arguments.spare if name != label]),
    )
