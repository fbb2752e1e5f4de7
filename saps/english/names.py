"""The names that a person gave to arguments, found in a text."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from saps.english.vocabulary import word_set

LETTERS: Final = tuple("abcdefghjkli")
"""The letters that a model knows arguments by; "i" comes last, since it reads as a pronoun."""

KIND_NOUNS: Final = word_set(
    "array arrays list lists vector vectors sequence sequences number numbers integer integers "
    "int ints string strings word words text texts sentence sentences value values matrix grid"
)
# Names that are words of no text: these are names wherever they stand.
_USUAL: Final = word_set(
    "xs ys zs vs ws ns ps nums num arr arr1 arr2 lst lst1 lst2 vals val strs str1 str2 idx mat "
    "len1 seq vec qty amt tmp ss ts bs cs ds"
)
_CALLED: Final = word_set("called named denoted labelled labeled say")
# What follows an article; before anything else a lone "a" is a name.
_GOES_ON: Final = word_set(
    "and or is are by from to with in of than if then as plus minus times has does was holds into "
    "be for at that which such where when divided multiplied modulo mod equals while"
)
_DETERMINERS: Final = word_set("the my this that these those each every some any all its our your")
_FUNCTION_WORDS: Final = (
    _GOES_ON
    | _DETERMINERS
    | word_set(
        "a an but not it i you we they he she them so please how what who can will should would "
        "no only there sorted given containing where whose without whether why yes "
        "whatever whichever something anything nothing everything hello hi thanks"
    )
)
LITERAL_MARK: Final = "\x00"
"""What stands in a text in the place of a literal."""
_NO_NAMES: Final = frozenset({"true", "false", "none", "null"})
_BEFORE_YOU: Final = word_set("can could would will do did if when what how thank love should")
_AFTER_YOU: Final = word_set("can could have need know get want give make help please pls would")
_TOKEN: Final = re.compile(
    r"[A-Z]{1,2}\$?\d{1,4}:\$?[A-Z]{1,2}\$?\d{1,4}|[^\W\d]\w*|\d+(?:\.\d+)?|"
    r"===|!==|\.\.\.|=>|->|<=|>=|==|!=|<>|\*\*|//|&&|\|\||\+\+|\S"
)
_INNER_CAPITAL: Final = re.compile(r"[a-z][A-Z]")
_RANGE: Final = re.compile(r"[A-Z]{1,2}\$?\d{1,4}:\$?[A-Z]{1,2}\$?\d{1,4}")
_VARIABLES: Final = r"(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)"
_BOUND: Final = (
    re.compile(
        r"\bfor\s+(?:each\s+|every\s+|all\s+)?\(?(?:(?:let|const|var|int)\s+)?"
        rf"{_VARIABLES}\)?\s+(?:in|of)\b"
    ),
    re.compile(rf"\(?{_VARIABLES}\)?\s*=>"),
    re.compile(rf"\blambda\s+{_VARIABLES}\s*:"),
    re.compile(r"\|(?P<names>[a-z](?:\s*,\s*[a-z])*)\|"),
)
# The letters of variables that a text binds itself, so that none reads as an argument.
_OTHERS: Final = tuple("xyzwvu")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark of a text, with its place."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens_of(text: str) -> list[Token]:
    """Return the words, numbers and marks of a text; a range of cells is one token."""
    return [Token(match[0], match.start()) for match in _TOKEN.finditer(text)]


def bound_variables(text: str) -> frozenset[str]:
    """Return the names that code in a text binds: `x` of "x for x in xs" and of "x => x + 1"."""
    found: set[str] = set()
    for pattern in _BOUND:
        for match in pattern.finditer(text):
            found.update(re.findall(r"[A-Za-z_]\w*", match["names"]))
    return frozenset(found)


def find_names(text: str, tokens: Sequence[Token], backquoted: Container[str]) -> list[str]:
    """Return what a text that declares nothing calls its arguments, in the order of mention.

    A name is what looks like an identifier, what is in backquotes, a lone letter that is neither an
    article nor bound by code, what follows "called" or a kind of value ("a list prices"), and a
    range of cells. A noun of the text ("the prices") is none.
    """
    bound = bound_variables(text)
    found: dict[str, None] = {}
    lower = [token.text.lower() for token in tokens]
    for place, token in enumerate(tokens):
        word = token.text
        if not (word[0].isalpha() or word[0] == "_") or word in bound or _is_call(tokens, place):
            continue
        if place and tokens[place - 1].text in ("'", "’") and len(word) == 1:
            continue  # the "s" of "what's"
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if (word == "a" and after == LITERAL_MARK) or lower[place] in _NO_NAMES:
            continue  # "a comma"
        if (
            _RANGE.fullmatch(word)
            or word in backquoted
            or lower[place] in _USUAL
            or _is_identifier(word)
            or (len(word) == 1 and not is_article(tokens, place))
            or _follows_kind(lower, place, found)
        ):
            found.setdefault(word)
    return list(found)


def is_article(tokens: Sequence[Token], place: int) -> bool:
    """Whether a lone letter is the article "a", the pronoun "I", or no name for another reason."""
    word = tokens[place].text
    after = tokens[place + 1].text.lower() if place + 1 < len(tokens) else "."
    before = tokens[place - 1].text.lower() if place else "."
    if word in ("a", "A"):
        return (after.isalpha() and after not in _GOES_ON and len(after) > 1) or after.isdigit()
    if word == "u" and (before in _BEFORE_YOU or after in _AFTER_YOU):
        return True
    if word == "i" and after in ("'", "’"):  # "i've"
        return True
    if word == "I" or word == "i":
        return word == "I" or (after.isalpha() and len(after) > 1 and after not in _GOES_ON)
    if word in ("s", "t", "d", "m") and before in ("'", "’"):
        return True
    return before in ("'", "’", ".") and after == "."  # "e.g.", "i.e."


def _is_identifier(word: str) -> bool:
    if word.isupper():  # AVERAGEIF, A1
        return any(c.isdigit() for c in word) or "_" in word.strip("_")
    return (
        "_" in word.strip("_")
        or any(c.isdigit() for c in word)
        or bool(_INNER_CAPITAL.search(word))
    )


def _is_call(tokens: Sequence[Token], place: int) -> bool:
    """Whether a word is glued to "(", or follows a dot: a function or a method."""
    token = tokens[place]
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    glued = (
        after is not None and after.text == "(" and after.start == token.end and len(token.text) > 1
    )
    before = tokens[place - 1] if place else None
    is_method = (
        before is not None and before.text == "." and before.end == token.start and place > 1
    )
    return glued or is_method


def _follows_kind(words: Sequence[str], place: int, names: Mapping[str, None]) -> bool:
    """Whether a word stands where a name does: "a list xs", "two strings foo and bar"."""
    before = words[max(0, place - 2) : place]
    word = words[place]
    if not before or word in _FUNCTION_WORDS or word in KIND_NOUNS or not word.isalpha():
        return False
    after = words[place + 1] if place + 1 < len(words) else "."
    if before[-1] in _CALLED and before[0] not in ("to", "i", "you"):
        return True
    ends = after in (",", ".", ";", ":", "and", "?", ")", "return", "find", "count")
    if (
        before[-1] in KIND_NOUNS
        and len(before) > 1
        and before[0] in ("a", "an", "of", "two", "some")
    ):
        return ends and not word.endswith("ing")
    joined = before[-1] in ("and", ",") and len(before) > 1 and before[0] in names
    return joined and ends and len(word) < 4


@dataclass(frozen=True, slots=True)
class Mention:
    """A place of a text where an argument is called by its name.

    Attributes:
        first, last: the tokens, the last one included.
        name: of the argument, as it was declared.
    """

    first: int
    last: int
    name: str


def mentions(tokens: Sequence[Token], names: Iterable[str]) -> Iterator[Mention]:
    """Yield where names stand, in any case; "total cost" mentions `total_cost` too."""
    spelled = {tuple(_words(name)): name for name in names}
    spelled |= {(name.lower(),): name for name in names}
    longest = max((len(words) for words in spelled), default=0)
    lower = [token.text.lower() for token in tokens]
    place = 0
    while place < len(tokens):
        for width in range(min(longest, len(tokens) - place), 0, -1):
            name = spelled.get(tuple(lower[place : place + width]))
            if name is not None and not (width == 1 and _is_no_mention(tokens, place, name)):
                yield Mention(place, place + width - 1, name)
                place += width - 1
                break
        place += 1


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ")
    return spaced.lower().split() or [name.lower()]


def _is_no_mention(tokens: Sequence[Token], place: int, name: str) -> bool:
    if len(name) == 1:
        return is_article(tokens, place)
    return _is_call(tokens, place)


def renamed_letters(bound: Iterable[str]) -> dict[str, str]:
    """Return other letters for bound variables that read as arguments: `a` of "a => a + 1"."""
    taken = {name for name in bound if name in _OTHERS}
    free = (letter for letter in _OTHERS if letter not in taken)
    return {name: next(free, "x") for name in sorted(bound) if len(name) == 1 and name in LETTERS}
