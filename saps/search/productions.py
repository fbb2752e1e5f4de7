"""What each label does to types: the type of its node, and what it asks of its children.

Types are the terms of `saps.lang.unify`, which the checker of programs uses too, so that the mask
and the checker cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from saps.data.symbols import Label, SymbolTable
from saps.lang.check import can_be_argument
from saps.lang.functions import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS
from saps.lang.node import lambda_arity
from saps.lang.program_values import SELF, constant
from saps.lang.unify import BOOL, FUNCTION, Scheme, Term, Unifier, may_unify, row_of, shift

Position = tuple[Any, ...]
"""An open position, `(AT, expected, arg1, arg2, self)`: the type that is called for, and the types
of what the lambdas around bind, UNBOUND where none does. It is a term, so that all that works on
terms works on positions."""

AT: Final = "@"
UNBOUND: Final = "-"
_BOUND_NAMES: Final = (*LAMBDA_ARGUMENTS, SELF)


Key = int | str | tuple[Term, ...] | None
"""A way to fill a position: a production's number; -1 - i for the i-th loose argument; a type
without variables, for a known argument of that type; FRESH or ANYTHING."""

FRESH: Final = None
"""An argument that the tree did not name before."""
ANYTHING: Final = "*"
"""Something that fits every type and so tells nothing about the others."""


def position(expected: Term) -> Position:
    """An open position outside of all lambdas."""
    return (AT, expected, UNBOUND, UNBOUND, UNBOUND)


class Production(Protocol):
    """A way to fill a position."""

    @property
    def arity(self) -> int: ...

    @property
    def result(self) -> Term:
        """Of the node, as far as it is known before the position is; a variable if nothing is."""
        ...

    def enter(self, unifier: Unifier, at: Position) -> tuple[Position, ...] | None:
        """Return the positions of the children; None if the node cannot have the type."""
        ...


@dataclass(frozen=True, slots=True)
class Application:
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
class Abstraction:
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
class BoundName:
    """`arg1`, `arg2` or `self`, as a value or called; `place` is that of its type in a position."""

    place: int
    arity: int
    result: Term = 0

    def enter(self, unifier: Unifier, at: Position) -> tuple[Position, ...] | None:
        kind = at[self.place]
        if kind == UNBOUND:
            return None
        parameters = [unifier.fresh() for _ in range(self.arity)]
        wanted: Term = (FUNCTION, row_of(parameters), at[1]) if parameters else at[1]
        if not unifier.unify(wanted, kind):
            return None
        return tuple([(AT, parameter, *at[2:]) for parameter in parameters])


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
    if symbol in _BOUND_NAMES:
        return BoundName(2 + _BOUND_NAMES.index(symbol), arity)
    if symbol in FORMS:
        if arity != FORMS[symbol]:
            return None
        n_parameters = lambda_arity(symbol)
        if n_parameters:
            return Abstraction(n_parameters)
        return Application(Scheme((BOOL, 0, 0), 0, (0,)))  # `if`
    if symbol in FUNCTIONS:
        function = FUNCTIONS[symbol]
        if arity == 0:
            return Application(Scheme.of((), function.type))
        return (
            Application(Scheme.of(function.parameters, function.result))
            if (arity == function.arity)
            else None
        )
    found = constant(symbol)
    return None if found is None or arity else Application(Scheme((), found[1], ()))
