"""How often each kind of request is to be told at the least."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from saps.data.example import Example
from saps.data.generator.catalogue import default_catalogue
from saps.data.retelling.table import Table, default_table

Kind = tuple[str, ...]
_ALONE: Final = 1
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Quota:
    """Evens out what is asked for.

    The generator draws from all that can be composed, so most of its programs are combinations
    that no one would think of, and "the digits of n" is one in thousands. People ask for one
    family, or for two that belong together.

    Attributes:
        each_family: a family asked for alone, with each of its conditions, is told so many times.
        each_pair: likewise two families that the table has words of their own for.
        table: None for the project's own.

    Raises:
        ValueError: a number is not a whole one, or below 0.
    """

    each_family: int = 0
    each_pair: int = 0
    table: Table | None = None

    def __post_init__(self) -> None:
        for name in ("each_family", "each_pair"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"{name}={value}: must be a whole number from 0")

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides the numbers, beside the table, for the key of a cache."""
        return self.each_family, self.each_pair

    def missing(self, examples: Sequence[Example]) -> list[int]:
        """Return how many more times each task is to be told.

        The tasks of a kind share what the kind lacks as evenly as can be. A kind of which there is
        no task at all stays untold: its programs are another split's.

        Args:
            examples: the tasks, each told once. Those without names of families are left alone.
        """
        kinds = [self._kind(example.nodes) for example in examples]
        counts = Counter(kinds)
        seen = Counter[Kind]()
        more: list[int] = []
        for kind in kinds:
            lacking = max(0, self._goal(kind) - counts[kind])
            share, rest = divmod(lacking, counts[kind])
            more.append(share + (seen[kind] < rest))
            seen[kind] += 1
        return more

    def _goal(self, kind: Kind) -> int:
        return {0: 0, _ALONE: self.each_family, _PAIR: self.each_pair}[len(kind)]

    def _kind(self, nodes: Kind) -> Kind:
        """Return what a task counts as; () for one that has no quota."""
        if len(nodes) == _ALONE:
            return nodes if nodes[0] in _declared() else ()
        if len(nodes) != _PAIR:
            return ()
        pair = tuple(_declared().get(name, "") for name in nodes)
        table = self.table or default_table()
        return pair if " > ".join(pair) in table.families else ()


@cache
def _declared() -> dict[str, str]:
    """Return the declaration of each family, by the family's name."""
    return {family.name: family.declared for family in default_catalogue().families}
