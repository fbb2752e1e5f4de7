"""The words that a model has read."""

import difflib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from saps.data.tokenizer import Tokenizer

# A shorter word is too near to too many others; two letters less where only two are swapped.
_SHORTEST_TYPO = 5
_SHORTEST_SWAP = 3
_LIKENESS = 0.84


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, parted by white space."""
    return frozenset(text.split())


def word_list(text: str) -> tuple[str, ...]:
    """Return the words of a text in their order."""
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the texts that a model learned from.

    Attributes:
        words: in the form of the data, lower case; numbers among them.
        is_exact: False where they were guessed from a tokenizer's pieces; then a word may be one
            that no text held, and spelling is not corrected.
    """

    words: frozenset[str]
    is_exact: bool = True

    @classmethod
    def of_tokenizer(cls, tokenizer: "Tokenizer") -> "Vocabulary":
        """Take the pieces that begin a word: a common word is one piece."""
        return cls(tokenizer.whole_words(), is_exact=False)

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def spelling(self, word: str) -> str | None:
        """Return the one known word that `word` was probably meant to be, if there is one."""
        if not self.is_exact or len(word) < _SHORTEST_SWAP or not word.isalpha():
            return None
        # Who mistypes seldom mistypes the first letter: "however" is not "whoever".
        by_letter = _by_first_letter(self.words)
        likely = by_letter.get(word[0], ())
        plain = [meant for meant in likely if _is_swapped(word, meant)]
        plain = plain or [meant for meant in likely if _lacks_a_letter(word, meant)]
        if not plain and len(word) < _SHORTEST_TYPO:
            plain = [meant for meant in by_letter.get(word[1], ()) if _is_swapped(word, meant)]
        if plain or len(word) < _SHORTEST_TYPO:
            return plain[0] if plain else None
        alike = [meant for meant in likely if abs(len(meant) - len(word)) <= 2]
        near = difflib.get_close_matches(word, alike, n=1, cutoff=_LIKENESS)
        return near[0] if near else None


@lru_cache(maxsize=8)
def _by_first_letter(words: frozenset[str]) -> dict[str, list[str]]:
    """Return the words that are long enough to be mistyped, sorted: a set's order is chance."""
    found: dict[str, list[str]] = {}
    for word in sorted(word for word in words if len(word) >= _SHORTEST_SWAP):
        found.setdefault(word[0], []).append(word)
    return found


def _is_swapped(typed: str, meant: str) -> bool:
    """Whether two neighbouring letters are in the other order: "tiems", and meant is "times"."""
    if len(typed) != len(meant):
        return False
    other = [place for place, letter in enumerate(typed) if letter != meant[place]]
    if len(other) != 2 or other[1] - other[0] != 1:
        return False
    first, second = other
    return typed[first] + typed[second] == meant[second] + meant[first]


def _lacks_a_letter(typed: str, meant: str) -> bool:
    """Whether a vowel is left out, or one letter of a double: "evn" for "even", "uper"."""
    if len(typed) + 1 != len(meant):
        return False
    same = next((n for n, letter in enumerate(typed) if letter != meant[n]), len(typed))
    is_usual = meant[same] in "aeiou" or meant[same] == meant[same - 1]
    return is_usual and typed[same:] == meant[same + 1 :]


# What is known of the published AlgoLisp data without having it: sizes, means, vocabularies.
#
# Source: Polosukhin & Skidanov 2018, "Neural Program Search".


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """One column of the paper's table of the data."""

    tasks: int
    text_length: float
    program_depth: float
    program_length: float


FIGURES = {
    "train": SplitFigures(79_214, 38.17, 7.61, 24.33),
    "dev": SplitFigures(9_352, 39.95, 8.23, 29.31),
    "test": SplitFigures(10_940, 37.58, 7.97, 27.16),
}

_SYMBOL_TEXT = """
! % && * + - / < <= == > >= combine deref digits filter floor head if int-deref invoke1 is_prime
is_sorted lambda1 lambda2 len map max min partial0 partial1 range reduce reverse self slice sort
sqrt square str_concat str_index str_max str_min str_split strlen ||
0 1 2 10 40 1000000000 true false a b c d e f g h i j k l arg1 arg2
"""
SYMBOLS = frozenset(_SYMBOL_TEXT.split()) | {'""', '" "', '"z"'}
"""The 71 of the published programs; `+` called and `+` passed as a value are one here."""


@lru_cache(maxsize=1)
def published_words() -> tuple[str, ...]:
    """Return the 284 words of the published texts, most frequent first, misspellings included."""
    text = files("saps.english").joinpath("published_words.txt").read_text(encoding="utf-8")
    return tuple(text.split())
