"""Types of a program's arguments: from the program, and from what its text says of them."""

import re
from collections.abc import Mapping
from typing import Final

from saps.data.symbols import ARGUMENTS
from saps.data.tokenizer import normalise_typing
from saps.lang import AlgoLispError, Node, Signature, infer_signature

# What may follow a name: "i" before another word is a pronoun, and so is "a" in "numbers b , a hall
# has ..." an article; "a" before a noun always is.
_AFTER_NAME = (
    r"(?= ,| and\b| of\b| is\b| are\b| (?:find|compute|what|return|count|your|print|which)\b|$)"
)
_NAME = (
    r"(?!a (?:number|integer|int|string|word|array|list)\b)"
    rf"(?:[b-hj-l]\b|(?<!, )a\b|[ai]\b{_AFTER_NAME})"
)
_MENTIONED = re.compile(rf"(?<!\w)(?:[b-hj-l]\b|[ai]\b{_AFTER_NAME})")
_KIND = re.compile(
    r"\b(?P<many>(?:arrays?|lists?) of )?(?P<kind>numbers?|integers?|ints?|strings?|words?)"
    # Names, separated by commas, "and" or nothing.
    rf"(?P<names>(?:(?: ,)?(?: and)? {_NAME})+)"
)
OPENINGS: Final = ("you are given", "given", "consider")
"""How a text of the data begins, before it says what its arguments are."""
_NOUN: Final = (
    r"(?:arrays?|lists?)(?: of (?:numbers|integers|ints|strings|words))?"
    r"|(?:numbers?|integers?|ints?|strings?|words?)"
)
# An "a" before a noun is an article.
LETTER: Final = rf"[a-l]\b(?! (?:{_NOUN})\b)"
LETTERS: Final = rf"{LETTER}(?:(?: ,| and| , and) {LETTER})*"
ITEM: Final = (
    rf"(?:an? )?(?:{_NOUN})\b(?: {LETTERS})?(?: of (?:numbers|integers|ints|strings|words)\b)?"
)
"""One kind of what is declared, with or without letters: "arrays of numbers a and b"."""
DECLARED: Final = re.compile(
    rf"(?P<opening>{'|'.join(OPENINGS)}) (?P<items>{ITEM}(?:(?: ,| and| , and) {ITEM})*)"
    r"(?= ,| (?:find|compute|what|return|count|your)\b|$)"
)
"""How a text in the form of the data begins, where that says what its arguments are."""
_DEFINED: Final = re.compile(r"\b(?:let|define) ([a-l])\b")
_UNNAMED: Final = re.compile(
    r"an? (?:(?:array|list) of (?:numbers|integers|ints|strings|words)"
    r"|number|integer|int|string|word)"
)
_VARIABLE = re.compile(r"\b[A-Z]\w*\b")


def declared_types(text: str) -> dict[str, str]:
    """Return the argument types that a text states, as in "an array of numbers a and a number b".

    A name that is given two types is left out.
    """
    found: dict[str, set[str]] = {}
    for match in _KIND.finditer(normalise_typing(text)):
        kind = _type_of_kind((match["many"] or "") + match["kind"])
        for name in re.findall(r"\b[a-l]\b", match["names"]):
            found.setdefault(name, set()).add(kind)
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


def unnamed_types(text: str) -> dict[str, str]:
    """Return the argument types of a text that opens with kinds and gives them no names.

    "given a string and an array of numbers , ..." has a: string and b: int[], for the data call
    them by the first letters, in order. Nothing where a kind has a name, or is not told wholly.
    """
    opening = DECLARED.match(normalise_typing(text))
    kinds = re.findall(ITEM, opening["items"]) if opening else []
    if not all(map(_UNNAMED.fullmatch, kinds)):
        return {}
    return dict(zip(ARGUMENTS, map(_type_of_kind, kinds), strict=False))


def opening_types(text: str) -> dict[str, str]:
    """Return the types of all arguments, where the opening of a text gives each a name and a type.

    "given an array of numbers a and a string b , ..." does. With "an array b" or "a string ," in
    it, or with a further letter later on that is not defined there, the text leaves something
    open, and nothing is returned.
    """
    text = normalise_typing(text)
    opening = DECLARED.match(text)
    if opening is None:
        return {}
    stated = declared_types(opening["items"])
    named = [re.findall(rf"\b{LETTER}", item) for item in re.findall(ITEM, opening["items"])]
    letters = {letter for letters in named for letter in letters}
    defined = set(_DEFINED.findall(text))
    is_whole = all(named) and letters == stated.keys()
    return stated if is_whole and letters | defined >= set(mentioned_letters(text)) else {}


def _type_of_kind(kind: str) -> str:
    base = "int" if kind.rstrip("s").endswith(("number", "integer", "int")) else "string"
    return f"{base}[]" if " of " in kind else base


def mentioned_letters(text: str) -> list[str]:
    """Return the letters that a text in the form of the data uses as names, in its order."""
    return list(dict.fromkeys(_MENTIONED.findall(text)))


def settle_signature(
    program: Node,
    text: str,
    declared: Mapping[str, str] | None = None,
    returns: str | None = None,
) -> Signature:
    """Return the types of a program, no more general than its text asks for.

    Args:
        program: the tree.
        text: what it was written for.
        declared: types that are known for sure; these are arguments whether the program uses them
            or not, and come first.
        returns: type of the value, if it is known.

    A comparison alone would leave `a` in (reduce (filter a (partial1 b >)) 0 +) with numbers or
    strings; the text says which. What neither decides is taken to be a number, as nearly
    everything in the published data is.

    Raises:
        AlgoLispError: the program is ill-typed.
    """
    sure = dict(declared or {})
    found = infer_signature(program, sure, returns).arguments
    stated = declared_types(text)
    # Where the text was misread, or the program does not follow it, the program decides.
    for told in (unnamed_types(text) | stated, stated):
        known = {name: kind for name, kind in told.items() if name in found}
        try:
            found = infer_signature(program, {**known, **sure}, returns).arguments
            break
        except AlgoLispError:
            continue
    ordered = [*sure, *sorted(name for name in found if name not in sure)]
    return infer_signature(
        program, {name: _VARIABLE.sub("int", str(found[name])) for name in ordered}, returns
    )
