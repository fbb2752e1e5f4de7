"""Keeps the tasks of a data set as they come, each text once."""

from dataclasses import dataclass, field
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Made:
    """A task as a worker hands it over: enough to sort it in, and the line to be written."""

    text: str
    program: str
    n_symbols: int
    line: bytes


@dataclass
class Collector:
    """Takes tasks in order until it has `size`; refuses a text that it has.

    So no (text, program) pair is there twice, and no text has two programs.
    """

    size: int
    lines: list[bytes] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    n_symbols: dict[str, int] = field(default_factory=dict)
    n_refused: int = 0
    _texts: set[bytes] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= self.size

    def add(self, made: Made) -> None:
        """Take a task, unless its text is known or there are enough."""
        key = blake2b(made.text.encode(), digest_size=12).digest()
        if key in self._texts:
            self.n_refused += 1
        elif not self.is_full:
            self._texts.add(key)
            self.lines.append(made.line)
            self.programs.append(made.program)
            self.n_symbols[made.program] = made.n_symbols
