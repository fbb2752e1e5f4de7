"""What is known of a program before it is written, besides the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from saps.lang import Value


@dataclass(frozen=True, slots=True)
class InputOutput:
    """One example of what the program should do: inputs by argument name, and the output."""

    inputs: Mapping[str, Value]
    output: Value


@dataclass(frozen=True, slots=True)
class Request:
    """What a search may rely on.

    Attributes:
        arguments: name to type text ("int[]"); None where nothing is known, not even the names.
        result: type text of the value; None where it is not known.
        examples: what the program should compute, given to guide the search.
        spare: arguments that the program need not use: what the text calls by a letter may be a
            part of the task.
        constants: numbers that the text says in digits and the model has labels for; a program
            without one of them is as doubtful as one without an argument.
    """

    arguments: Mapping[str, str] | None = None
    result: str | None = None
    examples: tuple[InputOutput, ...] = ()
    spare: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()

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
        return types and {
            name: kind
            for name, kind in types.items()
            if name not in self.spare and not _is_variable(kind)
        }

    def settled(self) -> "Request":
        """Return the request with the types of its arguments declared, if examples tell them."""
        return replace(self, arguments=self.argument_types())


NOTHING_KNOWN = Request()


def _is_variable(kind: str) -> bool:
    return kind.isalnum() and kind[0].isupper()


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
