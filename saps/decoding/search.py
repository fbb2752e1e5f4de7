"""What all searches have in common."""

from collections.abc import Sequence
from typing import Protocol

from saps.data.symbols import SymbolTable
from saps.decoding.prediction import Prediction
from saps.decoding.request import Request
from saps.decoding.scorer import Scorer


class Search(Protocol):
    """A way of finding programs; conf/decoding has one file for each.

    Attributes:
        n_examples: tests of a task that an evaluation may show to the search.
    """

    @property
    def n_examples(self) -> int: ...

    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the programs found for each text, distinct, the best first.

        Args:
            scorer: a network that has read the texts.
            symbols: what its labels mean.
            requests: what is known of each program; None where nothing is.
        """
        ...
