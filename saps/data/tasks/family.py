"""Task families: what a text may ask for, in which words, and the program that answers.

A family is an entry of a text file of the folder `families/`; docs/howto/family.md has the format.
`read_families` reads the entries, and `Catalogue` checks what they say, fills in the conditions and
draws.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from random import Random
from typing import Any, Final

from saps.data.wordings.tables import (
    SLOT,
    PatternError,
    Weighted,
    entry_lines,
    expand_shared,
    texts_of,
)
from saps.lang import AlgoLispError, Node, compile_program, infer_type, parse, values_equal

# Wordings: short patterns that stand for many ways to say one thing.
#
# `<a|b>` is a choice, `[a]` is optional, `{X}` is the text of slot X whatever fills it, `{X!}`
# the same where only a name fits: an argument, a constant or a defined letter.

_INNERMOST = re.compile(r"<([^<>\[\]]*)>|\[([^<>\[\]]*)\]")
MAX_PHRASES = 3000


class WordingError(ValueError):
    """A pattern is malformed; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say it: a pattern with every choice made.

    Attributes:
        tokens: words, and slots as `{X}`.
        names: the slots that only a name may fill.
    """

    tokens: tuple[str, ...]
    names: frozenset[str]

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(token[1:-1] for token in self.tokens if token.startswith("{"))


def phrases(pattern: str) -> tuple[Phrase, ...]:
    """Return every phrase that a pattern stands for, without repeats, in a fixed order.

    Raises:
        WordingError: unbalanced brackets, or more than `MAX_PHRASES` phrases.
    """
    texts = dict.fromkeys(_expand(pattern, pattern))
    return tuple(_phrase(text) for text in texts)


def _expand(text: str, pattern: str) -> list[str]:
    done, pending = [], [text]
    while pending:
        text = pending.pop()
        found = _INNERMOST.search(text)
        if found is None:
            done.append(text)
        else:
            choices = [found[2], ""] if found[1] is None else found[1].split("|")
            pending += [text[: found.start()] + c + text[found.end() :] for c in choices]
        if len(done) + len(pending) > MAX_PHRASES:
            raise WordingError(f"wording {pattern!r} stands for over {MAX_PHRASES} phrases")
    for text in done:
        if re.search(r"[<>\[\]|]", text):
            raise WordingError(f"wording {pattern!r} has a bracket that is never closed or opened")
    return done


def _phrase(text: str) -> Phrase:
    names = frozenset(name for name, bang in SLOT.findall(text) if bang)
    return Phrase(tuple(text.replace("!}", "}").split()), names)


TYPES = ("int", "int[]", "string", "string[]", "bool")
CONDITION = "condition"


class FamilyError(ValueError):
    """A declaration is wrong; the message names the family."""

    def __init__(self, family: str, reason: str) -> None:
        super().__init__(family, reason)
        self.family, self.reason = family, reason

    def __str__(self) -> str:
        return f"family '{self.family}': {self.reason}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A gap in a family, for an argument, a constant or another family of its type.

    Declared as text: "int", "int 0 1" (these constants may fill it too), "int!" (only a name).
    """

    type: str
    constants: tuple[str, ...] = ()
    only_name: bool = False

    @classmethod
    def from_text(cls, text: str) -> "Slot":
        kind, *constants = text.split()
        return cls(kind.rstrip("!"), tuple(constants), kind.endswith("!"))


