"""One task: an English text, the program it asks for, and tests of that program."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from saps.lang import Node, Value

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\s`]")


def normalise_text(text: str) -> str:
    """Return the text in the data's form: lower case, tokens joined by single spaces.

    Words and numbers are tokens, each punctuation mark is one, backquotes vanish.
    """
    return " ".join(_TOKEN.findall(text.lower()))


@dataclass(frozen=True, slots=True)
class Test:
    """Inputs by argument name, and the output that the program must give on them."""

    __test__ = False  # the name makes pytest take it for a test class

    inputs: Mapping[str, Value]
    output: Value


@dataclass(frozen=True, slots=True)
class Example:
    """One task of a data set.

    Attributes:
        text: normalised, see `normalise_text`.
        arguments: name to type text ("int[]"), in the file's order, some perhaps unused.
        return_type: type text.
        program: the target tree.
        tests: ten in the published data and in ours.
        nodes: names of the task families that the text is made of, the outermost first.
        typed: the text before it was normalised, where the file has it as one string; "" elsewhere.
    """

    text: str
    arguments: Mapping[str, str]
    return_type: str
    program: Node
    tests: tuple[Test, ...]
    nodes: tuple[str, ...] = ()
    typed: str = field(default="", compare=False, repr=False)

    @property
    def as_typed(self) -> str:
        """The text as a person typed it, with its capitals and marks, if it is still that text."""
        return self.typed if self.typed and normalise_text(self.typed) == self.text else self.text
