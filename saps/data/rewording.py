"""Which training tasks are said in other words, and how often each is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from saps.data.example import Example
from saps.data.paraphrase import Paraphraser
from saps.data.retelling.reteller import Reteller


@dataclass(frozen=True, slots=True)
class Rewording:
    """What becomes of the training texts before they are encoded.

    Attributes:
        paraphraser: puts other words in the place of some; None puts none.
        reteller: tells tasks anew from their programs; None tells none.
        extra: how many more times a task is told whose program is short, each time anew.
        short: the most symbols of such a program.

    Raises:
        ValueError: `extra` is below 0, or there is no reteller to tell tasks more than once.
    """

    paraphraser: Paraphraser | None = None
    reteller: Reteller | None = None
    extra: int = 0
    short: int = 12

    def __post_init__(self) -> None:
        if not isinstance(self.extra, int) or self.extra < 0:
            raise ValueError(f"extra={self.extra}: must be a whole number from 0")
        if self.extra and self.reteller is None:
            raise ValueError(f"extra={self.extra}: retelling needs a rate")

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides the texts, for the key of a cache."""
        parts = (self.paraphraser, self.reteller)
        told = [() if part is None else part.identity for part in parts]
        return (*told, self.extra, self.short)

    def all_of(self, example: Example, seed: int) -> Iterator[Example]:
        """Yield the task as it is to be learned, once or more.

        Args:
            example: a task of the training split.
            seed: decides, with the task's text, every choice.
        """
        rng = Random(f"{seed}:{example.text}")
        yield self._told(example, rng)
        if self.extra and self.reteller is not None and example.program.size <= self.short:
            for _ in range(self.extra):
                yield self.reteller.retell(example, rng)

    def _told(self, example: Example, rng: Random) -> Example:
        if self.reteller is not None:
            told = self.reteller(example, rng)
            if told is not example:
                return told
        if self.paraphraser is None:
            return example
        return replace(example, text=self.paraphraser(example.text, rng))
