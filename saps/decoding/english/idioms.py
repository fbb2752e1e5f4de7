"""Ways of saying a thing by showing its beginning: "xs[1], xs[3], and so on", "from Z to A"."""

import re
from collections.abc import Iterator
from typing import Final

from saps.decoding.english.edits import Edit

_GOES_ON: Final = r"\s*,?\s*(?:and so (?:on|forth)|etc\b\.?|\.{3,}|…)"
_AND: Final = r"\s*(?:,|\band\b|,\s*and\b)\s*"
_ELEMENTS: Final = re.compile(
    rf"(?P<name>\b[A-Za-z_]\w*)\[(?P<first>[01])\]{_AND}(?P=name)\[(?P<second>[23])\]"
    rf"(?:{_AND}(?P=name)\[\d\])*{_GOES_ON}"
)
_INDEX: Final = r"(?:(?:at|in|on)\s+)?(?:index|position|place)\s+"
_INDICES: Final = re.compile(
    rf"\b{_INDEX}(?P<first>[01]){_AND}{_INDEX}(?P<second>[23])(?:{_AND}{_INDEX}\d)*{_GOES_ON}",
    re.IGNORECASE,
)
_FROM_Z: Final = re.compile(r"\b(?:from )?(?P<first>[AZaz])\s?(?:to|-)\s?(?P<last>[AZaz])\b")
_FIRST_HALF: Final = re.compile(
    r"\bthe first (?:floor\()?len\((?P<name>\w+)\)\s*//?\s*2\)?"
    r"(?:\s+(?:elements|entries|numbers|values|items|words|strings|of them))?(?!\s*[-+*/])",
    re.IGNORECASE,
)
_SQUARED_PHRASE: Final = re.compile(
    r"\((?P<phrase>(?:the )?(?:sum|total|product|difference|mean|average|maximum|minimum|length)\b"
    r"[^()]*)\)\s*(?:\^\s*2|\*\*\s*2|²)",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[^.?!;\n]+[.?!;\n]*\s*")
_TIE: Final = re.compile(
    r"(?:if|in case|when|should|where|on)\b.*\b(?:ties?|tied|draw|equally)\b", re.IGNORECASE
)
_BEST: Final = re.compile(r"\b(?:most|least|fewest|first|last|\w{3,}est|max\w*|min\w*)\b")
_PARITY: Final = re.compile(
    r"(?:if|in case|when|should|with|for)\b.*"
    r"(?:\b(?:even|odd) (?:number|count|length|size|amount)\b|\blength is (?:even|odd)\b"
    r"|\btwo (?:middle|central|in the (?:middle|cent))|\b(?:middle|central) (?:two|pair)\b)",
    re.IGNORECASE,
)
_MIDDLE: Final = re.compile(r"\b(?:median|middle|cent(?:er|re|ral)|half|halves)\b", re.IGNORECASE)

_COUNTS: Final = {"two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_COUNTED_KIND: Final = re.compile(
    r"(?<!the )\b(?P<count>two|three|four|five|[2-5]) "
    r"(?=(?:(?:arrays|lists|vectors) of (?:numbers|integers|ints|strings|words)"
    r"|(?:(?:positive|whole|natural) )?(?:numbers|integers|ints|strings|words|texts)"
    r"|(?:integer |number |string )?(?:arrays|lists|vectors)) (?:called |named )?"
    r"(?P<names>[A-Za-z_]\w*(?:, (?!and\b)[A-Za-z_]\w*)*,? and [A-Za-z_]\w*))",
    re.IGNORECASE,
)


def counted_kinds(text: str) -> Iterator[Edit]:
    """Drop the count of "three numbers x, y and z", which has as many names."""
    for match in _COUNTED_KIND.finditer(text):
        count = match["count"].lower()
        names = re.findall(r"\w+", match["names"])
        if len(names) - 1 == (_COUNTS.get(count) or int(count)):
            yield Edit(*match.span(), "")


# No sum of them: there a model leaves out the sorting.
_RANKED: Final = re.compile(
    r"(?P<before>^|[.,;:] |\b(?:find|return|get|give me|list|output|show|what are) )(?:the |its )?"
    r"(?P<count>[2-9]|[1-9]\d+|two|three|four|five|ten|[a-z]) "
    r"(?P<end>smallest|lowest|largest|highest|biggest|greatest) "
    r"(?:numbers|values|elements|integers|items) (?:of|in|from) (?P<name>[A-Za-z_]\w*)"
    r"(?: in (?P<order>ascending|descending) order)?(?=[.?!;]|$)",
    re.IGNORECASE,
)


def ranked(text: str) -> Iterator[Edit]:
    """Tell "the k smallest elements of xs", alone, as the first ones of a sorted array."""
    for match in _RANKED.finditer(text):
        is_low = match["end"].lower() in ("smallest", "lowest")
        order = (match["order"] or ("ascending" if is_low else "descending")).lower()
        if is_low != (order == "ascending"):
            continue
        sorted_array = "sorted {}" if is_low else "{} sorted in descending order"
        count = _COUNTS.get(match["count"].lower(), match["count"])
        told = f"the first {count} elements of {sorted_array.format(match['name'])}"
        yield Edit(match.end("before"), match.end(), told)


def shown_beginnings(text: str) -> Iterator[Edit]:
    """Tell which elements "xs[1], xs[3], xs[5] and so on" are."""
    for match in _ELEMENTS.finditer(text):
        if parity := _parity(match):
            yield Edit(*match.span(), f"the elements of {match['name']} at {parity} indices")


def indices(text: str) -> Iterator[Edit]:
    """Tell which indices "at index 1, at index 3, and so on" are."""
    for match in _INDICES.finditer(text):
        if parity := _parity(match):
            yield Edit(*match.span(), f"at {parity} indices")


def _parity(match: re.Match[str]) -> str:
    """Return whether two numbers that differ by two are even or odd; "" where they do not."""
    first, second = int(match["first"]), int(match["second"])
    return ("even", "odd")[first] if second - first == 2 else ""


def alphabets(text: str) -> Iterator[Edit]:
    """Say "from Z to A" in words; other letters are names."""
    for match in _FROM_Z.finditer(text):
        ends = match["first"].lower() + match["last"].lower()
        capital = match["first"].isupper() and match["last"].isupper()
        if capital and ends in ("az", "za"):
            order = "alphabetical order" if ends == "az" else "reverse alphabetical order"
            yield Edit(*match.span(), f"in {order}")


def halves(text: str) -> Iterator[Edit]:
    """Say "the first len(xs) // 2 elements" as a half."""
    for match in _FIRST_HALF.finditer(text):
        of = (
            ""
            if re.match(rf"\s+of {match['name']}\b", text[match.end() :])
            else f" of {match['name']}"
        )
        yield Edit(*match.span(), f"the first half{of}")


def squared_phrases(text: str) -> Iterator[Edit]:
    """Say "(sum of xs)^2" in words."""
    for match in _SQUARED_PHRASE.finditer(text):
        phrase = match["phrase"].strip()
        article = "" if phrase.lower().startswith("the ") else "the "
        yield Edit(*match.span(), f"the square of {article}{phrase}")


def settled_cases(text: str) -> Iterator[Edit]:
    """Drop sentences on ties and on the two middle elements, which the language settles.

    "If several tie, the last one wins", after a text that asks for the longest; "for an even
    count, the upper one", after one that asks for the median. Programs have one way for these.
    """
    before = ""
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        tie = _TIE.match(sentence) and _BEST.search(before)
        if before and (tie or (_PARITY.match(sentence) and _MIDDLE.search(before))):
            yield Edit(*match.span(), "")
        before += match[0]
