"""Checkpoint files: written whole or not at all, and checked when read."""

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from saps.training import checkpoints
from saps.training.checkpoints import (
    CheckpointError,
    CheckpointFiles,
    first_difference,
    newest_checkpoint,
)


def _save(folder: Path, step: int, size: int = 100) -> CheckpointFiles:
    files = CheckpointFiles()
    contents = {"global_step": step, "state_dict": {"w": torch.full((size,), float(step))}}
    files.save_checkpoint(contents, folder / "last.ckpt")
    return files


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_one_before_the_last_is_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        assert _save(tmp_path, step).failure is None
    assert _names(tmp_path) == {"last.ckpt", "previous.ckpt"}
    path, found = newest_checkpoint(tmp_path)
    assert (path.name, found["global_step"]) == ("last.ckpt", 3)
    assert checkpoints.read_checkpoint(tmp_path / "previous.ckpt")["global_step"] == 2


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    # In the middle of the weights, where nothing but their sum would tell.
    place = content.index(torch.full((4,), 2.0).numpy().tobytes())
    content[place] ^= 1
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_truncate, _flip_a_bit, _empty, Path.unlink])
def test_a_damaged_last_falls_back_to_the_previous_with_a_message(
    damage: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _save(tmp_path, 1)
    _save(tmp_path, 2)
    damage(tmp_path / "last.ckpt")
    with caplog.at_level(logging.WARNING):
        path, found = newest_checkpoint(tmp_path)
    assert (path.name, found["global_step"]) == ("previous.ckpt", 1)
    assert "last.ckpt" in caplog.text
    assert "resuming from" in caplog.text
    # The next checkpoint must not put the damaged one in the place of the whole one.
    _save(tmp_path, 3)
    assert checkpoints.read_checkpoint(tmp_path / "previous.ckpt")["global_step"] == 1


def test_two_damaged_checkpoints_are_an_error(tmp_path: Path) -> None:
    for step in (1, 2):
        _save(tmp_path, step)
    for name in ("last.ckpt", "previous.ckpt"):
        _truncate(tmp_path / name)
    told = r"last\.ckpt is damaged: .*previous\.ckpt is damaged: .*overwrite=true.*start_from="
    with pytest.raises(CheckpointError, match=told):
        newest_checkpoint(tmp_path)


def test_a_folder_or_another_file_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=rf"is a folder: .* such as {tmp_path}/last\.ckpt"):
        checkpoints.read_checkpoint(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CheckpointError, match=r"notes\.txt is not a checkpoint of a run: give"):
        checkpoints.read_checkpoint(tmp_path / "notes.txt")


def test_a_damaged_first_checkpoint_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    _save(tmp_path, 1)
    _truncate(tmp_path / "last.ckpt")
    with pytest.raises(CheckpointError, match=r"is damaged.*overwrite=true"):
        newest_checkpoint(tmp_path)


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": {}, "global_step": 1, "bad": _Bad(tmp_path / "ran")}, path)
    with pytest.raises(CheckpointError, match="is damaged"):
        newest_checkpoint(tmp_path)
    assert not (tmp_path / "ran").exists()


class _Bad:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@contextmanager
def _largest_file(n_bytes: int) -> Iterator[None]:
    """Let writes beyond `n_bytes` of a file fail, as they do on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_keeps_the_previous_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _save(tmp_path, 1, size=100_000)
    with _largest_file(100_000), caplog.at_level(logging.WARNING):
        files = _save(tmp_path, 2, size=100_000)
    assert files.failure is not None
    assert "could not be written" in caplog.text
    assert "training continues" in caplog.text
    assert _names(tmp_path) == {"last.ckpt"}
    assert newest_checkpoint(tmp_path)[1]["global_step"] == 1


def test_no_space_left_is_told_in_the_systems_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", fail)  # type: ignore[attr-defined]
    assert _save(tmp_path, 1).failure == "No space left on device"
    assert _names(tmp_path) == set()


@pytest.mark.parametrize(
    ("there", "here", "told"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, None),
        ({"a": None}, {"b": {}}, None),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b is 1 there and 2 here"),
        ({}, {"a": True}, "a is absent there and true here"),
        ({"a": "x"}, {}, "a is x there and absent here"),
        ({"model": {"decoder": {}}}, {"model": {"decoder": {"first_child": "parent"}}}, None),
    ],
)
def test_the_first_setting_that_differs_is_told(
    there: dict[str, Any], here: dict[str, Any], told: str | None
) -> None:
    found = first_difference(there, here)
    assert (None if found is None else str(found)) == told


def test_a_setting_of_a_later_version_may_be_left_out() -> None:
    assert first_difference({"a": 1}, {"a": 1, "b": 2}, only_there=True) is None
    assert first_difference({"a": 1}, {"b": 2}, only_there=True) is not None
