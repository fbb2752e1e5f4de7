"""How a program is composed of families, as told by the program alone.

A task is drawn as families inside families, but its program may be composed in another way as
well: "how many elements are odd" is one family, and "the length of the odd elements" two. Here a
program has one reading, whatever it was drawn as: the longest template that fits at the root, the
same of what fills its slots, and so on.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from saps.data.tasks.composer import Expression, Leaf, Use
from saps.data.tasks.family import Family, default_catalogue
from saps.lang import Node


class Pair(NamedTuple):
    """A family right inside another, both by their kinds."""

    outer: str
    inner: str

    def __str__(self) -> str:
        return f"{self.outer} > {self.inner}"


class Readings:
    """The families by what their templates begin with, the longest template first.

    Two declarations are of one kind when they give the same program to the same slots: the length
    of an array of numbers, and that of an array of strings. A kind is named by the one that is
    declared first; a family counts once whatever its condition.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        families = tuple(families)
        self._kinds = _kinds(families)
        self._by_root: dict[tuple[str, int], list[tuple[Family, frozenset[str]]]] = {}
        for family in sorted(families, key=lambda family: -_n_fixed(family)):
            root = family.node
            fixed = _symbols(root) - family.slots.keys()
            self._by_root.setdefault((root.symbol, len(root.children)), []).append((family, fixed))

    def pairs(self, program: Node) -> frozenset[Pair]:
        """Return which kinds stand right inside which in the reading of the program."""
        found: set[Pair] = set()
        self._note_pairs(program, _symbols(program), found)
        return frozenset(found)

    def drawn_pairs(self, root: Use) -> frozenset[Pair]:
        """Return the same of an expression as it was drawn."""
        return frozenset(
            self._pair(use.family, filler.family)
            for use in root.uses()
            for filler in use.fillers.values()
            if isinstance(filler, Use)
        )

    def expression(self, program: Node, arguments: Mapping[str, str], result: str) -> Use | None:
        """Return a program as families in the slots of families, the longest templates first.

        Args:
            program: the whole of it.
            arguments: name to type text; what fills a slot must be of its type.
            result: type text of the program's value.

        Returns:
            An expression whose program this is, or None if the families do not make it.
        """
        found = self._expression(program, _symbols(program), arguments, result)
        return found if isinstance(found, Use) else None

    def _expression(
        self,
        program: Node,
        symbols: frozenset[str],
        arguments: Mapping[str, str],
        result: str,
    ) -> Expression | None:
        if not program.children:
            return _leaf(program, arguments, result)
        for family, fixed in self._by_root.get((program.symbol, len(program.children)), ()):
            if family.result != result or not fixed <= symbols:
                continue
            parts: dict[str, Node] = {}
            if _fits(family.node, program, family.slots, parts):
                fillers = {
                    slot: self._expression(part, symbols, arguments, family.slot_types[slot].type)
                    for slot, part in parts.items()
                }
                whole = {slot: filler for slot, filler in fillers.items() if filler is not None}
                if len(whole) == len(fillers) and _is_free(family, whole):
                    return Use(family, whole)
        return None

    def _pair(self, outer: Family, inner: Family) -> Pair:
        return Pair(self._kinds[outer.declared], self._kinds[inner.declared])

    def _note_pairs(
        self, program: Node, symbols: frozenset[str], found: set[Pair]
    ) -> Family | None:
        """Return the family at the root, None if it is a leaf or no family's program."""
        if not program.children:
            return None
        family, fillers = self._read(program, symbols)
        for filler in fillers:
            inner = self._note_pairs(filler, symbols, found)
            if family is not None and inner is not None:
                found.add(self._pair(family, inner))
        return family

    def _read(
        self, program: Node, symbols: frozenset[str]
    ) -> tuple[Family | None, Collection[Node]]:
        """Return the family at the root, and what fills its slots."""
        for family, fixed in self._by_root.get((program.symbol, len(program.children)), ()):
            fillers: dict[str, Node] = {}
            if fixed <= symbols and _fits(family.node, program, family.slots, fillers):
                return family, fillers.values()
        return None, program.children


def _leaf(program: Node, arguments: Mapping[str, str], kind: str) -> Leaf | None:
    """Return an argument or a constant; None for what is neither, such as a lambda's parameter."""
    name = program.symbol
    if arguments.get(name) == kind or (kind == "int" and name.isdigit()):
        return Leaf(kind, (), name)
    return None


def _is_free(family: Family, fillers: Mapping[str, Expression]) -> bool:
    """Tell whether names stand where the family asks for names."""
    return all(isinstance(fillers[s], Leaf) or not family.slot_types[s].only_name for s in fillers)


def _symbols(program: Node) -> frozenset[str]:
    return frozenset(node.symbol for node in program.preorder())


def _n_fixed(family: Family) -> int:
    return family.node.size - sum(family.repeats.values())


def _fits(template: Node, program: Node, slots: Mapping[str, str], out: dict[str, Node]) -> bool:
    """Tell whether the template gives the program; note in `out` what fills its slots."""
    if template.symbol in slots:
        return out.setdefault(template.symbol, program) == program
    if template.symbol != program.symbol or len(template.children) != len(program.children):
        return False
    for part, child in zip(template.children, program.children, strict=True):
        if not _fits(part, child, slots, out):
            return False
    return True


def _kinds(families: Iterable[Family]) -> dict[str, str]:
    """Return the kind of each declaration."""
    kinds: dict[str, str] = {}
    owners: dict[Node, str] = {}
    for family in families:
        template = _anonymous(family)
        kind = kinds.setdefault(family.declared, family.declared)
        other = kinds[owners.setdefault(template, family.declared)]
        if other != kind:
            kinds = {name: other if k == kind else k for name, k in kinds.items()}
    return kinds


def _anonymous(family: Family) -> Node:
    """Return the template with its slots numbered as they come."""
    numbers: dict[str, Node] = {}

    def renamed(node: Node) -> Node:
        if node.symbol in family.slots:
            return numbers.setdefault(node.symbol, Node(f"slot {len(numbers)}"))
        return Node(node.symbol, tuple(map(renamed, node.children)))

    return renamed(family.node)


@lru_cache(maxsize=1)
def default_readings() -> Readings:
    """Return those of the project's own families."""
    return Readings(default_catalogue().families)
