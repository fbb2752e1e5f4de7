"""The user's names and numbers, and the letters that a model knows them by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from saps.decoding.english import Reading
from saps.decoding.english.names import LETTERS
from saps.lang import Node, Value
from saps.lang.constants import constant
from saps.lang.scope import can_be_argument

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Names:
    """Which letter stands for which name.

    Attributes:
        letter_of: name to letter, only where they differ.
        name_of: letter to name, of the names that a program can have.
        kept: letter to name, of the names that no program can have: those keep their letters.
        stand_ins: letter to the number that it stands for, as the language writes it. To the model
            these letters are arguments, in the answer they are numbers.
    """

    letter_of: Mapping[str, str] = field(default_factory=dict)
    name_of: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, reading: Reading, declared: Iterable[str]) -> "Names":
        """Take the letters of a reading, and the declared names that are letters themselves.

        Args:
            reading: of the text.
            declared: names of arguments; "A" is the text's "a".
        """
        name_of = dict(reading.names)
        for name in declared:
            if (
                name not in reading.names.values()
                and name.lower() in LETTERS
                and name != name.lower()
            ):
                name_of[name.lower()] = name
        possible = {letter for letter, name in name_of.items() if can_be_argument(name)}
        return cls(
            {name: letter for letter, name in name_of.items()},
            {letter: name_of[letter] for letter in name_of if letter in possible},
            {letter: name_of[letter] for letter in name_of if letter not in possible},
            reading.stand_ins,
        )

    @property
    def stand_in_values(self) -> dict[str, Value]:
        """The numbers that letters stand for, by letter."""
        found = {letter: constant(literal) for letter, literal in self.stand_ins.items()}
        return {
            letter: value_and_type[0] for letter, value_and_type in found.items() if value_and_type
        }

    @property
    def stand_in_types(self) -> dict[str, str]:
        """The types of the numbers that letters stand for, by letter."""
        return dict.fromkeys(self.stand_ins, "int")

    def shown(self, symbol: str) -> str:
        """Return what the user calls a leaf of a program, or a word of a text."""
        return self.name_of.get(symbol) or self.stand_ins.get(symbol, symbol)

    def to_letters(self, named: Mapping[str, V]) -> dict[str, V]:
        """Return a mapping by letters for one by names."""
        return {self.letter_of.get(name, name): value for name, value in named.items()}

    def to_names(self, lettered: Mapping[str, V]) -> dict[str, V]:
        """Return a mapping by names for one by letters, without what stands for numbers."""
        return {
            self.name_of.get(letter, letter): value
            for letter, value in lettered.items()
            if letter not in self.stand_ins
        }

    def rename(self, program: Node) -> Node:
        """Return a program with names and numbers in place of their letters."""
        if not self.name_of and not self.stand_ins:
            return program
        children = tuple(map(self.rename, program.children))
        return Node(program.symbol if children else self.shown(program.symbol), children)
