"""What decides the bytes of a data set, and what its metadata.json says of it.

A data set is the same 64 blocks whether it is made in one piece or in parts. A text belongs to one
block by its hash, and a block has its quota of tasks; so parts that hold different blocks have no
text in common, and all parts together are the set. The split of a task depends on its program and
the seed alone, so that parts agree though they are made apart.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b, sha256
from itertools import count
from typing import Any, NamedTuple

import saps
from saps.data.tasks.composer import Pair, Use, default_readings
from saps.data.wordings.noise import Noise
from saps.lang import Node

N_BLOCKS = 64


class Place(NamedTuple):
    """Where a task goes."""

    split: str
    block: int


def block_of(text: str) -> int:
    """Return the block that a text belongs to, whatever its program."""
    return blake2b(text.encode(), digest_size=1).digest()[0] % N_BLOCKS


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `count`, counted from 1; 1 of 1 is the whole.

    Raises:
        ValueError: there are not so many parts.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ValueError(f"shard is '{self}', expected i/n with i from 1 to n, such as 2/4")
        if self.count > N_BLOCKS:
            raise ValueError(
                f"shard is '{self}', but a data set has {N_BLOCKS} blocks; "
                f"make at most {N_BLOCKS} parts"
            )

    @classmethod
    def from_text(cls, text: str) -> "Shard":
        """Return the part that "2/4" means.

        Raises:
            ValueError: it means none.
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if found is None:
            raise ValueError(f"shard is {text!r}, expected i/n with i from 1 to n, such as 2/4")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def is_whole(self) -> bool:
        return self.count == 1

    @property
    def folder(self) -> str:
        """The name of its folder inside that of the whole."""
        return "" if self.is_whole else f"{self.number}-of-{self.count}"

    @property
    def blocks(self) -> range:
        """The blocks of this part: neighbours, so that the parts in a row are the whole."""
        first, end = (N_BLOCKS * i // self.count for i in (self.number - 1, self.number))
        return range(first, end)

    def quotas(self, sizes: Mapping[str, int]) -> dict[Place, int]:
        """Return how many tasks go where, block by block; `sizes` are those of the whole set."""
        return {
            # Differences of rounded sums: all blocks together have them all.
            Place(split, block): size * (block + 1) // N_BLOCKS - size * block // N_BLOCKS
            for split, size in sizes.items()
            for block in self.blocks
        }


_CATALOGUES = ("published", "people")

PUBLISHED_SIZES = {"train": 79_214, "dev": 9_352, "test": 10_940}
"""Tasks of the published splits (Polosukhin & Skidanov 2018); ours have the same proportions."""

LEANING = {"dev": 0.35, "test": 0.2}
"""The published dev and test programs are longer than those of train, by 20 and 12 percent: a
program is drawn for dev with a chance in proportion to its size to the power of 0.35, for test of
0.2."""

_MEAN_WEIGHT = {"dev": 2.86, "test": 1.80}  # of the generator's programs; an estimate will do
_HEADROOM = 1.08  # dev and test fill up before train, so that little is made in vain

# Shares of the pairs of families: a task nests some three of them, so these hold out the
# published shares of tasks and a little more.
_HELD_OUT = {"test": 0.07, "dev": 0.065}

Decision = tuple[str, frozenset[Pair]]
"""The split of a task, and the pairs of families that bring it there, if any do."""


def split_sizes(size: int) -> dict[str, int]:
    """Return how many of `size` tasks each split gets."""
    total = sum(PUBLISHED_SIZES.values())
    dev, test = (round(size * PUBLISHED_SIZES[name] / total) for name in ("dev", "test"))
    return {"train": size - dev - test, "dev": dev, "test": test}


def split_by_surface(_root: Use | None, program: Node, seed: int) -> Decision:
    """Decide by the hash of the program.

    Dev and test get a little more than their shares, and lean to longer programs.
    """
    chances = {}
    for name, leaning in LEANING.items():
        share = PUBLISHED_SIZES[name] / sum(PUBLISHED_SIZES.values())
        chances[name] = _HEADROOM * share * program.size**leaning / _MEAN_WEIGHT[name]
    return _drawn(f"{seed}:split:{program}", chances), frozenset()


def split_by_composition(root: Use, program: Node, seed: int) -> Decision | None:
    """Decide by the pairs of families that are nested, as drawn and as the program is read.

    The reading depends on the program alone, so a program goes to one split however it was drawn.
    None if it was drawn in a way that belongs elsewhere: it is no task of this data set.
    """
    readings = default_readings()
    drawn = held_out(readings.drawn_pairs(root), seed)
    read = held_out(readings.pairs(program), seed)
    return drawn if drawn[0] == read[0] else None


def held_out(pairs: Iterable[Pair], seed: int) -> Decision:
    """Return the split of a task that nests these pairs, and those that bring it there.

    A task with a pair of test goes to test, else with a pair of dev to dev, else to train. So
    train nests no pair of the others, and dev none of test.
    """
    owners = {pair: _drawn(f"{seed}:pair:{pair}", _HELD_OUT) for pair in pairs}
    for name in _HELD_OUT:
        found = frozenset(pair for pair, owner in owners.items() if owner == name)
        if found:
            return name, found
    return "train", frozenset()


def _drawn(text: str, chances: Mapping[str, float]) -> str:
    """Return a split by its chance, else train; what looks random depends on the text alone."""
    uniform = (int.from_bytes(sha256(text.encode()).digest()[:7]) + 1) / 256**7
    for name, chance in chances.items():
        if uniform <= chance:
            return name
        uniform -= chance
    return "train"


RULES: dict[str, Callable[[Use, Node, int], Decision | None]] = {
    "surface": split_by_surface,
    "compositional": split_by_composition,
}
"""Name to what decides about a task: what it asks for, as drawn and as a program, and the seed."""


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


class Collector:
    """Takes tasks in order until each place has its quota; refuses a text that it has.

    So no (text, program) pair is there twice, and no text has two programs. That a program is in
    one split only is up to whoever says which.

    Attributes:
        held_out: of each split, see `Made`.
        wanted: the places that are not full yet.
    """

    def __init__(self, quotas: Mapping[Place, int]) -> None:
        self.quotas = quotas
        self.held_out: dict[str, set[str]] = {}
        self.wanted = frozenset(place for place, quota in quotas.items() if quota > 0)
        self._lines: dict[Place, list[bytes]] = {place: [] for place in quotas}
        self._texts: set[bytes] = set()
        self._programs: set[bytes] = set()

    @property
    def n_tasks(self) -> int:
        return len(self._texts)

    @property
    def n_programs(self) -> int:
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
        if len(self._lines[made.place]) == self.quotas[made.place]:
            self.wanted -= {made.place}

    def lines(self, split: str) -> Iterator[bytes]:
        """Yield the lines of a split, block by block, those of a block as they came."""
        for place, lines in self._lines.items():
            if place.split == split:
                yield from lines


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()


GENERATOR_VERSION = "3"
"""Changes whenever the same seed would give other bytes."""

SAME_BYTES = ("generator_version", "split", "size", "seed", "max_depth", "noise", "shard", "source")
"""The metadata that decide the bytes of a set: two sets that agree in them are one. An imported
set has its source alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the bytes of a data set, apart from the generator's version.

    `generate_dataset` says what each is.

    Raises:
        ValueError: one is out of its range.
    """

    size: int
    seed: int = 1
    max_depth: int = 4
    noise: Noise = field(default_factory=Noise)
    split: str = "surface"
    shard: Shard = field(default_factory=Shard)
    catalogue: str = "published"

    def __post_init__(self) -> None:
        for name in ("size", "seed", "max_depth"):
            if type(getattr(self, name)) is not int:  # a configuration may hold anything
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected a whole number")
        least = next(size for size in count(1) if all(split_sizes(size).values()))
        if self.size < least:
            raise ValueError(
                f"size is {self.size}, expected at least {least}: of fewer tasks there are none "
                "for dev or test"
            )
        if self.catalogue not in _CATALOGUES:
            raise ValueError(
                f"catalogue is {self.catalogue!r}, expected {' or '.join(_CATALOGUES)}"
            )
        if self.catalogue == "people" and (self.split != "surface" or self.noise):
            raise ValueError(
                "catalogue=people has slips of its own and is split by programs; leave out split= "
                "and noise"
            )
        if not 1 <= self.max_depth <= 4:
            raise ValueError(f"max_depth is {self.max_depth}, expected 1 to 4")
        if self.split not in RULES:
            raise ValueError(f"split is {self.split!r}, expected {' or '.join(RULES)}")
        if self.split == "compositional" and self.max_depth == 1:
            raise ValueError("split=compositional holds out nestings; it needs max_depth=2 or more")
        if self.shard.count > self.size:
            raise ValueError(f"shard is {self.shard}, more parts than the {self.size} tasks")

    @property
    def quotas(self) -> dict[Place, int]:
        """How many tasks to make for each place."""
        return self.shard.quotas(split_sizes(self.size))

    @property
    def sizes(self) -> dict[str, int]:
        """How many tasks to make for each split."""
        sizes = Counter[str]()
        for place, quota in self.quotas.items():
            sizes[place.split] += quota
        return dict(sizes)

    def metadata(self, n_programs: int, held_out: Mapping[str, set[str]]) -> dict[str, Any]:
        """Return the contents of metadata.json; `held_out` are the pairs kept for each split."""
        fields: dict[str, Any] = {
            "generator_version": GENERATOR_VERSION,
            "saps_version": saps.__version__,
            **{name: getattr(self, name) for name in ("split", "size", "seed", "max_depth")},
            "noise": asdict(self.noise),
            "sizes": self.sizes,
            "programs": n_programs,
        }
        if self.catalogue != "published":
            fields["catalogue"] = self.catalogue
        if not self.shard.is_whole:
            fields["shard"] = str(self.shard)
        if self.split == "compositional":
            pairs = {name: sorted(found) for name, found in held_out.items() if found}
            fields["held_out_pairs"] = dict(sorted(pairs.items()))
        return fields
