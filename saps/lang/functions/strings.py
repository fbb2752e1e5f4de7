"""Functions of strings."""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

from typing import Any

from saps.lang.errors import DomainError, IndexRangeError
from saps.lang.functions.kinds import NUMBERS, need_strings, truncated, wrong_kind
from saps.lang.functions.table import function
from saps.lang.limits import Meter


@function("strlen", "(string) -> int", "The number of characters.", '(strlen "abc")', "3")
def _string_length(meter: Meter, text: Any) -> int:
    need_strings("strlen", text)
    return len(text)


@function(
    "str_index",
    "(int, string) -> string",
    "The character at a position, truncated to a whole number; below 0 it counts from the end.",
    '(str_index -1 "abc")',
    '"c"',
    ("index", "the position is outside the string"),
    ("domain", "the position is infinite or not a number"),
)
def _string_index(meter: Meter, index: Any, text: Any) -> str:
    if type(index) not in NUMBERS:
        raise wrong_kind("str_index", 1, "a number", index)
    if type(text) is not str:
        raise wrong_kind("str_index", 2, "a string", text)
    position = truncated("str_index", index)
    if not -len(text) <= position < len(text):
        raise IndexRangeError(f"`str_index` asks for position {position} of {len(text)} characters")
    return text[position]


@function(
    "str_concat",
    "(string, string) -> string",
    "The first string followed by the second.",
    '(str_concat "ab" "c")',
    '"abc"',
    ("size", "the string has too many characters"),
)
def _string_concat(meter: Meter, x: Any, y: Any) -> str:
    need_strings("str_concat", x, y)
    meter.check_length(len(x) + len(y))
    return f"{x}{y}"


@function(
    "str_split",
    "(string, string) -> string[]",
    "The pieces of the first string between occurrences of the second, without empty ones.",
    '(str_split " to  be" " ")',
    '["to", "be"]',
    ("domain", "the delimiter is empty"),
)
def _string_split(meter: Meter, text: Any, delimiter: Any) -> list[str]:
    need_strings("str_split", text, delimiter)
    if not delimiter:
        raise DomainError("`str_split` at an empty string")
    meter.charge(len(text) >> 3)
    return [piece for piece in text.split(delimiter) if piece]


@function(
    "str_min",
    "(string, string) -> string",
    "The string that comes first in lexicographic order.",
    '(str_min "b" "a")',
    '"a"',
    python="min(x, y)",
)
def _string_min(meter: Meter, x: Any, y: Any) -> str:
    need_strings("str_min", x, y)
    return str(min(x, y))


@function(
    "str_max",
    "(string, string) -> string",
    "The string that comes last in lexicographic order.",
    '(str_max "b" "a")',
    '"b"',
    python="max(x, y)",
)
def _string_max(meter: Meter, x: Any, y: Any) -> str:
    need_strings("str_max", x, y)
    return str(max(x, y))
