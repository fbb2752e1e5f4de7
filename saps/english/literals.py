"""Numbers in a text, in digits and in words, and what a word implies.

"3", "-7", "1,000", "1'000", "0x10", ".5", "3/4", "5k", "2 million", "twenty-five", "5th", "third"
are numbers. Where digits could mean something else as well ("3/4", "1 000"), `Numeral.is_guess`
says so, and the reader leaves a note.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from saps.english.vocabulary import word_list, word_set

_BELOW_TWENTY: Final = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS: Final = word_list("twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}
_VALUES: Final = {
    **{word: value for value, word in enumerate(_BELOW_TWENTY)},
    **{word: 10 * tens for tens, word in enumerate(_TENS, start=2)},
}

_ORDINAL_WORDS: Final = word_list(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS: Final = {word: value for value, word in enumerate(_ORDINAL_WORDS)}

_LARGEST_DENOMINATOR: Final = 100  # beyond it a fraction is more likely a pair of numbers
# The language runs integers of 4,096 bits; of a decimal, a float keeps this many digits.
_MOST_DIGITS: Final = 1_000
_MOST_DIGITS_OF_A_DECIMAL: Final = 15


def _any(words: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(words)})"


_PARTS: Final = {
    **dict.fromkeys(("a half", "one half", "half"), "0.5"),
    **dict.fromkeys(("a quarter", "one quarter"), "0.25"),
    **dict.fromkeys(("a third", "one third"), repr(1 / 3)),
    "three quarters": "0.75",
    "two thirds": repr(2 / 3),
}
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
_DIGITS: Final = (
    r"0x[0-9a-f]+|0b[01]+|0o[0-7]+"
    # Grouped in threes; as in India; with a zero too many, which no list of numbers has.
    r"|(?<![0-9],)[0-9]{1,3}(?:[,_'][0-9]{3})+(?:\.[0-9]+)?(?:e[0-9]{1,2})?(?![,_']?[0-9])"
    r"|(?<![0-9],)[0-9]{1,2}(?:,[0-9]{2}){1,2},[0-9]{3}(?![,0-9])"
    r"|(?P<dotted>[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,})(?!\.?[0-9])"
    r"|(?P<misgrouped>[1-9][0-9]{0,2},0[0-9]{3,})(?![,0-9])"
    r"|(?<![0-9] )(?P<spaced>[1-9][0-9]{0,2}(?: 000)+)(?! ?[0-9])"
    r"|(?<![/.0-9])(?P<fraction>(?:[1-9][0-9]* )?[1-9][0-9]*/[1-9][0-9]*)(?!\s*[/*^(]|[0-9])"
    r"|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    # "2k + 1" is twice an argument k.
    r"(?:e[+-]?[0-9]{1,2}|(?P<scale>\s+(?:thousand|million|billion)\b|k\b(?!\s*[-+*/^=<>(\[])))?"
)
_NUMERAL: Final = re.compile(
    # What is listed in brackets, or quoted, is an instance of something and no part of the task.
    r"(?P<shown>\[[^\]]*,[^\]]*\]|\{[^}]*\}|\"[^\"]*\")"
    rf"|(?<![\w.])(?P<digits>{_DIGITS})"
    rf"(?:{_SUFFIX}|(?!\w|\.[0-9]))"
    rf"|(?<!\w)(?P<ordinal>(?:{_any(_TENS)}{_SEPARATOR})?{_any(_ORDINAL_WORDS)})\b"
    # "half" alone is a number only where nothing is halved.
    r"|(?:(?<=\bthan )|(?<=\bby )|(?<=\btimes )|(?<=\bequals ))"
    rf"(?P<half>{_any(tuple(_PARTS))}|point(?: {_any(_BELOW_TWENTY[:10])})+)(?=\s*(?:[.,;?!)]|$))"
    rf"|(?<!\w)(?P<point>{_any(_BELOW_TWENTY)} point(?: {_any(_BELOW_TWENTY[:10])})+)\b"
    rf"|(?<!\w)(?P<words>{_IN_WORDS})(?P<and_half>\s+and\s+a\s+half\b)?(?!\w)",
    re.IGNORECASE,
)
_NO_NUMBER: Final = re.compile(r"\s*(?:-\s*)?(?:based|indexed)\b", re.IGNORECASE)
_PERCENT: Final = re.compile(
    r"\s?per\s?cent\b|%(?=[\s.,;?!)]|$)(?!\s*[\d(])|\s%(?=[.,;?!)]|$|\s+of\b)"
)
_UNREADABLE: Final = re.compile(
    r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{3,})?(?![\w.])", re.IGNORECASE
)
# "1.000" is a thousand in some countries; an m is an argument or a million.
_UNCLEAR: Final = re.compile(
    r"(?<![\w.,])(?:(?P<thousand>[1-9]\d{0,2}\.000)(?![\w.,]?\d)"
    r"|\d+(?:\.\d+)?(?:M|m|mn|bn|B)\b(?! *[-+*/^=<>])|\d+(?:\.\d+)?‰)"
)
_RAISED: Final = re.compile(r"(?<=\d)[⁰¹²³⁴-⁹]+")
_SEPARATORS: Final = str.maketrans("٬٫", ",.")
# "1 000" is a number; "12 500" may be one or two, and a longer list is one of numbers.
_TWO_OR_ONE: Final = re.compile(r"(?<![\w.])(?<!\d )[1-9]\d{0,2} (?!000)\d{3}(?![ ,.]?\d|\w)")
_VULGAR: Final = re.compile(r"(?:(?P<whole>\d+)\s?)?(?P<part>[¼-¾⅐-⅞])")
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
        is_guess: whether what was written may mean something else too: "3/4", "1 000", "5k".
        is_percent: whether a percent sign follows.
    """

    start: int
    end: int
    literal: str
    is_ordinal: bool = False
    is_guess: bool = False
    is_percent: bool = False


