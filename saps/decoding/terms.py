"""Types as plain tuples that are quick to compare, to hash and to unify.

The same types and the same unification as `saps.lang.inference`, in a form that a search can keep:
nothing is changed in place once a unification is over. A term is

- an integer: a variable;
- a string: `int`, `bool`, `string`, `type`, or the empty row of parameters, `NO_MORE`;
- a tuple `(ARRAY, T)`, `(DICTIONARY, K, V)`, `(FUNCTION, row, T)` or `(ROW, T, row)`; perhaps
  a `Ground` one, if it has no variable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saps.lang.types import (
    Array,
    Constraint,
    Dictionary,
    FunctionType,
    Primitive,
    Row,
    Type,
    Variable,
)

Term = int | str | tuple[Any, ...]


class Ground(tuple[Any, ...]):
    """A tuple known to have no variable, so that work on variables passes it by; equal to others.

    Attributes:
        weight: see the function.
    """

    weight: int


ARRAY: Final = "[]"
DICTIONARY: Final = "dict"
FUNCTION: Final = "->"
ROW: Final = ","
NO_MORE: Final = "()"
INT, BOOL, STRING, TYPE = "int", "bool", "string", "type"

_ANY: Final = int(Constraint.ANY)
_EQUATABLE: Final = int(Constraint.EQUATABLE)
_KEY: Final = int(Constraint.KEY)
_PLAIN: Final = frozenset({INT, BOOL, STRING})


@dataclass(frozen=True, slots=True)
class Scheme:
    """The type of a function; its variables are 0, 1, ... and stand for any type on each use.

    Attributes:
        parameters: empty for a value.
        result: type of the value.
        constraints: of each variable.
    """

    parameters: tuple[Term, ...]
    result: Term
    constraints: tuple[int, ...]

    @classmethod
    def of(cls, parameters: Iterable[Type], result: Type) -> "Scheme":
        reader = TermReader()
        terms = tuple(map(reader.read, parameters))
        return cls(terms, reader.read(result), tuple(reader.constraints))


class TermReader:
    """Reads types as terms; a variable of one name is one variable in all that it reads."""

    def __init__(self) -> None:
        self.constraints: list[int] = []
        self._names: dict[str, int] = {}

    def read(self, kind: Type) -> Term:
        if isinstance(kind, Variable):
            return self._variable(kind)
        if isinstance(kind, Array):
            return (ARRAY, self.read(kind.element))
        if isinstance(kind, Dictionary):
            return (DICTIONARY, self.read(kind.key), self.read(kind.value))
        if isinstance(kind, FunctionType):
            return (FUNCTION, self._row(kind.row), self.read(kind.result))
        assert isinstance(kind, Primitive), kind
        return kind.name

    def _variable(self, kind: Variable) -> int:
        if kind.name not in self._names:
            self._names[kind.name] = len(self.constraints)
            self.constraints.append(int(kind.constraint))
        return self._names[kind.name]

    def _row(self, row: Row) -> Term:
        rest: Term = NO_MORE
        if row.rest is not None:
            rest = self._row(row.rest) if isinstance(row.rest, Row) else self.read(row.rest)
        return row_of(tuple(map(self.read, row.parameters)), rest)


def row_of(parameters: Sequence[Term], rest: Term = NO_MORE) -> Term:
    """The parameters of a function as a term."""
    for parameter in reversed(parameters):
        rest = (ROW, parameter, rest)
    return rest


def shift(term: Term, by: int) -> Term:
    """The term with all its variables renumbered."""
    if type(term) is int:
        return term + by
    if type(term) is tuple:
        return (term[0], *(shift(part, by) for part in term[1:]))
    return term


def weight(term: Term) -> int:
    """How many symbols the term has."""
    if type(term) is Ground:
        return term.weight
    return 1 + sum(map(weight, term[1:])) if type(term) is tuple else 1


def ground(term: tuple[Any, ...]) -> Ground:
    """The same term, of parts that are strings and `Ground`."""
    made = Ground(term)
    made.weight = 1 + sum(map(weight, term[1:]))
    return made


def variables(term: Term | None, found: set[int]) -> None:
    """Add the variables of a term to `found`."""
    if type(term) is int:
        found.add(term)
    elif type(term) is tuple:
        for part in term[1:]:
            variables(part, found)


def is_ground(term: Term) -> bool:
    """Whether the term has no variable."""
    if type(term) is tuple:
        return all(map(is_ground, term[1:]))
    return type(term) is not int


def may_unify(left: Term, right: Term) -> bool:
    """Whether two terms agree where neither has a variable: quick, and never wrongly false."""
    if type(left) is Ground and type(right) is Ground:
        return left == right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left[0] == right[0] and all(map(may_unify, left[1:], right[1:]))
    return type(left) is int or type(right) is int or left == right


def spell(term: Term) -> str:
    """The term as the language writes types, for messages."""
    if type(term) is int:
        return chr(ord("T") + term) if term < 7 else f"T{term}"
    if type(term) is str:
        return term
    assert isinstance(term, tuple)
    if term[0] == ARRAY:
        inner = spell(term[1])
        return f"({inner})[]" if inner.startswith("(") else f"{inner}[]"
    if term[0] == DICTIONARY:
        return f"dict<{spell(term[1])},{spell(term[2])}>"
    return f"({', '.join(_spell_row(term[1]))}) -> {spell(term[2])}"


def _spell_row(row: Term) -> list[str]:
    parts: list[str] = []
    while isinstance(row, tuple):
        parts.append(spell(row[1]))
        row = row[2]
    return parts if row == NO_MORE else [*parts, ".."]


class Unifier:
    """Makes terms the same, by binding variables 0, 1, ..., each with its constraint."""

    __slots__ = ("bindings", "constraints")

    def __init__(self, constraints: Iterable[int] = ()) -> None:
        self.constraints = list(constraints)
        self.bindings: dict[int, Term] = {}

    def fresh(self) -> int:
        """A new variable that may stand for any type."""
        self.constraints.append(_ANY)
        return len(self.constraints) - 1

    def add(self, constraints: Iterable[int]) -> int:
        """Make room for the variables of a scheme; return by how much they are to be shifted."""
        offset = len(self.constraints)
        self.constraints.extend(constraints)
        return offset

    def prune(self, term: Term) -> Term:
        """What is known of a term at its top."""
        while type(term) is int:
            bound = self.bindings.get(term)
            if bound is None:
                return term
            term = bound
        return term

    def resolve(self, term: Term) -> Term:
        """The term with all that is known put in."""
        term = self.prune(term)
        if type(term) is tuple:
            return (term[0], *(self.resolve(part) for part in term[1:]))
        return term

    def weight(self, terms: Iterable[Term]) -> int:
        """How many symbols the resolved terms would have; quick however many that are."""
        known: dict[int, int] = {}

        def weigh(term: Term) -> int:
            if type(term) is Ground:
                return term.weight
            if type(term) is tuple:
                return 1 + sum(map(weigh, term[1:]))
            if type(term) is not int or term not in self.bindings:
                return 1
            if term not in known:
                known[term] = weigh(self.bindings[term])
            return known[term]

        return sum(map(weigh, terms))

    def unify(self, left: Term, right: Term) -> bool:
        """Make two terms the same; if they can not be, the unifier is of no further use."""
        left, right = self.prune(left), self.prune(right)
        if type(left) is int:
            return left == right or self._bind(left, right)
        if type(right) is int:
            return self._bind(right, left)
        if not (isinstance(left, tuple) and isinstance(right, tuple)):
            return left == right
        if type(left) is Ground and type(right) is Ground:
            return left == right
        return left[0] == right[0] and all(map(self.unify, left[1:], right[1:]))

    def constrain(self, term: Term, constraint: int) -> bool:
        """Make the term satisfy the constraint, if it can."""
        if constraint == _ANY:
            return True
        term = self.prune(term)
        if type(term) is int:
            self.constraints[term] = max(self.constraints[term], constraint)
            return True
        if isinstance(term, tuple):
            if term[0] == ARRAY:
                return constraint != _KEY and self.constrain(term[1], constraint)
            is_dictionary = term[0] == DICTIONARY and constraint == _EQUATABLE
            return is_dictionary and self.constrain(term[2], constraint)
        return term in _PLAIN

    def _bind(self, variable: int, term: Term) -> bool:
        if self._occurs(variable, term) or not self.constrain(term, self.constraints[variable]):
            return False
        self.bindings[variable] = term
        return True

    def _occurs(self, variable: int, term: Term) -> bool:
        term = self.prune(term)
        if type(term) is tuple:
            return any(self._occurs(variable, part) for part in term[1:])
        return term == variable
