"""Conditions and choices in the words that the data have: "is negative", "A if C, otherwise B"."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Final

from saps.decoding.english.edits import Edit

_COMMAND: Final = (
    r"(?:return|returns|give back|give me|give|find|output|compute|calculate|print|get|answer)"
)
_PART: Final = r"[^,.;:?!]+?"
_UNTIL_IF: Final = r"(?:(?!\b(?:if|when)\b)[^,.;:?!])+?"
_HAS_ELSE: Final = re.compile(r"\b(?:otherwise|else)\b", re.IGNORECASE)
_END: Final = r"(?=\s*(?:[.?!;]|$))"
_ELSE: Final = r"\s*[,;.]?\s*(?:and |or )?(?:otherwise|else),? (?:" + _COMMAND + r" )?"
_IF_AFTER: Final = re.compile(
    rf"\b{_COMMAND} (?P<yes>{_UNTIL_IF}),? (?:if|when) (?P<condition>{_PART})"
    rf"{_ELSE}(?P<no>{_PART}){_END}",
    re.IGNORECASE,
)
_IF_BEFORE: Final = re.compile(
    rf"(?:^|(?<=[.;:,?!] ))(?:if|when) (?P<condition>{_PART}),? (?:then )?{_COMMAND} "
    rf"(?P<yes>{_PART}){_ELSE}(?P<no>{_PART}){_END}",
    re.IGNORECASE,
)
# A choice between truth values, texts or lists has other words in the data.
_NO_NUMBER: Final = re.compile(
    r"[\"'\[`]|\b(?:true|false|yes|no|empty|sorted|list|array|string|word|elements|numbers|reverse|"
    r"reversed|letters?|characters?|values|words|strings|it|them|nothing|none)\b",
    re.IGNORECASE,
)

_MANY: Final = r"(?:numbers?|integers?|ints?|values?|elements?|items?|entries|entry|ones?|scores)"
_WHOLE: Final = r"(?P<whole> (?:of|in|from) (?!the\b|an?\b)\w+)?"
# Before a noun, and as what something is or may be: "is n negative?".
_NEGATIVE: Final = r"(?<!non-)(?<!non )(?<!non - )(?<!not )(?<!result is )\bnegative"
_NONZERO: Final = r"\b(?:nonzero|non-zero|non zero)"
_KIND_OF_NUMBER: Final = rf" (?P<noun>{_MANY})\b{_WHOLE}"
_IS: Final = r"(?P<is>\b(?:is|are|be|if|whether)\b[^.,;:?!]*?)"
_ALONE: Final = r"(?=\s*(?:[.,;:?!]|$))"
_SIGNS: Final = tuple(
    (re.compile(f"{sign}{_KIND_OF_NUMBER}|{_IS}{sign}{_ALONE}", re.IGNORECASE), compared)
    for sign, compared in ((_NEGATIVE, "less than 0"), (_NONZERO, "not equal to 0"))
)

_BETWEEN: Final = re.compile(
    rf"\b(?:lies?|falls?|(?<!even )(?<!odd ){_MANY}|(?:is|are)(?: \w+)?|(?:in|of|from) \w+)"
    rf"(?<!difference)(?<!distance)(?<!space) (?P<range>between [\w-]+ and "
    r"[\w-]+)(?=\s*(?:[,.?;:]|$)|\s(?:in|from|of|and|or|with)\b)",
    re.IGNORECASE,
)
_SAYS_ENDS: Final = re.compile(
    r"\b(?:inclusive|inclusively|exclusive|exclusively|strictly|including|included|excluding|"
    r"excluded|ind(?:ex|ices|exes)|positions?|places?|properly)\b",
    re.IGNORECASE,
)


def choices(text: str, types: Mapping[str, str]) -> Iterator[Edit]:
    """Tell "return A if C, otherwise B", where A and B are numbers.

    Args:
        text: as a person typed it.
        types: of arguments, by name in lower case.
    """
    if not _HAS_ELSE.search(text):
        return
    for pattern in (_IF_AFTER, _IF_BEFORE):
        for match in pattern.finditer(text):
            if all(_is_number(match[part], types) for part in ("yes", "no")):
                told = f"the number equal to {match['yes']} when {match['condition']}"
                yield Edit(*match.span(), f"find {told} and to {match['no']} if not")
                return


def _is_number(phrase: str, types: Mapping[str, str]) -> bool:
    return not _NO_NUMBER.search(phrase) and types.get(phrase.lower(), "int") == "int"


def signs(text: str, names: Container[str]) -> Iterator[Edit]:
    """Tell "negative numbers" and "is nonzero" as comparisons.

    Args:
        text: as a person typed it.
        names: of arguments, in lower case; the word may be one of them.
    """
    if "negative" in names or "nonzero" in names:
        return
    edits = [
        Edit(*match.span(), _comparison(match, compared))
        for pattern, compared in _SIGNS
        for match in pattern.finditer(text)
    ]
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start >= done:
            yield edit
            done = edit.end


def _comparison(match: re.Match[str], compared: str) -> str:
    if match["is"]:
        return f"{match['is']}{compared}"
    verb = "are" if match["noun"].endswith("s") else "is"
    return f"{match['noun']}{match['whole'] or ''} that {verb} {compared}"


def ends_of_ranges(text: str) -> Iterator[Edit]:
    """Say of a value "between X and Y" that both are in it, unless the text says of its ends."""
    if _SAYS_ENDS.search(text):
        return
    for match in _BETWEEN.finditer(text):
        yield Edit(*match.span("range"), f"{match['range']} inclusive")
