"""Literals of strings in a text: quoted ones, and letters and signs that it names; and examples.

"the letter e", "a comma", "between dashes" and "'abc'" all say what the program should hold.
"[3, 8] -> 11" says what it should compute.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from saps.lang import Value

SIGNS: Final = {
    "comma": ",",
    "space": " ",
    "blank": " ",
    "dash": "-",
    "hyphen": "-",
    "underscore": "_",
    "colon": ":",
    "semicolon": ";",
    "period": ".",
    "dot": ".",
    "full stop": ".",
    "slash": "/",
    "asterisk": "*",
    "star": "*",
    "hash": "#",
    "hash sign": "#",
    "exclamation mark": "!",
    "question mark": "?",
    "plus sign": "+",
    "minus sign": "-",
    "equals sign": "=",
    "at sign": "@",
    "ampersand": "&",
    "pipe": "|",
    "percent sign": "%",
    "dollar sign": "$",
    "apostrophe": "'",
    "newline": "\n",
    "line break": "\n",
    "tab": "\t",
}
"""What people call signs."""

_NAMES: Final = "|".join(
    sorted((name.replace(" ", r"\s+") for name in SIGNS), key=len, reverse=True)
)
_QUOTED: Final = re.compile(
    r"\"(?P<double>[^\"\n]{0,10000})\"|(?<![\w'])'(?P<single>[^'\n]{0,10000}?)'(?![A-Za-z'])|`(?P<back>[^`\n]{1,10000})`"
)
_LETTER: Final = re.compile(
    r"\b(?:letters?|characters?|chars?|symbols?|signs?)\s+(?P<letter>[^\W_]|[^\w\s\"'`.,;:?!()])(?![\w'])"
    r"(?!\s+(?:places?|positions?|steps?|times)\b)",  # "shift every letter k places"
    re.IGNORECASE,
)
_SIGN: Final = re.compile(rf"\b(?P<name>{_NAMES})(?P<many>e?s)?\b(?!-)", re.IGNORECASE)
_UNCLOSED: Final = re.compile(r"(?<!\w)[\"“]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A literal of a string in a text.

    Attributes:
        start: place of its first character, a quote included.
        end: place after its last one.
        value: the string itself.
        shown: what remains in the text beside the letter that stands for it.
    """

    start: int
    end: int
    value: str
    shown: str


def find_quoted(text: str) -> Iterator[Quoted]:
    """Yield the literals of a text, in its order; what is in backquotes is a name, and none."""
    places = sorted(_found(text), key=lambda quoted: (quoted.start, -quoted.end))
    done = 0
    for quoted in places:
        if quoted.start >= done:
            yield quoted
            done = quoted.end


def is_unclosed(text: str) -> bool:
    """Whether a double quote is opened and never closed."""
    return bool(_UNCLOSED.search(_QUOTED.sub("", text)))


def _found(text: str) -> Iterator[Quoted]:
    for match in _QUOTED.finditer(text):
        if match["back"] is None:
            value = match["double"] if match["double"] is not None else match["single"]
            yield Quoted(*match.span(), value, _shown(value))
    for match in _LETTER.finditer(text):
        yield Quoted(*match.span("letter"), match["letter"], _shown(match["letter"]))
    for match in _SIGN.finditer(text):
        name = " ".join(match["name"].lower().split())
        yield Quoted(*match.span(), SIGNS[name], match[0].lower())


def _shown(value: str) -> str:
    """Return a short literal as the network reads it; of a long one, that there is a quote."""
    if not value:
        return "' empty '"
    if value.isspace():
        return "' space '" if set(value) == {" "} else "' blank '"
    return f"' {value.lower()} '" if len(value) == 1 else "' '"


_VALUE: Final = (
    r"(?:\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|\"[^\"\n]*\"|'[^'\n]*'"
    r"|(?<![\w.:])-?\d+(?:\.\d+)?(?![\w.:]*\w)|\b(?:[Tt]rue|[Ff]alse)\b)"
)
_ARROW: Final = r"\s*\)?\s*(?:-+>|=>|→|==)\s*"
_BECOMES: Final = (
    r"(?:\s*\)?,?\s*(?:gives|returns?|becomes|makes|yields|turns? into"
    r"|(?:should|would|will) (?:give|be|return|become))\s+"
    r"|(?<=[\])\"'])\s*,?\s*is\s+)"  # "row 0 is 1" shows nothing
)
_GIVEN: Final = rf"(?P<given>{_VALUE}(?:\s*(?:,|and|with|;)\s*(?:\w+\s*=\s*)?{_VALUE})*)"
_EXAMPLE: Final = re.compile(
    # "x % 3 == 0" is a condition.
    rf"(?<![+*/%^])(?<![+*/%^] ){_GIVEN}"
    rf"(?:(?:{_ARROW}{_VALUE})*{_ARROW}|{_BECOMES})(?P<output>{_VALUE})"
    # "gives 12, 3" is of two values, "-> 12, 3 -> 1" are two examples.
    rf"(?!\s*(?:,|and)\s*{_VALUE}(?!{_ARROW}|{_BECOMES}|\s*(?:,|and)\s*{_VALUE}(?:{_ARROW}|{_BECOMES})))"
)
_DOCTEST: Final = re.compile(r">>>\s*\w+\((?P<given>.*)\)\s*\n\s*(?P<output>.+)")


def shown_examples(text: str) -> tuple[tuple[tuple[Value, ...], Value], ...]:
    """Return the examples that a text seems to have: inputs in their order, and the output.

    Of a chain, "9875 -> 29 -> 11 -> 2", the ends count. Words such as "becomes" may say something
    else, so an example is a hint.

    Args:
        text: as a person typed it.
    """
    found: list[tuple[tuple[Value, ...], Value]] = []
    for match in (*_EXAMPLE.finditer(text[:2_000]), *_DOCTEST.finditer(text[:2_000])):
        with suppress(ValueError):
            given = tuple(_value(part) for part in re.findall(_VALUE, match["given"]))
            found.append((given, _value(match["output"].strip())))
    return tuple(found)


def _value(text: str) -> Value:
    """Read a value of Python or JSON."""
    plain = text.replace("'", '"')
    value: Value = json.loads({"True": "true", "False": "false"}.get(plain, plain))
    return value
