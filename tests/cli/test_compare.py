"""`saps compare`, on reports made by hand."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import RunSaps
from tests.evaluation.test_comparison import TEXTS, write


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    write(Path("first"), "eep---")
    write(Path("second"), "e-pe-p")
    return "first", "second"


def test_runs_stand_side_by_side(
    saps: RunSaps, folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    outcome = saps("compare", *folders)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert any(line.split()[:1] == [folders[0]] and "50.00 % (3/6)" in line for line in lines)
    assert any("accuracy by tests" in line and "+16.67" in line for line in lines)
    assert f"{folders[1]} passes, {folders[0]} does not: 2 of 2 tasks" in outcome.out
    assert TEXTS[5] in outcome.out


def test_fewer_examples_are_shown_when_asked(saps: RunSaps, folders: tuple[str, str]) -> None:
    out = saps("compare", *folders, "--examples", "0").out
    assert "passes" not in out
    assert TEXTS[3] not in out


def test_json_has_counts_and_texts(saps: RunSaps, folders: tuple[str, str]) -> None:
    (comparison,) = json.loads(saps("compare", *folders, "--json").out)
    assert (comparison["first"], comparison["second"]) == folders
    assert comparison["accuracy"]["only_second"] == 2
    assert comparison["only_second"] == [TEXTS[3], TEXTS[5]]
    assert comparison["exact_match"]["difference"] == 0
    assert comparison["settings_that_differ"] == {}


def test_json_has_the_settings_that_differ(saps: RunSaps, folders: tuple[str, str]) -> None:
    changed(Path(folders[1]), "limits", {"steps": 1, "seconds": 0.5, "bits": 8})
    (comparison,) = json.loads(saps("compare", *folders, "--json").out)
    assert comparison["settings_that_differ"] == {
        "limits.steps": {"first": "10", "second": "1"},
        "limits.bits": {"first": None, "second": "8"},
    }


def test_markdown_has_the_settings_that_differ(saps: RunSaps, folders: tuple[str, str]) -> None:
    changed(Path(folders[1]), "as_typed", True)
    out = saps("compare", *folders, "--markdown").out
    assert "## Settings that differ\n\n| setting | first | second |" in out
    assert "| as\\_typed | false | true |" in out


def test_a_report_with_a_number_for_settings_is_a_damaged_one(
    saps: RunSaps, folders: tuple[str, str]
) -> None:
    changed(Path(folders[1]), "decoding", 3)
    outcome = saps("compare", *folders)
    assert (outcome.status, outcome.out) == (1, "")
    assert "second/report.json is a damaged report" in outcome.err
    assert "expected an object, found 3" in outcome.err
    assert "bug in SAPS" not in outcome.err


def changed(folder: Path, key: str, value: object) -> None:
    """Change a field of the provenance of a report."""
    report = json.loads((folder / "report.json").read_text())
    report["provenance"][key] = value
    (folder / "report.json").write_text(json.dumps(report))


def test_markdown_has_the_tables(saps: RunSaps, folders: tuple[str, str]) -> None:
    out = saps("compare", *folders, "--markdown").out
    assert "| run | exact match | accuracy by tests | examples/s |" in out
    assert out.count("## ") == 4


def test_one_report_is_no_comparison(saps: RunSaps, folders: tuple[str, str]) -> None:
    outcome = saps("compare", folders[0])
    assert outcome.status == 2
    assert "one report cannot be compared" in outcome.err


@pytest.mark.parametrize("again", ["first", "./first/", "first/report.json"])
def test_a_report_given_twice_is_a_wrong_use(
    again: str, saps: RunSaps, folders: tuple[str, str]
) -> None:
    outcome = saps("compare", *folders, again)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"first and {Path(again)} are the same report" in " ".join(outcome.err.split())


def test_a_folder_without_a_report_is_named(saps: RunSaps, folders: tuple[str, str]) -> None:
    outcome = saps("compare", folders[0], "third")
    assert outcome.status == 1
    assert "third" in outcome.err
    assert "saps evaluate" in outcome.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"exact": "yes"}\n', "lacks field 'text'"),
        (b"\xff\xfe\n", "byte 1 is not UTF-8"),
    ],
)
def test_a_damaged_file_of_predictions_is_named_with_the_line(
    line: bytes, told: str, saps: RunSaps, folders: tuple[str, str]
) -> None:
    file = Path(folders[1], "predictions.jsonl")
    file.write_bytes(line)
    outcome = saps("compare", *folders)
    assert (outcome.status, outcome.out) == (1, "")
    told = f"{file}, line 1 is damaged: {told}; evaluate again"
    assert outcome.err == f"saps: error: {told}\n"


def test_two_forms_of_output_exclude_one_another(saps: RunSaps, folders: tuple[str, str]) -> None:
    assert saps("compare", *folders, "--json", "--markdown").status == 2
