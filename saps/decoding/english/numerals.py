"""Numbers in a text, as digits and as words: "3", "-7", "1,000", "twenty-five", "5th", "third"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saps.decoding.english.vocabulary import word_set


def _in_order(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_BELOW_TWENTY: Final = _in_order(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS: Final = _in_order("twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}
_VALUES: Final = {
    **{word: value for value, word in enumerate(_BELOW_TWENTY)},
    **{word: 10 * tens for tens, word in enumerate(_TENS, start=2)},
}
NUMBER_WORDS: Final = frozenset({*_VALUES, *_SCALES})

_ORDINAL_WORDS: Final = _in_order(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS: Final = {word: value for value, word in enumerate(_ORDINAL_WORDS)}

# The language runs integers of 4,096 bits; of a decimal, a float keeps this many digits.
_MOST_DIGITS: Final = 1_000
_MOST_DIGITS_OF_A_DECIMAL: Final = 15


def _any(words: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(words)})"


_SEPARATOR: Final = r"(?:\s+|-)"
_UNIT: Final = _any(_BELOW_TWENTY[1:10])
_HUNDREDS: Final = _any(("a", *_BELOW_TWENTY[1:]))
_BELOW_HUNDRED: Final = rf"(?:{_any(_TENS)}(?:{_SEPARATOR}{_UNIT})?|{_any(_BELOW_TWENTY)})\b"
_REST: Final = rf"(?:(?:\s+and)?{_SEPARATOR}{_BELOW_HUNDRED}(?!{_SEPARATOR}hundred\b))?"
_BELOW_THOUSAND: Final = (
    rf"(?:(?:{_HUNDREDS}{_SEPARATOR})?hundred\b{_REST}|{_BELOW_HUNDRED})(?!{_SEPARATOR}hundred\b)"
)
_IN_WORDS: Final = (
    rf"(?:(?:(?:a|{_BELOW_THOUSAND}){_SEPARATOR})?(?:thousand|million|billion)\b"
    rf"(?:(?:,|\s+and)?{_SEPARATOR}{_BELOW_THOUSAND})?|{_BELOW_THOUSAND})"
)
_SUFFIX: Final = r"(?P<suffix>-?(?:st|nd|rd|th)\b|(?:\s*-\s*|\s|')th\b)"
_NUMERAL: Final = re.compile(
    # What is listed in brackets, or quoted, is an instance of something and no part of the task.
    r"(?P<shown>\[[^\]]*,[^\]]*\]|\{[^}]*\}|\"[^\"]*\")"
    rf"|(?<![\w.])(?P<digits>(?:[0-9]{{1,3}}(?:[,_][0-9]{{3}})+|[0-9]+)(?:\.[0-9]+)?"
    r"(?:e[0-9]{1,2})?)"
    rf"(?:{_SUFFIX}|(?!\w|\.[0-9]))"
    rf"|(?<!\w)(?P<ordinal>(?:{_any(_TENS)}{_SEPARATOR})?{_any(_ORDINAL_WORDS)})\b"
    rf"|(?<!\w)(?P<words>{_IN_WORDS})(?!\w)",
    re.IGNORECASE,
)
_NO_NUMBER: Final = re.compile(r"\s*(?:-\s*)?(?:based|indexed)\b|%(?=[\s.,;]|$)", re.IGNORECASE)
_SIGN: Final = re.compile(
    r"(?P<before>(?:^|[\w)\]]+|[^\w\s]))(?P<space>\s*)(?P<sign>[-−](?P<gap>\s?)|(?:minus|negative)\s)$",
    re.IGNORECASE,
)
# After one of these a minus is a sign, whatever the spaces.
_BEFORE_SIGN: Final = word_set(
    "than to by from between equal equals is above below over under exceed exceeds least most"
)
_FRACTION: Final = re.compile(r"\b(?:a|one|first|middle|last)[-\s]$", re.IGNORECASE)
_JOINS_TWO: Final = re.compile(r"\b(?:between|from|of|both)\s+$", re.IGNORECASE)
_AND: Final = re.compile(r"\s+and\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text.

    Attributes:
        start: place of its first character, a sign included.
        end: place after its last one, the ending of an ordinal included.
        literal: as the language writes it: "3", "-7", "2.5".
        is_ordinal: whether it is a place in an order: "5th", "third".
    """

    start: int
    end: int
    literal: str
    is_ordinal: bool = False

    @property
    def ordinal_word(self) -> str | None:
        """Return "third" for 3; None for what is no ordinal, or beyond "twentieth"."""
        if not self.is_ordinal or int(self.literal) >= len(_ORDINAL_WORDS):
            return None
        return _ORDINAL_WORDS[int(self.literal)]


