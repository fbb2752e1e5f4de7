"""Unification: makes types the same by finding what their variables must be.

Types are terms here, plain tuples that are quick to compare and to copy, and that a search can keep
from one step to the next. A term is

- an integer: a variable;
- a string: `int`, `bool`, `string`, `type`, the empty row `NO_MORE`, or a rigid variable;
- a tuple `(ARRAY, T)`, `(DICTIONARY, K, V)`, `(FUNCTION, row, T)` or `(ROW, T, row)`; perhaps
  a `Ground` one, if it has no variable.

Terms share parts through their variables: written out, one may be exponentially larger than the
program it comes from. So all walks here go over the shared graph, each part once, and a unifier
does a bounded amount of work in all.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saps.lang.errors import InputError, StaticTypeError
from saps.lang.program_values import is_text, kind_of
from saps.lang.types import (
    MAX_NESTING,
    MAX_PARTS,
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
RIGID: Final = "'"
"""Begins the name of a variable that is whatever its declarer says, so equal to itself only."""
_MAX_WORK: Final = 300_000
"""Parts looked at by one unifier; a program of 5,000 nodes takes a tenth of that."""

_ANY: Final = int(Constraint.ANY)
_EQUATABLE: Final = int(Constraint.EQUATABLE)
_KEY: Final = int(Constraint.KEY)
_PLAIN: Final = frozenset({INT, BOOL, STRING})
_LETTERS: Final = "TUVWXYZABCDEFGHIJKLMNOPQRS"


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
    """Reads types as terms; a variable of one name is one variable in all that it reads.

    Args:
        constraints: of the variables that there are already; those that are read are added.
        rigid: read variables as rigid ones; their constraints are put here.
    """

    def __init__(
        self, constraints: list[int] | None = None, rigid: dict[str, int] | None = None
    ) -> None:
        self.constraints = [] if constraints is None else constraints
        self._rigid = rigid
        self._names: dict[str, Term] = {}

    def read(self, kind: Type) -> Term:
        if isinstance(kind, Variable):
            return self._variable(kind)
        if isinstance(kind, Array):
            return (ARRAY, self.read(kind.element))
        if isinstance(kind, Dictionary):
            return (DICTIONARY, self.read(kind.key), self.read(kind.value))
        if isinstance(kind, FunctionType):
            return (FUNCTION, self._row(kind.row), self.read(kind.result))
        if isinstance(kind, Row):
            return self._row(kind)
        assert isinstance(kind, Primitive), kind
        return kind.name

    def _variable(self, kind: Variable) -> Term:
        if kind.name not in self._names:
            if self._rigid is not None:
                self._names[kind.name] = RIGID + kind.name
                self._rigid[RIGID + kind.name] = int(kind.constraint)
            else:
                self._names[kind.name] = len(self.constraints)
                self.constraints.append(int(kind.constraint))
        return self._names[kind.name]

    def _row(self, row: Row) -> Term:
        rest: Term = NO_MORE if row.rest is None else self.read(row.rest)
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
        return (term[0], *[shift(part, by) for part in term[1:]])
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
    """The term as the language writes types, for messages; variables by their numbers."""
    return str(Display(Unifier(), by_number=True).type(term))


def _too_large(found: str) -> StaticTypeError:
    return StaticTypeError(f"found {found}", expected="a smaller type", found=found)


_WRITTEN: Final = f"a type of more than {MAX_PARTS} parts or {MAX_NESTING} levels"


class Unifier:
    """Makes terms the same, by binding variables 0, 1, ..., each with its constraint.

    Attributes:
        constraints: of each variable.
        bindings: what is known of variables; a search may copy both to go on from here.
        rigid: the constraints of rigid variables, by term.
    """

    __slots__ = ("_work", "bindings", "constraints", "rigid")

    def __init__(self, constraints: Iterable[int] = (), work: int = _MAX_WORK) -> None:
        self.constraints = list(constraints)
        self.bindings: dict[int, Term] = {}
        self.rigid: dict[str, int] = {}
        self._work = work

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
            return (term[0], *[self.resolve(part) for part in term[1:]])
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
        """Make two terms the same; if they cannot be, the unifier is of no further use.

        Raises:
            StaticTypeError: the types of the program take more than `_MAX_WORK` to compare.
        """
        waiting = [(left, right)]
        # Two tuples that were unified once are the same for good: without this, shared parts are
        # compared once for each way that leads to them. Ids are safe: nothing is freed meanwhile.
        done: set[tuple[int, int]] = set()
        while waiting:
            left, right = waiting.pop()
            left = self.prune(left) if type(left) is int else left
            right = self.prune(right) if type(right) is int else right
            if left is right or (type(left) is not tuple and left == right):
                continue
            if type(left) is int:
                if not self._bind(left, right):
                    return False
            elif type(right) is int:
                if not self._bind(right, left):
                    return False
            elif isinstance(left, tuple) and isinstance(right, tuple):
                if left[0] != right[0]:
                    return False
                pair = (id(left), id(right))
                if pair not in done:
                    done.add(pair)
                    self._spend(1)
                    waiting += zip(left[:0:-1], right[:0:-1], strict=True)
            else:
                return False
        return True

    def constrain(self, term: Term, constraint: int) -> bool:
        """Make the term satisfy the constraint, if it can."""
        if constraint == _ANY:
            return True
        waiting: list[Term] = [term]
        done: set[int] = set()
        while waiting:
            term = self.prune(waiting.pop())
            if type(term) is int:
                self.constraints[term] = max(self.constraints[term], constraint)
            elif isinstance(term, tuple):
                if term[0] == ARRAY and constraint != _KEY:
                    inner: Term = term[1]
                elif term[0] == DICTIONARY and constraint == _EQUATABLE:
                    inner = term[2]
                else:
                    return False
                if id(term) not in done:
                    done.add(id(term))
                    self._spend(1)
                    waiting.append(inner)
            elif isinstance(term, str) and term in self.rigid:
                # What a value of any type is compared by is left to the run.
                self.rigid[term] = max(self.rigid[term], constraint)
            elif term not in _PLAIN:
                return False
        return True

    def _bind(self, variable: int, term: Term) -> bool:
        if type(term) is str and self.constraints[variable] == _ANY:
            pass  # the commonest
        elif type(term) is int:  # two variables
            self.constraints[term] = max(self.constraints[term], self.constraints[variable])
        elif self._occurs(variable, term) or not self.constrain(term, self.constraints[variable]):
            return False
        self.bindings[variable] = term
        return True

    def _occurs(self, variable: int, term: Term) -> bool:
        waiting: list[Term] = [term]
        done: set[int] = set()
        while waiting:
            term = waiting.pop()
            if type(term) is int:
                if term == variable:
                    return True
                if term not in done and term in self.bindings:
                    done.add(term)
                    waiting.append(self.bindings[term])
            elif type(term) is tuple:
                self._spend(1)
                waiting += term[1:]
        return False

    def _spend(self, n_parts: int) -> None:
        self._work -= n_parts
        if self._work < 0:
            raise _too_large("a type too large to be checked")


class Display:
    """Writes terms as types of the language, with letters for variables in order of appearance."""

    def __init__(self, unifier: Unifier, *, by_number: bool = False) -> None:
        self._unifier = unifier
        self._names: dict[Term, Variable] = {}
        self._by_number = by_number

    def type(self, term: Term) -> Type:
        """The term as a type.

        Raises:
            StaticTypeError: written out, it would have too many parts or levels.
        """
        return self._type(term, [MAX_PARTS], 0)

    def text(self, term: Term) -> str:
        """The term as text, for messages."""
        try:
            return str(self.type(term))
        except StaticTypeError:
            return _WRITTEN

    def demand(self, term: Term) -> str:
        """What a place calls for, where any type of a sort would do."""
        found = self._unifier.prune(term)
        if type(found) is int and self._unifier.constraints[found] != _ANY:
            return _SORTS[Constraint(self._unifier.constraints[found])]
        return self.text(term)

    def _type(self, term: Term, left: list[int], level: int) -> Type:
        left[0] -= 1
        if left[0] < 0 or level > MAX_NESTING:
            raise _too_large(_WRITTEN)
        term = self._unifier.prune(term)
        if type(term) is int:
            return self._variable(term, self._unifier.constraints[term : term + 1] or [_ANY])
        if type(term) is str:
            if term in self._unifier.rigid:
                return Variable(term[1:], Constraint(self._unifier.rigid[term]))
            return Row(()) if term == NO_MORE else Primitive(term)
        assert isinstance(term, tuple)
        if term[0] == ARRAY:
            return Array(self._type(term[1], left, level + 1))
        if term[0] == DICTIONARY:
            key = self._type(term[1], left, level + 1)
            return Dictionary(key, self._type(term[2], left, level + 1))
        row = self._row(term if term[0] == ROW else term[1], left, level + 1)
        return row if term[0] == ROW else FunctionType(row, self._type(term[2], left, level + 1))

    def _row(self, term: Term, left: list[int], level: int) -> Row:
        parameters = []
        term = self._unifier.prune(term)
        while isinstance(term, tuple):
            parameters.append(self._type(term[1], left, level))
            term = self._unifier.prune(term[2])
        rest = None if term == NO_MORE else self._type(term, left, level)
        return Row(tuple(parameters), rest)

    def _variable(self, term: int, constraint: list[int]) -> Variable:
        if term not in self._names:
            # A letter that a rigid variable has would make two variables look like one.
            taken = {name[1:] for name in self._unifier.rigid}
            letters = [letter for letter in _LETTERS if letter not in taken]
            index = term if self._by_number else len(self._names)
            name = letters[index] if index < len(letters) else f"T{index}"
            self._names[term] = Variable(name, Constraint(constraint[0]))
        return self._names[term]


_SORTS: Final = {
    Constraint.EQUATABLE: "a type without functions",
    Constraint.ORDERED: "a type with an order (int, bool, string, or an array of such)",
    Constraint.KEY: "a type of keys (int, bool or string)",
}


def type_of_value(value: Any) -> Type:
    """The most general type of a plain value; an empty array is of `T[]`.

    Raises:
        InputError: the value is none of the language, or mixes types.
    """
    unifier = Unifier(work=sys.maxsize)
    try:
        return Display(unifier).type(term_of_value(value, unifier))
    except StaticTypeError as error:
        raise InputError(error.message) from None


def term_of_value(
    value: Any,
    unifier: Unifier,
    known: dict[int, Term] | None = None,
    levels: int = MAX_NESTING,
) -> Term:
    """The type of a plain value as a term; `known` are those of its parts, by their ids.

    Raises:
        InputError: see `type_of_value`.
    """
    kind, known = type(value), {} if known is None else known
    if kind in _TERMS_OF_PLAIN:
        if kind is str and not is_text(value):
            raise InputError("a string with half a surrogate pair is not a value of the language")
        return _TERMS_OF_PLAIN[kind]
    if kind is not list and kind is not dict:
        raise InputError(f"{kind_of(value)} is not a value of the language")
    if levels <= 0:
        raise InputError(f"arrays are nested deeper than {MAX_NESTING}")
    if id(value) not in known:  # a list may be in many places, and is looked at once
        parts: list[Term] = []
        for elements in (value,) if kind is list else (list(value), list(value.values())):
            common: Term = unifier.fresh()
            plain = set(map(type, elements))
            if plain <= _NUMBERS:
                elements = elements[:1]
            for element in elements:
                if not unifier.unify(common, term_of_value(element, unifier, known, levels - 1)):
                    raise InputError("the elements of an array or dictionary must be of one type")
            parts.append(common)
        known[id(value)] = (ARRAY if kind is list else DICTIONARY, *parts)
    return known[id(value)]


_TERMS_OF_PLAIN: Final[Mapping[type, Term]] = {int: INT, float: INT, bool: BOOL, str: STRING}
_NUMBERS: Final = frozenset({int, float})
