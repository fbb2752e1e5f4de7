"""One specification, read: names to letters, free words to the data's words."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from saps.data.symbols import ARGUMENTS, CONSTANTS
from saps.data.tokenizer import QUOTES, normalise_typing
from saps.decoding.english.declaration import with_declarations, with_numbers
from saps.decoding.english.names import name_by_letters
from saps.decoding.english.notation import in_words
from saps.decoding.english.phrases import CLAUSE_STARTS, LONGEST, OPENINGS, PHRASES, STOPS
from saps.decoding.english.stand_ins import stand_in_for_numbers
from saps.decoding.english.vocabulary import Vocabulary, word_set

_VOWELS = frozenset("aeiou")
# Nouns before which the data write "a" or "an"; a letter before them is an article.
_ARTICLE_NOUNS = word_set("array number integer string word element index")
_PLURAL_KINDS = word_set("arrays numbers integers strings words")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a specification was read.

    Attributes:
        text: in the form of the data, for the model.
        names: the model's letter to the name in the text, only where they differ.
        changes: what was read as what; notation first, then numbers, each in the order of the text.
        unknown: words that the model never read, in the order of the text, each once.
        stand_ins: the model's letter to the number of the text that it stands for, as the language
            writes it. The model takes these letters for arguments.
    """

    text: str
    names: Mapping[str, str]
    changes: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    stand_ins: Mapping[str, str] = field(default_factory=dict)


def read_english(
    text: str,
    vocabulary: Vocabulary,
    arguments: Mapping[str, str] | None = None,
    leaves: Container[str] = (*CONSTANTS, *ARGUMENTS),
) -> Reading:
    """Bring free English half-way to the data's English.

    Case, articles, plurals, typography, other words for the same, spelling, names of arguments,
    numbers that the model has no label for.
    A text that is in the data's form already stays as it is.

    Args:
        text: as a person typed it.
        vocabulary: of the model.
        arguments: the names and types that were declared apart from the text; those that the
            text does not declare are declared at its start.
        leaves: symbols that the model can give to a leaf: its constants, its letters.
    """
    declared = dict(arguments or {})
    told = in_words(_with_single_spaces(text), declared)
    naming = name_by_letters(_with_single_spaces(told.text), declared, vocabulary, list(declared))
    letters = {name: letter for letter, name in naming.names.items()}
    types = {letters.get(name, name).lower(): kind for name, kind in declared.items()}
    numbers = stand_in_for_numbers(naming.text, vocabulary, leaves, types)
    tokens = _without_stops(normalise_typing(numbers.text).split(), vocabulary)
    tokens = _without_opening(tokens)
    changes = [*told.changes, *numbers.changes]
    tokens = list(_reworded(tokens, vocabulary, changes))
    tokens = _with_articles(tokens)
    tokens = with_declarations(tokens, types | dict.fromkeys(numbers.literals, "int"))
    tokens = with_numbers(tokens, numbers.literals)
    unknown = dict.fromkeys(
        token for token in tokens if token not in vocabulary and _is_word(token)
    )
    return Reading(" ".join(tokens), naming.names, tuple(changes), tuple(unknown), numbers.literals)


def _with_single_spaces(text: str) -> str:
    """Leave one space between words: patterns that allow for more take long where there are many.

    Lines stay lines, and quotes are plain.
    """
    lines = (" ".join(line.split()) for line in text.translate(QUOTES).splitlines())
    return "\n".join(line for line in lines if line)


def _is_word(token: str) -> bool:
    return token.isdigit() or (token.isalpha() and len(token) > 1)


def _without_stops(tokens: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Turn marks that the data do not have into commas, or drop them."""
    kept: list[str | None] = [
        STOPS[token]
        if token in STOPS and token not in vocabulary and not _is_apostrophe(tokens, place)
        else token
        for place, token in enumerate(tokens)
    ]
    return _with_single_commas(word for word in kept if word is not None)


def _with_single_commas(tokens: Iterable[str]) -> list[str]:
    """Leave one comma of several in a row, and none at either end."""
    words: list[str] = []
    for word in tokens:
        if word != "," or (words and words[-1] != ","):
            words.append(word)
    while words and words[-1] == ",":
        words.pop()
    return words


def _is_apostrophe(tokens: Sequence[str], place: int) -> bool:
    return tokens[place] == "'" and 0 < place < len(tokens) - 1 and tokens[place + 1].isalpha()


def _without_opening(tokens: Sequence[str]) -> list[str]:
    remaining = tuple(tokens)
    while opening := next((o for o in OPENINGS if remaining[: len(o)] == o), None):
        if len(remaining) == len(opening):
            break
        remaining = remaining[len(opening) :]
    return _with_single_commas(word for word in remaining if word != "please")


def _reworded(
    tokens: Sequence[str], vocabulary: Vocabulary, changes: list[tuple[str, str]]
) -> Iterator[str]:
    place = 0
    while place < len(tokens):
        ahead = tokens[place : place + LONGEST]
        starts_clause = place == 0 or tokens[place - 1] == ","
        found = _phrase(CLAUSE_STARTS, ahead, vocabulary) if starts_clause else None
        width, words = found or _replacement(ahead, vocabulary)
        old, new = " ".join(tokens[place : place + width]), " ".join(words)
        if new and old != new:
            changes.append((old, new))
        yield from words
        place += width


def _phrase(
    phrases: Mapping[tuple[str, ...], Sequence[str]], ahead: Sequence[str], vocabulary: Vocabulary
) -> tuple[int, Sequence[str]] | None:
    """Return the longest phrase that the tokens begin with, if a word of it was never read."""
    for width in range(len(ahead), 0, -1):
        left = tuple(ahead[:width])
        right = phrases.get(left)
        if right is not None and any(token not in vocabulary for token in left):
            return width, right
    return None


def _replacement(ahead: Sequence[str], vocabulary: Vocabulary) -> tuple[int, Sequence[str]]:
    """Return how many tokens are read together, and as what."""
    found = _phrase(PHRASES, ahead, vocabulary)
    if found is not None:
        return found
    token = ahead[0]
    if token in vocabulary or not token.isalpha() or len(token) == 1:
        return 1, [token]
    for form in _forms(token):
        if form in vocabulary:
            return 1, [form]
        if (form,) in PHRASES:
            return 1, PHRASES[(form,)]
    return 1, [vocabulary.spelling(token) or token]


def _forms(word: str) -> Iterable[str]:
    """Yield the singular and the plural of a word."""
    if word.endswith("ies"):
        yield word.removesuffix("ies") + "y"
    if word.endswith("es"):
        yield word.removesuffix("es")
    if word.endswith("s"):
        yield word.removesuffix("s")
    else:
        yield word + "s"
        yield word + "es"


def _with_articles(tokens: Sequence[str]) -> list[str]:
    """Write "an array", "a number"; "a numbers b", where "a" is no article, as "numbers a b"."""
    repaired = list(tokens)
    for place in range(len(tokens) - 2):
        first, noun, last = tokens[place : place + 3]
        if first == "a" and noun in _PLURAL_KINDS and len(last) == 1 and last.isalpha():
            repaired[place : place + 2] = [noun, first]
    for place, (token, after) in enumerate(pairwise(repaired)):
        if token in ("a", "an") and after in _ARTICLE_NOUNS:
            repaired[place] = "an" if after[0] in _VOWELS else "a"
    return repaired
