"""Expressions, families inside of families: drawn, said in English, and read off a program."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import NamedTuple

from saps.data.tasks.family import Catalogue, Family, Phrase, default_catalogue, substitute
from saps.data.tokenizer import normalise_text
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
    """A task before it is worded: what is asked, of which arguments in the order of declaration."""

    root: Use
    arguments: dict[str, str]


def draw_draft(catalogue: Catalogue, shape: Shape, rng: Random) -> Draft | None:
    """Return a task to be worded, or None if the draw was no good."""
    alone = rng.random() < shape.shallow
    depth = 1 if alone else shape.max_depth
    family = catalogue.draw_root(rng, alone=alone)
    return _Drawing(catalogue, shape, depth, rng).draft(family)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One expression being drawn; `depth` is how deep it may nest."""

    catalogue: Catalogue
    shape: Shape
    depth: int
    rng: Random

    def draft(self, family: Family) -> Draft | None:
        root = self.use(family, 1)
        arguments = _name_leaves(root, self.shape, self.rng)
        return Draft(root, arguments) if arguments else None

    def use(self, family: Family, level: int) -> Use:
        use = Use(family)
        slots = list(family.slots)
        self.rng.shuffle(slots)
        for slot in slots:
            nests_already = any(isinstance(f, Use) for f in use.fillers.values())
            rest = self.shape.siblings if nests_already else 1
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


# What is drawn, in English: a wording of each family, an opening that declares the arguments, and
# perhaps letters for parts.

_NOUNS = {
    "int": ("a number", "numbers"),
    "int[]": ("an array of numbers", "arrays of numbers"),
    "string": ("a string", "strings"),
    "string[]": ("an array of strings", "arrays of strings"),
}
_OTHER_NOUNS = {
    "int": ("an integer", "integers"),
    "int[]": ("an array of integers", "arrays of integers"),
}
_SHORT_NOUNS = {"int[]": ("an array", "arrays")}
UNNAMED = {"int": "number", "int[]": "array", "string": "string", "string[]": "array"}
_PLURAL_WORDS = """
    elements values numbers digits squares positions indexes indices integers words strings
    letters characters lengths those doubled even odd prime positive
"""
_PLURALS = frozenset(_PLURAL_WORDS.split())


def phrase_task(root: Use, arguments: Mapping[str, str], rng: Random) -> str:
    """Return the text of a task whose arguments, by name, are declared in this order."""
    unnamed = _can_be_unnamed(arguments) and rng.random() < 0.07
    names = {n: f"the given {UNNAMED[kind]}" if unnamed else n for n, kind in arguments.items()}
    defined = {} if unnamed else _draw_definition(root, arguments, rng)
    speaker = _Speaker(names, defined, rng)
    definitions = [speaker.define(use) for use in defined]
    opening, asks = (rng.choices([*said], [*said.values()])[0] for said in (_OPENINGS, _ASKS))
    declaration = f"{opening} {_declaration(arguments, unnamed, rng)}"
    return " ".join([declaration, ",", *definitions, speaker.request(root, asks)])


def _can_be_unnamed(arguments: Mapping[str, str]) -> bool:
    nouns = [UNNAMED[kind] for kind in arguments.values()]
    # nobody could tell the letters of unnamed arguments, so they must be the first ones
    return len(set(nouns)) == len(nouns) and list(arguments) == list(LETTERS[: len(arguments)])


def _draw_definition(root: Use, arguments: Mapping[str, str], rng: Random) -> dict[Use, str]:
    inner = [use for use in root.uses() if use is not root and use.family.result != "bool"]
    free = [letter for letter in LETTERS if letter not in arguments]
    if not inner or not free or rng.random() > 0.22:
        return {}
    return {rng.choice(inner): free[0]}


