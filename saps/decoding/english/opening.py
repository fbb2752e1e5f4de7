"""Common words that are names where a text says what its arguments are: "numbers first and last".

Elsewhere "first" is a word like another: "the first of the numbers".
"""

from collections.abc import Container, Sequence
from typing import Final

from saps.decoding.english.vocabulary import word_set

KIND_NOUNS: Final = word_set(
    "array arrays list lists vector vectors sequence sequences number numbers integer integers "
    "int ints string strings word words text texts sentence sentences value values"
)
KINDS_OF_ARRAY: Final = word_set("array arrays list lists vector vectors sequence sequences")
_KINDS_OF_TEXT: Final = word_set("string strings text texts word words")
# Kinds that are names after another kind: "a list of strings words", "a string text".
_NAMES_OF_ARRAYS: Final = word_set("numbers integers strings words values texts sentences")
_NAMES_OF_TEXTS: Final = word_set("text word sentence value")
# Of the published words those that a person may have for names; "sorted" and "only" are none.
_NAMES: Final = word_set(
    "average avg begin beginning character coordinates count difference digit digits "
    "element elements end even first half head highest increment index individual largest last "
    "left length letter lowest max maximum mean median middle min minimal minimum negative "
    "odd position positions positive prefix previous prime product range rest result right second "
    "segment smallest start sum"
)
_OPENINGS: Final = word_set("given consider let suppose assume")
_HAVING: Final = frozenset({("i", "have"), ("we", "have"), ("you", "have")})
COMMANDS: Final = word_set(
    "find return compute calculate count get give tell output print determine check what how which"
)
_SENTENCE_ENDS: Final = frozenset(".;:?!")
_BEFORE_A_KIND: Final = _OPENINGS | word_set(
    "a an of have and , two three four some integer number"
)
_DETERMINERS: Final = word_set("the a an each every")
# What "the first" and "a prime" are about.
_PARTS: Final = KIND_NOUNS | word_set(
    "element elements item items entry entries letter letters character characters digit digits "
    "half"
)


def names_in_opening(words: Sequence[str], place: int, names: Container[str]) -> bool:
    """Whether a common word has the place of a name: after a kind, or joined to another name.

    Args:
        words: of a text, in lower case.
        place: of the word.
        names: that were found before it.
    """
    word, before, after = words[place], _word(words, place - 1), _word(words, place + 1)
    if not (ends_a_declaration(words, place) or after == "be"):
        return False
    if not _is_in_opening(words, place, names):
        return False
    if before in ("and", ","):
        joined = after == "be" or _word(words, place - 2) in names
        return joined and word in _NAMES | _NAMES_OF_TEXTS
    if before == "let":
        return word in _NAMES
    return _is_kind(words, place - 1) and (word in _NAMES or _is_kind_as_name(words, place))


def ends_a_declaration(words: Sequence[str], place: int) -> bool:
    """Whether what follows a word may follow a declaration."""
    after = _word(words, place + 1)
    if after == "of":  # "an array xs of numbers"
        return _word(words, place + 2) in KIND_NOUNS
    commands = after in COMMANDS and words[place] not in COMMANDS  # "return how many" has two
    return commands or after in {",", ".", ";", ":", "and", "?"}


def is_common(words: Sequence[str], place: int) -> bool:
    """Whether a word that is also a name is used as the common word: "the first letter"."""
    before, after = _word(words, place - 1), _word(words, place + 1)
    is_kind_of_itself = after == words[place]  # "a list of numbers numbers"
    return is_kind_of_itself or (before in _DETERMINERS and after in _PARTS)


def _word(words: Sequence[str], place: int) -> str:
    """Return a word of a text; before and after it, there are full stops."""
    return words[place] if 0 <= place < len(words) else "."


def _is_in_opening(words: Sequence[str], place: int, names: Container[str]) -> bool:
    """Whether the sentence began to say what there is, and no command has followed."""
    for at in range(place - 1, -1, -1):
        word = words[at]
        if word in _SENTENCE_ENDS or (word in COMMANDS and word not in names):
            return False
        if word in _OPENINGS or (_word(words, at - 1), word) in _HAVING:
            return True
    return False


def _is_kind(words: Sequence[str], place: int) -> bool:
    """Whether a kind stands at a place, and not "these numbers"."""
    return words[place] in KIND_NOUNS and _word(words, place - 1) in _BEFORE_A_KIND


def _is_kind_as_name(words: Sequence[str], place: int) -> bool:
    """Whether a kind is the name after another: "strings words", but not "integer array"."""
    kind, word = words[place - 1], words[place]
    if _word(words, place + 1) == "of":  # "array strings of ..."
        return False
    if kind in KINDS_OF_ARRAY or _word(words, place - 2) == "of":
        return word in _NAMES_OF_ARRAYS
    return kind in _KINDS_OF_TEXT and word in _NAMES_OF_TEXTS
