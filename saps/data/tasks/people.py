"""Draws a task of the people's catalogue: kinds in the slots of kinds, arguments and literals.

The words come later (`saps.data.wordings.requests`), since the same task can be said in many ways.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeAlias

from saps.data.tasks.kinds import PARTS, Kind, Kinds, Slot, composed
from saps.data.wordings.tables import Weighted
from saps.english.vocabulary import word_list
from saps.lang import Node

# How often people do it, guessed; what is asked is mostly one idea, or two that belong together.
_OVER_CONDITIONS: Final = 0.22  # a kind with a condition or a function, which stands for many
_NESTED: Final = 0.13
_STEPS: Final = 0.28
_FURTHER_STEP: Final = 0.4
_COMMON: Final = 50.0  # how much oftener what is "often a step" is drawn as one of several
_LITERAL: Final[Mapping[str, float]] = {"int": 0.35, "char": 0.6, "string": 0.35}
_JOINT_CONDITION: Final = 0.1
_LARGEST: Final = 60  # nodes of a program
_COMMON_SIGNS: Final = ",,,,  ---__:;./*#!?+=@&|"
_WORDS: Final = word_list(
    "abc hello cat dog test foo yes no end Mr. USD ab the xyz apple red blue error done OK http "
    ".txt .csv admin Anna Tom total left right up north ing un pre -- ... >> => ** ## id key"
)


@dataclass(eq=False, slots=True)
class Argument:
    """An argument of the task; its name comes with the words."""

    type: str
    slot: Slot
    name: str = ""

    @property
    def kind(self) -> str:
        """What it is to people: its type, but for a string of one character."""
        return "char" if self.slot.type == "char" else self.type


@dataclass(eq=False, slots=True)
class Literal:
    """A number or a string that the text says.

    Attributes:
        literal: as the language writes it.
        type: "int", "char" or "string".
    """

    literal: str
    type: str


@dataclass(eq=False, slots=True)
class Joint:
    """Two conditions joined: "and", "or", "but not", "neither"."""

    word: str
    first: "Asked"
    second: "Asked"


@dataclass(eq=False, slots=True)
class Asked:
    """A kind, a condition or a function with what fills its slots."""

    kind: Kind
    fillers: dict[str, "Filler"] = field(default_factory=dict)

    def parts(self) -> "Iterator[Filler]":
        """Yield this and all that is in it, the outermost first."""
        yield self
        for filler in self.fillers.values():
            for part in (filler.first, filler.second) if isinstance(filler, Joint) else (filler,):
                if isinstance(part, Asked):
                    yield from part.parts()
                else:
                    yield part

    def arguments(self) -> Iterator[Argument]:
        """Yield the arguments in it, each once."""
        yield from dict.fromkeys(part for part in self.parts() if isinstance(part, Argument))

    def kinds(self) -> Iterator[str]:
        """Yield the names of its kinds, the outermost first."""
        return (part.kind.name for part in self.parts() if isinstance(part, Asked))

    def program(self) -> Node | None:
        """Return the program; None where a lambda would hide an argument of another."""
        values: dict[str, Node] = {}
        bodies: dict[str, Node] = {}
        for name, filler in self.fillers.items():
            node = _node(filler)
            if node is None:
                return None
            (bodies if self.kind.slots[name].is_applied else values)[name] = node
        return composed(self.kind.program, self.kind.sort, values, bodies)


Filler: TypeAlias = "Argument | Literal | Joint | Asked"


def _node(filler: Filler) -> Node | None:
    if isinstance(filler, Argument):
        return Node(filler.name)
    if isinstance(filler, Literal):
        return Node(filler.literal)
    if isinstance(filler, Asked):
        return filler.program()
    first, second = filler.first.program(), filler.second.program()
    if first is None or second is None:
        return None
    if filler.word == "neither":
        return Node("!", (Node("||", (first, second)),))
    if filler.word == "but not":
        return Node("&&", (first, Node("!", (second,))))
    return Node({"and": "&&", "or": "||"}[filler.word], (first, second))


def _choice(kinds: Sequence[Kind], common: float = 1.0) -> Weighted[Kind]:
    """Return kinds to draw from; what is often a step so much oftener."""
    return Weighted(kinds, (kind.weight * (common if kind.is_step else 1) for kind in kinds))


class Drawing:
    """Draws tasks from the kinds; the same random numbers give the same tasks."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        every = list(kinds.kinds.values())
        self.over = _choice([k for k in every if _takes_function(k)])
        self.plain = _choice([k for k in every if not _takes_function(k)])
        self.last = _choice([k for k in every if k.of("then")], _COMMON)
        self.nested: dict[str, Weighted[Kind]] = {}
        self.before: dict[str, Weighted[Kind]] = {}
        self._fitting: dict[tuple[str, str, str], Weighted[Kind]] = {}
        for kind in {k.returns for k in every}:
            nouns, commands = (
                [k for k in every if k.returns == kind and k.of(key)] for key in PARTS[:2]
            )
            self.nested[kind] = _choice(nouns or commands, _COMMON)
            self.before[kind] = _choice(commands, _COMMON)

    def draw(self, rng: Random) -> Asked | None:
        """Return a task, or None if the draw was no good."""
        draw = rng.random()
        if draw < _STEPS and self.last:
            root = self._fill(self.last.draw(rng), rng)
            self._put_before(root, rng)
        else:
            root = self._fill(self._kind(rng), rng)
            if draw < _STEPS + _NESTED:
                self._nest(root, rng)
        _share(root, rng)
        for number, argument in enumerate(root.arguments()):
            argument.name = f"argument{number}"
        program = root.program()
        if program is None or program.size > _LARGEST or len(list(root.arguments())) > 5:
            return None
        return root

    def _kind(self, rng: Random) -> Kind:
        over = self.over and rng.random() < _OVER_CONDITIONS
        return (self.over if over else self.plain).draw(rng)

    def _fill(self, kind: Kind, rng: Random) -> Asked:
        return Asked(kind, {n: self._filler(slot, rng) for n, slot in kind.slots.items()})

    def _filler(self, slot: Slot, rng: Random) -> Filler:
        if slot.is_applied:
            fitting = self._applied(slot)
            first = self._fill(fitting.draw(rng), rng)
            if slot.type == "condition" and rng.random() < _JOINT_CONDITION:
                second = self._fill(fitting.draw(rng), rng)
                if second.kind is not first.kind:
                    word = rng.choice(("and", "and", "or", "but not", "neither"))
                    return Joint(word, first, second)
            return first
        if rng.random() < _LITERAL.get(slot.type, 0.0):
            return Literal(json.dumps(_value(slot, rng), ensure_ascii=False), slot.type)
        return Argument(slot.language_type, slot)

    def _applied(self, slot: Slot) -> Weighted[Kind]:
        """Return the conditions or functions for a slot."""
        key = (slot.type, slot.on, slot.gives)
        if key not in self._fitting:
            entries = self.kinds.conditions if slot.type == "condition" else self.kinds.functions
            fitting = [e for e in entries.values() if e.element == slot.on]
            self._fitting[key] = _choice([e for e in fitting if slot.gives in ("", e.returns)])
        return self._fitting[key]

    def _nest(self, root: Asked, rng: Random) -> None:
        """Put a kind into a slot of the root."""
        repeats = Counter(part.symbol for part in root.kind.program.preorder())
        slots = [
            name
            for name, slot in root.kind.slots.items()
            if not slot.is_applied and repeats[name] <= 2 and self.nested.get(slot.type)
        ]
        if slots:
            name = rng.choice(slots)
            kind = self.nested[root.kind.slots[name].type].draw(rng)
            root.fillers[name] = self._fill(kind, rng)

    def _put_before(self, root: Asked, rng: Random) -> None:
        """Put a kind, or two, before the root: steps of which the root is the last."""
        first = next(iter(root.kind.slots), None)
        if first is None or not root.kind.of("then"):
            return
        slot = root.kind.slots[first]
        repeats = sum(part.symbol == first for part in root.kind.program.preorder())
        before = self.before.get(slot.type)
        if before and repeats <= 2:
            root.fillers[first] = inner = self._fill(before.draw(rng), rng)
            if rng.random() < _FURTHER_STEP and repeats == 1:
                self._put_before(inner, rng)


