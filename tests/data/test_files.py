"""Files as people have them: packed, in other encodings, as one document; cut, or too long."""

import bz2
import errno
import gzip
import io
import json
import lzma
import shutil
import zipfile
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from saps.data import DataError, load_split, read_examples, write_examples
from saps.data import files as files_module
from saps.data.files import read_lines, sole_writer, write_lines
from saps.resources import FolderInUseError

TASK: dict[str, Any] = {
    "text": "find the sum of a é",
    "args": {"a": "int[]"},
    "return_type": "int",
    "short_tree": ["reduce", "a", "0", "+"],
    "tests": [{"input": {"a": [1, 2]}, "output": 3}],
}
LINES = f"{json.dumps(TASK, ensure_ascii=False)}\n" * 3


def _zip(content: bytes, *more: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tasks.jsonl", content)
        archive.writestr("__MACOSX/._tasks.jsonl", b"of a Mac")
        for name in more:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, lzma.compress, bz2.compress, _zip],
    ids=["plain", "gzip", "xz", "bzip2", "zip"],
)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LINES.encode(), id="utf-8"),
        pytest.param(LINES.encode("utf-8-sig"), id="utf-8-with-a-mark"),
        pytest.param(LINES.encode("utf-16"), id="utf-16"),
        pytest.param(LINES.encode("utf-16-be"), id="utf-16-without-a-mark"),
        pytest.param(json.dumps([TASK] * 3).encode(), id="array"),
        pytest.param(json.dumps([TASK] * 3, indent=2).encode("utf-16"), id="array-over-lines"),
        pytest.param(f"{json.dumps(TASK, indent=2)}\n".encode() * 3, id="objects-over-lines"),
    ],
)
def test_tasks_are_read_from_files_of_many_kinds(
    pack: Callable[[bytes], bytes], content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "tasks"
    path.write_bytes(pack(content))
    found = list(read_examples(path))
    assert [example.text for example in found] == ["find the sum of a é"] * 3


def test_items_of_a_document_have_the_numbers_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text('\n[\n {"a":\n  [1,\n  2]},\n {"b": "\\n"}, 3\n]\n')
    assert list(read_lines(path)) == [
        (3, b'{"a": [1, 2]}'),
        (6, rb'{"b": "\n"}'),
        (6, b"3"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b'[{"a": 1},\n {"b": 2}', 2, "not JSON from here on"),
        (b'[{"a": 1},\n {"b" 2}]', 2, "not JSON from here on"),
        (b"[" * 100_000, 1, "not JSON from here on"),
        (LINES.encode("utf-16")[:-1], 3, "is not UTF-16"),
        (gzip.compress(LINES.encode())[:-9], 4, "the gzip data is cut short or damaged"),
        (lzma.compress(LINES.encode())[:-30], 4, "the xz data is cut short or damaged"),
        (b"BZh9" + b"\0" * 50, 1, "the bzip2 data is cut short or damaged"),
        (b"PK\3\4" + b"\0" * 50, 1, "the zip data is cut short or damaged"),
        (_zip(b"{}", "other.jsonl"), None, r"holds 2 files \(tasks.jsonl, other.jsonl\); unpack"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(
    content: bytes, line: int | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "tasks"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        list(read_lines(path))
    assert caught.value.line == line


def test_a_line_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "MAX_LINE_BYTES", 1_000)
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b'{}\n{"a": "' + b"a" * 100_000))
    lines = read_lines(path)
    assert next(lines) == (1, b"{}\n")
    with pytest.raises(DataError, match=r"line 2: is longer than 1,000 bytes; delete the line"):
        next(lines)


def test_a_document_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "MAX_DOCUMENT_BYTES", 1_000)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b"[" + b" " * 100_000))
    with pytest.raises(DataError, match="one JSON document of more than 1,000 bytes; write a task"):
        next(read_lines(path))


@pytest.mark.parametrize("name", ["dev.json", "metaset3.dev.json.xz", "dev.jsonl.bz2"])
def test_a_split_is_found_however_it_is_packed(name: str, tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text(LINES)
    write_examples(tmp_path / name, read_examples(tmp_path / "tasks"))
    assert len(load_split(tmp_path, "dev")) == 3


def test_no_zip_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a \.zip cannot be written"):
        write_lines(tmp_path / "a.jsonl.zip", [])


def _hold(place: Path, pipe: "Connection[str, str]") -> None:
    with sole_writer(place):
        pipe.send("held")
        pipe.recv()


@pytest.mark.parametrize("name", ["", "out.jsonl"])
def test_a_second_writer_is_refused_until_the_first_has_ended(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    ours, theirs = Pipe()
    other = Process(target=_hold, args=(place, theirs))
    other.start()
    assert ours.recv() == "held"
    with pytest.raises(FolderInUseError, match="another command is writing"), sole_writer(place):
        pass
    with sole_writer(tmp_path / "another.jsonl"):
        pass
    other.kill()
    other.join()
    with sole_writer(place):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n_free", [0, 1 << 30])
def test_a_disk_that_is_full_is_named_if_it_is_the_one(
    n_free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=n_free)
    monkeypatch.setattr("saps.resources.shutil.disk_usage", lambda _: usage)
    with pytest.raises(OSError, match="No space left on device") as caught, sole_writer(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert ("make room on the disk /" in str(caught.value)) is (n_free == 0)
    assert caught.value.filename == (None if n_free else str(tmp_path))


def test_what_a_killed_command_left_goes_at_the_next_start_and_nothing_else(tmp_path: Path) -> None:
    left = [".out.jsonl.ab12cd3_.part", ".out.jsonl.report.json.abcdefgh.part"]
    kept = ["out.jsonl", ".other.jsonl.abcdefgh.part", "out.jsonl.part", ".out.jsonl.mine.part"]
    for name in left + kept:
        (tmp_path / name).touch()
    with sole_writer(tmp_path / "out.jsonl"):
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, ".out.jsonl.lock"])
    (tmp_path / ".generating.abcdefgh").mkdir()
    with sole_writer(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
