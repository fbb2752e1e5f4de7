"""Says an expression in English: picks wordings, opens with the arguments, may define letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from saps.data.tasks.composer import LETTERS, Expression, Leaf, Shape, Use, draw_arguments
from saps.data.tasks.family import Catalogue, Family, Phrase
from saps.data.tokenizer import normalise_text
from saps.lang import Node

NOUNS = {
    "int": ("a number", "numbers"),
    "int[]": ("an array of numbers", "arrays of numbers"),
    "string": ("a string", "strings"),
    "string[]": ("an array of strings", "arrays of strings"),
}
OTHER_NOUNS = {
    "int": ("an integer", "integers"),
    "int[]": ("an array of integers", "arrays of integers"),
}
SHORT_NOUNS = {"int[]": ("an array", "arrays")}
UNNAMED = {
    "int": "number",
    "int[]": "array",
    "string": "string",
    "string[]": "array",
}
_PLURAL_WORDS = """
    elements values numbers digits squares positions indexes indices integers words strings
    letters characters lengths those doubled even odd prime positive
"""
_PLURALS = frozenset(_PLURAL_WORDS.split())


def phrase_task(root: Use, arguments: Mapping[str, str], rng: Random) -> str:
    """Return the text of a task.

    Args:
        root: what is asked for.
        arguments: name to type, in the order of declaration.
        rng: makes every choice of words.
    """
    unnamed = _can_be_unnamed(arguments) and rng.random() < 0.07
    if unnamed:
        names = {name: f"the given {UNNAMED[kind]}" for name, kind in arguments.items()}
    else:
        names = {name: name for name in arguments}
    defined = {} if unnamed else _draw_definition(root, arguments, rng)
    speaker = _Speaker(names, defined, rng)
    definitions = [speaker.define(use) for use in defined]
    opening, asks = _opening(arguments, unnamed, rng)
    return " ".join([opening, ",", *definitions, speaker.request(root, asks)])


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
        return f"{asks} {text}" if asks else f"what {verb_for(text)} {text}"

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
        named = {slot for slot, filler in use.fillers.items() if self._is_name(filler)}
        fitting = [[phrase for phrase in group if phrase.names <= named] for group in groups]
        return [group for group in fitting if group]

    def _is_name(self, expression: Expression) -> bool:
        return isinstance(expression, Leaf) or expression in self.defined

    def _render(self, use: Use, phrase: Phrase) -> str:
        said = {slot: self._say(filler) for slot, filler in use.fillers.items()}
        return " ".join(
            said[token[1:-1]] if token.startswith("{") else token for token in phrase.tokens
        )


def verb_for(text: str) -> str:
    """Return "is" or "are", as it goes with a noun phrase."""
    words = [word for word in text.split()[:3] if word not in ("the", "all", "first")]
    return "are" if words and words[0] in _PLURALS else "is"


_OPENINGS = (("given", 4.0), ("consider", 2.0), ("you are given", 3.0))
_ASKS = (
    ("find", 3.0),
    ("compute", 2.0),
    ("your task is to find", 2.5),
    ("your task is to compute", 2.0),
    ("", 1.5),
)


def _opening(arguments: Mapping[str, str], unnamed: bool, rng: Random) -> tuple[str, str]:
    """Return the declaration of the arguments, and the words that ask ("" for "what is")."""
    opening = rng.choices([text for text, _ in _OPENINGS], [w for _, w in _OPENINGS])[0]
    asks = rng.choices([text for text, _ in _ASKS], [w for _, w in _ASKS])[0]
    return f"{opening} {_declaration(arguments, unnamed, rng)}", asks


def _declaration(arguments: Mapping[str, str], unnamed: bool, rng: Random) -> str:
    nouns = dict(NOUNS)
    draw = rng.random()
    if draw < 0.1:
        nouns.update(OTHER_NOUNS)
    elif draw < 0.17 and "string[]" not in arguments.values():
        nouns.update(SHORT_NOUNS)
    if unnamed:
        return listed([nouns[kind][0] for kind in arguments.values()])
    groups: list[tuple[str, list[str]]] = []
    for name, kind in arguments.items():
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(name)
        else:
            groups.append((kind, [name]))
    return listed([f"{nouns[kind][len(names) > 1]} {listed(names)}" for kind, names in groups])


def listed(parts: Sequence[str]) -> str:
    """Return the parts as "a , b and c"."""
    if len(parts) == 1:
        return parts[0]
    return f"{' , '.join(parts[:-1])} and {parts[-1]}"


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
        draft = draw_arguments(family, catalogue, _SHAPE, rng)
        program = None if draft is None else draft.root.node()
        if draft is not None and program is not None:
            text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
            return Specimen(text, program)
    raise ValueError(f"no arguments fit the slots of family '{family.name}'")
