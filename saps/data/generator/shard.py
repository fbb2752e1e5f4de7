"""One of the parts of a data set that are made apart, perhaps on many machines."""

import re
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `count`, counted from 1; 1 of 1 is the whole.

    A text belongs to one part whatever its program, so that what one part promises of its texts
    holds of all parts together.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def from_text(cls, text: str) -> "Shard":
        """Return the part that "2/4" means.

        Raises:
            ValueError: it means none.
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
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

    def holds(self, text: str) -> bool:
        """Whether the text belongs to this part; each text belongs to one."""
        digest = blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.number - 1

    def share(self, total: int) -> int:
        """Return how many of `total` this part has; all parts together have them all."""
        return total * self.number // self.count - total * (self.number - 1) // self.count
