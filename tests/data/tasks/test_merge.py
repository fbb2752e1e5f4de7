import json
import shutil
from pathlib import Path

import pytest

from saps.data import DataError
from saps.data.tasks.dataset_folder import merge_parts
from saps.data.tasks.generate import generate_dataset


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parts")
    for number in (1, 2):
        generate_dataset(out, 40, workers=1, max_depth=1, shard=f"{number}/2")
    return out


@pytest.fixture
def parts(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "set")


def edit(part: Path, **fields: object) -> None:
    path = part / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def assert_refused(folder: Path, told: str) -> None:
    before = sorted(folder.iterdir())
    with pytest.raises(DataError) as caught:
        merge_parts(folder)
    assert told in str(caught.value)
    assert sorted(folder.iterdir()) == before


def test_merge_writes_the_parts_one_after_another_and_keeps_them(parts: Path) -> None:
    n_lines: list[int] = []
    assert merge_parts(parts, n_lines.append) == parts
    assert sum(n_lines) == 40
    for split in ("train", "dev", "test"):
        files = [parts / part / f"{split}.jsonl" for part in ("1-of-2", "2-of-2")]
        assert (parts / f"{split}.jsonl").read_bytes() == b"".join(f.read_bytes() for f in files)
    metadata = json.loads((parts / "metadata.json").read_text())
    assert "shard" not in metadata
    assert sum(metadata["sizes"].values()) == metadata["size"] == 40


def test_merge_says_that_there_are_no_parts(tmp_path: Path) -> None:
    assert_refused(tmp_path, "holds no parts, such as 1-of-2; make them with `saps generate")


def test_merge_says_which_part_is_missing(parts: Path) -> None:
    shutil.rmtree(parts / "1-of-2")
    assert_refused(parts, "lacks 1-of-2; make it with `saps generate shard=1/2`")


def test_merge_refuses_parts_of_several_sets(parts: Path) -> None:
    (parts / "1-of-3").mkdir()
    assert_refused(parts, "holds parts of 2 and of 3; delete those that you do not want")


def test_merge_refuses_parts_of_other_settings(parts: Path) -> None:
    edit(parts / "2-of-2", seed=5)
    assert_refused(parts, "2-of-2/metadata.json: seed is 5, but 1 in part 1; make the parts alike")


def test_merge_refuses_a_part_that_was_renamed(parts: Path) -> None:
    edit(parts / "2-of-2", shard="1/2")
    assert_refused(parts, "says that it is part 1/2; the folder was renamed")


@pytest.mark.parametrize(
    ("text", "told"), [("{", "is not JSON"), ("[]", "lacks shard, sizes"), ("{}", "lacks shard")]
)
def test_merge_refuses_damaged_metadata(parts: Path, text: str, told: str) -> None:
    (parts / "2-of-2/metadata.json").write_text(text)
    assert_refused(parts, told)


def test_merge_refuses_a_part_without_metadata(parts: Path) -> None:
    (parts / "2-of-2/metadata.json").unlink()
    assert_refused(parts, "2-of-2/metadata.json: cannot be read (No such file or directory)")


def test_merge_refuses_a_file_that_was_cut(parts: Path) -> None:
    path = parts / "2-of-2/train.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    told = f"train.jsonl: holds {len(lines) - 1} tasks, expected {len(lines)}; make the part again"
    assert_refused(parts, told)
    path.write_bytes(b"".join(lines)[:-2000])
    assert_refused(parts, "make the part again")


def test_merge_refuses_a_line_that_is_no_task(parts: Path) -> None:
    path = parts / "1-of-2/train.jsonl"
    path.write_bytes(b'{"text": []}\n' + path.read_bytes())
    assert_refused(parts, "train.jsonl, line 1: is not a task of the generator; make the")


def test_merge_replaces_another_set_only_when_asked(parts: Path) -> None:
    generate_dataset(parts, 40, seed=5, workers=1, max_depth=1)
    before = (parts / "train.jsonl").read_bytes()
    assert_refused(parts, "holds a data set of seed=5, not of seed=1; move it away, or give --over")
    assert (parts / "train.jsonl").read_bytes() == before
    merge_parts(parts, overwrite=True)
    assert json.loads((parts / "metadata.json").read_text())["seed"] == 1


def test_merge_again_and_over_the_same_set_made_in_one_piece(parts: Path) -> None:
    generate_dataset(parts, 40, workers=1, max_depth=1)
    before = (parts / "train.jsonl").read_bytes()
    for _ in range(2):
        merge_parts(parts)
        assert (parts / "train.jsonl").read_bytes() == before