def find_numerals(text: str) -> Iterator[Numeral]:
    """Yield the numbers of a text, in its order.

    Digits that are glued to a name (`xs2`), "0-based", percentages, fractions ("a third"), and what
    stands in quotes or in a bracketed list are none.
    """
    place = 0
    while match := _NUMERAL.search(text, place):
        found = _numeral(text, match)
        place = match.end() if found is None else found.end
        if found is not None and not _NO_NUMBER.match(text, found.end):
            yield found


def _numeral(text: str, match: re.Match[str]) -> Numeral | None:
    if match["shown"]:
        return None
    start, end = match.span()
    if match["ordinal"]:
        if _FRACTION.search(text, 0, start):
            return None
        return Numeral(start, end, str(_ordinal(match["ordinal"].lower())), is_ordinal=True)
    if match["words"]:
        words = match["words"]
        both = _AND.search(words)
        if both and _JOINS_TWO.search(text, 0, start):  # "between one hundred and twenty"
            words = words[: both.start()]
        return _signed(text, start, start + len(words), str(_value(words.lower())))
    literal = _literal(match["digits"])
    if literal is None:
        return None
    if match["suffix"]:
        return None if "." in literal else Numeral(start, end, literal, is_ordinal=True)
    return _signed(text, start, end, literal)


def _literal(digits: str) -> str | None:
    """Return digits as the language writes them; None for more than it can hold."""
    plain, _, exponent = digits.replace(",", "").replace("_", "").lower().partition("e")
    if "." in plain:
        written = float(f"{plain}e{exponent or 0}")
        return repr(written) if len(plain) <= _MOST_DIGITS_OF_A_DECIMAL else None
    return str(int(plain) * 10 ** int(exponent or 0)) if len(plain) <= _MOST_DIGITS else None


def _signed(text: str, start: int, end: int, literal: str) -> Numeral:
    """Return the number with the minus before it, if that is a sign."""
    sign = _SIGN.search(text, max(0, start - 60), start)
    if sign is None or literal == "0":
        return Numeral(start, end, literal)
    before = sign["before"]
    is_glued = sign["gap"] == "" and (bool(sign["space"]) or before in ("", "(", ","))
    is_operand = (
        before[-1:] in (")", "]") or before.isdigit() or (len(before) == 1 and before.isalpha())
    )
    if before.lower() in _BEFORE_SIGN or (is_glued and not is_operand):
        return Numeral(sign.start("sign"), end, f"-{literal}")
    return Numeral(start, end, literal)


def _ordinal(words: str) -> int:
    *tens, last = re.split(r"[\s-]+", words)
    return sum(_VALUES[word] for word in tens) + _ORDINALS[last]


def _value(words: str) -> int:
    """Return the value of number words, such as "two hundred and five"."""
    total = part = 0
    for word in re.findall(r"[a-z]+", words):
        if word == "hundred":
            part = 100 * (part or 1)
        elif word in _SCALES:
            total += (part or 1) * _SCALES[word]
            part = 0
        else:
            part += _VALUES.get(word, 0)  # "a" and "and" count nothing
    return total + part
