"""Says what an expression asks for, in the words of the tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from saps.data.generator.expression import Expression, Leaf, Use
from saps.data.generator.family import Family
from saps.data.generator.phrasing import verb_for
from saps.data.retelling.pattern import SLOT, Pattern
from saps.data.retelling.table import CONDITION_KINDS, Table

_TRIES: Final = 12
_FORMS: Final = re.compile(rf"\{{({'|'.join(CONDITION_KINDS)})\}}")
_ORDINAL: Final = re.compile(r"\s*-?\s*th\b")
# A noun that is a clause goes after few verbs, and into no other text.
_CLAUSE: Final = re.compile(r"\s*(?:by |at |in |on )?(?:how|what|which|where|for (?:each|every))\b")
_KNOWS: Final = frozenset({"find", "tell me", "compute", "determine", "show", "say", "work out"})
_STEPS_RATE: Final = 0.3
_NOUN_AFTER_STEP: Final = (
    *(
        "find",
        "give me",
        "return",
        "tell me",
        "get",
        "take",
        "compute",
        "what is",
        "output",
        "print",
    ),
    *("i need", "i want", "report", "show me", "give me"),
)
_NOUN_AS_STEP: Final = (
    "take",
    "take",
    "find",
    "get",
    "first find",
    "compute",
    "start with",
    "look at",
)
_THEN: Final = (
    *(" , then ", " , then ", " and then ", " and ", " , and then ", " , after that ", " then "),
    *(" , ", " , next ", " , and "),
)
_IT: Final[dict[str, tuple[str, ...]]] = {
    "int[]": (
        *("the result", "the result", "it", "them", "that", "those", "the resulting list", "these"),
        *("the resulting array", "what you get", "the new list", "the resulting numbers"),
    ),
    "string[]": (
        *("the result", "the result", "it", "them", "that", "the resulting list", "what you get"),
        *("those", "the resulting strings", "these"),
    ),
    "int": ("the result", "the result", "it", "that", "that number", "what you get"),
    "string": ("the result", "the result", "it", "that", "the resulting string", "what you get"),
}
# After these a step leaves something over.
_REMOVING: Final = frozenset(
    {"filter", "exclude", "first_half", "second_half", "except_first", "except_last", "except_ends"}
)
_LEFT_OVER: Final = (
    "what is left",
    "what remains",
    "the rest",
    "the remaining numbers",
    "the others",
)
_WHETHER: Final = (
    *("check whether", "check if", "tell me if", "tell me whether", "find out whether", "whether"),
    *("determine whether", "determine if", "is it true that", "return true if", "true if", "if"),
    *("test whether", "decide whether", "say whether", "i want to know whether", "find whether"),
    *("is it the case that", "see if", "verify that", "return whether", "does it hold that"),
)
_FINDS: Final = (
    *("find", "find", "compute", "compute", "calculate", "return", "output", "print", "get"),
    *("give me", "tell me", "determine", "show", "show me", "i want", "i need", "work out", "give"),
    *("report", "what is", "what is", "what are", "what would be", "what's", "", "", "", "", ""),
    *("which are", "we need", "say", "i'd like", "find me", "figure out", "produce"),
)
_DOES: Final = ("", "", "", "", "", "please", "you should", "i want to", "your task is to", "let's")


@dataclass
class Speaker:
    """Renders one expression.

    Attributes:
        names: what each argument is called, "a" or "the list".
        unsaid: arguments that need not be named, for each is the only one of its type.
    """

    table: Table
    names: Mapping[str, str]
    unsaid: frozenset[str]
    rng: Random
    _anaphors: dict[Use, str] = field(default_factory=dict)

    def request(self, root: Use) -> str:
        """Return the whole request, not yet normalised."""
        inner = self._step_before(root)
        if inner is None or self.rng.random() >= _STEPS_RATE:
            return self._ask(root, _FINDS)
        first = self.step(inner)
        self._anaphors[inner] = self._anaphor(inner)
        return f"{first}{self.rng.choice(_THEN)}{self._ask(root, _NOUN_AFTER_STEP)}"

    def step(self, use: Use) -> str:
        """Return an expression as something to do before the rest."""
        command = self._drawn(use, "do")
        if command is not None:
            return command
        return f"{self.rng.choice(_NOUN_AS_STEP)} {self.noun(use)}"

    def noun(self, use: Use, *, alone: bool = False) -> str:
        """Return an expression as a noun phrase, or a clause if it is a truth.

        Args:
            use: the expression.
            alone: whether it is a whole request, where "how long a is" will do for a noun.
        """
        kind = "that" if use.family.result == "bool" else "noun"
        text = self._drawn(use, kind) if self.rng.random() < 0.8 else None
        if text is None or (not alone and _CLAUSE.match(text) is not None):
            return self._generated(use)
        return text

    def _ask(self, root: Use, finds: Sequence[str]) -> str:
        draw = self.rng.random()
        if draw < 0.4 and (command := self._drawn(root, "do")) is not None:
            return f"{self.rng.choice(_DOES)} {command}"
        if draw < 0.65 and (question := self._drawn(root, "ask")) is not None:
            return question
        if root.family.result == "bool":
            return f"{self.rng.choice(_WHETHER)} {self._plain(root)}"
        return _agreeing(self.rng.choice(finds), self._plain(root))

    def _plain(self, root: Use) -> str:
        """Return the noun of a whole request."""
        return self.noun(root, alone=True)

    def _step_before(self, root: Use) -> Use | None:
        """Return what can be done first, if anything."""
        inner = [
            filler
            for filler in root.fillers.values()
            if isinstance(filler, Use) and filler.family.result in _IT
        ]
        return self.rng.choice(inner) if inner else None

    def _anaphor(self, use: Use) -> str:
        if use.family.declared in _REMOVING and self.rng.random() < 0.5:
            return self.rng.choice(_LEFT_OVER)
        return self.rng.choice(_IT[use.family.result])

    def _drawn(self, use: Use, kind: str) -> str | None:
        """Return a text of the table with its slots filled, None if there is none that fits."""
        patterns = self._patterns(use.family, kind)
        if not patterns:
            return None
        for _ in range(_TRIES):
            text = self._with_condition(self.rng.choice(patterns).draw(self.rng), use.family)
            if text is not None and self._fits(text, use):
                return SLOT.sub(lambda match: self._say(use.fillers[match[1]]), text)
        return None

    def _patterns(self, family: Family, kind: str) -> list[Pattern]:
        wordings = self.table.families.get(family.declared)
        return [] if wordings is None else wordings.of(kind)

    def _with_condition(self, text: str, family: Family) -> str | None:
        """Return the text with the condition in it; None if that has no such form."""
        form = _FORMS.search(text)
        if form is None:
            return text
        wordings = self.table.conditions.get(family.condition or "")
        patterns = [] if wordings is None else wordings.of(form[1])
        if not patterns:
            return None
        return text.replace(form[0], self.rng.choice(patterns).draw(self.rng))

    def _fits(self, text: str, use: Use) -> bool:
        said = dict.fromkeys(use.fillers, False)
        for match in SLOT.finditer(text):
            name, bang = match.groups()
            if name not in said or (bang and not self._is_short(use.fillers[name])):
                return False
            if _ORDINAL.match(text, match.end()) and not self._is_word(use.fillers[name]):
                return False
            said[name] = True
        return all(said[name] or self._is_unsaid(use.fillers[name]) for name in said)

    def _is_short(self, filler: Expression) -> bool:
        """Tell whether `{X!}` may hold it: "it" and "the list" will do, but for a number a word."""
        if isinstance(filler, Leaf):
            return filler.type != "int" or self._is_word(filler)
        return filler in self._anaphors and filler.family.result != "int"

    def _is_word(self, filler: Expression) -> bool:
        return isinstance(filler, Leaf) and " " not in self.names.get(filler.name, filler.name)

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
    if ask in ("what is", "what are", "which are"):
        verb = verb_for(noun)
        ask = f"what {verb}" if ask.startswith("what") or verb == "is" else ask
    return f"{ask} {noun}"
