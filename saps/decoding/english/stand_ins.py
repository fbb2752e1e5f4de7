"""Letters that stand for the numbers of a text for which a model has no label."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from saps.decoding.english.names import free_letters
from saps.decoding.english.numerals import Numeral, find_numerals

_LAST_PLAIN_ORDINAL = 2  # first and second are words of every model
# "1, 2, 3 and so on" shows how to count; no program has these numbers.
_SERIES = re.compile(r"\d+(?:\s*,\s*\d+)+[\s,]*(?:and\s+so\s+(?:on|forth)\b|etc\b|\.\.\.|…)")


@dataclass(frozen=True, slots=True)
class StandIns:
    """A text without the numbers that a program could not have.

    Attributes:
        text: with a letter in place of each such number.
        literals: letter to the number as the language writes it, in the order of the text.
        changes: numbers that were read as another spelling of them.
    """

    text: str
    literals: Mapping[str, str]
    changes: tuple[tuple[str, str], ...]


def stand_in_for_numbers(
    text: str, words: Container[str], leaves: Container[str], given: Iterable[str]
) -> StandIns:
    """Replace numbers by free letters: "greater than 3" becomes "greater than b".

    A number that the model has a label for, and has read, stays. So does an ordinal with a word
    that it has read: "2nd" becomes "second"; any other one is "b-th". The same number twice is the
    same letter. Numbers for which no letter is left stay, and those of "1, 2, 3 and so on".

    Args:
        text: with letters for the names of arguments.
        words: that the model has read.
        leaves: symbols that it can give to a leaf.
        given: letters that are arguments whatever the text says.
    """
    free = [letter for letter in free_letters(text, given) if letter in leaves]
    letters: dict[str, str] = {}
    changes: list[tuple[str, str]] = []
    pieces: list[str] = []
    done = 0
    series = [match.span() for match in _SERIES.finditer(text)]
    for numeral in find_numerals(text):
        if any(start <= numeral.start < end for start, end in series):
            continue
        old = text[numeral.start : numeral.end]
        spelled = new = _known_form(numeral, old, words, leaves) or ""
        if not new:
            if free and numeral.literal not in letters:
                letters[numeral.literal] = free.pop(0)
            spelled = _spelled(numeral, numeral.literal)
            new = _spelled(numeral, letters.get(numeral.literal, numeral.literal))
        if spelled != old:
            changes.append((old, spelled))
        pieces += [text[done : numeral.start], new]
        done = numeral.end
    literals = {letter: literal for literal, letter in letters.items()}
    return StandIns("".join([*pieces, text[done:]]), literals, tuple(changes))


def _known_form(
    numeral: Numeral, old: str, words: Container[str], leaves: Container[str]
) -> str | None:
    """Return how the model reads a number that it knows; None if it does not."""
    if numeral.is_ordinal:
        word = numeral.ordinal_word
        if word is not None and word in words:
            return word
        return old if int(numeral.literal) <= _LAST_PLAIN_ORDINAL else None
    if numeral.literal not in leaves or numeral.literal not in words:
        return None
    return old if old.isalpha() else numeral.literal


def _spelled(numeral: Numeral, number: str) -> str:
    return f"{number}-th" if numeral.is_ordinal else number