def find_numerals(text: str) -> Iterator[Numeral]:
    """Yield the numbers of a text, in its order.

    Digits that are glued to a name (`xs2`), "0-based", fractions in words ("a third"), and what
    stands in quotes or in a bracketed list are none. Of "50%" the number is 50: a program divides
    by 100 itself.
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
    if said := match["half"] or match["point"]:
        part = _PARTS.get(said.lower()) or _with_point(said.lower())
        return replace(_signed(text, start, end, part), is_guess=True)
    if match["words"]:
        words = match["words"]
        both = _AND.search(words)
        if both and _JOINS_TWO.search(text, 0, start):  # "between one hundred and twenty"
            words = words[: both.start()]
        elif match["and_half"]:
            return _signed(text, start, end, f"{_value(words.lower())}.5")
        return _signed(text, start, start + len(words), str(_value(words.lower())))
    literal = _literal(match["digits"].lower())
    if literal is None:
        return None
    if match["suffix"]:
        return None if "." in literal else Numeral(start, end, literal, is_ordinal=True)
    guess = (
        match["misgrouped"] or match["spaced"] or match["fraction"] or match["scale"] in ("k", "K")
    )
    found = _signed(text, start, end, literal)
    return replace(found, is_guess=bool(guess), is_percent=_PERCENT.match(text, end) is not None)


def _literal(digits: str) -> str | None:
    """Return digits as the language writes them.

    Returns:
        None for more than the language can hold, and for a fraction that is no part of one: "7/2"
        is a division.
    """
    if digits[:2] in ("0x", "0b", "0o"):
        return str(int(digits, 0)) if len(digits) <= _MOST_DIGITS else None
    if "/" in digits:
        whole, _, part = digits.rpartition(" ")
        above, below = map(int, part.split("/"))
        is_part = above < below <= _LARGEST_DENOMINATOR
        return repr(int(whole or 0) + above / below) if is_part else None
    if digits.count(".") > 1:
        return digits.replace(".", "")
    plain, *scale = re.sub(r"[,_']| (?=[0-9])", "", digits).split()
    if plain.endswith("k"):
        plain, scale = plain[:-1], ["thousand"]
    plain, _, exponent = plain.partition("e")
    if len(plain) > (_MOST_DIGITS_OF_A_DECIMAL if "." in plain else _MOST_DIGITS):
        return None
    is_small = exponent.startswith("-")
    factor = _SCALES[scale[0]] if scale else 10 ** int("0" if is_small else exponent or 0)
    if "." not in plain and not is_small:
        return str(int(plain) * factor)
    written = float(plain) * factor if scale else float(f"{plain}e{exponent or 0}")
    return str(int(written)) if scale and written.is_integer() else repr(written)


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


def _with_point(words: str) -> str:
    """Return "one point five" in digits."""
    whole, _, part = words.partition("point")
    digits = "".join(str(_VALUES[word]) for word in part.split())
    return repr(float(f"{_VALUES[whole.strip() or 'zero']}.{digits}"))


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


def plain_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9, "2½" as "2.5" and "10⁶" as "10^6"."""
    text = _VULGAR.sub(_decimal, text.translate(_SEPARATORS))
    text = _RAISED.sub(lambda m: "^" + unicodedata.normalize("NFKC", m[0]), text)
    return "".join(
        str(unicodedata.decimal(sign)) if sign > "9" and sign.isdecimal() else sign for sign in text
    )


