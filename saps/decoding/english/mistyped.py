"""Common words with two letters swapped: "teh lsit of nubmers".

They are mended before anything else is read, for a list that is none gets no name. A word that is
mistyped in another way, or is not as common, is mended last, by the words that a model has read:
`Vocabulary.spelling`.
"""

import re
from collections.abc import Container, Iterator
from typing import Final

from saps.decoding.english.edits import Edit
from saps.decoding.english.vocabulary import word_set

_COMMON: Final = word_set(
    "the and how what which that than with many each find given return compute count list lists "
    "array arrays number numbers integer integers string strings word words value values element "
    "elements sum product length times plus minus divided divisible largest smallest minimum "
    "maximum sorted reverse between greater less equal even first second where whether"
)
# Quoted words are values, and what is joined to a sign or a digit is a name.
_WORD: Final = re.compile(r"(?<![\w`\"'’-])[A-Za-z]{3,}(?![\w`\"'’(-])")


def _slips(word: str) -> Iterator[str]:
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


_MEANT: Final = {
    slip: word for word in sorted(_COMMON) for slip in _slips(word) if slip not in _COMMON
}


def mistyped(text: str, names: Container[str] = ()) -> Iterator[Edit]:
    """Mend common words with two letters swapped.

    Args:
        text: as a person typed it.
        names: of arguments, in lower case; these are as they were meant.
    """
    for match in _WORD.finditer(text):
        typed = match[0]
        meant = _MEANT.get(typed.lower())
        if meant is not None and typed.lower() not in names:
            yield Edit(*match.span(), meant.capitalize() if typed[0].isupper() else meant)
