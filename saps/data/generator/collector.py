"""Keeps the tasks of a data set as they come, each text once, up to the quota of each place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from saps.data.generator.shard import Place


@dataclass(frozen=True, slots=True)
class Made:
    """A task as a worker hands it over: enough to sort it in, and the line to be written.

    Attributes:
        held_out: the pairs of families that bring it into its split, if any do.
    """

    text: str
    program: str
    place: Place
    line: bytes
    held_out: frozenset[str] = frozenset()


@dataclass
class Collector:
    """Takes tasks in order until each place has its quota; refuses a text that it has.

    So no (text, program) pair is there twice, and no text has two programs. That a program is in
    one split only is up to whoever says which.

    Attributes:
        quotas: place to the number of its tasks.
        held_out: of each split, see `Made`.
        wanted: the places that are not full yet.
    """

    quotas: Mapping[Place, int]
    held_out: dict[str, set[str]] = field(default_factory=dict)
    n_tasks: int = 0
    wanted: frozenset[Place] = field(init=False)
    _lines: dict[Place, list[bytes]] = field(init=False)
    _texts: set[bytes] = field(default_factory=set)
    _programs: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.wanted = frozenset(place for place, quota in self.quotas.items() if quota > 0)
        self._lines = {place: [] for place in self.quotas}

    @property
    def is_full(self) -> bool:
        return not self.wanted

    @property
    def n_programs(self) -> int:
        """How many different programs there are."""
        return len(self._programs)

    def add(self, made: Made) -> None:
        """Take a task, unless its text is known or its place is full."""
        key = _digest(made.text)
        if made.place not in self.wanted or key in self._texts:
            return
        self._texts.add(key)
        self._programs.add(_digest(made.program))
        self.held_out.setdefault(made.place.split, set()).update(made.held_out)
        self._lines[made.place].append(made.line)
        self.n_tasks += 1
        if len(self._lines[made.place]) == self.quotas[made.place]:
            self.wanted -= {made.place}

    def lines(self, split: str) -> Iterator[bytes]:
        """Yield the lines of a split, block by block, those of a block as they came."""
        for place, lines in self._lines.items():
            if place.split == split:
                yield from lines


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()
