"""Functions of dictionaries."""

# ruff: noqa: ARG001  every implementation takes the meter, though few use it

from typing import Any, Final

from saps.lang.comparison import in_order
from saps.lang.functions.kinds import FLAT, need_types, wrong_kind
from saps.lang.functions.table import function
from saps.lang.limits import Meter
from saps.lang.values import kind_of


@function(
    "dict-new",
    "(type, type) -> dict<K,V>",
    "An empty dictionary.",
    "(dict-new int int)",
    "{}",
)
def _dict_new(meter: Meter, key: Any, value: Any) -> dict[Any, Any]:
    need_types("dict-new", key, value)
    return {}


@function(
    "dict-insert",
    "(dict<K,V>, K, V) -> dict<K,V>",
    "The dictionary with one more entry, or with a new value for a key it has.",
    "(dict-keys (dict-insert (dict-new int int) 5 1))",
    "[5]",
    ("size", "the dictionary has too many entries"),
)
def _dict_insert(meter: Meter, entries: Any, key: Any, value: Any) -> dict[Any, Any]:
    if type(entries) is not dict:
        raise wrong_kind("dict-insert", 1, "a dictionary", entries)
    first = next(iter(entries), key)
    if type(key) not in _KEYS or kind_of(first) != kind_of(key):
        raise wrong_kind("dict-insert", 2, "a number, a truth value or a string, as before", key)
    meter.check_length(len(entries) + 1)
    longer = {**entries, key: value}
    if type(key) is str or type(value) not in FLAT:
        meter.weigh_sum(longer, entries, key, value)
    return longer


_KEYS: Final = frozenset({int, float, bool, str})


@function(
    "dict-keys",
    "(dict<K,V>) -> K[]",
    "The keys, in ascending order.",
    "(dict-keys (dict-insert (dict-insert (dict-new int int) 5 1) 3 1))",
    "[3, 5]",
    python="sorted(entries)",
)
def _dict_keys(meter: Meter, entries: Any) -> list[Any]:
    if type(entries) is not dict:
        raise wrong_kind("dict-keys", 1, "a dictionary", entries)
    return in_order(meter, list(entries))
