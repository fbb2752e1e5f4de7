"""Types as other languages write them, and what they are here."""

import re
from typing import Final

_LONGEST: Final = 60
_PLAIN: Final = {
    "int": ("int",),
    "integer": ("int",),
    "number": ("int",),
    "num": ("int",),
    "float": ("int",),
    "double": ("int",),
    "bool": ("bool",),
    "boolean": ("bool",),
    "string": ("string",),
    "str": ("string",),
    "text": ("string",),
    "word": ("string",),
    "char": ("string",),
    "character": ("string",),
    "list": ("int[]", "string[]"),
    "array": ("int[]", "string[]"),
    "dict": ("dict<string,int>", "dict<int,int>"),
    "dictionary": ("dict<string,int>", "dict<int,int>"),
    "map": ("dict<string,int>", "dict<int,int>"),
}
_ARRAY: Final = r"(?:list|array|vector|sequence|set|tuple)s?"
_MANY: Final = re.compile(
    rf"{_ARRAY} ?\[(?P<square>.+)\]|{_ARRAY} ?<(?P<angle>.+)>|{_ARRAY} of (?P<words>.+)"
    rf"|\[(?P<bare>.+)\]|(?P<suffix>.+?) ?\[ ?\]|(?P<before>.+) {_ARRAY}"
)
_DICTIONARY: Final = re.compile(r"(?:dict|dictionary|map) ?[\[<](?P<key>[^,]+),(?P<value>.+)[\]>]")


def meant_types(text: str) -> tuple[str, ...]:
    """Return the types that a text may mean: "int[]" for "list[int]"; none if that is unclear."""
    return _meant(" ".join(text.lower().split())) if len(text) <= _LONGEST else ()


def _meant(text: str) -> tuple[str, ...]:
    if text in _PLAIN:
        return _PLAIN[text]
    many = _MANY.fullmatch(text)
    if many:
        element = next(filter(None, many.groups())).strip()
        return tuple(f"{kind}[]" for kind in _element(element))
    found = _DICTIONARY.fullmatch(text)
    if found:
        keys, values = _meant(found["key"].strip()), _meant(found["value"].strip())
        return tuple(f"dict<{key},{value}>" for key in keys for value in values)
    return tuple(f"{kind}[]" for kind in _one_of(text))  # "numbers", "strings"


def _element(text: str) -> tuple[str, ...]:
    """Return the types of the elements, which may be called "numbers"."""
    return _one_of(text) or _meant(text)


def _one_of(plural: str) -> tuple[str, ...]:
    return _PLAIN.get(plural.removesuffix("s"), ()) if plural.endswith("s") else ()
