"""Costly arrays, kept in a folder; what is found there is checked, never trusted."""

import contextlib
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import safetensors.numpy

logger = logging.getLogger(__name__)

Arrays = Mapping[str, npt.NDArray[Any]]

SUFFIX = ".saps-cache"
DRAFT = ".part"
KEPT = 24
"""Entries beyond these, the ones used longest ago, are deleted."""

_DIGEST_BYTES = 32
_ABANDONED_S = 24 * 60 * 60


class Cache:
    """A folder of entries, each a checksum followed by arrays in the safetensors format.

    An entry appears in one step when it is complete, so that processes that make the same one at
    once do no harm. A folder that can not be used costs the cache and nothing else.
    """

    def __init__(self, folder: Path | None) -> None:
        """Take the folder, made when first needed; None keeps nothing."""
        self.folder = folder

    def get(self, name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of the entry, or make them and keep them.

        Args:
            name: what they are, for people who look into the folder.
            key: tells, in hexadecimal digits, everything that the arrays depend on.
            make: called when there is no sound entry; what it raises is passed on.
        """
        if self.folder is None:
            return make()
        path = self.folder / f"{name}-{key[:32]}{SUFFIX}"
        arrays = _load(path, key)
        if arrays is None:
            arrays = make()
            self._store(path, key, arrays)
        return arrays

    def _store(self, path: Path, key: str, arrays: Arrays) -> None:
        body = safetensors.numpy.save(dict(arrays))
        draft = path.with_name(f".{path.stem}.{secrets.token_hex(8)}{DRAFT}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as file:
                file.write(_checksum(key, body))
                file.write(body)
            draft.replace(path)
        except OSError as error:
            logger.warning(
                "the cache %s can not be written (%s); the data will be encoded again next time",
                path.parent,
                error.strerror or error,
            )
            self.folder = None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        _tidy(path.parent)


def _load(path: Path, key: str) -> Arrays | None:
    try:
        with path.open("rb") as file:
            checksum, body = file.read(_DIGEST_BYTES), file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        logger.warning("%s can not be read (%s); it is made anew", path, error.strerror or error)
        return None
    # Nothing of the file is interpreted before the whole of it is known to be ours.
    if checksum != _checksum(key, body):
        logger.warning("%s is damaged; it is made anew", path)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # Path.touch would make an empty file of one just deleted
    arrays: Arrays = safetensors.numpy.load(body)
    return arrays


def _checksum(key: str, body: bytes) -> bytes:
    # The key goes in too: a file under another entry's name does not pass.
    digest = hashlib.blake2b(key.encode(), digest_size=_DIGEST_BYTES)
    digest.update(body)
    return digest.digest()


def _tidy(folder: Path) -> None:
    """Delete the entries used longest ago, and what killed processes left."""
    # Another process may tidy at the same time, and be quicker.
    with contextlib.suppress(OSError):
        entries = sorted(folder.glob(f"*{SUFFIX}"), key=_used_at, reverse=True)
        drafts = [
            draft
            for draft in folder.glob(f".*{DRAFT}")
            if _used_at(draft) < time.time() - _ABANDONED_S
        ]
        for path in [*entries[KEPT:], *drafts]:
            path.unlink(missing_ok=True)


def _used_at(path: Path) -> float:
    return path.stat().st_mtime
