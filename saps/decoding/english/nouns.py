"""What a text without names calls its arguments: "a list of numbers", "two words", "the prices".

Each such phrase is read as an argument, and gets a name in its place, for that is how the texts
that a model was trained on speak of arguments: "increase every element of an integer array by the
same given number" becomes "increase every element of xs by n".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Final

from saps.decoding.english.edits import Edited
from saps.decoding.english.mistyped import mistyped

_NAMES: Final = {
    "int[]": ("xs", "ys"),
    "string[]": ("ws", "vs"),
    "int": ("n", "m"),
    "string": ("s", "t"),
}
"""What a person would call arguments of a type; none is an English word."""

_ARRAY: Final = r"(?:array|list|sequence|collection|series|bunch|set|row|group|pile)"
_ADJECTIVES: Final = (
    r"(?:(?:positive|negative|whole|natural|single|different|distinct|sorted|non-?negative|non-?empty"
    r"|(?:one|two|three|four|multi|single)-digit) )*"
)
_MANY: Final = {
    "int[]": r"(?:numbers|integers|ints|whole numbers|scores|prices|marks|ages|grades|temperatures"
    r"|salaries|weights|costs|readings|amounts|heights|points|years|fees|bills|ratings"
    r"|measurements|distances|speeds|figures|values|digits)",
    "string[]": r"(?:strings|words|names|titles|cities|tags|labels|files|phrases|countries|texts)",
}
_ONE: Final = {
    "int": r"(?:number|integer|int)",
    "string": r"(?:string|word|text|sentence|phrase)",
}
_ELEMENT: Final = {"int[]": "int", "string[]": "string"}
_A: Final = r"(?:an?|the|some|one|this|that|my|each|the same|any) "
_GIVEN: Final = r"(?:given|certain|particular|specific|fixed|chosen|same given|other) "
_LIMITING: Final = r"(?:below|above|under|over|than|at least|at most|up to|divisible by)"
# Not "the number 5", nor "the number of primes": there the text says which.
_INPUT: Final = re.compile(
    rf"\b(?:the|an?|this|my|each|every|any) (?:{_GIVEN})?{_ADJECTIVES}"
    rf"(?:{_ARRAY}|{_ONE['int']}|{_ONE['string']}|element|item|letter|character)\b(?! (?:\d|of\b))",
    re.IGNORECASE,
)
_KIND_BEFORE: Final = {"int[]": r"(?:integer|number|int|numeric)", "string[]": r"(?:string|word)"}


@dataclass(slots=True)
class NamedText:
    """A text that has names for its arguments.

    Attributes:
        text: with them.
        arguments: their types.
        changes: each phrase that became a name, and what stands in its place.
    """

    text: str
    arguments: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def add(self, pattern: str, *kinds: str, shown: str = "{}") -> None:
        """Read the first match of a pattern as arguments, and each later one as the same."""
        names: list[str] = []

        def named(match: re.Match[str]) -> str:
            if not names:
                names.extend(self.declare(kind) for kind in kinds)
            told = shown.format(" and ".join(names), **match.groupdict())
            self.changes.append((match[0], told))
            return told

        self.text = re.sub(rf"\b{pattern}\b", named, self.text, flags=re.IGNORECASE)

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind in self.arguments.values())

    def declare(self, kind: str) -> str:
        """Return the name of one more argument of a type."""
        further = (f"{_NAMES[kind][0]}{number}" for number in count(3))
        name = next(name for name in chain(_NAMES[kind], further) if name not in self.arguments)
        self.arguments[name] = kind
        return name


def speaks_of_inputs(text: str) -> bool:
    """Whether a text speaks of something that only an argument can be: "the list", "each word"."""
    return _INPUT.search(text) is not None


def with_names(text: str) -> NamedText:
    """Name what a text speaks of; where it speaks of nothing, there are no arguments."""
    mended = Edited(text).then(mistyped(text))
    named = NamedText(mended.text, changes=list(mended.changes))
    for kind, nouns in _MANY.items():
        before = _KIND_BEFORE[kind]
        named.add(rf"two (?:\w+ ){{0,2}}?(?:{before} )?{_ARRAY}s(?: of {nouns})?", kind, kind)
        named.add(rf"{_A}(?:{_GIVEN})?{_ADJECTIVES}{_ARRAY} of (?:the )?{_ADJECTIVES}{nouns}", kind)
        named.add(rf"{_A}(?:{_GIVEN})?{_ADJECTIVES}{before} {_ARRAY}", kind)
        named.add(rf"two (?:given )?{_ADJECTIVES}{nouns}", _ELEMENT[kind], _ELEMENT[kind])
    if not named.has("int[]", "string[]"):
        named.add(rf"{_A}(?:{_GIVEN})?(?:array|list)(?! of its)", _kind_of_elements(text))
    named.add(rf"{_A}{_GIVEN}{_ADJECTIVES}(?!{_ONE['string']})\w+", "int")
    named.add(rf"an? {_ADJECTIVES}{_ONE['int']}(?! (?:in|of|from)\b)", "int")
    named.add(rf"(?P<before>{_LIMITING} )an? (?!{_ONE['string']})\w+", "int", shown="{before}{}")
    if not named.has("string[]", "string"):
        named.add(rf"(?:an?|the|this|my) (?:{_GIVEN})?{_ONE['string']}", "string")
    return named if named.arguments else with_things(named) or named


def with_things(given: NamedText) -> NamedText | None:
    """Name also what is only spoken of as many: "the prices" is an array, "the best price" in one.

    Returns:
        None where there is nothing of the kind, or an array has been named.
    """
    if given.has("int[]", "string[]"):
        return None
    named = NamedText(given.text, dict(given.arguments), list(given.changes))
    kind = _kind_of_elements(given.text)
    many, one = _MANY[kind], _one_of(_MANY[kind])
    for pattern, shown in (
        (rf"(?:(?:all|the|my|these|those|some) )+{many}", "{}"),
        (rf"(?P<noun>(?:each|every) {one})", "{noun} in {}"),
        (rf"(?<=of ){many}", "{}"),
        # "The first 100 natural numbers" are no input.
        (rf"(?<!natural )(?P<noun>{many})", "{noun} in {}"),
        (rf"(?P<noun>(?:\w+est|most \w+|first|last|worst) {one})", "{noun} in {}"),
    ):
        if not named.has(kind):
            named.add(pattern, kind, shown=shown)
    return named if named.has(kind) else None


def _one_of(nouns: str) -> str:
    return re.sub(r"s(?=[|)])", "", nouns.replace("salaries", "salary").replace("ies", "y"))


def _kind_of_elements(text: str) -> str:
    for kind in ("int[]", "string[]"):
        if re.search(rf"\b{_MANY[kind]}\b", text, re.IGNORECASE):
            return kind
    return "int[]"


def names_of(kinds: tuple[str, ...]) -> Mapping[str, str]:
    """Return names for arguments of some types, in order."""
    named = NamedText("")
    for kind in kinds:
        named.declare(kind)
    return named.arguments
