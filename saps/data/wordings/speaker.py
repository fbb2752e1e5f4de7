"""Says what an expression asks for, in the words of the tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from saps.data.tasks.composer import Expression, Leaf, Use, verb_for
from saps.data.wordings.tables import CONDITION_KINDS, SLOT, Table

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
        frame = self._filled("define" if before else "where", V=self.letter, D=told)
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

    def _frame(self, name: str) -> str:
        return self.table.frame(name, self.rng)

    def _filled(self, name: str, **slots: str) -> str:
        return SLOT.sub(lambda match: slots[match[1]], self._frame(name))

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
        wordings = self.table.families.get(name)
        patterns = [] if wordings is None else wordings.of(kind)
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
        wordings = self.table.conditions.get(condition or "")
        patterns = [] if wordings is None else wordings.of(form[1])
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
        return all(said[name] or self._is_unsaid(fillers[name]) for name in said)

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

    def _is_unsaid(self, filler: Expression) -> bool:
        return isinstance(filler, Leaf) and filler.name in self.unsaid

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
