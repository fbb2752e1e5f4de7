"""The user's names for arguments, and the letters that a model knows them by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from saps.decoding.english.names import LETTERS
from saps.lang import Node
from saps.lang.scope import can_be_argument

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Names:
    """Which letter stands for which name.

    Attributes:
        letter_of: name to letter, only where they differ.
        name_of: letter to name, of the names that a program can have.
        kept: letter to name, of the names that no program can have: those keep their letters.
    """

    letter_of: Mapping[str, str] = field(default_factory=dict)
    name_of: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Mapping[str, str], declared: Iterable[str]) -> "Names":
        """Take the letters of a reading, and the declared names that are letters themselves.

        Args:
            found: letter to name, only where they differ.
            declared: names of arguments; "A" is the text's "a".
        """
        name_of = dict(found)
        for name in declared:
            if name not in found.values() and name.lower() in LETTERS and name != name.lower():
                name_of[name.lower()] = name
        possible = {letter for letter, name in name_of.items() if can_be_argument(name)}
        return cls(
            {name: letter for letter, name in name_of.items()},
            {letter: name_of[letter] for letter in name_of if letter in possible},
            {letter: name_of[letter] for letter in name_of if letter not in possible},
        )

    def to_letters(self, named: Mapping[str, V]) -> dict[str, V]:
        """Return a mapping by letters for one by names."""
        return {self.letter_of.get(name, name): value for name, value in named.items()}

    def to_names(self, lettered: Mapping[str, V]) -> dict[str, V]:
        """Return a mapping by names for one by letters."""
        return {self.name_of.get(letter, letter): value for letter, value in lettered.items()}

    def rename(self, program: Node) -> Node:
        """Return a program with the names in place of the letters."""
        if not self.name_of:
            return program
        children = tuple(map(self.rename, program.children))
        symbol = program.symbol if children else self.name_of.get(program.symbol, program.symbol)
        return Node(symbol, children)
