"""Spoils texts on purpose, for studies of robustness: the program stays what it was."""

from dataclasses import dataclass, fields
from random import Random

SYNONYMS = {
    "find": ("compute", "get", "return"),
    "compute": ("find", "calculate"),
    "given": ("having",),
    "consider": ("take",),
    "elements": ("items", "values"),
    "values": ("elements", "entries"),
    "number": ("integer",),
    "numbers": ("integers",),
    "array": ("list",),
    "arrays": ("lists",),
    "string": ("text",),
    "largest": ("biggest", "greatest"),
    "smallest": ("lowest", "least"),
    "greater": ("larger", "higher"),
    "smaller": ("lower",),
    "sum": ("total",),
    "length": ("size",),
    "position": ("index", "place"),
    "reversed": ("inverted",),
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Noise:
    """How often each word suffers each fate, from 0 to 1; all 0 leaves texts as they are.

    Attributes:
        dropped: the word is left out.
        swapped: it changes places with the next one.
        synonym: another word takes its place, perhaps one that the data never uses.
        typo: one letter is left out, doubled, exchanged or replaced; names are spared.
    """

    dropped: float = 0.0
    swapped: float = 0.0
    synonym: float = 0.0
    typo: float = 0.0

    def __post_init__(self) -> None:
        for rate in fields(self):
            value = getattr(self, rate.name)
            if not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ValueError(f"noise.{rate.name} is {value!r}, expected a rate from 0 to 1")

    def __bool__(self) -> bool:
        return any(getattr(self, rate.name) > 0 for rate in fields(self))

    def spoil(self, text: str, rng: Random) -> str:
        """Return the text with its words treated at the given rates."""
        words = [word for word in text.split() if rng.random() >= self.dropped]
        for i in range(len(words) - 1):
            if rng.random() < self.swapped:
                words[i], words[i + 1] = words[i + 1], words[i]
        return " ".join(self._spoil_word(word, rng) for word in words) or text

    def _spoil_word(self, word: str, rng: Random) -> str:
        if word in SYNONYMS and rng.random() < self.synonym:
            return rng.choice(SYNONYMS[word])
        if len(word) > 2 and word.isalpha() and rng.random() < self.typo:
            return _mistype(word, rng)
        return word


def _mistype(word: str, rng: Random) -> str:
    i = rng.randrange(len(word) - 1)
    left, letter, following, right = word[:i], word[i], word[i + 1], word[i + 2 :]
    wrong = (following, 2 * letter + following, following + letter)
    return left + rng.choice((*wrong, rng.choice(_LETTERS) + following)) + right
