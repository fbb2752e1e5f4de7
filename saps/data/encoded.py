"""The tasks of a split as a few flat arrays, and the cache that keeps them for the next run."""

import contextlib
import functools
import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy
import sentencepiece

from saps.data.batching import EncodedExample, EncodedTree, Indexes, IntArray
from saps.data.tokenizer import UNKNOWN_ID, Tokenizer
from saps.resources import DRAFT, whole_file

logger = logging.getLogger(__name__)

Arrays = Mapping[str, npt.NDArray[Any]]

_SUFFIX = ".saps-cache"
KEPT = 24
"""Entries beyond these, the ones used longest ago, are deleted."""

_DIGEST_BYTES = 32
_ABANDONED_S = 24 * 60 * 60
_NODE_FIELDS = fields(EncodedTree)
# A file of tasks passes through these rooms on its way to arrays.
_ROOMS = ("lang", "english", "data")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedSplit:
    """Tasks one after another; task i has the places `ends[i]` to `ends[i + 1]`.

    Attributes:
        pieces: (T,) piece ids of the texts.
        piece_ends: (S + 1,) from 0 to T.
        nodes: (5, N) the fields of `EncodedTree` in their order.
        node_ends: (S + 1,) from 0 to N.
    """

    pieces: Indexes
    piece_ends: IntArray
    nodes: Indexes
    node_ends: IntArray

    @classmethod
    def of(cls, examples: Sequence[EncodedExample]) -> "EncodedSplit":
        trees = [example.tree for example in examples]
        rows = [_join([getattr(tree, field.name) for tree in trees]) for field in _NODE_FIELDS]
        return cls(
            _join([example.pieces for example in examples]),
            np.cumsum([0, *(len(example.pieces) for example in examples)], dtype=np.int64),
            np.stack(rows),
            np.cumsum([0, *map(len, trees)], dtype=np.int64),
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the fields by their names, as the cache keeps them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __len__(self) -> int:
        return len(self.piece_ends) - 1

    def __getitem__(self, index: int) -> EncodedExample:
        pieces = self.pieces[self.piece_ends[index] : self.piece_ends[index + 1]]
        nodes = self.nodes[:, self.node_ends[index] : self.node_ends[index + 1]]
        return EncodedExample(pieces, EncodedTree(*nodes))

    @property
    def lengths(self) -> IntArray:
        """(S,) pieces of each text."""
        return np.diff(self.piece_ends)


def _join(parts: Sequence[Indexes]) -> npt.NDArray[np.int32]:
    return np.concatenate([np.empty(0, np.int32), *parts], dtype=np.int32)


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


class Cache:
    """A folder of entries, each a checksum followed by arrays in the safetensors format.

    An entry appears in one step when it is complete, so that processes that make the same one at
    once do no harm. A folder that cannot be used costs the cache and nothing else.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder  # made when first needed; None keeps nothing

    def get(self, name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of the entry, or make them and keep them.

        Args:
            name: what they are, for people who look into the folder.
            key: tells, in hexadecimal digits, everything that the arrays depend on.
            make: called when there is no sound entry; what it raises is passed on.
        """
        if self.folder is None:
            return make()
        path = self.folder / f"{name}-{key[:32]}{_SUFFIX}"
        arrays = self._load(path, key)
        if arrays is None:
            arrays = make()
            self._store(path, key, arrays)
        return arrays

    @staticmethod
    def _load(path: Path, key: str) -> Arrays | None:
        try:
            with path.open("rb") as file:
                checksum, body = file.read(_DIGEST_BYTES), file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            logger.warning(
                "%s cannot be read (%s); it will be made again", path, error.strerror or error
            )
            return None
        # Nothing of the file is interpreted before the whole of it is known to be ours.
        if checksum != _checksum(key, body):
            logger.warning("%s is damaged; it will be made again", path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # Path.touch would make an empty file of one just deleted
        arrays: Arrays = safetensors.numpy.load(body)
        return arrays

    def _store(self, path: Path, key: str, arrays: Arrays) -> None:
        body = safetensors.numpy.save(dict(arrays))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as draft, draft.open("xb") as file:
                file.write(_checksum(key, body))
                file.write(body)
        except OSError as error:
            logger.warning(
                "the cache %s cannot be written (%s); the data will be encoded again next time",
                path.parent,
                error.strerror or error,
            )
            self.folder = None
        _tidy(path.parent)


def _checksum(key: str, body: bytes) -> bytes:
    # The key goes in too: a file under another entry's name does not pass.
    digest = hashlib.blake2b(key.encode(), digest_size=_DIGEST_BYTES)
    digest.update(body)
    return digest.digest()


def _tidy(folder: Path) -> None:
    """Delete the entries used longest ago, and what killed processes left."""
    # Another process may tidy at the same time, and be quicker.
    with contextlib.suppress(OSError):
        entries = sorted(folder.glob(f"*{_SUFFIX}"), key=_used_at, reverse=True)
        drafts = folder.glob(f".*{DRAFT}")
        abandoned = [path for path in drafts if _used_at(path) < time.time() - _ABANDONED_S]
        for path in [*entries[KEPT:], *abandoned]:
            path.unlink(missing_ok=True)


def _used_at(path: Path) -> float:
    return path.stat().st_mtime


def cache_key(*parts: object) -> str:
    """Return a hash, in hexadecimal digits, of the parts' text and of the code's version."""
    digest = hashlib.blake2b(digest_size=32)
    for part in (*parts, code_version()):
        content = part if isinstance(part, bytes) else str(part).encode()
        # With its length ahead, no part can pass for the end of the one before it.
        digest.update(b"%d:%b" % (len(content), content))
    return digest.hexdigest()


@functools.cache
def code_version() -> str:
    """Name the version of the code that encodes: by its sources and tables, and by its library."""
    source = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parents[1]
    for room in _ROOMS:
        for path in sorted((package / room).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                source.update(path.read_bytes())
    return f"{source.hexdigest()}-{sentencepiece.__version__}"
