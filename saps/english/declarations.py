"""What a text says of arguments: their types, and whether it contradicts itself."""

import re
from collections.abc import Collection, Container, Mapping
from contextlib import suppress
from itertools import combinations
from typing import Final

from saps.data.tokenizer import normalise_typing
from saps.english.vocabulary import word_set
from saps.lang.check import Signature, infer_signature
from saps.lang.errors import AlgoLispError
from saps.lang.node import Node

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
_NOUN: Final = (
    r"(?:arrays?|lists?)(?: of (?:numbers|integers|ints|strings|words))?"
    r"|(?:numbers?|integers?|ints?|strings?|words?)"
)
# An "a" before a noun is an article.
_LETTER: Final = rf"[a-l]\b(?! (?:{_NOUN})\b)"
_LETTERS: Final = rf"{_LETTER}(?:(?: ,| and| , and) {_LETTER})*"
# One kind of what is declared, with or without letters: "arrays of numbers a and b".
_ITEM: Final = (
    rf"(?:an? )?(?:{_NOUN})\b(?: {_LETTERS})?(?: of (?:numbers|integers|ints|strings|words)\b)?"
)
# How a text in the form of the data begins, where that says what its arguments are.
_DECLARED: Final = re.compile(
    rf"(?:you are given|given|consider) (?P<items>{_ITEM}(?:(?: ,| and| , and) {_ITEM})*)"
    r"(?= ,| (?:find|compute|what|return|count|your)\b|$)"
)
_DEFINED: Final = re.compile(r"\b(?:let|define) ([a-l])\b")
# The letters of "1e9", "0x10" and "5k" name nothing.
_GLUED_LETTER: Final = re.compile(r"(?<=\d)(?:e(?=\d)|k\b)|(?<=\b0)[xb](?=[\da-f])", re.IGNORECASE)
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


def opening_types(text: str) -> dict[str, str]:
    """Return the types of all arguments, where the opening of a text gives each a name and a type.

    "given an array of numbers a and a string b , ..." does. With "an array b" or "a string ," in
    it, or with a further letter later on that is not defined there, the text leaves something
    open, and nothing is returned.
    """
    text = normalise_typing(_GLUED_LETTER.sub("", text))
    opening = _DECLARED.match(text)
    if opening is None:
        return {}
    stated = declared_types(opening["items"])
    named = [re.findall(rf"\b{_LETTER}", item) for item in re.findall(_ITEM, opening["items"])]
    letters = {letter for letters in named for letter in letters}
    defined = set(_DEFINED.findall(text))
    is_whole = all(named) and letters == stated.keys()
    return stated if is_whole and letters | defined >= set(_MENTIONED.findall(text)) else {}


def _type_of_kind(kind: str) -> str:
    base = "int" if kind.rstrip("s").endswith(("number", "integer", "int")) else "string"
    return f"{base}[]" if " of " in kind else base


_NUMBERS: Final = re.compile(
    r"\b(?:numbers?|integers?|ints?|digits?|floats?|amounts?|scores?|prices?|numeric)\b"
)
_STRINGS: Final = re.compile(r"\b(?:strings?|words?|names?|texts?|sentences?|letters?)\b")
_BY_SIZE: Final = frozenset({"<", ">", "<=", ">="})


def spoken_element(text: str, types: Collection[str], symbols: Container[str] = ()) -> str | None:
    """Return what arguments that a program leaves open are by a text: `int`, `string`, or None.

    Whoever asks to rotate "the items" may mean numbers or strings, and one program does both. What
    the text speaks of may be another argument: "the names whose score is 3" has numbers, too.

    Args:
        text: what a person asks for.
        types: of all arguments; those that are open have a variable.
        symbols: of the program. A single open type whose values are compared by size is numbers,
            unless the text speaks of strings.
    """
    said = text.lower()
    says_numbers, says_strings = bool(_NUMBERS.search(said)), bool(_STRINGS.search(said))
    variables = {found for kind in types for found in _VARIABLE.findall(kind)}
    if says_numbers == says_strings:
        by_size = len(variables) == 1 and any(symbol in symbols for symbol in _BY_SIZE)
        return "int" if by_size and not says_strings else None
    element = "int" if says_numbers else "string"
    is_another = any(kind.removesuffix("[]") == element for kind in types)
    return None if is_another or len(variables) > 1 else element


def settle_signature(
    program: Node,
    text: str,
    declared: Mapping[str, str] | None = None,
    returns: str | None = None,
    spoken: str | None = None,
) -> Signature:
    """Return the types of a program, no more general than its text asks for.

    Args:
        program: the tree.
        text: what it was written for, in the form of the data; empty where `declared` says all.
        declared: types that are known for sure; these are arguments whether the program uses them
            or not, and come first.
        returns: type of the value, if it is known.
        spoken: what a person asks for; what is open becomes what it speaks of, or stays open.

    A comparison alone would leave `a` in (reduce (filter a (partial1 b >)) 0 +) with numbers or
    strings; the text says which. What neither decides is by default taken to be a number, as
    nearly everything in the published data is.

    Raises:
        AlgoLispError: the program is ill-typed.
    """
    sure = dict(declared or {})
    found = infer_signature(program, sure, returns)
    told = {n: k for n, k in declared_types(text).items() if n in found.arguments and n not in sure}
    if told:
        # Where the text was misread, or the program does not follow it, the program decides.
        with suppress(AlgoLispError):
            found = infer_signature(program, {**told, **sure}, returns)
    ordered = [*sure, *sorted(name for name in found.arguments if name not in sure)]
    types = {name: found.arguments[name] for name in ordered}
    element: str | None = "int"
    if spoken is not None:
        symbols = {part.symbol for part in program.preorder()}
        element = spoken_element(spoken, [str(kind) for kind in types.values()], symbols)
    if element is None:
        return Signature(types, found.result)
    settled = {name: _VARIABLE.sub(element, str(kind)) for name, kind in types.items()}
    if all(str(types[name]) == kind for name, kind in settled.items()):
        return Signature(types, found.result)  # nothing was open: inference would say the same
    return infer_signature(program, settled, returns)


# What contradicts itself: one name for two things, or two sentences that say opposite things. A
# network writes a program all the same.

_GIVEN: Final = re.compile(
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
    for item in _GIVEN.finditer(text):
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
