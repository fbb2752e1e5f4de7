"""Tasks as a network gets them: their texts read, as `saps synthesize` reads those of people.

The same reader stands before training and before use, so whatever it leaves in a text the network
has seen. A task is read with its arguments declared, or with nothing declared; in the second case
the network finds out itself what the arguments are, and names them in the order of its program.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from random import Random

from saps.data.example import Example
from saps.english import Vocabulary, read_english
from saps.english.names import LETTERS
from saps.lang import Node


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Reads tasks whose texts are as people typed them.

    Attributes:
        vocabulary: words that are not to be corrected.
        leaves: symbols that the network can give to a leaf: its constants, its letters.
        declared: share of the tasks that are read with their arguments declared.
    """

    vocabulary: Vocabulary
    leaves: Container[str]
    declared: float = 0.5

    def __call__(self, task: Example, rng: Random) -> Example | None:
        """Return the task as it is read; None where the network cannot learn it.

        It cannot where it has no label for a part of the program, or no word of the text is left.

        Args:
            task: its arguments and its program have a person's names, its literals are themselves.
            rng: decides whether the arguments are declared.
        """
        declared = task.arguments if rng.random() < self.declared else None
        reading = read_english(task.as_typed, self.vocabulary, declared, self.leaves)
        letters = {name.lower(): letter for letter, name in reading.names.items()}
        letters |= {name.lower(): name for name in reading.declared if name in LETTERS}
        if declared:
            letters |= {n.lower(): n for n in task.arguments if n.lower() not in letters}
        names = {n: letters[n.lower()] for n in task.arguments if n.lower() in letters}
        names |= _further_letters(task, names, {*letters.values(), *reading.stand_ins})
        literals = {literal: letter for letter, literal in reading.stand_ins.items()}
        program = _renamed(task.program, {**literals, **names})
        known = {*names.values(), *literals.values(), "arg1", "arg2", "self"}
        leaves = [part.symbol for part in program.preorder() if not part.children]
        has_labels = all(x in known or x in self.leaves for x in leaves)
        if len(names) < len(task.arguments) or not has_labels or not reading.text.strip():
            return None
        arguments = {names[name]: kind for name, kind in task.arguments.items()}
        arguments |= {letter: _type_of(literal) for literal, letter in literals.items()}
        return Example(reading.text, arguments, task.return_type, program, (), task.nodes)


def _further_letters(
    task: Example, names: Mapping[str, str], taken: Container[str]
) -> dict[str, str]:
    """Return letters for arguments that the text does not name, in the order of the program."""
    free = (letter for letter in LETTERS if letter not in taken)
    used = [part.symbol for part in task.program.preorder() if not part.children]
    unnamed = dict.fromkeys(
        x for x in (*used, *task.arguments) if x in task.arguments and x not in names
    )
    return dict(zip(unnamed, free, strict=False))


def _renamed(node: Node, symbols: Mapping[str, str]) -> Node:
    if not node.children:
        return Node(symbols.get(node.symbol, node.symbol))
    return Node(node.symbol, tuple(_renamed(child, symbols) for child in node.children))


def _type_of(literal: str) -> str:
    return "string" if literal.startswith('"') else "int"
