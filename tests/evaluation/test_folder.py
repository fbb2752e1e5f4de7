import json
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest

from saps.evaluation import evaluate as folder_module
from saps.evaluation.evaluate import check_folder, claimed, write_folder
from saps.evaluation.report import Report, ReportError, load_report
from saps.resources import FolderInUseError
from tests.evaluation.conftest import mixed_results
from tests.evaluation.test_report import make

NAMES = {"report.json", "report.md", "report.html", "predictions.jsonl"}


def write(folder: Path, report: Report | None = None, overwrite: bool = False) -> None:
    write_folder(folder, report or make(), mixed_results(), overwrite=overwrite)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_report_folder_holds_four_files(tmp_path: Path) -> None:
    write(tmp_path / "deep/inside/out")
    assert names(tmp_path / "deep/inside/out") == NAMES
    assert names(tmp_path / "deep/inside") == {"out"}
    assert load_report(tmp_path / "deep/inside/out") == make()


def test_others_may_read_a_report_as_any_file(tmp_path: Path) -> None:
    write(tmp_path / "out")
    (tmp_path / "plain").mkdir()
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert names(tmp_path / "out") == NAMES


def test_a_folder_that_holds_something_is_refused_and_untouched(tmp_path: Path) -> None:
    write(tmp_path / "out")
    before = (tmp_path / "out/report.json").read_bytes()
    with pytest.raises(ReportError, match=r"out holds something already.*overwrite=true"):
        write(tmp_path / "out", make(created="later"))
    assert (tmp_path / "out/report.json").read_bytes() == before


def test_overwrite_replaces_the_report_and_spares_other_files(tmp_path: Path) -> None:
    write(tmp_path / "out")
    (tmp_path / "out/notes.txt").write_text("mine", encoding="utf-8")
    write(tmp_path / "out", make(created="later"), overwrite=True)
    assert names(tmp_path / "out") == {*NAMES, "notes.txt"}
    assert load_report(tmp_path / "out").provenance.created == "later"
    assert names(tmp_path) == {"out"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_interrupted_report_leaves_nothing_behind(
    overwrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if overwrite:
        write(tmp_path / "out")

    def interrupt(_: Report) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "render_markdown", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", make(created="later"), overwrite=overwrite)
    assert names(tmp_path) == ({"out"} if overwrite else set())
    if overwrite:
        assert load_report(tmp_path / "out") == make()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="out is a file"):
        check_folder(tmp_path / "out", overwrite=True)


def test_a_place_where_no_folder_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match=r"cannot be made inside .*file; give another out="):
        check_folder(tmp_path / "file/deep/out", overwrite=False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_can_not_be_written_to_is_refused(
    overwrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root, who may run the tests, may write anywhere
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)
    with pytest.raises(ReportError, match="cannot be written to; give another out="):
        check_folder(tmp_path, overwrite=overwrite)


def test_a_folder_that_is_there_is_filled_without_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the parent may be another's, or another file system, from which nothing can be moved
    (tmp_path / "out").mkdir()
    places: list[Path] = []
    make = tempfile.TemporaryDirectory

    def noted(**options: Any) -> "tempfile.TemporaryDirectory[str]":
        places.append(options["dir"])
        return make(**options)

    monkeypatch.setattr("tempfile.TemporaryDirectory", noted)
    write(tmp_path / "out")
    assert places == [tmp_path / "out"]
    assert names(tmp_path / "out") == NAMES


def test_a_check_makes_no_folder(tmp_path: Path) -> None:
    check_folder(tmp_path / "deep/out", overwrite=False)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_second_command_in_a_folder_is_refused_and_no_lock_is_left(
    is_there: bool, tmp_path: Path
) -> None:
    out = tmp_path / "deep/out"
    if is_there:
        out.mkdir(parents=True)
    with claimed(out, overwrite=False):
        told = "another command is writing into"
        with pytest.raises(FolderInUseError, match=told), claimed(out, overwrite=True):
            pass
        write(out)
    assert names(out) == NAMES
    assert names(tmp_path / "deep") == {"out"}


def test_a_command_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), claimed(tmp_path / "deep/out", overwrite=False):
        raise KeyboardInterrupt
    assert names(tmp_path) == set()


def test_json_is_strict_and_readable(tmp_path: Path) -> None:
    write(tmp_path / "out")
    text = (tmp_path / "out/report.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "schema_version": 1,')
    assert json.loads(text, parse_constant=pytest.fail)
