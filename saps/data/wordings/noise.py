"""Rewordings of a task that keep its meaning; one that is in doubt is not made."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Final

from saps.data.example import Example
from saps.data.tasks.composer import UNNAMED

# Spoils texts on purpose, for studies of robustness: the program stays what it was.


def _by_word(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split())


SYNONYMS = {
    word: tuple(others.split(","))
    for word, others in _by_word(
        "find:compute,get,return compute:find,calculate given:having consider:take "
        "elements:items,values values:elements,entries number:integer numbers:integers array:list "
        "arrays:lists string:text largest:biggest,greatest smallest:lowest,least "
        "greater:larger,higher smaller:lower sum:total length:size position:index,place "
        "reversed:inverted"
    ).items()
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Noise:
    """How often each word suffers each fate, from 0 to 1; all 0 leaves texts as they are.

    Attributes:
        dropped: the word is left out.
        swapped: it changes places with the next one.
        synonym: another word takes its place, perhaps one that the data never uses.
        typo: one letter is left out, doubled, exchanged or replaced; names are spared.
    """

    dropped: float = 0.0
    swapped: float = 0.0
    synonym: float = 0.0
    typo: float = 0.0

    def __post_init__(self) -> None:
        for rate in fields(self):
            value = getattr(self, rate.name)
            if not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ValueError(f"noise.{rate.name} is {value!r}, expected a rate from 0 to 1")

    def __bool__(self) -> bool:
        return any(getattr(self, rate.name) > 0 for rate in fields(self))

    def spoil(self, text: str, rng: Random) -> str:
        """Return the text with its words treated at the given rates."""
        words = [word for word in text.split() if rng.random() >= self.dropped]
        for i in range(len(words) - 1):
            if rng.random() < self.swapped:
                words[i], words[i + 1] = words[i + 1], words[i]
        return " ".join(self._spoil_word(word, rng) for word in words) or text

    def _spoil_word(self, word: str, rng: Random) -> str:
        if word in SYNONYMS and rng.random() < self.synonym:
            return rng.choice(SYNONYMS[word])
        if len(word) > 2 and word.isalpha() and rng.random() < self.typo:
            return _mistype(word, rng)
        return word


def _mistype(word: str, rng: Random) -> str:
    i = rng.randrange(len(word) - 1)
    left, letter, following, right = word[:i], word[i], word[i + 1], word[i + 2 :]
    wrong = (following, 2 * letter + following, following + letter)
    return left + rng.choice((*wrong, rng.choice(_LETTERS) + following)) + right


# Where a text speaks of an argument by its letter.

# The letter a is also an article. What may follow tells which it is: an article comes before a
# noun or what describes one, an argument before punctuation and the words that hold clauses
# together. Both lists are closed; any other word leaves it in doubt.
_NOUNS: Final = (
    "number numbers integer string array segment subsequence prefix subarray sequence digit "
    "single word letter character value position way list set space whitespace"
)
_LINKS: Final = (
    ", . ; : ? ) ( + - * / % and or but in of at to from by with without on is are be being has "
    "have having can that which who whose where such than as if when till until into after before "
    "between up except excluding including omitting among over not only does do equals equal "
    "plus minus times added multiplied divided incremented decremented squared reversed doubled "
    "summed rounded replaced joined separated located written made read reads consisting "
    "appearing appears going goes begins starts starting ends ending exceeds smaller less lower "
    "larger greater bigger higher longer shorter itself inclusive exclusive"
)
_AFTER_ARTICLE: Final = frozenset(_NOUNS.split())
_AFTER_ARGUMENT: Final = frozenset(_LINKS.split())


def find_mentions(tokens: Sequence[str], names: Collection[str]) -> dict[int, str]:
    """Return which tokens name an argument, by their place.

    Empty when some token may or may not be a mention: then nothing about the text is sure.
    """
    mentions = {}
    for place, word in enumerate(tokens):
        if word not in names:
            continue
        following = tokens[place + 1] if place + 1 < len(tokens) else "."
        if word != "a" or following in _AFTER_ARGUMENT:
            mentions[place] = word
        elif following not in _AFTER_ARTICLE:
            return {}
    return mentions


@dataclass(frozen=True, slots=True)
class Rewording:
    """One kind of change.

    Attributes:
        kind: names it in reports.
        apply: returns the changed task, always the same one for the same task; None where this
            kind does not apply.
    """

    kind: str
    apply: Callable[[Example], Example | None]


# "i" is spared: it reads as a pronoun, and "a" as an article.
_NEW_LETTERS: Final = "bcdefghjkl"


def rename_arguments(example: Example) -> Example | None:
    """Give every argument a letter that the text does not have, in text, program and tests."""
    tokens = example.text.split(" ")
    mentions = find_mentions(tokens, example.arguments)
    free = [letter for letter in _NEW_LETTERS if letter not in tokens]
    if not mentions or len(free) < len(example.arguments):
        return None
    if set(example.arguments) - set(mentions.values()):
        return None  # an argument that has no letter in the text has none to change
    letters = Random(example.text).sample(free, len(example.arguments))
    new = dict(zip(example.arguments, letters, strict=True))
    renamed = [new[mentions[i]] if i in mentions else token for i, token in enumerate(tokens)]
    return example.renamed(new, " ".join(renamed))


# Each word with one that means the same wherever the word stands in such texts.
_SYNONYMS: Final = _by_word(
    "find:compute compute:find elements:values values:elements largest:biggest biggest:largest "
    "smallest:lowest lowest:smallest greater:bigger bigger:larger larger:greater index:position "
    "position:index indexes:positions indices:indexes positions:indexes mean:average "
    "average:mean letters:characters characters:letters ascending:increasing "
    "increasing:ascending descending:decreasing decreasing:descending"
)


def use_synonyms(example: Example) -> Example | None:
    """Replace every word that has a synonym."""
    words = example.text.split(" ")
    return _with_text(example, " ".join(_SYNONYMS.get(word, word) for word in words))


_FILLERS: Final = re.compile(r"\b(your task is to|you are(?= given)|the(?! given)) ")


def drop_fillers(example: Example) -> Example | None:
    """Leave out words that a hurried writer leaves out: `the`, `your task is to`, `you are`."""
    return _with_text(example, _FILLERS.sub("", example.text))


_OPENINGS: Final = (("you are given", "consider"), ("given", "consider"), ("consider", "given"))


def swap_opening(example: Example) -> Example | None:
    """Begin with `consider` where the text begins with `given`, and the other way round."""
    for old, new in _OPENINGS:
        if example.text.startswith(f"{old} "):
            return _with_text(example, new + example.text.removeprefix(old))
    return None


_MIN_TYPO_LETTERS: Final = 5


def make_typo(example: Example) -> Example | None:
    """Exchange two neighbouring letters inside one long word."""
    words = example.text.split(" ")
    places = [
        (i, j)
        for i, word in enumerate(words)
        if len(word) >= _MIN_TYPO_LETTERS and word.isalpha()
        for j in range(1, len(word) - 2)
        if word[j] != word[j + 1]
    ]
    if not places:
        return None
    i, j = Random(example.text).choice(places)
    word = words[i]
    words[i] = word[:j] + word[j + 1] + word[j] + word[j + 2 :]
    return _with_text(example, " ".join(words))


_NOUN: Final = r"an? (?:number|integer|string|array(?: of (?:numbers|integers|strings))?)"
_DECLARATION: Final = re.compile(
    rf"(?:you are given|given|consider) {_NOUN} [a-l](?: (?:,|and|, and) {_NOUN} [a-l])* ,"
)


def leave_unnamed(example: Example) -> Example | None:
    """Declare arguments without letters and call them `the given array`, `the given number`.

    Applies where the nouns tell the arguments apart, and the arguments are a, b, c, ... in the
    order of the text, as the letters of unnamed arguments are taken to be.
    """
    nouns = {name: UNNAMED.get(kind, "") for name, kind in example.arguments.items()}
    declaration = _DECLARATION.match(example.text)
    if declaration is None or "" in nouns.values() or len(set(nouns.values())) < len(nouns):
        return None
    tokens = example.text.split(" ")
    mentions = find_mentions(tokens, example.arguments)
    n_declared = len(declaration[0].split(" "))
    declared = [name for place, name in sorted(mentions.items()) if place < n_declared]
    if declared != list("abcdefghijkl"[: len(nouns)]) or set(declared) != set(nouns):
        return None
    kept = [token for place, token in enumerate(tokens[:n_declared]) if place not in mentions]
    asked = [
        f"the given {nouns[mentions[place]]}" if place in mentions else token
        for place, token in enumerate(tokens[n_declared:], n_declared)
    ]
    return _with_text(example, " ".join([*kept, *asked]))


def _with_text(example: Example, text: str) -> Example | None:
    return replace(example, text=text) if text != example.text else None


REWORDINGS: Final = (
    Rewording("argument letters renamed", rename_arguments),
    Rewording("synonyms", use_synonyms),
    Rewording("fillers dropped", drop_fillers),
    Rewording("opening swapped", swap_opening),
    Rewording("one typo", make_typo),
    Rewording("unnamed for named", leave_unnamed),
)
