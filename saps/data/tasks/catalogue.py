"""All families that can be used, checked, and drawn by their weights."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from random import Random

from saps.data.tasks.family import (
    TYPES,
    Condition,
    Family,
    FamilyError,
    check_condition,
    check_family,
    expand,
)

RESULT_SHARES = {"int": 0.6, "int[]": 0.22, "string": 0.07, "string[]": 0.03, "bool": 0.08}
"""How often a task asks for each type."""


class Catalogue:
    """The families by result type.

    Raises:
        FamilyError: a declaration is wrong; names the family.
    """

    def __init__(self, families: Iterable[Family], conditions: Sequence[Condition]) -> None:
        for condition in conditions:
            check_condition(condition)
        self.families = tuple(f for family in families for f in expand(family, conditions))
        names: set[str] = set()
        for family in self.families:
            check_family(family)
            if family.name in names:
                raise FamilyError(family.name, "the name is taken; choose another")
            names.add(family.name)
        self._alone: dict[str, _Draw] = {}
        self._roots: dict[str, _Draw] = {}
        self._nested: dict[str, _Draw] = {}
        for kind in TYPES:
            families_of = [f for f in self.families if f.result == kind]
            nesting = [f for f in families_of if f.nests]
            self._alone[kind] = _Draw(families_of, [f.weight * f.alone for f in families_of])
            self._roots[kind] = _Draw(families_of, [f.weight for f in families_of])
            self._nested[kind] = _Draw(nesting, [f.weight for f in nesting])

    def draw_root(self, rng: Random, *, alone: bool) -> Family:
        """Draw what a whole task asks for; `alone` if nothing is to be nested in it."""
        kind = rng.choices(list(RESULT_SHARES), list(RESULT_SHARES.values()))[0]
        return (self._alone if alone else self._roots)[kind].draw(rng)

    def draw_nested(self, result: str, rng: Random) -> Family:
        """Draw what fills a slot of type `result`."""
        return self._nested[result].draw(rng)


class _Draw:
    def __init__(self, families: Sequence[Family], weights: Sequence[float]) -> None:
        self.families = families
        self.sums = list(accumulate(weights))

    def draw(self, rng: Random) -> Family:
        return self.families[bisect(self.sums, rng.random() * self.sums[-1])]


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """Return the project's own families."""
    from saps.data.tasks.families import CONDITIONS, FAMILIES

    return Catalogue(FAMILIES, CONDITIONS)
