"""The words that a model has read."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from saps.data.tokenizer import Tokenizer

# A shorter word is too near to too many others; one letter less where only two are swapped.
_SHORTEST_TYPO = 5
_LIKENESS = 0.84


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, parted by white space."""
    return frozenset(text.split())


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
    def of_tokenizer(cls, tokenizer: Tokenizer) -> "Vocabulary":
        """Take the pieces that begin a word: a common word is one piece."""
        return cls(tokenizer.whole_words(), is_exact=False)

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> "Vocabulary":
        """Collect the words of normalised texts."""
        return cls(frozenset(word for text in texts for word in text.split(" ") if word))

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def spelling(self, word: str) -> str | None:
        """Return the one known word that `word` was probably meant to be, if there is one."""
        if not self.is_exact or len(word) < _SHORTEST_TYPO - 1 or not word.isalpha():
            return None
        # Sorted, for a set's order differs from one process to the next.
        known = sorted(known for known in self.words if len(known) >= _SHORTEST_TYPO - 1)
        # Who mistypes seldom mistypes the first letter: "however" is not "whoever".
        likely = [meant for meant in known if meant[0] == word[0]]
        swapped = [meant for meant in (*likely, *known) if _is_swapped(word, meant)]
        if swapped or len(word) < _SHORTEST_TYPO:
            return swapped[0] if swapped else None
        near = difflib.get_close_matches(word, likely, n=1, cutoff=_LIKENESS)
        return near[0] if near else None


def _is_swapped(typed: str, meant: str) -> bool:
    """Whether two neighbouring letters are in the other order: "tiems", and meant is "times"."""
    if len(typed) != len(meant):
        return False
    other = [place for place, letter in enumerate(typed) if letter != meant[place]]
    if len(other) != 2 or other[1] - other[0] != 1:
        return False
    first, second = other
    return typed[first] + typed[second] == meant[second] + meant[first]