@dataclass(frozen=True)
class Family:
    """One kind of task.

    Attributes:
        name: unique; written to the `nodes` field of the tasks.
        result: the type of the program, one of `TYPES`.
        slots: slot name (upper case) to its declaration, see `Slot`. A slot of type "condition"
            makes one family of each declared condition.
        wordings: patterns of a noun phrase (of a clause when the result is bool), which can stand
            inside other texts.
        template: the program, with slot names in the place of what fills them. `(C x)` is
            condition C asked of x.
        example: values of the slots, and the result; a condition is given by name.
        questions: patterns that can only follow "find", as in "how many ...".
        commands: patterns of a whole request, as in "sort {X!} , what is {X!}".
        weight: how often it is drawn, relative to others of its type.
        alone: factor of the weight for tasks that nest nothing.
        condition: the condition that fills its condition slot; set when families are expanded.
    """

    name: str
    result: str
    slots: Mapping[str, str]
    wordings: Sequence[str]
    template: str
    example: tuple[Mapping[str, Any], Any]
    questions: Sequence[str] = ()
    commands: Sequence[str] = ()
    weight: float = 1.0
    alone: float = 1.0
    condition: str | None = None

    @cached_property
    def slot_types(self) -> dict[str, Slot]:
        return {name: Slot.from_text(text) for name, text in self.slots.items()}

    @cached_property
    def node(self) -> Node:
        return parse(self.template)

    @cached_property
    def phrases(self) -> tuple[tuple[Phrase, ...], ...]:
        return tuple(phrases(pattern) for pattern in self.wordings)

    @cached_property
    def question_phrases(self) -> tuple[tuple[Phrase, ...], ...]:
        return tuple(phrases(pattern) for pattern in self.questions)

    @cached_property
    def command_phrases(self) -> tuple[tuple[Phrase, ...], ...]:
        return tuple(phrases(pattern) for pattern in self.commands)

    @cached_property
    def repeats(self) -> dict[str, int]:
        """How many times the program holds what fills each slot."""
        found = Counter(part.symbol for part in self.node.preorder())
        return {name: found[name] for name in self.slots}

    @property
    def declared(self) -> str:
        """The name of the declaration, shared by the families of all conditions."""
        return self.name if self.condition is None else self.name.removesuffix(f"_{self.condition}")

    @property
    def nests(self) -> bool:
        """Whether it can fill a slot of another family."""
        return bool(self.wordings)


@dataclass(frozen=True)
class Condition:
    """What can be asked of one number, to follow "elements that are".

    Attributes:
        name: unique among the conditions.
        slots: as in `Family`.
        wordings: patterns of what follows "are".
        function: the program as a function, for `filter`.
        test: the same asked of `arg1`, for the inside of a lambda.
        example: values of the slots, a number that satisfies it, one that does not.
        adjectives: patterns of what can stand before the noun.
        weight: as in `Family`.
    """

    name: str
    slots: Mapping[str, str]
    wordings: Sequence[str]
    function: str
    test: str
    example: tuple[Mapping[str, Any], int, int]
    adjectives: Sequence[str] = ()
    weight: float = 1.0


def expand(family: Family, conditions: Iterable[Condition]) -> list[Family]:
    """Return one family for each condition that its condition slot may hold, or itself alone."""
    gaps = [name for name, text in family.slots.items() if text == CONDITION]
    if not gaps:
        return [family]
    if gaps != ["C"]:
        raise FamilyError(family.name, f"the condition slot must be one, named C, found {gaps}")
    conditions = list(conditions)
    total = sum(condition.weight for condition in conditions)
    return [_with_condition(family, condition, total) for condition in conditions]


def _with_condition(family: Family, condition: Condition, total: float) -> Family:
    slots = {name: text for name, text in family.slots.items() if name != "C"}
    shared = slots.keys() & condition.slots.keys()
    if shared:
        reason = f"condition {condition.name} has slots of its own: {', '.join(sorted(shared))}"
        raise FamilyError(family.name, reason)

    def worded(patterns: Sequence[str]) -> list[str]:
        found = []
        for pattern in patterns:
            if "{A}" not in pattern or condition.adjectives:
                pattern = pattern.replace("{A}", f"<{'|'.join(condition.adjectives)}>")
                found.append(pattern.replace("{C}", f"<{'|'.join(condition.wordings)}>"))
        return found

    inputs, output = family.example
    chosen = inputs.get("C") == condition.name
    values = {name: value for name, value in inputs.items() if name != "C"}
    return replace(
        family,
        name=f"{family.name}_{condition.name}",
        slots={**slots, **condition.slots},
        wordings=worded(family.wordings),
        template=str(_fill_condition(parse(family.template), condition)),
        example=({**values, **condition.example[0]}, output) if chosen else ({}, None),
        questions=worded(family.questions),
        commands=worded(family.commands),
        weight=family.weight * condition.weight / total,
        condition=condition.name,
    )


def _fill_condition(node: Node, condition: Condition) -> Node:
    if node.symbol == "C":
        if not node.children:
            return parse(condition.function)
        return substitute(parse(condition.test), {"arg1": node.children[0]})
    return Node(node.symbol, tuple(_fill_condition(child, condition) for child in node.children))


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """Return the tree with leaves replaced by name; `arg1` only where no lambda rebinds it."""
    if not node.children:
        return values.get(node.symbol, node)
    if node.symbol in ("lambda1", "lambda2") and "arg1" in values:
        return node
    return Node(node.symbol, tuple(substitute(child, values) for child in node.children))


