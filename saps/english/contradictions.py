"""Texts that cannot be meant as they stand, for which a network writes a program all the same.

One name stands for two things, or two sentences say the opposite of the same thing.
"""

import re
from itertools import combinations
from typing import Final

from saps.english.vocabulary import word_set

_ITEM: Final = re.compile(
    r"\b(?:an?|the|given)\s+(?:[a-z]+\s+)?"
    r"(?P<kind>(?:list|array|number|integer|int|string|word|sentence|matrix|boolean)s?"
    r"(?:\s+of\s+[a-z]+)?)\s+(?:called\s+|named\s+)?[`'\"]?(?P<name>[A-Za-z]\w*)\b"
)
_SHORT: Final = 3  # letters of a name that may be any; a longer one must look like a name
_NO_NAMES: Final = word_set(
    "is of in to by on at as or and for the are was has who it if so we i its all any one two you"
    " but not can may out up do get let set sum max min add"
)
_OPPOSITES: Final = (
    (word_set("ascending increasing"), word_set("descending decreasing")),
    (
        word_set("largest biggest maximum greatest highest max longest"),
        word_set("smallest minimum least lowest min shortest"),
    ),
    (word_set("even"), word_set("odd")),
    (word_set("first"), word_set("last")),
    (word_set("positive"), word_set("negative")),
)
_CASES: Final = word_set("if when whenever otherwise else unless then also and both minus")
_ALIKE: Final = 0.75
_SENTENCE_END: Final = re.compile(r"[.;!?\n]+(?:\s|$)|\n")


def contradiction(text: str) -> str | None:
    """Return why no program can do what a text says, and what to do; None for most texts."""
    return _one_name_for_two(text) or _two_sentences(text)


def _one_name_for_two(text: str) -> str | None:
    kinds: dict[str, str] = {}
    for item in _ITEM.finditer(text):
        name, kind = item["name"], " ".join(item["kind"].split())
        is_name = len(name) <= _SHORT or not name.isalpha() or name[1:] != name[1:].lower()
        if not is_name or name.lower() in _NO_NAMES:
            continue
        other = kinds.setdefault(name, kind)
        if {_plain(other), _plain(kind)} not in ({_plain(kind)}, {"number", "int"}):
            return (
                f"the text calls two things {name}, a {other} and a {kind}: give each a name of "
                "its own"
            )
    return None


def _plain(kind: str) -> str:
    noun, of, _ = kind.partition(" of ")
    if of or noun.endswith("s") or noun in ("list", "array", "matrix"):
        return "array"
    return "string" if noun in ("word", "sentence") else noun.replace("integer", "int")


def _two_sentences(text: str) -> str | None:
    sentences = [re.findall(r"[a-z]+", part.lower()) for part in _SENTENCE_END.split(text)]
    for one, other in combinations([words for words in sentences if len(words) > 2], 2):
        if _CASES & {*one, *other}:
            continue
        for pair in _OPPOSITES:
            for first, second in (pair, pair[::-1]):
                said, against = first.intersection(one), second.intersection(other)
                rest, other_rest = {*one} - said, {*other} - against
                shared = len(rest & other_rest) / max(1, len(rest | other_rest))
                if said and against and shared >= _ALIKE:
                    return (
                        f"the text says both '{min(said)}' and '{min(against)}' of the same thing: "
                        "which is meant? leave one of the sentences out"
                    )
    return None
