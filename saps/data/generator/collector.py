"""Keeps the tasks of a data set as they come, each text once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

UNDECIDED = "undecided"
"""The split of tasks that are shared out when all are there."""


@dataclass(frozen=True, slots=True)
class Made:
    """A task as a worker hands it over: enough to sort it in, and the line to be written.

    Attributes:
        split: where it is to go.
        held_out: the pairs of families that bring it there, if any do.
    """

    text: str
    program: str
    n_symbols: int
    line: bytes
    split: str = UNDECIDED
    held_out: frozenset[str] = frozenset()


@dataclass
class Collector:
    """Takes tasks in order until each split has its quota; refuses a text that it has.

    So no (text, program) pair is there twice, and no text has two programs. It refuses as well
    what would put a program into two splits.

    Attributes:
        quotas: split to the number of its tasks.
        lines: of all tasks; `programs` and `splits` say what they are, in the same order.
        held_out: of each split.
    """

    quotas: Mapping[str, int]
    lines: list[bytes] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    n_symbols: dict[str, int] = field(default_factory=dict)
    held_out: dict[str, set[str]] = field(default_factory=dict)
    n_refused: int = 0
    _texts: set[bytes] = field(default_factory=set)
    _owners: dict[str, str] = field(default_factory=dict)
    _sizes: Counter[str] = field(default_factory=Counter)

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= sum(self.quotas.values())

    def add(self, made: Made) -> None:
        """Take a task, unless its text is known, its program is elsewhere, or there are enough."""
        key = blake2b(made.text.encode(), digest_size=12).digest()
        if key in self._texts or self._owners.get(made.program, made.split) != made.split:
            self.n_refused += 1
        elif self._sizes[made.split] < self.quotas.get(made.split, 0):
            self._texts.add(key)
            self._owners[made.program] = made.split
            self._sizes[made.split] += 1
            self.lines.append(made.line)
            self.programs.append(made.program)
            self.splits.append(made.split)
            self.n_symbols[made.program] = made.n_symbols
            self.held_out.setdefault(made.split, set()).update(made.held_out)

    def members(self, split: str) -> list[int]:
        """Return the indexes of the tasks of a split, ascending."""
        return [index for index, found in enumerate(self.splits) if found == split]
