"""Checkpoint files: written whole or not at all, the one before kept, checked when read."""

import logging
import os
import zipfile
import zlib
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

logger = logging.getLogger(__name__)

LAST = "last.ckpt"
PREVIOUS = "previous.ckpt"
DAMAGED = f"{LAST}.damaged"
_START = b"PK\x03\x04"  # of a zip file, which torch writes


class CheckpointError(ValueError):
    """A checkpoint is missing or damaged, or belongs to another run; the message says which."""


class CheckpointFiles(TorchCheckpointIO):
    """Writes `last.ckpt`, and keeps the one that it replaces as `previous.ckpt`.

    Killed at any moment, it leaves at least one of the two whole. A disk that is full costs the
    new checkpoint alone: training goes on, with a warning.

    Attributes:
        failure: why the newest checkpoint could not be written; None if it was.
    """

    failure: str | None = None

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        if storage_options is not None:
            raise TypeError("checkpoints of a run take no storage options")
        path = Path(path)
        draft = path.with_suffix(".part")
        try:
            _write(checkpoint, draft)
            if path.exists():
                path.replace(path.with_name(PREVIOUS))
            draft.replace(path)
            _settle(path.parent)
        except (OSError, RuntimeError) as error:  # torch reports a failing write as the latter
            draft.unlink(missing_ok=True)
            self.failure = _first_line(error)
            logger.warning(
                "%s could not be written (%s): the checkpoint before it is kept, training goes on",
                path,
                self.failure,
            )
        else:
            self.failure = None


def _write(checkpoint: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:
        torch.save(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the disk know of renamed files, as it knows of their contents."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _first_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0]


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, with its sums checked and without running code from it.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    if path.is_dir():
        raise CheckpointError(
            f"{path} is a folder: ckpt_path takes a checkpoint, such as {path / LAST}, or last for "
            "that of the run's own folder"
        )
    try:
        _check_beginning(path)
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
        if broken is not None:
            raise CheckpointError(f"{path} is damaged: the sum of {broken} is wrong")
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(
            f"no checkpoint at {path}: start the run without ckpt_path"
        ) from error
    except (
        OSError,
        EOFError,
        RuntimeError,
        UnpicklingError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise CheckpointError(f"{path} is damaged: {_first_line(error)}") from error
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise CheckpointError(_no_checkpoint(path))
    return checkpoint


def _check_beginning(path: Path) -> None:
    """Tell a file of another kind from a checkpoint that has lost its end."""
    with path.open("rb") as file:
        start = file.read(len(_START))
    if not start:
        raise CheckpointError(f"{path} is damaged: it is empty")
    if start != _START:
        raise CheckpointError(_no_checkpoint(path))


def _no_checkpoint(path: Path) -> str:
    return f"{path} is no checkpoint of a run: give ckpt_path one, such as runs/NAME/{LAST}"


def newest_checkpoint(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the last checkpoint of a run that is whole; a damaged one is moved aside.

    Raises:
        CheckpointError: there is no whole one.
    """
    last, previous = folder / LAST, folder / PREVIOUS
    if not last.exists() and not previous.exists():
        raise CheckpointError(f"no checkpoint at {last}: start the run without ckpt_path")
    try:
        return last, read_checkpoint(last)
    except CheckpointError as error:
        if not previous.exists():
            raise CheckpointError(
                f"{error}; there is no {PREVIOUS} beside it, start anew with overwrite=true"
            ) from error
        try:
            checkpoint = read_checkpoint(previous)
        except CheckpointError as earlier:
            raise CheckpointError(
                f"{error}, and {earlier}; start anew with overwrite=true, or under another name "
                f"with the weights of the best model, where there is one: start_from={folder}"
            ) from earlier
        logger.warning("%s; going on from %s, step %d", error, previous, checkpoint["global_step"])
        if last.exists():  # else the next checkpoint would put it in the place of the whole one
            last.replace(last.with_name(DAMAGED))
        return previous, checkpoint
