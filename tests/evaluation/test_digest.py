import hashlib
import subprocess
from pathlib import Path

from saps.evaluation.report import file_digest, folder_digest


def test_file_digest_is_the_plain_hash_of_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_bytes(b"\x00tasks\r\n")
    assert file_digest(file) == hashlib.sha256(b"\x00tasks\r\n").hexdigest()


def test_folder_digest_is_what_the_documented_command_prints(tmp_path: Path) -> None:
    for name, content in [("b", "2"), ("a", "1"), ("Z", "3")]:
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = "sha256sum * | LC_ALL=C sort -k 2 | sha256sum"
    printed = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert folder_digest(tmp_path) == printed.stdout.split()[0]


def test_folder_digest_sees_names_and_contents_but_no_hidden_file(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("1", encoding="utf-8")
    before = folder_digest(tmp_path)
    (tmp_path / ".cache").write_text("x", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    assert folder_digest(tmp_path) == before
    (tmp_path / "weights").rename(tmp_path / "other")
    renamed = folder_digest(tmp_path)
    (tmp_path / "other").write_text("2", encoding="utf-8")
    assert len({before, renamed, folder_digest(tmp_path)}) == 3
