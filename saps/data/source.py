"""The file of a split: the hash of its contents, and its tasks, read when first asked for."""

import hashlib
from functools import cached_property
from pathlib import Path

from saps.data.algolisp import DataError, find_split, load_split
from saps.data.example import Example
from saps.data.rewording import Rewording


class SplitSource:
    """The first `limit` tasks of one split of a data folder; all of them if it is None."""

    def __init__(
        self,
        folder: Path,
        split: str,
        limit: int | None,
        rewording: Rewording | None = None,
        seed: int = 0,
    ) -> None:
        """Choose a file.

        Args:
            folder: of the data.
            split: "train" or "dev".
            limit: take the first so many tasks.
            rewording: says the tasks in other words; None leaves them as they are.
            seed: of the other words.

        Raises:
            DataError: there is no such file.
        """
        self.split = split
        self.path = find_split(folder, split)
        self.limit = limit
        self.rewording = rewording
        self.seed = seed

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides the tasks, for the key of a cache."""
        if self.rewording is None:
            return self.digest, self.limit
        return self.digest, self.limit, self.seed, *self.rewording.identity

    @cached_property
    def digest(self) -> str:
        """A hash of the file's bytes, in hexadecimal digits.

        Raises:
            DataError: the file can not be read.
        """
        return self._digest()

    @cached_property
    def examples(self) -> list[Example]:
        """The tasks, each as often as the rewording tells it.

        Raises:
            DataError: a line is no task, or the file became another one since it was hashed.
        """
        digest = self.digest
        examples = load_split(self.path, self.split)[: self.limit]
        if self._digest() != digest:
            raise DataError(self.path, "the file changed while it was read; start again")
        if self.rewording is None:
            return examples
        return list(self.rewording.all_of(examples, self.seed))

    def _digest(self) -> str:
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "blake2b").hexdigest()
        except OSError as error:
            reason = f"can not be read ({error.strerror}); check the path"
            raise DataError(self.path, reason) from error
