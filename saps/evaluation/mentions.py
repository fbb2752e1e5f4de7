"""Where a text speaks of an argument by its letter."""

from collections.abc import Collection, Sequence
from typing import Final

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
