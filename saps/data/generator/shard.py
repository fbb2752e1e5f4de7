"""The blocks that a data set consists of, and the parts of it that are made apart.

A data set is the same 64 blocks whether it is made in one piece or in parts. A text belongs to one
block by its hash, and a block has its quota of tasks; so parts that hold different blocks have no
text in common, and all parts together are the set.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

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
        """Return how many tasks go where, block by block.

        Args:
            sizes: split to the number of its tasks in the whole set.
        """
        return {
            Place(split, block): _share(size, block)
            for split, size in sizes.items()
            for block in self.blocks
        }


def _share(total: int, block: int) -> int:
    """Return how many of `total` a block has; all blocks together have them all."""
    return total * (block + 1) // N_BLOCKS - total * block // N_BLOCKS
