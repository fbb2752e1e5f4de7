import json
import shutil
from pathlib import Path

import pytest

from saps.data import load_split
from tests.cli.conftest import RunSaps

SAMPLE = Path(__file__).parents[2] / "data" / "sample.jsonl"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The first ten tasks of the sample, with a broken line 7 and a false output in line 9."""
    lines = SAMPLE.read_text().splitlines()[:10]
    lines[6] = lines[6][:100]
    wrong = json.loads(lines[8])
    wrong["tests"][2]["output"] = "wrong"
    lines[8] = json.dumps(wrong)
    path = tmp_path / "broken.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_verify_finds_the_sample_sound(saps: RunSaps) -> None:
    outcome = saps("data", "verify", str(SAMPLE), "--workers", "1")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{SAMPLE}: 200 of 200 ok\n"


def test_verify_reports_lines_and_exits_with_1(saps: RunSaps, broken: Path) -> None:
    outcome = saps("data", "verify", str(broken), "--workers", "1")
    assert outcome.status == 1
    assert "8 of 10 ok" in outcome.out
    assert "line 7: no JSON" in outcome.out
    assert "line 9: test 3: the program gives" in outcome.out


def test_verify_prints_json_for_machines(saps: RunSaps, broken: Path) -> None:
    outcome = saps("data", "verify", str(broken), "--json", "--workers", "1")
    found = json.loads(outcome.out)
    assert outcome.status == 1
    assert (found["examples"], found["reproduced"]) == (10, 8)
    assert [failure["line"] for failure in found["failures"]] == [7, 9]


def test_verify_of_a_folder_takes_its_splits(saps: RunSaps, broken: Path) -> None:
    shutil.copy(SAMPLE, broken.parent / "train.jsonl")
    broken.rename(broken.parent / "dev.jsonl")
    found = json.loads(saps("data", "verify", str(broken.parent), "--json", "--workers", "1").out)
    assert (found["examples"], found["reproduced"]) == (210, 208)
    assert [failure["line"] for failure in found["failures"]] == [7, 9]
    assert found["failures"][0]["path"].endswith("dev.jsonl")


def test_clean_writes_the_sound_tasks_and_a_report(saps: RunSaps, broken: Path) -> None:
    out = broken.parent / "cleaned.jsonl"
    outcome = saps("data", "clean", str(broken), str(out), "--workers", "1")
    assert outcome.status == 1  # line 7 could not be read
    assert len(load_split(out, "train")) == 8
    report = json.loads((broken.parent / "cleaned.jsonl.report.json").read_text())
    assert report["kinds"] == {"unreadable": 1, "contradicts-tests": 1}


def test_clean_does_not_overwrite_its_source(saps: RunSaps, broken: Path) -> None:
    before = broken.read_bytes()
    outcome = saps("data", "clean", str(broken), str(broken))
    assert outcome.status == 1
    assert "choose another place" in outcome.err
    assert broken.read_bytes() == before


def test_stats_compares_with_the_published_figures(saps: RunSaps, tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "train.jsonl")
    outcome = saps("data", "stats", str(tmp_path), "--against", "published")
    assert outcome.status == 0
    for part in ("79,214", "38.17", "published words used", "of 284", "outside the published set"):
        assert part in outcome.out


def test_stats_compares_with_another_set(saps: RunSaps) -> None:
    outcome = saps("data", "stats", str(SAMPLE), "--against", str(SAMPLE))
    assert outcome.status == 0
    assert outcome.out.count("+0.0%") == 5


def test_stats_prints_json(saps: RunSaps) -> None:
    found = json.loads(saps("data", "stats", str(SAMPLE), "--json").out)
    assert found["sample.jsonl"]["tasks"] == 200


def test_families_lists_an_example_each(saps: RunSaps) -> None:
    outcome = saps("data", "families", "factorial")
    name, text, program = outcome.out.splitlines()
    assert name == "factorial : int"
    assert "factorial" in text
    assert program.strip().startswith("(invoke1 (lambda1 (if (<= arg1 1) 1 ")
    assert len(json.loads(saps("data", "families", "--json").out)) > 400


def test_families_says_so_when_none_is_called_that(saps: RunSaps) -> None:
    outcome = saps("data", "families", "poetry")
    assert (outcome.status, outcome.out) == (1, "")
    assert "no family has 'poetry' in its name" in outcome.err


@pytest.mark.parametrize("command", ["verify", "stats"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "No such file"),
        ("empty", "holds no task"),
        ("folder", "holds no train, dev or test split"),
    ],
)
def test_data_says_what_is_wrong_with_a_path(
    saps: RunSaps, tmp_path: Path, command: str, kind: str, reason: str
) -> None:
    path = tmp_path / "path"
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    outcome = saps("data", command, str(path))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("saps: error: ")
    assert reason in outcome.err
    assert "Traceback" not in outcome.err
