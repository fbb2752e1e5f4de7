"""The types that a request gives a program, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from saps.decoding.terms import (
    DICTIONARY,
    FUNCTION,
    TYPE,
    Term,
    TermReader,
    Unifier,
    shift,
    spell,
)
from saps.lang import AlgoLispError, Type, parse_type
from saps.lang.scope import check_argument_names
from saps.lang.types import Constraint


class TypeRequest(Protocol):
    """What is known of the types of a program before it is written.

    Attributes:
        arguments: types by name, in the language's syntax; the program may name these and no
            others. None: any argument may occur, and its type follows from its use.
        result: type of the program's value; None if it is not known.
    """

    @property
    def arguments(self) -> Mapping[str, str] | None: ...
    @property
    def result(self) -> str | None: ...


class RequestTypeError(ValueError):
    """No program can have the types that are asked for; the message says why.

    Attributes:
        code: "declaration" for a type that is none or a name that can be no argument,
            "impossible-type" for a type that no value of a program has, "no-program" where the
            types are possible but no program of the given depth and size has them.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code)
        self.message, self.code = message, code

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class RequestedTypes:
    """A request as terms.

    Attributes:
        arguments: by name; None if any may occur.
        result: of the program's value.
        constraints: of the variables of all of them.
    """

    arguments: Mapping[str, Term] | None
    result: Term
    constraints: tuple[int, ...]

    @classmethod
    def read(cls, request: TypeRequest | None) -> "RequestedTypes":
        """Read a request; None asks for nothing.

        Raises:
            RequestTypeError: a type does not parse, or no value can have it.
        """
        declared = None if request is None else request.arguments
        result = None if request is None else request.result
        reader = TermReader()
        _check_names(declared or {})
        arguments = {name: _argument(reader, name, kind) for name, kind in (declared or {}).items()}
        unifier = Unifier(reader.constraints)
        term = _result(unifier, result)
        found = None if declared is None else arguments
        return cls(found, term, tuple(unifier.constraints))


def _check_names(arguments: Mapping[str, str]) -> None:
    try:
        check_argument_names(arguments)
    except AlgoLispError as error:
        raise RequestTypeError(str(error), "declaration") from error


def _argument(reader: TermReader, name: str, text: str) -> Term:
    term = reader.read(_parse(text, f"argument {name}"))
    fault = _fault(term)
    if fault:
        raise RequestTypeError(
            f"argument {name} can not be of type {text}: {fault}", "impossible-type"
        )
    return term


def _result(unifier: Unifier, text: str | None) -> Term:
    """The type of the value: one without functions. Its variables are not the arguments' ones."""
    if text is None:
        term: Term = unifier.fresh()
    else:
        reader = TermReader()
        term = reader.read(_parse(text, "the result"))
        fault = _fault(term)
        if fault:
            raise RequestTypeError(
                f"the result can not be of type {text}: {fault}", "impossible-type"
            )
        term = shift(term, unifier.add(reader.constraints))
    if not unifier.constrain(term, int(Constraint.EQUATABLE)):
        raise RequestTypeError(
            f"the result can not be of type {text}: the value of a program is a number, a string, "
            "a truth value, or an array or dictionary of such",
            "impossible-type",
        )
    return term


def _parse(text: str, of: str) -> Type:
    try:
        return parse_type(text)
    except AlgoLispError as error:
        raise RequestTypeError(f"{of}: {error}", "declaration") from error


def _fault(term: Term) -> str:
    """Why no value has the type; empty if some may."""
    if term == TYPE:
        return "types are no values that a program is given or gives"
    if type(term) is not tuple or term[0] == FUNCTION:
        return ""
    if term[0] == DICTIONARY and not _may_be_key(term[1]):
        return f"a dictionary can not have keys of type {spell(term[1])}"
    return next(filter(None, map(_fault, term[1:])), "")


def _may_be_key(term: Term) -> bool:
    return type(term) is int or Unifier().constrain(term, int(Constraint.KEY))