def check_condition(condition: Condition) -> None:
    """Raise `FamilyError` unless function and test are well typed, agree, and do the example."""
    slots, yes, no = condition.example
    arguments = {name: Slot.from_text(text).type for name, text in condition.slots.items()}
    forms = {
        "function": f"(len (filter Z {condition.function}))",
        "test": f"(len (filter Z (lambda1 {condition.test})))",
    }
    for form, source in forms.items():
        for value, expected in ((yes, 1), (no, 0)):
            try:
                program = compile_program(parse(source), {**arguments, "Z": "int[]"})
                found = program({**slots, "Z": [value]})
            except AlgoLispError as error:
                raise FamilyError(condition.name, f"its {form}: {error}") from error
            if found != expected:
                raise FamilyError(condition.name, f"its {form} is wrong about {value}")


def check_family(family: Family) -> None:
    """Raise `FamilyError` unless the declaration is whole, well typed, and does its example."""
    _check_slots(family)
    _check_wordings(family)
    _check_template(family)
    _check_example(family)


def _check_slots(family: Family) -> None:
    if family.result not in TYPES:
        raise FamilyError(family.name, f"result {family.result!r} is none of {', '.join(TYPES)}")
    for name, slot in family.slot_types.items():
        if slot.type not in TYPES:
            raise FamilyError(family.name, f"slot {name} has type {slot.type!r}, none of {TYPES}")
        if not name.isupper():
            raise FamilyError(family.name, f"slot {name} must be written in upper case")


def _check_wordings(family: Family) -> None:
    try:
        groups = (*family.phrases, *family.question_phrases, *family.command_phrases)
    except WordingError as error:
        raise FamilyError(family.name, str(error)) from error
    if not groups:
        raise FamilyError(family.name, "has no wording")
    for phrase in (phrase for group in groups for phrase in group):
        if phrase.slots != family.slots.keys():
            text, names = " ".join(phrase.tokens), ", ".join(family.slots)
            raise FamilyError(family.name, f"wording {text!r} must name the slots {names}")
    general = [p for group in family.phrases for p in group if not p.names]
    if family.nests and not general:
        raise FamilyError(family.name, "needs a wording that takes any filler, without '!'")


def _check_template(family: Family) -> None:
    try:
        node = family.node
        arguments = {name: slot.type for name, slot in family.slot_types.items()}
        found = str(infer_type(node, arguments))
    except AlgoLispError as error:
        raise FamilyError(family.name, f"template {family.template}: {error}") from error
    if found != family.result:
        raise FamilyError(family.name, f"template is of type {found}, not {family.result}")
    unused = family.slots.keys() - {part.symbol for part in node.preorder()}
    if unused:
        raise FamilyError(family.name, f"template uses no slot {', '.join(sorted(unused))}")


def _check_example(family: Family) -> None:
    inputs, output = family.example
    if not inputs and family.condition:
        return  # one condition stands for all in the example of a family of conditions
    arguments = {name: slot.type for name, slot in family.slot_types.items()}
    try:
        found = compile_program(family.node, arguments)(inputs)
    except (AlgoLispError, KeyError) as error:
        raise FamilyError(family.name, f"example {inputs}: {error}") from error
    if not values_equal(found, output):
        raise FamilyError(family.name, f"example {inputs} gives {found}, not {output}")


# Entries as they are written: `= NAME` begins a family, `~ NAME` a condition.

_KEYS: Final = {
    "=": ("slots", "returns", "program", "example", "noun", "ask", "do", "weight", "alone"),
    "~": ("slots", "function", "test", "example", "are", "adj", "weight"),
}
_Said = Mapping[str, list[str]]


