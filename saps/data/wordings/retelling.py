"""Says a task anew, from its program: other words, other order, other names of its arguments."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Final

from saps.data.example import Example, with_names
from saps.data.tasks.composer import (
    LETTERS,
    NOUNS,
    Expression,
    Leaf,
    Use,
    default_readings,
    listed,
    verb_for,
)
from saps.data.tasks.family import default_catalogue
from saps.data.tokenizer import normalise_typing
from saps.data.wordings.tables import CONDITION_KINDS, SLOT, Table, default_table, table_texts

_TRIES: Final = 12
_FORMS: Final = re.compile(rf"\{{({'|'.join(CONDITION_KINDS)})\}}")
_ORDINAL: Final = re.compile(r"\s*-?\s*th\b")
# A noun that is a clause goes after few verbs, and into no other text.
_CLAUSE: Final = re.compile(r"\s*(?:by |at |in |on )?(?:how|what|which|where|for (?:each|every))\b")
_KNOWS: Final = frozenset({"find", "tell me", "compute", "determine", "show", "say", "work out"})
_BE: Final = re.compile(r"(what|which) (?:is|are)")
# What can be done first, or be given a letter.
_STEP_TYPES: Final = ("int[]", "string[]", "int", "string")
# After these a step leaves something over.
_REMOVING: Final = frozenset(
    {"filter", "exclude", "first_half", "second_half", "except_first", "except_last", "except_ends"}
)


@dataclass
class Speaker:
    """Renders one expression.

    Attributes:
        names: what each argument is called, "a" or "the list".
        unsaid: arguments that need not be named, for each is the only one of its type.
        letter: what a part of the expression is called that gets a name of its own.
        steps: chance that what can be done first is told first.
        defines: chance that it gets the letter instead.
        fuses: chance that two families are said in one breath, where the table has words for it.
        repeats: chance that all of it is said again in other words.
    """

    table: Table
    names: Mapping[str, str]
    unsaid: frozenset[str]
    rng: Random
    letter: str = "z"
    steps: float = 0.28
    defines: float = 0.1
    fuses: float = 0.6
    repeats: float = 0.08
    _anaphors: dict[Use, str] = field(default_factory=dict)

    def request(self, root: Use) -> str:
        """Return the whole request, not yet normalised."""
        if self.rng.random() < self.repeats:
            return self._said_twice(root)
        inner = self._step_before(root)
        draw = self.rng.random()
        if inner is None or draw >= self.steps + self.defines:
            return self._ask(root, "find")
        if draw < self.steps:
            first = self.step(inner)
            self._anaphors[inner] = self._anaphor(inner)
            return f"{first} {self._frame('then')} {self._ask(root, 'find after step')}"
        return self._with_letter(root, inner)

    def step(self, use: Use) -> str:
        """Return an expression as something to do before the rest, perhaps in steps itself."""
        inner = self._step_before(use)
        if inner is not None and self.rng.random() < self.steps:
            before = f"{self.step(inner)} {self._frame('then')} "
            self._anaphors[inner] = self._anaphor(inner)
        else:
            before = ""
        command = self._drawn(use, "do")
        return before + (command or f"{self._frame('step')} {self.noun(use)}")

    def noun(self, use: Use, *, alone: bool = False) -> str:
        """Return an expression as a noun phrase, or a clause if it is a truth.

        Args:
            use: the expression.
            alone: whether it is a whole request, where "how long a is" will do for a noun.
        """
        kind = "that" if use.family.result == "bool" else "noun"
        text = self._drawn(use, kind) if self.rng.random() < 0.85 else None
        if text is None or (not alone and _CLAUSE.match(text) is not None):
            return self._generated(use)
        return text

    def _said_twice(self, root: Use) -> str:
        """Return the request, or what it asks for as a title, and then the request once more."""
        is_title = root.family.result != "bool" and self.rng.random() < 0.4
        first = self.noun(root, alone=True) if is_title else self._ask(root, "find")
        return f"{first} {self._frame('again')} {self._ask(root, 'find')}"

    def _with_letter(self, root: Use, inner: Use) -> str:
        """Return the request with a letter for a part of it, told before or after."""
        told = self.noun(inner)
        self._anaphors[inner] = self.letter
        asked = self._ask(root, "find")
        before = self.rng.random() < 0.75
        frame = self._frame("define" if before else "where", V=self.letter, D=told)
        return f"{frame} {asked}" if before else f"{asked} {frame}"

    def _ask(self, root: Use, find: str) -> str:
        draw = self.rng.random()
        if draw < 0.4 and (command := self._drawn(root, "do")) is not None:
            return f"{self._frame('do')} {command}"
        if draw < 0.65 and (question := self._drawn(root, "ask")) is not None:
            return question
        noun = self.noun(root, alone=True)
        if root.family.result == "bool":
            return f"{self._frame('whether')} {noun}"
        return _agreeing(self._frame(find), noun)

    def _frame(self, name: str, **slots: str) -> str:
        return SLOT.sub(lambda match: slots[match[1]], self.table.frame(name, self.rng))

    def _step_before(self, root: Use) -> Use | None:
        """Return what can be done first, if anything."""
        inner = [
            filler
            for filler in root.fillers.values()
            if isinstance(filler, Use) and filler.family.result in _STEP_TYPES
        ]
        return self.rng.choice(inner) if inner else None

    def _anaphor(self, use: Use) -> str:
        if use.family.declared in _REMOVING and self.rng.random() < 0.5:
            return self._frame("left over")
        return self._frame(f"it {use.family.result}") or "the result"

    def _drawn(self, use: Use, kind: str) -> str | None:
        """Return a text of the table with its slots filled, None if there is none that fits.

        Two families that people say in one breath, as in "the largest even number", may have
        wordings of their own.
        """
        inner = self._fusible(use)
        if inner is not None and self.rng.random() < self.fuses:
            together = f"{use.family.declared} > {inner.family.declared}"
            rest = {name: part for name, part in use.fillers.items() if part is not inner}
            condition = use.family.condition or inner.family.condition
            text = self._drawn_of(together, kind, {**inner.fillers, **rest}, condition)
            if text is not None:
                return text
        return self._drawn_of(use.family.declared, kind, use.fillers, use.family.condition)

    def _fusible(self, use: Use) -> Use | None:
        """Return what fills the only slot of an expression, if it has not been told before.

        A condition of the outer family may have slots as well, if the inner one has none of their
        names, and no condition itself.
        """
        inner = [part for part in use.fillers.values() if isinstance(part, Use)]
        if len(inner) != 1 or inner[0] in self._anaphors:
            return None
        rest = {name for name, part in use.fillers.items() if part is not inner[0]}
        if use.family.condition is not None:
            clashes = inner[0].family.condition is not None or bool(rest & inner[0].fillers.keys())
            return None if clashes else inner[0]
        return None if rest else inner[0]

    def _drawn_of(
        self, name: str, kind: str, fillers: Mapping[str, Expression], condition: str | None
    ) -> str | None:
        patterns = self.table.families.get(name, {}).get(kind)
        if not patterns:
            return None
        for _ in range(_TRIES):
            text = self._with_condition(self.rng.choice(patterns).draw(self.rng), condition)
            if text is not None and self._fits(text, fillers):
                return SLOT.sub(lambda match: self._say(fillers[match[1]]), text)
        return None

    def _with_condition(self, text: str, condition: str | None) -> str | None:
        """Return the text with the condition in it; None if that has no such form."""
        form = _FORMS.search(text)
        if form is None:
            return text
        patterns = self.table.conditions.get(condition or "", {}).get(form[1])
        if not patterns:
            return None
        return text.replace(form[0], self.rng.choice(patterns).draw(self.rng))

    def _fits(self, text: str, fillers: Mapping[str, Expression]) -> bool:
        said = dict.fromkeys(fillers, False)
        for match in SLOT.finditer(text):
            name, bang = match.groups()
            if name not in said or (bang and not self._is_short(fillers[name])):
                return False
            if _ORDINAL.match(text, match.end()) and not self._is_word(fillers[name]):
                return False
            said[name] = True
        return all(
            said[name] or (isinstance(filler, Leaf) and filler.name in self.unsaid)
            for name, filler in fillers.items()
        )

    def _is_short(self, filler: Expression) -> bool:
        """Tell whether `{X!}` may hold it: "it" and "the list" will do, but for a number a word."""
        kind = filler.type if isinstance(filler, Leaf) else filler.family.result
        known = isinstance(filler, Leaf) or filler in self._anaphors
        return known and (kind != "int" or self._is_word(filler))

    def _is_word(self, filler: Expression) -> bool:
        """Tell whether it is said by one word that is a name."""
        if isinstance(filler, Leaf):
            name = self.names.get(filler.name, filler.name)
            return " " not in name and name != "it"
        return self._anaphors.get(filler) == self.letter

    def _say(self, filler: Expression) -> str:
        if isinstance(filler, Leaf):
            return self.names.get(filler.name, filler.name)
        return self._anaphors.get(filler) or self.noun(filler)

    def _generated(self, use: Use) -> str:
        """Return a wording of the generator."""
        groups = [
            [p for p in group if all(self._is_short(use.fillers[name]) for name in p.names)]
            for group in use.family.phrases
        ]
        phrase = self.rng.choice(self.rng.choice([group for group in groups if group]))
        return " ".join(
            self._say(use.fillers[token[1:-1]]) if token.startswith("{") else token
            for token in phrase.tokens
        )


def _agreeing(ask: str, noun: str) -> str:
    """Return both, with the verb of a question in the number of the noun."""
    if _CLAUSE.match(noun) is not None:
        return f"{ask if ask in _KNOWS else ''} {noun}"
    return f"{_BE.sub(lambda match: f'{match[1]} {verb_for(noun)}', ask)} {noun}"


# A task told anew: its arguments with other names, in another order, declared in other words.

_DEFINED: Final = "z"

# How often people do it, guessed; a text has several of these seldom.
_WITHOUT_NAME: Final = 0.15  # an argument that is the only one of its type has no name
_WITH_TITLE: Final = 0.08  # "the list a"
_MAY_BE_UNSAID: Final = 0.6  # such an argument need not be mentioned
_EVERYDAY_WORDS: Final = 0.12  # "the highest score"
_NAMED_BY_ELEMENTS: Final = 0.12  # "which a are even", where a is called "scores"
_REMARK_AFTER: Final = 0.15
_TALK_BEFORE: Final = 0.05
_DECLARED_APART: Final = 0.6  # the text does not say what its arguments are,
_STATED: Final = 0.06  # says it in a sentence of its own,
_DECLARED_TWICE: Final = 0.13  # or says it though it is declared apart
_DECLARED_FIRST: Final = 0.75  # of the texts that say it themselves
_CALLED: Final = 0.1  # "a list called a"
_NAMES_OF_TASK: Final = 0.35  # the letters of the task stay,
_NAMES_BY_MENTION: Final = 0.45  # or go by the order of mention; the rest are any letters
_MARK_INSIDE: Final = re.compile(r"(arg[a-z]arg)(?=[a-z])")
# "Let r be ..." names something too; not so "what ' s", "x 3", "from a to z", and the pronoun.
_OWN_LETTER: Final = re.compile(r"(?<!' )\b(?:[b-hjm-y]|(?<!\bto )z)\b(?! to a\b| arg)")
_OWN_MARK: Final = re.compile(r"\barg[A-Z]arg\b")
_ORDER_KEPT: Final = frozenset(
    {"filter", "exclude", "first_half", "second_half", "first_n", "last_n", "except_first"}
    | {"except_last", "except_ends", "even_positions", "odd_positions", "symmetric_strings"}
    | {"shorter_strings", "longer_strings", "strings_before", "strings_after", "strings_absent"}
)
_FROM_ZERO: Final = frozenset(
    {"at_position", "even_positions", "odd_positions", "positions_where", "position_of_largest"}
    | {"position_of_smallest", "between_inclusive", "between_exclusive", "starting_from", "up_to"}
    | {"nth_letter", "string_at"}
)
# "The numbers in a", of which only "a" is left when a is called "scores": "which a are even".
_ELEMENTS_OF: Final = re.compile(
    r"\b(?:the )?(?:numbers|elements|values|items|entries|integers|members|strings|words)"
    r" (?:in|of|from|among|inside|within) (?:the )?(?=arg[a-z]arg)"
)
_PLURAL: Final[dict[str, re.Pattern[str]]] = {
    "int[]": re.compile(r"\b(?:numbers|elements|values|items|entries|integers)\b"),
    "string[]": re.compile(r"\b(?:strings|words|elements|items|entries)\b"),
}
# Not "the number of", which is a count.
_SINGULAR: Final[dict[str, re.Pattern[str]]] = {
    "int[]": re.compile(r"\b(?:number|element|value|item|entry|integer)\b(?! of| from)"),
    "string[]": re.compile(r"\b(?:string|word|element|item|entry)\b"),
}


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
        whole = example.program, example.arguments, example.return_type
        root = default_readings().expression(*whole)
        if root is None:
            return example
        telling = _Telling(self.table or default_table(), _used(root, example.arguments, rng), rng)
        declaration, typed = telling.text(root)
        typed = _MARK_INSIDE.sub(r"\1 ", normalise_typing(typed))  # "the a - th"
        typed = _OWN_LETTER.sub(lambda match: _mark(match[0].upper()), typed)
        arguments = telling.arguments
        letters = _new_letters(typed, list(arguments), rng)
        return replace(
            example,
            text=" ".join(letters.get(x, x) for x in f"{declaration} {typed}".split()),
            arguments={letters[_mark(name)]: kind for name, kind in arguments.items()},
            program=with_names(example.program, {n: letters[_mark(n)] for n in arguments}),
            tests=(),
        )


@dataclass(frozen=True, slots=True)
class _Telling:
    """One task being told: its arguments in an order, and the words for what is around it."""

    table: Table
    arguments: Mapping[str, str]
    rng: Random

    def text(self, root: Use) -> tuple[str, str]:
        """Return what the reading of a text puts before it, perhaps nothing, and the text."""
        names, unsaid = self._mentions()
        speaker = Speaker(self.table, names, unsaid, self.rng, _mark(_DEFINED))
        if len(self.arguments) == len(LETTERS):
            speaker.defines = 0.0  # no letter is left
        asked = speaker.request(root)
        asked = self._with_things(asked)
        if self.rng.random() < _NAMED_BY_ELEMENTS:
            asked = _ELEMENTS_OF.sub("", asked)
        if self.rng.random() < _REMARK_AFTER:
            asked = f"{asked} , {self._closing(root)}"
        if self.rng.random() < _TALK_BEFORE:
            asked = f"{self._frame('opening')} {asked}"
        return self._declared(asked, unsaid)

    def _frame(self, name: str, **slots: str) -> str:
        return SLOT.sub(lambda match: slots[match[1]], self.table.frame(name, self.rng))

    def _mentions(self) -> tuple[dict[str, str], frozenset[str]]:
        """Return how each argument is called, and those that need not be."""
        kinds = list(self.arguments.values())
        alone = frozenset(name for name, kind in self.arguments.items() if kinds.count(kind) == 1)
        names = {name: self._mention(name, is_alone=name in alone) for name in self.arguments}
        unsaid = alone if self.rng.random() < _MAY_BE_UNSAID else frozenset[str]()
        return names, unsaid

    def _mention(self, name: str, *, is_alone: bool) -> str:
        kind = self.arguments[name]
        draw = self.rng.random()
        if is_alone and draw < _WITHOUT_NAME:
            said = self._frame(f"unnamed {kind}")
            if said != "it" or len(self.arguments) == 1:
                return said
        if draw > 1 - _WITH_TITLE:
            return f"{self._frame(f'title {kind}')} {_mark(name)}"
        return _mark(name)

    def _with_things(self, asked: str) -> str:
        """Return the request with everyday words for the elements of its only array."""
        arrays = [kind for kind in self.arguments.values() if kind.endswith("[]")]
        if (
            len(arrays) != 1
            or "string" in self.arguments.values()
            or self.rng.random() >= _EVERYDAY_WORDS
        ):
            return asked
        one, _, many = self._frame(f"things {arrays[0]}").partition(" / ")
        return _SINGULAR[arrays[0]].sub(one, _PLURAL[arrays[0]].sub(many, asked))

    def _closing(self, root: Use) -> str:
        family = root.family
        groups = ["closing", f"closing {family.result}"]
        groups += ["closing kept order"] * 2 * (family.declared in _ORDER_KEPT)
        groups += ["closing from zero"] * 2 * (family.declared in _FROM_ZERO)
        return self._frame(self.rng.choice(groups))

    def _declared(self, asked: str, unsaid: frozenset[str]) -> tuple[str, str]:
        draw = self.rng.random()
        if draw < _DECLARED_APART or not self.arguments:
            return _declared_apart(self.arguments), asked
        if draw < _DECLARED_APART + _STATED:
            return _declared_apart(self.arguments), f"{self._stated()} , {asked}"
        hidden = {name for name in unsaid if _mark(name) not in asked}
        kinds = [self._kind(name, is_hidden=name in hidden) for name in self.arguments]
        place = "before" if self.rng.random() < _DECLARED_FIRST else "after"
        text = self._frame(place, D=listed(kinds), R=asked)
        return (_declared_apart(self.arguments) if draw > 1 - _DECLARED_TWICE else ""), text

    def _stated(self) -> str:
        """Return sentences that say what the arguments are."""
        kinds = self.arguments.items()
        return " , ".join(f"{_mark(name)} is {self._frame(f'kind {kind}')}" for name, kind in kinds)

    def _kind(self, name: str, *, is_hidden: bool) -> str:
        noun = self._frame(f"kind {self.arguments[name]}")
        called = " called" if self.rng.random() < _CALLED else ""
        return noun if is_hidden else f"{noun}{called} {_mark(name)}"


def _mark(name: str) -> str:
    """Return what stands for an argument until it gets its letter: no word, and no article."""
    return f"arg{name}arg"


def _used(root: Use, arguments: Mapping[str, str], rng: Random) -> dict[str, str]:
    """Return the arguments that the program uses, in some order."""
    names = {leaf.name for leaf in root.leaves()}
    used = [(name, kind) for name, kind in arguments.items() if name in names]
    if rng.random() < 0.5:
        rng.shuffle(used)
    return dict(used)


def _declared_apart(arguments: Mapping[str, str]) -> str:
    if not arguments:
        return ""
    by_kind: dict[str, list[str]] = {}
    for name, kind in arguments.items():
        by_kind.setdefault(kind, []).append(_mark(name))
    nouns = [f"{NOUNS[kind][len(names) > 1]} {listed(names)}" for kind, names in by_kind.items()]
    return f"given {listed(nouns)} ,"


def _new_letters(typed: str, names: Sequence[str], rng: Random) -> dict[str, str]:
    """Give each argument a letter: those of the task, by the order of mention, or any.

    What the text calls by a letter of its own gets one that no argument has; where none is left it
    keeps its own.
    """
    draw = rng.random()
    letters = {_mark(name): name for name in names}
    if draw >= _NAMES_OF_TASK:
        said = [*names, *([_DEFINED] if _mark(_DEFINED) in typed else [])]
        chosen = (
            LETTERS
            if draw < _NAMES_OF_TASK + _NAMES_BY_MENTION
            else "".join(rng.sample(LETTERS, len(said)))
        )
        order = sorted(said, key=lambda n: (_mark(n) not in typed, typed.find(_mark(n))))
        letters = {_mark(name): letter for name, letter in zip(order, chosen, strict=False)}
    free = [letter for letter in LETTERS if letter not in letters.values()]
    own = list(dict.fromkeys(_OWN_MARK.findall(typed)))
    others = [mark for mark in (_mark(_DEFINED), *own) if mark not in letters]
    given = dict(zip(others, free, strict=False))
    return {mark: mark[len("arg")].lower() for mark in own} | given | letters


# How often each kind of request is to be told at the least.

Kind = tuple[str, ...]


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
            goal = (0, self.each_family, self.each_pair)[len(kind)]
            lacking = max(0, goal - counts[kind])
            share, rest = divmod(lacking, counts[kind])
            more.append(share + (seen[kind] < rest))
            seen[kind] += 1
        return more

    def _kind(self, nodes: Kind) -> Kind:
        """Return what a task counts as; () for one that has no quota."""
        if len(nodes) == 1:
            return nodes if nodes[0] in _declared() else ()
        if len(nodes) != 2:
            return ()
        pair = tuple(_declared().get(name, "") for name in nodes)
        table = self.table or default_table()
        return pair if " > ".join(pair) in table.families else ()


@cache
def _declared() -> dict[str, str]:
    """Return the declaration of each family, by the family's name."""
    return {family.name: family.declared for family in default_catalogue().families}
