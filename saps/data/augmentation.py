"""Changes to training texts that keep their meaning."""

import numpy as np

from saps.data.batching import Indexes
from saps.data.tokenizer import Tokenizer

# Words that a hasty writer leaves out. No article: "a" may be the name of an argument.
FILLERS = frozenset(
    {"you", "are", "is", "the", "and", "of", "your", "task", "to", "find"}
    | {"given", "what", "that", "in", "it", "be", "compute", "consider"}
)


class FillerDropout:
    """Leaves out filler words of some texts, as in "you given numbers a b , your is find a + b".

    The last table of seed 001 has specifications of this kind.
    """

    def __init__(self, tokenizer: Tokenizer, *, text_rate: float, word_rate: float) -> None:
        """Set how often.

        Args:
            tokenizer: only fillers that are one piece of it are dropped.
            text_rate: share of the texts that lose words, in [0, 1].
            word_rate: the chance of each filler in such a text, in [0, 1].

        Raises:
            ValueError: a rate is outside [0, 1].
        """
        if not (0 <= text_rate <= 1 and 0 <= word_rate <= 1):
            raise ValueError(f"text_rate={text_rate}, word_rate={word_rate}: must be in [0, 1]")
        ids = [tokenizer.whole_word_id(word) for word in sorted(FILLERS)]
        self._fillers = np.asarray([i for i in ids if i is not None], dtype=np.int64)
        self.text_rate = text_rate
        self.word_rate = word_rate

    def __call__(self, pieces: Indexes, generator: np.random.Generator) -> Indexes:
        """Return the pieces, (t,), perhaps without some fillers; never empty."""
        if generator.random() >= self.text_rate:
            return pieces
        dropped = np.isin(pieces, self._fillers) & (generator.random(len(pieces)) < self.word_rate)
        return pieces if dropped.all() else pieces[~dropped]
