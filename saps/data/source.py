"""The file of a split: the hash of its contents, and its tasks, read when first asked for."""

import hashlib
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from random import Random

from saps.data.algolisp import DataError, find_split, load_split
from saps.data.example import Example
from saps.data.paraphrase import Paraphraser


class SplitSource:
    """The first `limit` tasks of one split of a data folder; all of them if it is None."""

    def __init__(
        self,
        folder: Path,
        split: str,
        limit: int | None,
        paraphraser: Paraphraser | None = None,
        seed: int = 0,
    ) -> None:
        """Choose a file.

        Args:
            folder: of the data.
            split: "train" or "dev".
            limit: take the first so many tasks.
            paraphraser: says the texts in other words; None leaves them as they are.
            seed: of the other words.

        Raises:
            DataError: there is no such file.
        """
        self.split = split
        self.path = find_split(folder, split)
        self.limit = limit
        self.paraphraser = paraphraser
        self.seed = seed

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides the tasks, for the key of a cache."""
        if self.paraphraser is None:
            return self.digest, self.limit
        return self.digest, self.limit, self.seed, *self.paraphraser.identity

    @cached_property
    def digest(self) -> str:
        """A hash of the file's bytes, in hexadecimal digits.

        Raises:
            DataError: the file can not be read.
        """
        return self._digest()

    @cached_property
    def examples(self) -> list[Example]:
        """The tasks.

        Raises:
            DataError: a line is no task, or the file became another one since it was hashed.
        """
        digest = self.digest
        examples = load_split(self.path, self.split)[: self.limit]
        if self._digest() != digest:
            raise DataError(self.path, "the file changed while it was read; start again")
        return [self._reworded(example) for example in examples]

    def _reworded(self, example: Example) -> Example:
        if self.paraphraser is None:
            return example
        rng = Random(f"{self.seed}:{example.text}")
        return replace(example, text=self.paraphraser(example.text, rng))

    def _digest(self) -> str:
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "blake2b").hexdigest()
        except OSError as error:
            reason = f"can not be read ({error.strerror}); check the path"
            raise DataError(self.path, reason) from error
