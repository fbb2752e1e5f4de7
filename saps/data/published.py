"""What is known of the published AlgoLisp data without having it: sizes, means, vocabularies.

Source: Polosukhin & Skidanov 2018, "Neural Program Search".
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


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
    text = files("saps.data").joinpath("published_words.txt").read_text(encoding="utf-8")
    return tuple(text.split())
