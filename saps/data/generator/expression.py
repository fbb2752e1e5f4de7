"""A request before it is worded: families in the slots of families, names in the last ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from saps.data.generator.family import Family, substitute
from saps.lang import Node


@dataclass(eq=False, slots=True)
class Leaf:
    """A slot that no family fills: an argument's name, or a constant.

    `name` is empty until the arguments of the task are chosen.
    """

    type: str
    constants: tuple[str, ...]
    name: str = ""

    @property
    def is_constant(self) -> bool:
        return self.name.isdigit()

    def node(self) -> Node:
        return Node(self.name)

    def leaves(self) -> Iterator["Leaf"]:
        yield self

    def uses(self) -> Iterator["Use"]:
        yield from ()


class Pair(NamedTuple):
    """A family right inside another, both by the names of their declarations."""

    outer: str
    inner: str

    def __str__(self) -> str:
        return f"{self.outer} > {self.inner}"


@dataclass(eq=False, slots=True)
class Use:
    """A family with each of its slots filled."""

    family: Family
    fillers: dict[str, "Use | Leaf"] = field(default_factory=dict)

    def node(self) -> Node:
        """Return the program that the expression asks for."""
        values = {slot: filler.node() for slot, filler in self.fillers.items()}
        return substitute(self.family.node, values)

    def leaves(self) -> Iterator[Leaf]:
        for filler in self.fillers.values():
            yield from filler.leaves()

    def uses(self) -> Iterator["Use"]:
        """Yield this and all uses inside it, the outermost first."""
        yield self
        for filler in self.fillers.values():
            yield from filler.uses()

    def pairs(self) -> frozenset[Pair]:
        """Return which families stand right inside which."""
        return frozenset(
            Pair(use.family.declared, filler.family.declared)
            for use in self.uses()
            for filler in use.fillers.values()
            if isinstance(filler, Use)
        )


Expression = Use | Leaf
