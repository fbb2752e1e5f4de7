"""What a person asks for: a text, and whatever else they know of the program."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from saps.decoding.request import InputOutput
from saps.lang import Value

ExampleLike: TypeAlias = InputOutput | tuple[Mapping[str, Value], Value]


@dataclass(frozen=True, slots=True)
class Task:
    """A specification.

    Attributes:
        text: in English.
        examples: what the program should compute; all name the same arguments.
        arguments: types of arguments, by the names that the text has for them; None or empty
            where nothing is declared. With it (or with examples) the program may use these
            arguments and those that the text declares, and no others.
        returns: type of the value; None where it is not known.
    """

    text: str
    examples: tuple[InputOutput, ...] = ()
    arguments: Mapping[str, str] | None = None
    returns: str | None = None

    @classmethod
    def of(
        cls,
        text: str,
        examples: Iterable[ExampleLike] = (),
        arguments: Mapping[str, str] | None = None,
        returns: str | None = None,
    ) -> "Task":
        """Make a task; an example may also be a pair of inputs and output."""
        made = (e if isinstance(e, InputOutput) else InputOutput(*e) for e in examples)
        return cls(text, tuple(made), arguments, returns)
