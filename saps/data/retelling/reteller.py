"""Says a task anew, from its program: other words, other order, other names of its arguments."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from saps.data.example import Example
from saps.data.generator.composer import LETTERS
from saps.data.generator.expression import Use
from saps.data.generator.family import substitute
from saps.data.generator.phrasing import NOUNS, listed
from saps.data.generator.readings import Readings, default_readings
from saps.data.retelling.speaker import Speaker
from saps.data.retelling.table import Table, default_table, table_texts
from saps.data.tokenizer import normalise_typing
from saps.lang import Node

# How an argument is called that is the only one of its type.
_UNNAMED: Final[dict[str, tuple[str, ...]]] = {
    "int[]": (
        *("the list", "the array", "the numbers", "the given list", "the list", "the given array"),
        *("my list", "the sequence", "all the numbers", "this list", "these numbers"),
    ),
    "string[]": (
        *("the words", "the strings", "the list", "the given words", "the array", "these words"),
        *("the list of words", "my words"),
    ),
    "string": (
        *("the string", "the text", "the word", "the given string", "this string", "the sentence"),
    ),
    "int": ("the number", "the given number", "this number", "the integer"),
}
# What may stand before a name: "the list a".
_TITLES: Final[dict[str, tuple[str, ...]]] = {
    "int[]": (
        "the list",
        "list",
        "the array",
        "array",
        "the sequence",
        "the numbers",
        "the numbers in",
    ),
    "string[]": ("the list", "the words in", "the array", "array", "the list of words"),
    "string": ("the string", "string", "the text", "the word"),
    "int": ("the number", "number", "the value"),
}
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "int[]": (
        *("a list of numbers", "a list of integers", "an array of integers", "a list", "an array"),
        *("a sequence of numbers", "an array of numbers", "some numbers", "a list of ints"),
        *("an integer array", "a vector of numbers", "a number list", "a list of whole numbers"),
    ),
    "string[]": (
        *("a list of strings", "a list of words", "an array of words", "some words", "a word list"),
        *("an array of strings", "several strings"),
    ),
    "string": ("a string", "a text", "a word", "some text", "a sentence", "a phrase"),
    "int": ("a number", "an integer", "an int", "a whole number", "a value", "some number"),
}
_BEFORE: Final = (
    *("given {0} , {1}", "given {0} , {1}", "for {0} , {1}", "i have {0} , {1}", "with {0} , {1}"),
    *("there is {0} , {1}", "take {0} and {1}", "take {0} , {1}", "suppose we have {0} , {1}"),
    *("you are given {0} , {1}", "we are given {0} , {1}", "from {0} , {1}", "input {0} , {1}"),
    *(
        "you get {0} , {1}",
        "i ' ve got {0} , {1}",
        "consider {0} , {1}",
        "{0} , {1}",
        "you have {0} , {1}",
    ),
    *("let ' s say we have {0} , {1}", "assume {0} , {1}", "if you have {0} , {1}", "in {0} , {1}"),
    *("here is {0} , {1}", "imagine {0} , {1}", "using {0} , {1}", "the input is {0} , {1}"),
)
_AFTER: Final = (
    "{1} , given {0}",
    "{1} given {0}",
    "{1} for {0}",
    "{1} , where {0} are given",
    "{1} , {0}",
)


_MARK_INSIDE: Final = re.compile(r"(arg[a-l]arg)(?=[a-z])")


@dataclass(frozen=True, slots=True)
class Reteller:
    """Tells a share of the tasks anew.

    The texts are as they reach a model after a person's text was read: the arguments have letters
    for names, in any order, and are declared at the start, unless the text declares them itself.

    Attributes:
        rate: share of the tasks that are told anew, in [0, 1].

    Raises:
        ValueError: the rate is outside [0, 1].
    """

    rate: float
    table: Table | None = None
    readings: Readings | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"retold={self.rate}: must be in [0, 1]")

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides how tasks are told, for the key of a cache."""
        return self.rate, *table_texts().values()

    def __call__(self, example: Example, rng: Random) -> Example:
        """Return the task, perhaps told anew.

        Args:
            example: a generated or published task; one whose program the families do not make
                stays as it is.
            rng: makes every choice.
        """
        return self.retell(example, rng) if rng.random() < self.rate else example

    def retell(self, example: Example, rng: Random) -> Example:
        """Return the task told anew: text, names and program; its tests are left out."""
        readings = self.readings or default_readings()
        root = readings.expression(example.program, example.arguments, example.return_type)
        if root is None:
            return example
        arguments = _used(root, example.arguments, rng)
        names, unsaid = _mentions(arguments, rng)
        asked = Speaker(self.table or default_table(), names, unsaid, rng).request(root)
        declaration, typed = _declare(asked, arguments, unsaid, rng)
        typed = _apart(normalise_typing(typed))
        letters = _new_letters(typed, list(arguments), rng)
        return replace(
            example,
            text=" ".join(letters.get(x, x) for x in f"{declaration} {typed}".split()),
            arguments={letters[_mark(name)]: kind for name, kind in arguments.items()},
            program=_renamed(example.program, {n: letters[_mark(n)] for n in arguments}),
            tests=(),
        )


