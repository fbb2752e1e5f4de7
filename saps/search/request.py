"""The types that a request gives a program, read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from saps.lang import AlgoLispError, Value, parse_type
from saps.lang.check import check_argument_names
from saps.lang.types import Constraint
from saps.lang.unify import DICTIONARY, FUNCTION, TYPE, Term, TermReader, Unifier, shift, spell

# What is known of a program before it is written, besides the text.


@dataclass(frozen=True, slots=True)
class InputOutput:
    """One example of what the program should do: inputs by argument name, and the output."""

    inputs: Mapping[str, Value]
    output: Value


@dataclass(frozen=True, slots=True)
class Request:
    """What a search may rely on.

    Attributes:
        arguments: name to type text ("int[]"); the program may name these and no others. A variable
            stands for what is not known: "T" is any type, "T[]" any array, and the same variable is
            the same type in all of them. None where nothing is known, not even the names.
        result: type text of the value; None where it is not known.
        examples: what the program should compute, given to guide the search.
        spare: arguments that the program need not use: what the text calls by a letter may be a
            part of the task.
        literals: values of the text's own numbers and strings, by the letters that stand for them;
            to a search these letters are arguments.
    """

    arguments: Mapping[str, str] | None = None
    result: str | None = None
    examples: tuple[InputOutput, ...] = ()
    spare: frozenset[str] = frozenset()
    literals: Mapping[str, Value] = field(default_factory=dict)

    def argument_types(self) -> Mapping[str, str] | None:
        """Return the types of the arguments, read off the examples where they are not declared."""
        if self.arguments is not None or not self.examples:
            return self.arguments
        names = dict.fromkeys(name for example in self.examples for name in example.inputs)
        return {
            name: _type_of([e.inputs[name] for e in self.examples if name in e.inputs])
            for name in names
        }

    def wanted_arguments(self) -> Mapping[str, str] | None:
        """Return the arguments that a program is asked to use, by type.

        One that may be of any type, a variable of its own, is one that may also not occur.
        """
        types = self.argument_types()
        used = {name: kind for name, kind in (types or {}).items() if name not in self.spare}
        return types and {
            n: kind for n, kind in used.items() if not (kind.isalnum() and kind[0].isupper())
        }

    def settled(self) -> "Request":
        """Return the request with the types of its arguments declared, if examples tell them."""
        return replace(self, arguments=self.argument_types())


NOTHING_KNOWN = Request()


def _type_of(values: Sequence[Value]) -> str:
    """Return the type of values that belong together; an array that is always empty holds numbers.

    A value that no argument can have (a dictionary) is left to the type check of the inputs.
    """
    arrays = [value for value in values if isinstance(value, list)]
    if arrays:
        return f"{_type_of([element for array in arrays for element in array])}[]"
    for kind, name in ((str, "string"), (bool, "bool")):
        if any(isinstance(value, kind) for value in values):
            return name
    return "int"


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
    """A request as terms; `arguments` is None if any may occur."""

    arguments: Mapping[str, Term] | None
    result: Term
    constraints: tuple[int, ...]

    @classmethod
    def read(cls, request: Request | None) -> "RequestedTypes":
        """Read a request; None asks for nothing.

        Raises:
            RequestTypeError: a type does not parse, or no value can have it.
        """
        declared = None if request is None else request.arguments
        result = None if request is None else request.result
        reader = TermReader()
        try:
            check_argument_names(declared or {})
        except AlgoLispError as error:
            raise RequestTypeError(str(error), "declaration") from error
        arguments = {
            name: _read(reader, f"argument {name}", kind) for name, kind in (declared or {}).items()
        }
        unifier = Unifier(reader.constraints)
        term = _result(unifier, result)
        found = None if declared is None else arguments
        return cls(found, term, tuple(unifier.constraints))


def _read(reader: TermReader, of: str, text: str) -> Term:
    try:
        term = reader.read(parse_type(text))
    except AlgoLispError as error:
        raise RequestTypeError(f"{of}: {error}", "declaration") from error
    fault = _fault(term)
    if fault:
        raise RequestTypeError(f"{of} cannot be of type {text}: {fault}", "impossible-type")
    return term


def _result(unifier: Unifier, text: str | None) -> Term:
    """The type of the value: one without functions. Its variables are not the arguments' ones."""
    if text is None:
        term: Term = unifier.fresh()
    else:
        reader = TermReader()
        term = _read(reader, "the result", text)
        term = shift(term, unifier.add(reader.constraints))
    if not unifier.constrain(term, int(Constraint.EQUATABLE)):
        raise RequestTypeError(
            f"the result cannot be of type {text}: the value of a program is a number, a string, "
            "a truth value, or an array or dictionary of such",
            "impossible-type",
        )
    return term


def _fault(term: Term) -> str:
    """Why no value has the type; empty if some may."""
    if term == TYPE:
        return "types are no values that a program is given or gives"
    if type(term) is not tuple or term[0] == FUNCTION:
        return ""
    key = term[1]
    is_variable = type(key) is int
    if term[0] == DICTIONARY and not (is_variable or Unifier().constrain(key, int(Constraint.KEY))):
        return f"a dictionary cannot have keys of type {spell(term[1])}"
    return next(filter(None, map(_fault, term[1:])), "")
