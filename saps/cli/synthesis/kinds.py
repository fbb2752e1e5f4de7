"""The kinds of tasks that are known, those nearest to a text."""

from collections import Counter
from math import fsum, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from saps.data.generator.specimen import Specimen

_N_SHOWN = 3


def closest_kinds(text: str) -> list[str]:
    """Return example texts of the families whose words are most like those of a text.

    A word counts the more, the fewer families have it.

    Args:
        text: in the form of the data.
    """
    specimens = _specimens()
    of_family = [set(specimen.text.split()) for specimen in specimens]
    n_having = Counter(word for words in of_family for word in words)
    weight = {word: log(len(specimens) / n) for word, n in n_having.items()}
    wanted = {word for word in text.split() if word in weight}

    def likeness(words: set[str]) -> float:
        # Exact sums, for a set's order, which each process has another of, would break the ties.
        shared = fsum(weight[word] for word in words & wanted)
        return shared / sqrt(1 + fsum(weight[word] for word in words))

    ranked = sorted(
        range(len(specimens)), key=lambda i: (-likeness(of_family[i]), len(of_family[i]), i)
    )
    return [specimens[i].text for i in ranked[:_N_SHOWN] if likeness(of_family[i]) > 0]


def _specimens() -> "list[Specimen]":
    from saps.data.generator.catalogue import default_catalogue
    from saps.data.generator.specimen import specimen

    catalogue = default_catalogue()
    return [specimen(family, catalogue) for family in catalogue.families]
