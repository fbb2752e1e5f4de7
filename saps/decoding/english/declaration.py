"""The clause that declares the arguments: "given an array of numbers a and a number b ,"."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from saps.decoding.declarations import (
    DECLARED,
    ITEM,
    LETTER,
    LETTERS,
    OPENINGS,
    declared_types,
)

_NOUN_OF_TYPE: Final = {
    "int": ("a number", "numbers"),
    "string": ("a string", "strings"),
    "int[]": ("an array of numbers", "arrays of numbers"),
    "string[]": ("an array of strings", "arrays of strings"),
}
_NUMBERS: Final = re.compile(rf"(?:a number|numbers) (?P<names>{LETTERS})")


def with_declarations(tokens: Sequence[str], types: Mapping[str, str]) -> list[str]:
    """Declare at the start what was declared apart from the text and not in it.

    A text with a declaration of its own stays as it is.

    Args:
        tokens: of the text.
        types: of arguments by letter.
    """
    text = " ".join(tokens)
    stated = declared_types(text)
    missing = {name: kind for name, kind in types.items() if name not in stated}
    clause = _clause({name: kind for name, kind in missing.items() if kind in _NOUN_OF_TYPE})
    if not clause or text.startswith(OPENINGS):
        return list(tokens)
    return f"given {clause} , {text}".split()


def with_numbers(tokens: Sequence[str], names: Iterable[str]) -> list[str]:
    """Declare further numbers: in the text's own declaration, or else at its start.

    Args:
        tokens: of the text.
        names: letters of the numbers.
    """
    text = " ".join(tokens)
    stated = declared_types(text)
    missing = [name for name in names if stated.get(name) != "int"]
    if not missing:
        return list(tokens)
    declared = DECLARED.match(text)
    if declared is not None:
        items = _with_more_numbers(re.findall(ITEM, declared["items"]), missing)
        return f"{declared['opening']} {_listed(items)}{text[declared.end() :]}".split()
    clause = _clause(dict.fromkeys(missing, "int"))
    head, comma, rest = text.partition(" , ")
    if comma and text.startswith(OPENINGS):  # declared in words of its own
        return f"{head} and {clause} , {rest}".split()
    return f"given {clause} , {text}".split()


def _with_more_numbers(items: Sequence[str], names: Sequence[str]) -> list[str]:
    """Add numbers to what is declared: "a number b" and one more are "numbers b and c"."""
    last = _NUMBERS.fullmatch(items[-1])
    if last is not None:
        both = [*re.findall(LETTER, last["names"]), *names]
        return [*items[:-1], f"numbers {_listed(both)}"]
    return [*items, _clause(dict.fromkeys(names, "int"))]


def _clause(types: Mapping[str, str]) -> str:
    """Return "arrays of numbers a and b and a number c"; empty for nothing."""
    by_kind: dict[str, list[str]] = {}
    for name, kind in types.items():
        by_kind.setdefault(kind, []).append(name)
    return _listed(
        [
            f"{_NOUN_OF_TYPE[kind][len(names) > 1]} {_listed(names)}"
            for kind, names in by_kind.items()
        ]
    )


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{' , '.join(items[:-1])} and {items[-1]}"
