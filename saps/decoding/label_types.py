"""What each label does to types: the type of its node, and what it asks of its children."""

from dataclasses import dataclass
from typing import Final, Protocol

from saps.data.symbols import Label, SymbolTable
from saps.decoding.terms import BOOL, FUNCTION, Scheme, Term, Unifier, may_unify, row_of, shift
from saps.lang import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS
from saps.lang.constants import constant
from saps.lang.functions import SELF
from saps.lang.scope import can_be_argument, lambda_arity

Scope = tuple[Term | None, Term | None, Term | None]
"""Types of `arg1`, `arg2` and `self`; None where a lambda that would bind them is not around."""
Position = tuple[Term, Scope]
"""An open position: the type that is called for, and what may be named there."""

NO_SCOPE: Final[Scope] = (None, None, None)
_SCOPED: Final = (*LAMBDA_ARGUMENTS, SELF)
_IF: Final = Scheme((BOOL, 0, 0), 0, (0,))


class Production(Protocol):
    """A way to fill a position."""

    @property
    def arity(self) -> int: ...

    def enter(self, unifier: Unifier, expected: Term, scope: Scope) -> tuple[Position, ...] | None:
        """Return the positions of the children; None if the node can not have the type."""
        ...


@dataclass(frozen=True, slots=True)
class Application:
    """A constant, a function as a value, a call of a function, or `if`."""

    scheme: Scheme

    @property
    def arity(self) -> int:
        return len(self.scheme.parameters)

    def enter(self, unifier: Unifier, expected: Term, scope: Scope) -> tuple[Position, ...] | None:
        scheme = self.scheme
        if not may_unify(expected, scheme.result):
            return None
        offset = unifier.add(scheme.constraints)
        if not unifier.unify(expected, shift(scheme.result, offset)):
            return None
        return tuple((shift(kind, offset), scope) for kind in scheme.parameters)


@dataclass(frozen=True, slots=True)
class Abstraction:
    """`lambda1` or `lambda2`."""

    n_parameters: int
    arity: int = 1

    def enter(self, unifier: Unifier, expected: Term, scope: Scope) -> tuple[Position, ...] | None:
        parameters = [unifier.fresh() for _ in range(self.n_parameters)]
        result = unifier.fresh()
        kind: Term = (FUNCTION, row_of(parameters), result)
        if not unifier.unify(expected, kind):
            return None
        second = parameters[1] if self.n_parameters == 2 else scope[1]
        return ((result, (parameters[0], second, kind)),)


@dataclass(frozen=True, slots=True)
class Bound:
    """`arg1`, `arg2` or `self`, as a value or called."""

    index: int
    arity: int

    def enter(self, unifier: Unifier, expected: Term, scope: Scope) -> tuple[Position, ...] | None:
        kind = scope[self.index]
        if kind is None:
            return None
        parameters = [unifier.fresh() for _ in range(self.arity)]
        wanted: Term = (FUNCTION, row_of(parameters), expected) if parameters else expected
        if not unifier.unify(wanted, kind):
            return None
        return tuple((parameter, scope) for parameter in parameters)


class LabelTypes:
    """The productions of a symbol table; labels that do the same to types share one.

    Attributes:
        productions: the distinct ones.
        labels: of each production, the labels that stand for it.
        number: of each label, its production; ARGUMENT for a name that a task may give to an
            argument, MEANINGLESS for a label that is in no program.
        arities: of each label.
        arguments: the labels that are names of arguments, by name.
    """

    ARGUMENT: Final = -1
    MEANINGLESS: Final = -2

    def __init__(self, symbols: SymbolTable) -> None:
        self.productions: list[Production] = []
        self.labels: list[list[int]] = []
        self.number: list[int] = []
        self.arities = symbols.arities
        self.arguments: dict[str, int] = {}
        numbers: dict[Production, int] = {}
        for index, label in enumerate(symbols.labels):
            self.number.append(self._enter(index, label, numbers))

    def _enter(self, index: int, label: Label, numbers: dict[Production, int]) -> int:
        production = _production(label)
        if production is None:
            if label.arity == 0 and can_be_argument(label.symbol):
                self.arguments[label.symbol] = index
                return self.ARGUMENT
            return self.MEANINGLESS
        number = numbers.setdefault(production, len(numbers))
        if number == len(self.productions):
            self.productions.append(production)
            self.labels.append([])
        self.labels[number].append(index)
        return number


def _production(label: Label) -> Production | None:
    symbol, arity = label.symbol, label.arity
    if symbol in _SCOPED:
        return Bound(_SCOPED.index(symbol), arity)
    if symbol in FORMS:
        if arity != FORMS[symbol]:
            return None
        return Abstraction(lambda_arity(symbol)) if lambda_arity(symbol) else Application(_IF)
    if symbol in FUNCTIONS:
        function = FUNCTIONS[symbol]
        if arity == 0:
            return Application(Scheme.of((), function.type))
        if arity != function.arity:
            return None
        return Application(Scheme.of(function.parameters, function.result))
    found = constant(symbol)
    return None if found is None or arity else Application(Scheme.of((), found[1]))
