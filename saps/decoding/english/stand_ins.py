"""Letters that stand for the numbers of a text for which a model has no label."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from saps.decoding.english.names import free_letters
from saps.decoding.english.numerals import Numeral, find_numerals

_LAST_PLAIN_ORDINAL = 2  # first and second are words of every model
_GOES_ON = r"(?:and\s+so\s+(?:on|forth)\b|etc\b|\.\.\.|…)"
# "1, 2, 3 and so on" shows how to count; no program has these numbers.
_SERIES = re.compile(rf"\d+(?:\s*,\s*\d+)+[\s,]*{_GOES_ON}")
# "the first, the third and so on", "keep the second, drop the third, ...": no more does it have
# these. A model has read "third" in such a text, and seldom in another.
_ORDINAL_SERIES = re.compile(rf"\b(?:first|second|1st|2nd)\b[^.?!;]*?{_GOES_ON}", re.IGNORECASE)
# Where a model has not read numbers that it has labels for; "at least 0 and ..." it has read.
_STRANGE = re.compile(
    r"\b(?:(?:(?:less|smaller|lower) than|below|under|at most|or equal to) (?:0|zero)\b"
    r"|at least (?:0|zero)\b(?! and\b)|(?:between|from) (?:10|ten)\b)",
    re.IGNORECASE,
)


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

    A number that the model has a label for, and has read, stays. "2nd" becomes "second" where the
    model has read that; any later ordinal is "b-th". The same number twice is the same letter.
    Numbers for which no letter is left stay, and those of "1, 2, 3 and so on"; in "first, third,
    fifth and so on" ordinals stay, in the model's words where it has any.

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
    series = _spans(_SERIES, text)
    ordinal_series = _spans(_ORDINAL_SERIES, text)
    strange = _spans(_STRANGE, text)
    for numeral in find_numerals(text):
        if _is_in(numeral, series):
            continue
        old = text[numeral.start : numeral.end]
        shows = _is_in(numeral, ordinal_series)
        spelled = new = _known_form(numeral, old, words, leaves, shows=shows) or ""
        if _is_in(numeral, strange):
            new = ""
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


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(text)]


def _is_in(numeral: Numeral, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= numeral.start < end for start, end in spans)


def _known_form(
    numeral: Numeral, old: str, words: Container[str], leaves: Container[str], *, shows: bool
) -> str | None:
    """Return how the model reads a number that it knows; None if it does not.

    An ordinal that shows how a series goes on is known whatever it is.
    """
    if numeral.is_ordinal:
        if not shows and int(numeral.literal) > _LAST_PLAIN_ORDINAL:
            return None
        word = numeral.ordinal_word
        return word if word is not None and word in words else old
    if numeral.literal not in leaves or numeral.literal not in words:
        return None
    return old if old.isalpha() else numeral.literal


def _spelled(numeral: Numeral, number: str) -> str:
    return f"{number}-th" if numeral.is_ordinal else number
