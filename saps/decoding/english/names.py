"""The names that a person gave to arguments, and the letters that a model knows them by."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from saps.data.published import published_words
from saps.decoding.english.numerals import NUMBER_WORDS
from saps.decoding.english.opening import (
    KIND_NOUNS,
    KINDS_OF_ARRAY,
    ends_a_declaration,
    is_common,
    names_in_opening,
)
from saps.decoding.english.vocabulary import word_set

# The names that generated texts give; "i" comes last, since it reads as a pronoun. Published texts
# use k and l too: these count as names of a person's own, and get a letter that every model knows.
LETTERS = tuple("abcdefghji")
_SPARE = ("k", "l")  # where those do not suffice

# What may stand between a kind and its name: "a list of numbers called xs".
_CALLED = word_set("called named denoted labelled labeled")
# An "a" before one of these is an article.
AFTER_ARTICLE = KIND_NOUNS | word_set(
    "positive negative natural whole prime single given sorted certain non real character digit "
    "function program letter hundred thousand million billion third"
)
# What the published texts say is no name unless it is declared.
_ORDINARY = frozenset(word for word in published_words() if len(word) > 1)
# What stands before a kind where that is followed by a name.
_DECLARING = word_set("a an of given have get got two three some")
# A letter of any alphabet may be in a word, but no raised digit.
_TOKEN = re.compile(r"[^\W\d_](?:[^\W²³¹⁰-⁹])*|[0-9]+(?:[eE][0-9]+\b)?|\S")
_ARTICLE = re.compile(r"\bthe\s+$", re.IGNORECASE)
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Naming:
    """A text whose arguments have letters for names.

    Attributes:
        text: with every name replaced by its letter.
        names: letter to the name that was given, only where they differ.
    """

    text: str
    names: Mapping[str, str]


def name_by_letters(
    text: str, declared: Iterable[str], known_words: Container[str], given: Iterable[str] = ()
) -> Naming:
    """Replace argument names of more than one letter, or beyond "l", by free letters.

    "Given a list nums and a number n" becomes "Given a list a and a number b". A name is what was
    declared, what looks like an identifier (`my_list`, `xs2`, backquoted), what follows "called",
    an unknown word after a kind of value, a common one there where the text opens with its
    arguments, and a single letter from m to z.

    Args:
        text: as it was typed.
        declared: names that are arguments for sure.
        known_words: words that a model has read; these are no names unless declared.
        given: letters that stand for themselves whatever the text says.
    """
    tokens = _tokens(text)
    declared = tuple(declared)
    found = _find_names(text, tokens, frozenset(name.lower() for name in declared), known_words)
    spelled = {name.lower(): name for name in reversed(found)} | {
        name.lower(): name for name in declared if not _is_letter(name)
    }
    free = _free_letters(tokens, given)
    order = dict.fromkeys([*(name.lower() for name in found), *spelled])
    letter_of = dict(zip((key for key in order if key in spelled), free, strict=False))
    # "The words", where `words` is an argument, is that argument; "the sum" may be another sum.
    nouns = {x for x in order if len(x) > 1 and (x in KIND_NOUNS or x not in _ORDINARY)}
    nouns |= {x.lower() for x in declared if x.lower() not in _ORDINARY}
    common = {x for x in order if x in _ORDINARY | KIND_NOUNS} - {x.lower() for x in declared}
    words = [token.text.lower() for token in tokens]
    pieces, done = [], 0
    for place, token in enumerate(tokens):
        letter = letter_of.get(words[place])
        is_word = words[place] in common and is_common(words, place)
        if letter is not None and not is_word and not _is_suffix(text, token):
            before = text[done : token.start]
            if words[place] in nouns and not _counts_what_follows(tokens, place):
                before = _ARTICLE.sub("", before)
            pieces += [before, letter]
            done = token.end
    return Naming(
        "".join([*pieces, text[done:]]), {letter_of[key]: spelled[key] for key in letter_of}
    )


def _counts_what_follows(tokens: Sequence[_Token], place: int) -> bool:
    """Whether the token is a letter before a word: "the k largest", where "the" is of "largest"."""
    following = tokens[place + 1].text if place + 1 < len(tokens) else ""
    return len(tokens[place].text) == 1 and following.isalpha()


def free_letters(text: str, given: Iterable[str] = ()) -> list[str]:
    """Return the letters that a text leaves for further names, the best first.

    None is "a", which reads as an article and is what an argument without a letter gets, and none
    is "k" or "l".

    Args:
        text: with letters for names.
        given: letters that are names whatever the text says.
    """
    free = _free_letters(_tokens(text), given)
    return [letter for letter in free if letter not in ("a", *_SPARE)]


def _tokens(text: str) -> list[_Token]:
    return [_Token(match[0], match.start()) for match in _TOKEN.finditer(text)]


def _free_letters(tokens: Sequence[_Token], given: Iterable[str]) -> list[str]:
    spare = (token.text.lower() for token in tokens if token.text.lower() in _SPARE)
    taken = {*_letters(tokens), *given, *spare}
    return [letter for letter in (*LETTERS, *_SPARE) if letter not in taken]


def _find_names(
    text: str, tokens: Sequence[_Token], declared: Container[str], known_words: Container[str]
) -> list[str]:
    found: list[str] = []
    lowered: set[str] = set()
    words = [token.text.lower() for token in tokens]
    for place, token in enumerate(tokens):
        if not token.text[0].isalpha() or _is_letter(token.text) or _is_suffix(text, token):
            continue
        if (
            token.text.lower() in declared
            or len(token.text) == 1
            or _looks_like_identifier(text, token)
            or _follows_a_kind(words, place, known_words, lowered)
            or names_in_opening(words, place, lowered)
        ):
            found.append(token.text)
            lowered.add(token.text.lower())
    return found


def _looks_like_identifier(text: str, token: _Token) -> bool:
    fenced = text[max(0, token.start - 1) : token.start] + text[token.end : token.end + 1]
    return (
        fenced in ("``", "$$")
        or "_" in token.text
        or any(character.isdigit() for character in token.text)
        or _INNER_CAPITAL.search(token.text) is not None
    )


def _follows_a_kind(
    words: Sequence[str], place: int, known_words: Container[str], names: Container[str]
) -> bool:
    """Whether the token stands where a name does: "a list xs", "strings foo and bar"."""
    before = words[max(0, place - 2) : place]
    if not before:
        return False
    if before[-1] in _CALLED:
        return True
    word = words[place]
    if word in _ORDINARY or word in NUMBER_WORDS or word in KINDS_OF_ARRAY:
        return False
    # "Given a list prices and ..." has a name though "prices" may be known; "numbers above" none.
    if word in known_words and before[-1] in KIND_NOUNS and before[0] not in _DECLARING:
        return False
    if before[-1] in KIND_NOUNS:
        # "Numbers foo and bar"; but "numbers summing to ten" has no name.
        return ends_a_declaration(words, place)
    goes_on = before[-1] in ("and", ",") and len(before) > 1 and before[0] in names
    return goes_on and ends_a_declaration(words, place)


def _letters(tokens: Sequence[_Token]) -> set[str]:
    """Return the letters that are names already; an article is none."""
    letters = set()
    for place, token in enumerate(tokens):
        after = tokens[place + 1].text.lower() if place + 1 < len(tokens) else ""
        letter = token.text.lower()
        if _is_letter(token.text) and not (letter == "a" and after in AFTER_ARTICLE):
            letters.add(letter)
    return letters


def _is_letter(name: str) -> bool:
    return len(name) == 1 and name.lower() in LETTERS


def _is_suffix(text: str, token: _Token) -> bool:
    """Whether the token is the end of a word: the "s" of "what's"."""
    return token.start > 1 and text[token.start - 1] in "'’" and text[token.start - 2].isalpha()