def _mark(name: str) -> str:
    """Return what stands for an argument until it gets its letter: no word, and no article."""
    return f"arg{name}arg"


def _apart(text: str) -> str:
    """Return the text with a space after each mark, as in "the a - th"."""
    return _MARK_INSIDE.sub(r"\1 ", text)


def _used(root: Use, arguments: Mapping[str, str], rng: Random) -> dict[str, str]:
    """Return the arguments that the program uses, in some order."""
    names = {leaf.name for leaf in root.leaves()}
    used = [(name, kind) for name, kind in arguments.items() if name in names]
    if rng.random() < 0.5:
        rng.shuffle(used)
    return dict(used)


def _mentions(arguments: Mapping[str, str], rng: Random) -> tuple[dict[str, str], frozenset[str]]:
    """Return how each argument is called, and those that need not be."""
    kinds = list(arguments.values())
    alone = frozenset(name for name, kind in arguments.items() if kinds.count(kind) == 1)
    names = {}
    for name, kind in arguments.items():
        draw = rng.random()
        if name in alone and draw < 0.15:
            names[name] = rng.choice(_UNNAMED[kind])
        elif draw > 0.92:
            names[name] = f"{rng.choice(_TITLES[kind])} {_mark(name)}"
        else:
            names[name] = _mark(name)
    unsaid = alone if rng.random() < 0.6 else frozenset[str]()
    return names, unsaid


def _declare(
    asked: str,
    arguments: Mapping[str, str],
    unsaid: frozenset[str],
    rng: Random,
) -> tuple[str, str]:
    """Return what the reading of a text puts before it, perhaps nothing, and the text."""
    draw = rng.random()
    if draw < 0.6 or not arguments:
        return _declared_apart(arguments), asked
    is_hidden = {name for name in unsaid if _mark(name) not in asked}
    kinds = [
        rng.choice(_KINDS[kind]) + ("" if name in is_hidden else f"{_called(rng)} {_mark(name)}")
        for name, kind in arguments.items()
    ]
    forms = _BEFORE if rng.random() < 0.75 else _AFTER
    text = rng.choice(forms).format(listed(kinds), asked)
    return ("" if draw < 0.85 else _declared_apart(arguments)), text


def _called(rng: Random) -> str:
    return " called" if rng.random() < 0.1 else ""


def _declared_apart(arguments: Mapping[str, str]) -> str:
    if not arguments:
        return ""
    by_kind: dict[str, list[str]] = {}
    for name, kind in arguments.items():
        by_kind.setdefault(kind, []).append(_mark(name))
    nouns = [f"{NOUNS[kind][len(names) > 1]} {listed(names)}" for kind, names in by_kind.items()]
    return f"given {listed(nouns)} ,"


def _new_letters(typed: str, names: Sequence[str], rng: Random) -> dict[str, str]:
    """Give each argument a letter: those of the task, by the order of mention, or any."""
    draw = rng.random()
    if draw < 0.35:
        return {_mark(name): name for name in names}
    if draw < 0.8:
        order = sorted(names, key=lambda name: _place(typed, _mark(name)))
        return {_mark(name): letter for name, letter in zip(order, LETTERS, strict=False)}
    letters = rng.sample(LETTERS, len(names))
    return {_mark(name): letter for name, letter in zip(names, letters, strict=True)}


def _place(text: str, word: str) -> int:
    place = text.find(word)
    return place if place >= 0 else len(text)


def _renamed(program: Node, letters: Mapping[str, str]) -> Node:
    return substitute(program, {name: Node(letter) for name, letter in letters.items()})
