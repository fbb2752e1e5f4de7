"""How much of the words a tokenizer has as single pieces."""

from dataclasses import dataclass

import numpy as np

from saps.data.encoded_split import EncodedSplit
from saps.data.tokenizer import UNKNOWN_ID, Tokenizer


@dataclass(frozen=True, slots=True)
class Coverage:
    """The words of a split: how many there are, are one piece, hold an unknown piece.

    The rest is spelled out of several known pieces.
    """

    n_words: int
    n_whole: int
    n_unknown: int

    @classmethod
    def of(cls, split: EncodedSplit, tokenizer: Tokenizer) -> "Coverage":
        """Count the words of a split that this tokenizer encoded."""
        if not len(split.pieces):
            return cls(0, 0, 0)
        starts = np.asarray(tokenizer.starts_word())[split.pieces]
        starts[split.piece_ends[:-1]] = True
        first = np.flatnonzero(starts)
        n_pieces = np.diff(np.append(first, len(starts)))
        n_strange = np.add.reduceat((split.pieces == UNKNOWN_ID).astype(np.int64), first)
        n_whole = np.count_nonzero((n_pieces == 1) & (n_strange == 0))
        return cls(len(first), int(n_whole), int(np.count_nonzero(n_strange)))

    def __str__(self) -> str:
        n = max(self.n_words, 1)
        return (
            f"{self.n_whole}/{self.n_words} words ({100 * self.n_whole / n:.2f} %) are one piece, "
            f"{self.n_unknown} ({100 * self.n_unknown / n:.2f} %) hold an unknown one"
        )
