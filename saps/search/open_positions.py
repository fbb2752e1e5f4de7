"""The types of a partial tree: what each label does to them, and the positions that are open.

Types are the terms of `saps.lang.unify`, which the checker of programs uses too, so that the mask
and the checker cannot disagree.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from saps.data.symbols import Label, SymbolTable
from saps.lang.check import can_be_argument
from saps.lang.functions import FORMS, FUNCTIONS
from saps.lang.node import lambda_arity
from saps.lang.program_values import BOUND, constant
from saps.lang.unify import (
    BOOL,
    FUNCTION,
    Ground,
    Scheme,
    Term,
    Unifier,
    ground,
    is_ground,
    may_unify,
    row_of,
    shift,
    variables,
    weight,
)

Position = tuple[Any, ...]
"""An open position, `(AT, expected, arg1, arg2, self)`: the type that is called for, and the types
of what the lambdas around bind, _UNBOUND where none does. It is a term, so that all that works on
terms works on positions."""

AT: Final = "@"
_UNBOUND: Final = "-"


Key = int | str | tuple[Term, ...] | None
"""A way to fill a position: a production's number; -1 - i for the i-th loose argument; a type
without variables, for a known argument of that type; FRESH or ANYTHING."""

FRESH: Final = None
"""An argument that the tree did not name before."""
ANYTHING: Final = "*"
"""Something that fits every type and so tells nothing about the others."""


def position(expected: Term) -> Position:
    """An open position outside of all lambdas."""
    return (AT, expected, _UNBOUND, _UNBOUND, _UNBOUND)


# Ways to fill a position. `result` is the type of the node, as far as it is known before the
# position is; a variable if nothing is. `enter` returns the positions of the children; None if the
# node cannot have the type.


@dataclass(frozen=True, slots=True)
class _Application:
    """A constant, a function as a value, a call of a function, or `if`."""

    scheme: Scheme

    @property
    def arity(self) -> int:
        return len(self.scheme.parameters)

    @property
    def result(self) -> Term:
        return self.scheme.result

    def enter(self, unifier: Unifier, at: Position) -> tuple[Position, ...] | None:
        scheme = self.scheme
        if not may_unify(at[1], scheme.result):
            return None
        offset = unifier.add(scheme.constraints)
        if not unifier.unify(at[1], shift(scheme.result, offset)):
            return None
        return tuple([(AT, shift(kind, offset), *at[2:]) for kind in scheme.parameters])


@dataclass(frozen=True, slots=True)
class _Abstraction:
    """`lambda1` or `lambda2`."""

    n_parameters: int
    arity: int = 1
    result: Term = (FUNCTION, 0, 1)

    def enter(self, unifier: Unifier, at: Position) -> tuple[Position, ...] | None:
        parameters = [unifier.fresh() for _ in range(self.n_parameters)]
        result = unifier.fresh()
        kind: Term = (FUNCTION, row_of(parameters), result)
        if not unifier.unify(at[1], kind):
            return None
        second = parameters[1] if self.n_parameters == 2 else at[3]
        return ((AT, result, parameters[0], second, kind),)


@dataclass(frozen=True, slots=True)
class _BoundName:
    """`arg1`, `arg2` or `self`, as a value or called; `place` is that of its type in a position."""

    place: int
    arity: int
    result: Term = 0

    def enter(self, unifier: Unifier, at: Position) -> tuple[Position, ...] | None:
        kind = at[self.place]
        if kind == _UNBOUND:
            return None
        parameters = [unifier.fresh() for _ in range(self.arity)]
        wanted: Term = (FUNCTION, row_of(parameters), at[1]) if parameters else at[1]
        if not unifier.unify(wanted, kind):
            return None
        return tuple([(AT, parameter, *at[2:]) for parameter in parameters])


Production = _Application | _Abstraction | _BoundName


class Productions(Sequence[Production]):
    """The productions of a symbol table, by arity; labels that do the same to types share one.

    So a hundred numbers and strings among the labels cost no more than one of each.

    Attributes:
        labels: of each production, the labels that stand for it.
        numbers: of each label, its production; ARGUMENT for a name that a task may give to an
            argument, MEANINGLESS for a label that is in no program.
        arguments: the labels that are names of arguments, by name.
    """

    ARGUMENT: Final = -1
    MEANINGLESS: Final = -2

    def __init__(self, symbols: SymbolTable) -> None:
        found = [_production(label) for label in symbols.labels]
        distinct = dict.fromkeys(production for production in found if production is not None)
        self._all = sorted(distinct, key=lambda production: production.arity)
        self.labels: list[list[int]] = [[] for _ in self._all]
        self.numbers: list[int] = []
        self.arguments: dict[str, int] = {}
        number_of = {production: number for number, production in enumerate(self._all)}
        for index, (label, production) in enumerate(zip(symbols.labels, found, strict=True)):
            if production is not None:
                self.numbers.append(number_of[production])
                self.labels[self.numbers[-1]].append(index)
            elif label.arity == 0 and can_be_argument(label.symbol):
                self.numbers.append(self.ARGUMENT)
                self.arguments[label.symbol] = index
            else:
                self.numbers.append(self.MEANINGLESS)

        self._giving: dict[str | None, list[int]] = {}

    def giving(self, kind: Term) -> list[int]:
        """The productions that may give a type, as far as its outermost part tells."""
        head = _head(kind)
        if head not in self._giving:
            results = [_head(production.result) for production in self._all]
            self._giving[head] = [
                number
                for number, result in enumerate(results)
                if head is None or result is None or result == head
            ]
        return self._giving[head]

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, number: Any) -> Any:
        return self._all[number]


def _head(term: Term) -> str | None:
    """The outermost part of a type; None for a variable."""
    if type(term) is int:
        return None
    return term if isinstance(term, str) else str(term[0])  # type: ignore[index]


def _production(label: Label) -> Production | None:
    symbol, arity = label.symbol, label.arity
    if symbol in BOUND:
        return _BoundName(2 + BOUND.index(symbol), arity)
    if symbol in FORMS:
        if arity != FORMS[symbol]:
            return None
        n_parameters = lambda_arity(symbol)
        if n_parameters:
            return _Abstraction(n_parameters)
        return _Application(Scheme((BOOL, 0, 0), 0, (0,)))  # `if`
    if symbol in FUNCTIONS:
        function = FUNCTIONS[symbol]
        if arity == 0:
            return _Application(Scheme.of((), function.type))
        if arity != function.arity:
            return None
        return _Application(Scheme.of(function.parameters, function.result))
    found = constant(symbol)
    return None if found is None or arity else _Application(Scheme((), found[1], ()))


# The open positions of a partial tree, as far as types matter, and how a label changes them.
#
# Positions whose types have variables in common must be told together; others are independent.
# So the open positions are kept as segments: runs of positions that share no variable with the
# rest. A segment names its variables itself, from 0, so that equal situations in different trees
# are one object, and what was worked out for one serves all.

# The types of 10,000 generated programs weigh 157 symbols at most, but those that an untrained
# network writes may double with every node. From _HEAVY on, steps that would make a segment heavier
# than _HEAVIEST are taken not to fit.
_HEAVY: Final = 200
_HEAVIEST: Final = 400


@dataclass(slots=True, eq=False)
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

    loose: tuple[Term, ...]
    positions: tuple[Position, ...]
    constraints: tuple[int, ...]
    weight: int = field(init=False)
    is_heavy: bool = field(init=False)
    singles: "tuple[Segment, ...]" = field(init=False)
    masks: "dict[TaskArguments | None, npt.NDArray[np.bool_]]" = field(default_factory=dict)
    _fits: dict[Key, bool] = field(default_factory=dict)
    _joined: "dict[Segment, Segment]" = field(default_factory=dict)
    _steps: "dict[Key, Step | None]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weight = sum(map(weight, (*self.loose, *self.positions)))
        self.is_heavy = self.weight > _HEAVY
        self.singles = (self,)


Segments = tuple[Segment, "Segments"] | None
"""A linked list, the segment that is written next first."""


@dataclass(slots=True, eq=False)
class Step:
    """What filling the first position of a segment leads to.

    Attributes:
        segments: in place of the segment; the first may have loose arguments and no positions.
        settled: for each argument that was loose, and one named just now, its type if that has no
            variables any more, else None; an empty tuple if there are no such arguments.
    """

    segments: tuple[Segment, ...]
    settled: tuple[Term | None, ...]


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
        """Yield the productions of so many children at most that fit the first position."""
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
    """The arguments after a label was written and the types of loose ones were settled."""
    named = (*arguments.loose, label) if label in arguments.spare else arguments.loose
    pairs = list(zip(named, settled, strict=True))
    known = [*arguments.known, *((name, kind) for name, kind in pairs if kind is not None)]
    return task_arguments(
        tuple(sorted(known, key=lambda pair: pair[0])),
        tuple([name for name, kind in pairs if kind is None]),
        tuple([name for name in arguments.spare if name != label]),
    )