def _takes_function(kind: Kind) -> bool:
    return any(slot.is_applied for slot in kind.slots.values())


def _share(root: Asked, rng: Random) -> None:
    """Now and then let two slots of one type be the same argument, in a task that nests."""
    if rng.random() > 0.2 or not any(isinstance(f, Asked) for f in root.fillers.values()):
        return
    outer = [f for f in root.fillers.values() if isinstance(f, Argument)]
    for filler in root.fillers.values():
        if isinstance(filler, Asked):
            for name, inner in filler.fillers.items():
                same = [a for a in outer if isinstance(inner, Argument) and a.type == inner.type]
                if same:
                    filler.fillers[name] = rng.choice(same)


def _value(slot: Slot, rng: Random) -> int | str:
    if slot.type == "int":
        low, high = slot.bounds or rng.choice(((1, 10), (1, 20), (0, 100), (3, 1000), (-20, 20)))
        value = rng.randint(low, high)
        return round(value, -1) if value > 30 and rng.random() < 0.5 else value
    if slot.type == "char":
        return rng.choice(_COMMON_SIGNS if rng.random() < 0.4 else "aaeeiostrnlbcdhkmpxyz013579")
    return rng.choice(_WORDS if rng.random() < 0.8 else [", ", " - ", " ", "", "; ", ": "])