class _Speaker:
    """Renders expressions with one set of names."""

    def __init__(self, names: Mapping[str, str], defined: Mapping[Use, str], rng: Random) -> None:
        self.names, self.defined, self.rng = names, defined, rng

    def request(self, root: Use, asks: str) -> str:
        """Return what comes after the declarations; `asks` is "" for "what is"."""
        family = root.family
        kinds = [
            ("phrase", self._fitting(family.phrases, root), 3.0),
            ("question", self._fitting(family.question_phrases, root), 2.5),
            ("command", self._fitting(family.command_phrases, root), 1.5),
        ]
        kinds = [kind for kind in kinds if kind[1]]
        kind, groups, _ = self.rng.choices(kinds, [weight for _, _, weight in kinds])[0]
        text = self._render(root, self._pick(groups))
        if kind == "command":
            return f"your task is to {text}" if asks.startswith("your") else text
        if kind == "question":
            return f"{asks} {text}".strip() if self.rng.random() < 0.75 else text
        if family.result == "bool":
            return f"{asks or 'find'} {self.rng.choice(('whether', 'whether', 'if'))} {text}"
        return f"{asks} {text}" if asks else f"what {_verb_for(text)} {text}"

    def define(self, use: Use) -> str:
        """Return the clause that gives a letter to a part of the expression."""
        letter = self.defined[use]
        text = self._render(use, self._phrase(use))
        if self.rng.random() < 0.6:
            return f"let {letter} be {text} ,"
        return f"define {letter} as {text} ,"

    def _say(self, expression: Expression) -> str:
        if isinstance(expression, Leaf):
            return self.names.get(expression.name, expression.name)
        if expression in self.defined:
            return self.defined[expression]
        return self._render(expression, self._phrase(expression))

    def _phrase(self, use: Use) -> Phrase:
        return self._pick(self._fitting(use.family.phrases, use))

    def _pick(self, groups: Sequence[Sequence[Phrase]]) -> Phrase:
        """Draw a wording, and the longest of three phrases of it: published texts are wordy."""
        group = self.rng.choice(groups)
        return max((self.rng.choice(group) for _ in range(3)), key=lambda p: len(p.tokens))

    def _fitting(self, groups: Sequence[Sequence[Phrase]], use: Use) -> list[list[Phrase]]:
        """Return the phrases whose `{X!}` slots all hold names, without empty groups."""
        fillers = use.fillers.items()
        named = {slot for slot, x in fillers if isinstance(x, Leaf) or x in self.defined}
        fitting = [[phrase for phrase in group if phrase.names <= named] for group in groups]
        return [group for group in fitting if group]

    def _render(self, use: Use, phrase: Phrase) -> str:
        said = {slot: self._say(filler) for slot, filler in use.fillers.items()}
        return " ".join(
            said[token[1:-1]] if token.startswith("{") else token for token in phrase.tokens
        )


def _verb_for(text: str) -> str:
    """Return "is" or "are", as it goes with a noun phrase."""
    words = [word for word in text.split()[:3] if word not in ("the", "all", "first")]
    return "are" if words and words[0] in _PLURALS else "is"


_OPENINGS = {"given": 4.0, "consider": 2.0, "you are given": 3.0}
_ASKS = {
    "find": 3.0,
    "compute": 2.0,
    "your task is to find": 2.5,
    "your task is to compute": 2.0,
    "": 1.5,  # "what is"
}


def _declaration(arguments: Mapping[str, str], unnamed: bool, rng: Random) -> str:
    nouns = dict(_NOUNS)
    draw = rng.random()
    if draw < 0.1:
        nouns.update(_OTHER_NOUNS)
    elif draw < 0.17 and "string[]" not in arguments.values():
        nouns.update(_SHORT_NOUNS)
    if unnamed:
        return listed([nouns[kind][0] for kind in arguments.values()])
    groups: list[tuple[str, list[str]]] = []
    for name, kind in arguments.items():
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(name)
        else:
            groups.append((kind, [name]))
    return listed([f"{nouns[kind][len(names) > 1]} {listed(names)}" for kind, names in groups])


def listed(parts: Sequence[str], comma: str = " , ") -> str:
    """Return the parts as "a , b and c"."""
    return parts[0] if len(parts) == 1 else f"{comma.join(parts[:-1])} and {parts[-1]}"


# One worded example of a family, for people who look for one.

_SHAPE = Shape(max_depth=1, constant=0.0)


@dataclass(frozen=True, slots=True)
class Specimen:
    """A family with arguments in its slots."""

    text: str
    program: Node


def specimen(family: Family, catalogue: Catalogue) -> Specimen:
    """Return an example of a family, always the same one."""
    for seed in range(100):
        rng = Random(seed)
        draft = _Drawing(catalogue, _SHAPE, 1, rng).draft(family)
        if draft is not None and (program := draft.root.node()) is not None:
            text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
            return Specimen(text, program)
    raise ValueError(f"no arguments fit the slots of family '{family.name}'")


# How a program is composed of families, as told by the program alone.
#
# A task is drawn as families inside families, but its program may be composed in another way as
# well: "how many elements are odd" is one family, and "the length of the odd elements" two. Here a
# program has one reading, whatever it was drawn as: the longest template that fits at the root, the
# same of what fills its slots, and so on.


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
        for family in sorted(families, key=lambda f: sum(f.repeats.values()) - f.node.size):
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


def _symbols(program: Node) -> frozenset[str]:
    return frozenset(node.symbol for node in program.preorder())


def _fits(template: Node, program: Node, slots: Mapping[str, str], out: dict[str, Node]) -> bool:
    """Tell whether the template gives the program; note in `out` what fills its slots."""
    if template.symbol in slots:
        return out.setdefault(template.symbol, program) == program
    if template.symbol != program.symbol or len(template.children) != len(program.children):
        return False
    pairs = zip(template.children, program.children, strict=True)
    return all(_fits(part, child, slots, out) for part, child in pairs)


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
