"""Tells whether a text could have come from the generator: its wordings read as a grammar."""

import re
from collections import defaultdict
from functools import cache

from saps.data.generator.catalogue import default_catalogue
from saps.data.generator.wording import Phrase

_OPENING = re.compile(r"(given|consider|you are given) .* ,")
_ASKS = re.compile(
    r"((your task is to )?(find|compute)|what (is|are))( whether| if)? "
    r"|your task is to |(whether|if) "
)
_NAME = re.compile(r"\w+|the given \w+")


def is_generated(text: str, result: str) -> bool:
    """Whether the generator's wordings, nested in any way, make up the text.

    Args:
        text: normalised; the opening that declares the arguments may be missing.
        result: type of what it asks for.
    """
    words = text.removesuffix(" .").removesuffix(" ?").split()
    bodies = {
        body
        for start in _starts(" ".join(words))
        for body in (start, _ASKS.sub("", start, count=1) if _ASKS.match(start) else start)
    }
    return any(_Reader(tuple(body.split())).reads(result) for body in bodies)


def _starts(text: str) -> set[str]:
    """The text, and what is left of it after each comma that may end the opening."""
    commas = [match.end() for match in re.finditer(" , ", text)]
    return {text, *(text[end:] for end in commas if _OPENING.match(text[:end]))}


_Worded = tuple[Phrase, dict[str, str]]


class _Reader:
    """Reads one text top-down; what was found between two words is found once."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        present = {*words}
        self.phrases: dict[tuple[str, bool], list[_Worded]] = defaultdict(list)
        for result, inner, phrase, slots in _phrases():
            if all(word in present for word in phrase.tokens if not word.startswith("{")):
                self.phrases[result, inner].append((phrase, slots))
        self.found: dict[tuple[str, int, int], bool] = {}

    def reads(self, result: str) -> bool:
        end = len(self.words)
        whole = [*self.phrases[result, False], *self.phrases[result, True]]
        return any(self._follows(phrase, slots, 0, 0, end) for phrase, slots in whole)

    def _says(self, kind: str, start: int, end: int) -> bool:
        key = (kind, start, end)
        if key not in self.found:
            self.found[key] = False  # a phrase that is nothing but its own slot stops here
            self.found[key] = bool(_NAME.fullmatch(" ".join(self.words[start:end]))) or any(
                self._follows(phrase, slots, 0, start, end)
                for phrase, slots in self.phrases[kind, True]
            )
        return self.found[key]

    def _follows(
        self, phrase: Phrase, slots: dict[str, str], token: int, start: int, end: int
    ) -> bool:
        """Whether the phrase, from one of its tokens on, makes up the words between two places."""
        left = len(phrase.tokens) - token
        if left == 0 or end - start < left:
            return left == 0 and start == end
        first = phrase.tokens[token]
        if not first.startswith("{"):
            same = self.words[start] == first
            return same and self._follows(phrase, slots, token + 1, start + 1, end)
        kind = slots[first[1:-1]]
        return any(
            self._follows(phrase, slots, token + 1, middle, end) and self._says(kind, start, middle)
            for middle in range(start + 1, end - left + 2)
        )


@cache
def _phrases() -> tuple[tuple[str, bool, Phrase, dict[str, str]], ...]:
    """Every phrase: the type it stands for, whether it can be nested, the types of its slots."""
    return tuple(
        (family.result, inner, phrase, {n: slot.type for n, slot in family.slot_types.items()})
        for family in default_catalogue().families
        for inner, groups in (
            (True, family.phrases),
            (False, (*family.question_phrases, *family.command_phrases)),
        )
        for group in groups
        for phrase in group
    )
