"""One task: an English text, the program it asks for, and tests of that program."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from saps.data.symbols import ARGUMENTS
from saps.data.tokenizer import normalise_text
from saps.lang import Node, Value


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

    @property
    def canonical_program(self) -> str:
        """The program with letters for its arguments, in the order in which they occur.

        Two programs that differ in the names of their arguments alone are one.
        """
        leaves = dict.fromkeys(node.symbol for node in self.program.preorder())
        order = [name for name in leaves if name in self.arguments]
        letters = (*ARGUMENTS, *(f"?{i}" for i in range(len(order))))
        return str(self.program.renamed(dict(zip(order, letters, strict=False))))

    def anonymised(self) -> "Example":
        """Return the task with letters for its arguments, as models know them.

        Published tasks have letters alone; a file of one's own may say "the price". A name gets a
        letter that neither an argument nor a word of the text is, as long as there are such; "A" is
        the text's "a" already. Names beyond the last letter stay.
        """
        named = [name for name in self.arguments if name not in ARGUMENTS]
        if not named:
            return self
        words = set(self.text.split(" "))
        free = [letter for letter in ARGUMENTS if letter not in self.arguments]
        letters = {name: name.lower() for name in named if name.lower() in free}
        free = [letter for letter in free if letter not in letters.values()]
        free.sort(key=words.__contains__)  # stable: letters that are words come last
        letters |= zip([name for name in named if name not in letters], free, strict=False)
        text = self.text
        for name in sorted(letters, key=len, reverse=True):
            said = re.escape(normalise_text(name))
            text = re.sub(rf"(?<!\S){said}(?!\S)", letters[name], text)
        return self.renamed(letters, text)

    def renamed(self, names: Mapping[str, str], text: str) -> "Example":
        """Return the task with other names for some of its arguments, and a text that has them."""

        def named(by_name: Mapping[str, Any]) -> dict[str, Any]:
            return {names.get(name, name): value for name, value in by_name.items()}

        tests = tuple(Test(named(test.inputs), test.output) for test in self.tests)
        program, arguments = self.program.renamed(names), named(self.arguments)
        return replace(self, text=text, arguments=arguments, program=program, tests=tests)
