"""Symbols that stand for a value of their own: numbers, strings, `true`, `false`, `inf`, `int`."""

import json
import re
from functools import lru_cache
from typing import Any, Final

from saps.lang.errors import ParseError, SizeLimitError
from saps.lang.types import BOOL, INT, STRING, TYPE, Type
from saps.lang.values import INT_TYPE, is_text

_INTEGER: Final = re.compile(r"-?[0-9]+")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_DIGITS: Final = 4_000
_NAMED: Final[dict[str, tuple[Any, Type]]] = {
    "true": (True, BOOL),
    "false": (False, BOOL),
    "inf": (float("inf"), INT),
    "int": (INT_TYPE, TYPE),
}
HALF_A_PAIR: Final = "half of a surrogate pair is no character"
NAMED_CONSTANTS: Final = tuple(_NAMED)


@lru_cache(maxsize=4096)
def constant(symbol: str) -> tuple[Any, Type] | None:
    """Return the value and type of a constant, or None if `symbol` is none.

    Raises:
        SizeLimitError: an integer literal has more digits than Python reads.
        ParseError: a string literal has an unknown escape, or half of a surrogate pair.
    """
    if symbol in _NAMED:
        return _NAMED[symbol]
    if symbol.startswith('"'):
        return _string(symbol), STRING
    if _INTEGER.fullmatch(symbol):
        if len(symbol) > _MAX_DIGITS:
            raise SizeLimitError(f"an integer literal of {len(symbol)} digits is too large")
        return int(symbol), INT
    if _DECIMAL.fullmatch(symbol):
        return float(symbol), INT
    return None


def _string(symbol: str) -> str:
    try:
        text = json.loads(symbol, strict=False)
    except json.JSONDecodeError as error:
        raise ParseError(f"{symbol} is no string: {error.msg}", symbol, error.pos) from None
    assert isinstance(text, str)
    if not is_text(text):
        raise ParseError(HALF_A_PAIR, symbol, 0)
    return text
