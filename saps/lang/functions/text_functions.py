"""Functions of strings."""

from typing import Any, Final

from saps.lang.errors import DomainError, IndexRangeError
from saps.lang.functions.function_table import (
    NUMBERS,
    function,
    in_order,
    is_plain,
    need_dictionary,
    need_strings,
    need_types,
    truncated,
    wrong_kind,
)
from saps.lang.limits import Meter
from saps.lang.program_values import shown

# ruff: noqa: ARG001  every implementation takes the meter, though few use it


@function("strlen", "(string) -> int", '(strlen "abc")', "3")
def _string_length(meter: Meter, text: Any) -> int:
    """The number of characters."""
    need_strings("strlen", text)
    return len(text)


@function(
    "str_index",
    "(int, string) -> string",
    '(str_index -1 "abc")',
    '"c"',
    ("index", "the position is outside the string"),
    ("domain", "the position is infinite or not a number"),
)
def _string_index(meter: Meter, index: Any, text: Any) -> str:
    """The character at a position, truncated to a whole number; below 0 it counts from the end."""
    if type(index) not in NUMBERS:
        raise wrong_kind("str_index", 1, "a number", index)
    if type(text) is not str:
        raise wrong_kind("str_index", 2, "a string", text)
    position = truncated("str_index", index)
    if not -len(text) <= position < len(text):
        raise IndexRangeError(
            f"`str_index` asks for position {shown(position)} of {len(text)} characters"
        )
    return text[position]


@function(
    "str_concat",
    "(string, string) -> string",
    '(str_concat "ab" "c")',
    '"abc"',
    ("size", "the string has too many characters"),
)
def _string_concat(meter: Meter, x: Any, y: Any) -> str:
    """The first string followed by the second."""
    need_strings("str_concat", x, y)
    meter.check_length(len(x) + len(y))
    return f"{x}{y}"


@function(
    "str_split",
    "(string, string) -> string[]",
    '(str_split " to  be" " ")',
    '["to", "be"]',
    ("domain", "the delimiter is empty"),
)
def _string_split(meter: Meter, text: Any, delimiter: Any) -> list[str]:
    """The pieces of the first string between occurrences of the second, without empty ones."""
    need_strings("str_split", text, delimiter)
    if not delimiter:
        raise DomainError("`str_split` at an empty string")
    meter.charge(len(text) >> 3)
    return [piece for piece in text.split(delimiter) if piece]


@function("str_min", "(string, string) -> string", '(str_min "b" "a")', '"a"', python="min(x, y)")
def _string_min(meter: Meter, x: Any, y: Any) -> str:
    """The string that comes first in lexicographic order."""
    need_strings("str_min", x, y)
    return str(min(x, y))


@function("str_max", "(string, string) -> string", '(str_max "b" "a")', '"b"', python="max(x, y)")
def _string_max(meter: Meter, x: Any, y: Any) -> str:
    """The string that comes last in lexicographic order."""
    need_strings("str_max", x, y)
    return str(max(x, y))


# Functions of dictionaries.


@function("dict-new", "(type, type) -> dict<K,V>", "(dict-new int int)", "{}")
def _dict_new(meter: Meter, key: Any, value: Any) -> dict[Any, Any]:
    """An empty dictionary."""
    need_types("dict-new", key, value)
    return {}


@function(
    "dict-insert",
    "(dict<K,V>, K, V) -> dict<K,V>",
    "(dict-keys (dict-insert (dict-new int int) 5 1))",
    "[5]",
    ("size", "the dictionary has too many entries"),
    python="{**entries, key: value}",
)
def _dict_insert(meter: Meter, entries: Any, key: Any, value: Any) -> dict[Any, Any]:
    """The dictionary with one more entry, or with a new value for a key it has."""
    need_dictionary("dict-insert", entries)
    first = type(next(iter(entries), key))
    if type(key) not in _KEYS or (first is not type(key) and {first, type(key)} != NUMBERS):
        raise wrong_kind("dict-insert", 2, "a number, a truth value or a string, as before", key)
    meter.check_length(len(entries) + 1)
    longer: dict[Any, Any] = entries.copy()  # faster than `{**entries}`
    longer[key] = value
    if not is_plain(key) or not is_plain(value):
        meter.weigh_sum(longer, entries, key, value)
    return longer


_KEYS: Final = frozenset({int, float, bool, str})


@function(
    "dict-keys",
    "(dict<K,V>) -> K[]",
    "(dict-keys (dict-insert (dict-insert (dict-new int int) 5 1) 3 1))",
    "[3, 5]",
    python="sorted(entries)",
)
def _dict_keys(meter: Meter, entries: Any) -> list[Any]:
    """The keys, in ascending order."""
    need_dictionary("dict-keys", entries)
    return in_order(meter, list(entries))
