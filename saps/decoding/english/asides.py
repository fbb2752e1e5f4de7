"""What is said beside the task: examples, "i.e.", words in brackets."""

import re
from collections.abc import Container, Iterator, Sequence
from typing import Final

from saps.decoding.english.edits import Edit
from saps.decoding.english.vocabulary import word_set

_SENTENCE_END: Final = re.compile(r"[.?!](?=\s|$)(?<!e\.g\.)(?<!i\.e\.)|[;\n]")
_OPENER: Final = re.compile(
    r"\be\.\s?g\b\.?,?|\b(?:for (?:example|instance)|such as)\b,?|\bexamples?\s*:", re.IGNORECASE
)
_LITERAL: Final = re.compile(
    r"\[[^\]]*\]|\{[^}]*\}|\"[^\"]*\"|'[^']*'|(?<![\w.])-?\d+(?:\.\d+)?(?!\w)"
)
_ONLY_LITERALS: Final = re.compile(rf"(?:{_LITERAL.pattern}|and|or|,|\s)*")
_SUCH_AS: Final = re.compile(
    rf"such as,?\s+(?:{_LITERAL.pattern})(?:\s*(?:,|and|or)+\s*(?:{_LITERAL.pattern}))*",
    re.IGNORECASE,
)
_TASK: Final = re.compile(
    r",?\s*(?:and |then )*(?:find|return|compute|calculate|output|print|give|tell|count|determine|"
    r"what|which|how|your task|sum|sort|reverse|get|show|let)\b",
    re.IGNORECASE,
)
_ABBREVIATION: Final = re.compile(
    r"(?P<that_is>,?\s*(?<!\w)i\.\s?e\b\.?,?)|(?P<others>,?\s*(?:and\s+)?(?<!\w)etc\b(?P<dot>\.?))",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(r"\s*\((?P<inside>[^()\[\]{}]*)\)\s*(?P<after>[,.;:?!]|$)?")
# "(so 120 turns into 21)"
_SHOWN: Final = re.compile(
    r"\s*\((?:so|thus|like|as in|meaning)\b[^()]*\d[^()]*\d[^()]*\)\s*(?P<after>[,.;:?!]\s*)?",
    re.IGNORECASE,
)
_ORDINARY: Final = re.compile(r"[A-Za-z][\w'’-]*[A-Za-z],?")
_WORD: Final = re.compile(r"[\w'’-]+,?")
_PLURAL: Final = re.compile(r"(?<=[A-Za-z]{3})\((?P<ending>e?s)\)(?!\w)")
# The data write these in brackets.
_IN_THE_DATA: Final = word_set("inclusive exclusive inclucing including excluding zero zero-based")


def shown_values(text: str) -> Iterator[Edit]:
    """Drop brackets that show values, as in "backwards (so 120 turns into 21)"."""
    for match in _SHOWN.finditer(text):
        yield Edit(match.start(), match.end(), match["after"] or " ")


def examples(text: str) -> Iterator[Edit]:
    """Drop examples that show values; they are nothing that a model has read."""
    done = 0
    while opener := _OPENER.search(text, done):
        edit = _bracketed_example(text, opener) or _free_example(text, opener)
        done = opener.end() if edit is None else edit.end
        if edit is not None:
            yield edit


def _bracketed_example(text: str, opener: re.Match[str]) -> Edit | None:
    start = opener.start() - 1
    if start < 0 or text[start] != "(":
        return None
    end = _closing(text, start)
    if end is None or not _LITERAL.search(text, opener.end(), end):
        return None
    while start and text[start - 1] == " ":
        start -= 1
    return Edit(start, end + 1, "")


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if not depth:
            return place
    return None


def _free_example(text: str, opener: re.Match[str]) -> Edit | None:
    start = opener.start()
    listed = _SUCH_AS.match(text, start)
    if opener[0].lower().startswith("such as"):
        return Edit(_before(text, start), listed.end(), "") if listed else None
    for end in _ends(text, opener.end()):
        said = text[opener.end() : end]
        literals = _LITERAL.findall(said)
        if literals and (_ONLY_LITERALS.fullmatch(said) or _shows_values(literals)):
            return _without(text, start, end)
    return None


def _ends(text: str, start: int) -> Iterator[int]:
    """Yield where an example may end: before the task goes on, else with the sentence."""
    stop = _SENTENCE_END.search(text, start)
    end = stop.start() if stop else len(text)
    place = start
    while place < end:
        if text[place] in "([{":
            closing = _closing(text, place)
            place = end if closing is None else closing
        elif text[place] == "," and _TASK.match(text, place):
            yield place
            return
        elif text[place] == ")":
            break
        place += 1
    yield min(place, end)


def _shows_values(literals: list[str]) -> bool:
    return len(literals) > 1 or literals[0][0] in "[{\"'"


def _without(text: str, start: int, end: int) -> Edit:
    """Return the edit that drops an example; one that is a sentence goes with its full stop."""
    begin = _before(text, start)
    if begin and text[begin - 1] not in ".?!;\n":
        return Edit(begin, end, "")
    rest = text[end:].lstrip(" .?!;")
    return Edit(begin, len(text) - len(rest), " " if begin and rest else "")


def _before(text: str, start: int) -> int:
    """Return the place before the comma and the space that part an example from the rest."""
    kept = text[:start].rstrip()
    return len(kept.removesuffix(",").rstrip())


def abbreviations(text: str) -> Iterator[Edit]:
    """Say "i.e." with a comma, and "etc." in words."""
    for match in _ABBREVIATION.finditer(text):
        if match["that_is"]:
            inside = text[: match.start()].endswith("(")
            yield Edit(*match.span(), "" if inside or not match.start() else ",")
        else:
            rest = text[match.end() :].lstrip()
            ends = bool(match["dot"]) and (not rest or rest[0].isupper())
            yield Edit(*match.span(), " and so on" + ("." if ends else ""))


def plurals(text: str) -> Iterator[Edit]:
    """Say "element(s)" without brackets."""
    for match in _PLURAL.finditer(text):
        yield Edit(*match.span(), match["ending"])


def bracketed_words(text: str, names: Container[str]) -> Iterator[Edit]:
    """Make a clause of words in brackets, unless the data have them so.

    Args:
        text: as it was typed.
        names: of arguments, lower case; these are no ordinary words.
    """
    for match in _BRACKETED.finditer(text):
        inside = match["inside"].strip()
        words = inside.lower().split()
        if not _is_ordinary(words) or words[0] in _IN_THE_DATA or _is_glued(text, match):
            continue
        if inside.lower() in names:
            yield Edit(match.start(), match.end("inside") + 1, f" {inside}")
        elif not all(word.strip(",") in names for word in words):
            yield _clause(text, match, inside)


def _is_ordinary(words: Sequence[str]) -> bool:
    begins = bool(words) and _ORDINARY.fullmatch(words[0]) is not None
    return begins and all(_WORD.fullmatch(word) for word in words)


def _is_glued(text: str, match: re.Match[str]) -> bool:
    """Whether a word is glued to the bracket: a call of a function."""
    return match[0].startswith("(") and text[: match.start()][-1:].isalnum()


def _clause(text: str, match: re.Match[str], inside: str) -> Edit:
    before = text[: match.start()].rstrip()
    comma = "" if not before or before[-1] in ",.;:" else ","
    opening = f"{comma} " if before else ""
    after = match["after"]
    end = match.start("after") if after else match.end()
    return Edit(match.start(), end, f"{opening}{inside}" + ("" if after is not None else ", "))
