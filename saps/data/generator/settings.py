"""What decides the bytes of a data set, and what its metadata.json says of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

import saps
from saps.data.generator.noise import Noise
from saps.data.generator.shard import Place, Shard
from saps.data.generator.split import RULES, split_sizes

GENERATOR_VERSION = "2"
"""Changes whenever the same seed would give other bytes."""

SAME_BYTES = ("generator_version", "split", "size", "seed", "max_depth", "noise", "shard")
"""The metadata that decide the bytes of a set: two sets that agree in them are one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the bytes of a data set, apart from the generator's version.

    Attributes:
        size: tasks in all.
        seed: two data sets of different seeds have little in common.
        max_depth: families nested in one another, from 1 to 4.
        noise: rates at which words of the texts are spoilt.
        split: "surface" keeps each program in one split; "compositional" keeps pairs of
            families out of train besides.
        shard: which part of the set to make.

    Raises:
        ValueError: one is out of its range.
    """

    size: int
    seed: int = 1
    max_depth: int = 4
    noise: Noise = field(default_factory=Noise)
    split: str = "surface"
    shard: Shard = field(default_factory=Shard)

    def __post_init__(self) -> None:
        for name in ("size", "seed", "max_depth"):
            if type(getattr(self, name)) is not int:  # a configuration may hold anything
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected a whole number")
        self._check_size()
        if not 1 <= self.max_depth <= 4:
            raise ValueError(f"max_depth is {self.max_depth}, expected 1 to 4")
        if self.split not in RULES:
            raise ValueError(f"split is {self.split!r}, expected {' or '.join(RULES)}")
        if self.split == "compositional" and self.max_depth == 1:
            raise ValueError("split=compositional holds out nestings; it needs max_depth=2 or more")
        if self.shard.count > self.size:
            raise ValueError(f"shard is {self.shard}, more parts than the {self.size} tasks")

    def _check_size(self) -> None:
        least = next(size for size in count(1) if all(split_sizes(size).values()))
        if self.size < least:
            raise ValueError(
                f"size is {self.size}, expected at least {least}: of fewer tasks there are none "
                "for dev or test"
            )

    @property
    def quotas(self) -> dict[Place, int]:
        """How many tasks to make for each place."""
        return self.shard.quotas(split_sizes(self.size))

    @property
    def sizes(self) -> dict[str, int]:
        """How many tasks to make for each split."""
        sizes = dict.fromkeys(split_sizes(self.size), 0)
        for place, quota in self.quotas.items():
            sizes[place.split] += quota
        return sizes

    def metadata(self, n_programs: int, held_out: Mapping[str, set[str]]) -> dict[str, Any]:
        """Return the contents of metadata.json.

        Args:
            n_programs: how many different ones there are.
            held_out: split to the pairs of families that were kept for it.
        """
        fields: dict[str, Any] = {
            "generator_version": GENERATOR_VERSION,
            "saps_version": saps.__version__,
            "split": self.split,
            "size": self.size,
            "seed": self.seed,
            "max_depth": self.max_depth,
            "noise": asdict(self.noise),
            "sizes": self.sizes,
            "programs": n_programs,
        }
        if not self.shard.is_whole:
            fields["shard"] = str(self.shard)
        if self.split == "compositional":
            pairs = {name: sorted(found) for name, found in held_out.items() if found}
            fields["held_out_pairs"] = dict(sorted(pairs.items()))
        return fields
