"""Draws expressions: which families, how deep, and which arguments at their ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from saps.data.tasks.family import Catalogue, Family, substitute
from saps.lang import Node

# A request before it is worded: families in the slots of families, names in the last ones.


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


LETTERS = "abcdefghij"


@dataclass(frozen=True, slots=True)
class Shape:
    """How large expressions are.

    Attributes:
        max_depth: families nested in one another, the outermost counted.
        shallow: share of tasks with no nesting at all.
        nesting: chance that a slot at level 1, 2, ... holds a family and not a name.
        scalars: factor of that chance for slots that hold no array.
        repeated: the same for slots that the program holds twice, squared for thrice, and so on.
        siblings: the same for slots beside one that holds a family already.
        constant: chance that a slot that may hold a constant does.
    """

    max_depth: int = 4
    shallow: float = 0.15
    nesting: tuple[float, ...] = (1.0, 0.95, 0.9)
    scalars: float = 0.9
    repeated: float = 0.5
    siblings: float = 0.55
    constant: float = 0.2


@dataclass(frozen=True, slots=True)
class Draft:
    """A task before it is worded: what is asked, of which arguments.

    Attributes:
        root: the expression, all names given.
        arguments: name to type, in the order of declaration.
    """

    root: Use
    arguments: dict[str, str]


def draw_draft(catalogue: Catalogue, shape: Shape, rng: Random) -> Draft | None:
    """Return a task to be worded, or None if the draw was no good."""
    alone = rng.random() < shape.shallow
    depth = 1 if alone else shape.max_depth
    family = catalogue.draw_root(rng, alone=alone)
    return _draft(family, _Drawing(catalogue, shape, depth, rng))


def draw_arguments(family: Family, catalogue: Catalogue, shape: Shape, rng: Random) -> Draft | None:
    """Return one family with nothing nested in it, or None if the draw was no good."""
    return _draft(family, _Drawing(catalogue, shape, 1, rng))


def _draft(family: Family, drawing: "_Drawing") -> Draft | None:
    root = drawing.use(family, 1)
    arguments = _name_leaves(root, drawing.shape, drawing.rng)
    return Draft(root, arguments) if arguments else None


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One expression being drawn; `depth` is how deep it may nest."""

    catalogue: Catalogue
    shape: Shape
    depth: int
    rng: Random

    def use(self, family: Family, level: int) -> Use:
        use = Use(family)
        slots = list(family.slots)
        self.rng.shuffle(slots)
        for slot in slots:
            rest = (
                self.shape.siblings if any(isinstance(f, Use) for f in use.fillers.values()) else 1
            )
            use.fillers[slot] = self.filler(family, slot, level, rest)
        return use

    def filler(self, parent: Family, name: str, level: int, factor: float) -> Use | Leaf:
        slot = parent.slot_types[name]
        if self.nests(parent, name, level, factor):
            family = self.catalogue.draw_nested(slot.type, self.rng)
            if family is not parent:
                return self.use(family, level + 1)
        if slot.type == "bool":  # no argument is a bool, so a name will not do
            return self.use(self.catalogue.draw_nested("bool", self.rng), self.depth)
        return Leaf(slot.type, slot.constants)

    def nests(self, parent: Family, name: str, level: int, factor: float) -> bool:
        slot = parent.slot_types[name]
        if slot.only_name or level >= self.depth:
            return False
        chance = factor * self.shape.nesting[min(level, len(self.shape.nesting)) - 1]
        if not slot.type.endswith("[]"):
            chance *= self.shape.scalars
        chance *= self.shape.repeated ** (parent.repeats[name] - 1)
        return self.rng.random() < chance


def _name_leaves(root: Use, shape: Shape, rng: Random) -> dict[str, str]:
    """Give each leaf a constant or an argument; return the arguments, none if too many."""
    leaves = list(root.leaves())
    for leaf in leaves:
        if leaf.constants and rng.random() < shape.constant:
            leaf.name = rng.choice(leaf.constants)
    groups = _share([leaf for leaf in leaves if not leaf.name], rng)
    if len(groups) > len(LETTERS):
        return {}
    _order(groups, rng)
    letters = _letters(len(groups), rng)
    for letter, group in zip(letters, groups, strict=True):
        for leaf in group:
            leaf.name = letter
    return {letter: group[0].type for letter, group in zip(letters, groups, strict=True)}


def _order(groups: list[list[Leaf]], rng: Random) -> None:
    """Put the arguments in the order of declaration, most often those of one type together."""
    rng.shuffle(groups)
    if rng.random() < 0.8:
        kinds = list(dict.fromkeys(group[0].type for group in groups))
        groups.sort(key=lambda group: kinds.index(group[0].type))


def _share(leaves: list[Leaf], rng: Random) -> list[list[Leaf]]:
    """Return groups of leaves of one type, each to become one argument."""
    groups: list[list[Leaf]] = []
    for leaf in leaves:
        same = [group for group in groups if group[0].type == leaf.type]
        if same and rng.random() < (0.5 if leaf.type.endswith("[]") else 0.25):
            rng.choice(same).append(leaf)
        else:
            groups.append([leaf])
    return groups


def _letters(n: int, rng: Random) -> list[str]:
    draw = rng.random()
    if draw < 0.65:
        return list(LETTERS[:n])
    return rng.sample(LETTERS[:n] if draw < 0.9 else LETTERS, n)