def read_families(texts: Mapping[str, str]) -> tuple[tuple[Family, ...], tuple[Condition, ...]]:
    """Read the entries of files, which are given by name, in their order.

    Raises:
        WordingError: a line is none of what an entry has; gives file and line.
        FamilyError: an entry lacks a line, or one is malformed.
    """
    entries: list[tuple[str, str, dict[str, list[str]]]] = []
    for file, text in texts.items():
        for place, line, shared in entry_lines(file, text, WordingError):
            if line[:2] in ("= ", "~ "):
                entries.append((line[0], line[2:].strip(), defaultdict(list)))
                continue
            key, _, value = line.partition(":")
            if not entries or key not in _KEYS[entries[-1][0]]:
                expected = ", ".join(_KEYS[entries[-1][0]]) if entries else "'= FAMILY'"
                raise WordingError(f"{place}: expected {expected} and a colon, found {line!r}")
            try:
                entries[-1][2][key].append(expand_shared(value.strip(), shared))
            except PatternError as error:
                raise WordingError(f"{place}: {error}") from error
    return (
        tuple(_family(name, said) for mark, name, said in entries if mark == "="),
        tuple(_condition(name, said) for mark, name, said in entries if mark == "~"),
    )


def _family(name: str, said: _Said) -> Family:
    return Family(
        name=name,
        result=_only(name, said, "returns"),
        slots=_slots(said),
        wordings=tuple(said["noun"]),
        template=_only(name, said, "program"),
        example=_examples(name, said, 1)[0],
        questions=tuple(said["ask"]),
        commands=tuple(said["do"]),
        weight=float(_only(name, said, "weight", "1")),
        alone=float(_only(name, said, "alone", "1")),
    )


def _condition(name: str, said: _Said) -> Condition:
    (values, yes), (others, no) = _examples(name, said, 2)
    if (yes, no) != (True, False):
        raise FamilyError(name, "expected an example that is true, then one that is false")
    slots = {slot: value for slot, value in values.items() if slot != "arg1"}
    return Condition(
        name=name,
        slots=_slots(said),
        wordings=tuple(said["are"]),
        function=_only(name, said, "function"),
        test=_only(name, said, "test"),
        example=(slots, values["arg1"], others["arg1"]),
        adjectives=tuple(said["adj"]),
        weight=float(_only(name, said, "weight", "1")),
    )


def _only(name: str, said: _Said, key: str, default: str = "") -> str:
    found = said[key] or [default]
    if len(found) != 1 or not found[0]:
        raise FamilyError(name, f"has {len(said[key])} lines '{key}:', expected one")
    return found[0]


def _slots(said: _Said) -> dict[str, str]:
    pairs = [part.partition(":") for text in said["slots"] for part in text.split(",")]
    return {slot.strip(): declared.strip() for slot, _, declared in pairs}


def _examples(name: str, said: _Said, n_examples: int) -> list[tuple[dict[str, Any], Any]]:
    """Return inputs and output of each line `example: {"X": [1, 2]} -> 3`."""
    pairs = [text.rpartition("->") for text in said["example"]]
    try:
        examples = [(dict(json.loads(inputs)), json.loads(output)) for inputs, _, output in pairs]
    except (TypeError, ValueError) as error:
        reason = f"expected 'example: INPUTS -> OUTPUT', in JSON ({error})"
        raise FamilyError(name, reason) from error
    if len(examples) != n_examples:
        raise FamilyError(name, f"has {len(examples)} lines 'example:', expected {n_examples}")
    return examples


@cache
def declared_families() -> tuple[tuple[Family, ...], tuple[Condition, ...]]:
    """Return the project's own families and conditions as they are declared."""
    return read_families(texts_of(__package__, "families"))


# All families that can be used, checked, and drawn by their weights.

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
        self._alone: dict[str, Weighted[Family]] = {}
        self._roots: dict[str, Weighted[Family]] = {}
        self._nested: dict[str, Weighted[Family]] = {}
        for kind in TYPES:
            of = [f for f in self.families if f.result == kind]
            nesting = [f for f in of if f.nests]
            self._alone[kind] = Weighted(of, (f.weight * f.alone for f in of))
            self._roots[kind] = Weighted(of, (f.weight for f in of))
            self._nested[kind] = Weighted(nesting, (f.weight for f in nesting))

    def draw_root(self, rng: Random, *, alone: bool) -> Family:
        """Draw what a whole task asks for; `alone` if nothing is to be nested in it."""
        kind = rng.choices(list(RESULT_SHARES), list(RESULT_SHARES.values()))[0]
        return (self._alone if alone else self._roots)[kind].draw(rng)

    def draw_nested(self, result: str, rng: Random) -> Family:
        """Draw what fills a slot of type `result`."""
        return self._nested[result].draw(rng)


@cache
def default_catalogue() -> Catalogue:
    """Return the project's own families."""
    return Catalogue(*declared_families())