def _decimal(match: re.Match[str]) -> str:
    return repr(int(match["whole"] or 0) + unicodedata.numeric(match["part"]))


def unclear_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield what may be meant as one number and is not read as one, with how it is read."""
    for match in _TWO_OR_ONE.finditer(text):
        yield match[0], " and ".join(str(int(part)) for part in match[0].split())
    for match in _UNCLEAR.finditer(text):
        told = "text, not a number: write it in digits only"
        if match["thousand"]:
            told = f"{float(match[0])}, not as {match[0].replace('.', '')}"
        elif match[0].endswith("‰"):
            told = f"{match[0][:-1]}, a thousand times the share"
        yield match[0], told
    for match in _UNREADABLE.finditer(text):
        is_long = len(match[0]) > (_MOST_DIGITS_OF_A_DECIMAL if "." in match[0] else _MOST_DIGITS)
        if "e" in match[0].lower() or is_long:
            yield match[0], "text, not a number: it is too long for one here"


# What a word implies: whoever says "a dozen" wants a 12 in the program.

_IMPLIED: Final = re.compile(
    r"(?P<name>[a-z][a-z' -]*[a-z]) (?P<literal>-?\d+(?:\.\d+)?|\"(?:[^\"\\]|\\.)*\")"
)


class ImpliedError(ValueError):
    """A line of the table is wrong; the message names it."""


@cache
def implied() -> Mapping[str, str]:
    """Return the project's own table, `implied.txt`: what is said to the literal that it means."""
    return read_implied(files("saps.english").joinpath("implied.txt").read_text(encoding="utf-8"))


def read_implied(text: str) -> dict[str, str]:
    """Read a table of lines such as `dozen 12` and `vowels "aeiou"`; "#" begins a comment.

    Raises:
        ImpliedError: a line has another form, or says again what a line before it says.
    """
    found: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        match = _IMPLIED.fullmatch(line)
        if match is None:
            raise ImpliedError(
                f"implied.txt, line {number}: expected words and a number or a string in double "
                f"quotes, such as 'dozen 12', found {line[:60]!r}"
            )
        name = match["name"]
        if name in found:
            raise ImpliedError(
                f"implied.txt, line {number}: {name!r} is given in line {places[name]} already"
            )
        found[name], places[name] = _normal(match["literal"]), number
    return found


def _normal(literal: str) -> str:
    """Return a literal as programs spell it."""
    return json.dumps(json.loads(literal), ensure_ascii=False)
