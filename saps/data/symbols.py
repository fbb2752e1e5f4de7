"""The labels that a decoder can give a tree node, made from the language's function table."""

import json
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from saps.lang.errors import AlgoLispError
from saps.lang.functions import FORMS, FUNCTIONS
from saps.lang.node import Node
from saps.lang.program_values import BOUND, constant

# The constants of the published programs, and those of the language that have a name. Those of a
# model are in its own table; `data.constants` chooses others for a new one.
_NUMBERS = ("0", "1", "2", "10", "40", "1000000000", "inf")
CONSTANTS = (*_NUMBERS, "true", "false", "int", '""', '" "', '"z"')
# Published tasks name their arguments by single letters, a to l.
ARGUMENTS = tuple("abcdefghijkl")


class SymbolError(ValueError):
    """A program has a symbol that the labels lack, or a label file does not fit this version."""


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A symbol with the number of its children.

    `+` as a value, in `(reduce a 0 +)`, and `+` called, in `(+ a b)`, are two labels.
    """

    symbol: str
    arity: int


class SymbolTable:
    """The labels, numbered; index `len(table)` is free for a decoder's start label."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.labels = tuple(labels)
        self._index = {label: i for i, label in enumerate(self.labels)}
        if len(self._index) != len(self.labels):
            raise SymbolError("the symbol table names a label twice")

    @classmethod
    def of_language(cls, constants: Iterable[str] = CONSTANTS) -> "SymbolTable":
        """Make the labels of the whole language: calls, functions as values, leaves.

        Args:
            constants: literals of the language, such as `3` or `"aeiou"` in its quotes.

        Raises:
            SymbolError: a constant is no literal.
        """
        constants = tuple(dict.fromkeys(constants))
        for literal in constants:
            if not is_literal(literal):
                raise SymbolError(
                    f"{literal!r} is not a constant of the language: give a number, true, false, "
                    f"inf, int, or a string in its own quotes, such as '\"aeiou\"'"
                )
        calls = [Label(name, arity) for name, arity in FORMS.items()]
        calls += [Label(name, function.arity) for name, function in FUNCTIONS.items()]
        calls += [Label("self", 1), Label("self", 2)]
        values = [Label(name, 0) for name, function in FUNCTIONS.items() if function.arity]
        leaves = [Label(name, 0) for name in (*constants, *ARGUMENTS, *BOUND)]
        return cls([*calls, *values, *leaves])

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SymbolTable) and self.labels == other.labels

    def __hash__(self) -> int:
        return hash(self.labels)

    @property
    def arities(self) -> list[int]:
        """The number of children of each label, in the labels' order."""
        return [label.arity for label in self.labels]

    def index(self, node: Node) -> int:
        """Return the label index of a node.

        Raises:
            SymbolError: no label has this symbol with this number of children.
        """
        try:
            return self._index[Label(node.symbol, len(node.children))]
        except KeyError:
            text = str(node)
            shown = text if len(text) <= 120 else f"{text[:119]}…"
            can_be_added = not node.children and is_literal(node.symbol)
            remedy = "; add it to data.constants" if can_be_added else ""
            raise SymbolError(
                f"no label for {node.symbol!r} with {len(node.children)} children in the program "
                f"{shown}; the model knows {len(self)} labels{remedy}"
            ) from None

    def build(self, labels: Iterable[int]) -> Node:
        """Build the tree whose labels in pre-order these are.

        Raises:
            ValueError: the labels end too early or go on after the tree is complete.
        """
        found = [self.labels[index] for index in labels]
        arities = [label.arity for label in found]
        # How many nodes are called for and not there, after each label.
        missing = [1 + total - n for n, total in enumerate(accumulate(arities, initial=0))]
        if 0 not in missing:
            raise ValueError(f"the tree is not complete after {len(found)} labels")
        if n_after := len(found) - missing.index(0):
            raise ValueError(f"{n_after} labels after the tree")
        return Node.of_preorder((label.symbol for label in found), arities)

    def save(self, path: Path) -> None:
        rows = [[label.symbol, label.arity] for label in self.labels]
        path.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "SymbolTable":
        """Read a table that `save` wrote, whatever its constants.

        Raises:
            SymbolError: the file is missing or malformed, or names a function that this version
                of the language lacks or gives another number of parameters.
        """
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            labels = [Label(str(symbol), operator.index(arity)) for symbol, arity in rows]
        except OSError as error:
            raise SymbolError(f"{path}: {error.strerror or error}") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise SymbolError(f"{path}: not a list of [symbol, arity] pairs: {error}") from error
        known = set(cls.of_language().labels)
        strange = [
            label
            for label in labels
            if label not in known and (label.arity or not is_literal(label.symbol))
        ]
        if strange:
            raise SymbolError(
                f"{path}: the language has no {strange[0].symbol!r} with {strange[0].arity} "
                f"children ({len(strange)} such labels); another version of SAPS wrote it"
            )
        return cls(labels)


def is_literal(symbol: str) -> bool:
    """Whether a symbol is a constant of the language: a number, a quoted string, a named one."""
    try:
        return constant(symbol) is not None
    except AlgoLispError:  # too many digits, or a string with half a character
        return False
