"""Overrides as they are printed, read back by the shell's rules and by Hydra's."""

import errno
import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from saps.resources import command_line, override, write_whole

VALUES = [
    "data/generated",
    "d a",
    "d a é",
    "été",
    "123",
    "null",
    "a,b",
    "it's",
    'say "a"',
    'back\\"slash\\',
    "",
    "~/x",
    "a=b",
    "[x",
    "${seed}",
    'a\\${b} "é"',
    "${",
]


@pytest.mark.parametrize("value", VALUES)
def test_hydra_reads_the_value_back(value: str) -> None:
    [*_, word] = shlex.split(command_line("saps evaluate", {"data.path": value}))
    read = OverridesParser.create().parse_override(word).value()
    assert OmegaConf.create({"path": read}).path == value


def test_a_plain_path_stands_without_quotes() -> None:
    assert override("data.path", "data/generated") == "data.path=data/generated"
    assert command_line("saps x", {"a": "b"}, "split=dev") == "saps x a=b split=dev"


def test_a_file_that_can_not_be_written_whole_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    write_whole(path, b"one")

    def full(self: Path, _: bytes) -> int:
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Path, "write_bytes", full)
        write_whole(path, b"another")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]
    write_whole(path, b"another")
    assert path.read_bytes() == b"another"
