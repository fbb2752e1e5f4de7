"""A request before it is worded: families in the slots of families, names in the last ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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


@dataclass(eq=False, slots=True)
class Use:
    """A family with each of its slots filled."""

    family: Family
    fillers: dict[str, "Use | Leaf"] = field(default_factory=dict)

    def node(self) -> Node | None:
        """Return the program that the expression asks for.

        None if a family in it gets the same thing twice, as in "the maximum of a and a".
        """
        found = {slot: filler.node() for slot, filler in self.fillers.items()}
        values = {slot: node for slot, node in found.items() if node is not None}
        if len(set(values.values())) < len(found):
            return None
        return substitute(self.family.node, values)

    def leaves(self) -> Iterator[Leaf]:
        for filler in self.fillers.values():
            yield from filler.leaves()

    def uses(self) -> Iterator["Use"]:
        """Yield this and all uses inside it, the outermost first."""
        yield self
        for filler in self.fillers.values():
            yield from filler.uses()


Expression = Use | Leaf
