"""Which training tasks are said in other words, and how often each is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from saps.data.example import Example
from saps.data.paraphrase import Paraphraser
from saps.data.retelling.quota import Quota
from saps.data.retelling.reteller import Reteller


@dataclass(frozen=True, slots=True)
class Rewording:
    """What becomes of the training texts before they are encoded.

    Attributes:
        paraphraser: puts other words in the place of some; None puts none.
        reteller: tells tasks anew from their programs; None tells none.
        quota: how often each kind of task is told at the least, each time anew; None tells each
            task once.

    Raises:
        ValueError: there is a quota, and no reteller to tell tasks more than once.
    """

    paraphraser: Paraphraser | None = None
    reteller: Reteller | None = None
    quota: Quota | None = None

    def __post_init__(self) -> None:
        if self.quota is not None and self.reteller is None:
            raise ValueError("a quota needs a reteller")

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides the texts, for the key of a cache."""
        parts = (self.paraphraser, self.reteller, self.quota)
        return tuple(() if part is None else part.identity for part in parts)

    def all_of(self, examples: Sequence[Example], seed: int) -> Iterator[Example]:
        """Yield the tasks as they are to be learned, each once or more.

        Args:
            examples: the training split.
            seed: decides, with a task's text, every choice.
        """
        more = [0] * len(examples) if self.quota is None else self.quota.missing(examples)
        for example, times in zip(examples, more, strict=True):
            rng = Random(f"{seed}:{example.text}")
            yield self._told(example, rng)
            if self.reteller is not None:
                for _ in range(times):
                    yield self.reteller.retell(example, rng)

    def _told(self, example: Example, rng: Random) -> Example:
        if self.reteller is not None:
            told = self.reteller(example, rng)
            if told is not example:
                return told
        if self.paraphraser is None:
            return example
        return replace(example, text=self.paraphraser(example.text, rng))
