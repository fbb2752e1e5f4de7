"""Rows whose reports are not what is asked for are judged again, and their runs are kept."""

import json
from pathlib import Path

import pytest

from saps.evaluation.ablation.ablation_folder import Stage, state_of
from saps.evaluation.ablation.ablation_result import Ablation
from saps.evaluation.ablation.making import remove_outdated
from tests.evaluation.ablation_fakes import Lab, install_lab, make_all, read_settings

ROW = "rows=[saps_h]"


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install_lab(monkeypatch)


def _was_judged_by(tmp_path: Path, **decoding: object) -> None:
    """Have the reports say how they were made."""
    for split in ("dev", "test"):
        file = tmp_path / f"out/rows/saps_h/{split}/report.json"
        report = json.loads(file.read_text())
        report["provenance"]["decoding"] = decoding
        file.write_text(json.dumps(report))


def test_a_row_that_was_judged_in_another_way_is_judged_again_and_not_trained(
    tmp_path: Path, lab: Lab
) -> None:
    settings = read_settings(tmp_path, ROW)
    make_all(settings)
    assert list(remove_outdated(settings)) == []
    _was_judged_by(tmp_path, typed=True)
    told = "SAPS H is judged again: decoding.typed was true and is false now"
    assert list(remove_outdated(settings)) == [told]
    assert state_of(settings, settings.rows[0]).stage is Stage.WAITING
    assert Ablation.read(settings).results["saps_h"].test is None
    make_all(settings)
    assert state_of(settings, settings.rows[0]).stage is Stage.DONE
    assert (len(lab.trained), len(lab.judged)) == (1, 4)
    assert list(remove_outdated(settings)) == []


def test_the_settings_of_one_row_are_looked_at_too(tmp_path: Path) -> None:
    make_all(read_settings(tmp_path, ROW))
    _was_judged_by(tmp_path, typed=False)
    settings = read_settings(tmp_path, ROW, "+table.saps_h.evaluate=['decoding.typed=true']")
    assert len(list(remove_outdated(settings))) == 1


def test_another_limit_is_taken_and_told_of_in_the_settings(tmp_path: Path, lab: Lab) -> None:
    make_all(read_settings(tmp_path, ROW))
    other = read_settings(tmp_path, ROW, "evaluation.test_limit=2")
    list(remove_outdated(other))
    make_all(other)
    assert Ablation.read(other).results["saps_h"].test is not None
    written = json.loads((tmp_path / "out/settings.json").read_text())
    assert written["evaluation"]["test_limit"] == 2
    assert len(lab.trained) == 1


def test_a_report_on_a_model_that_was_replaced_will_not_do(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, ROW)
    make_all(settings)
    (tmp_path / "out/runs/saps_h/best/model.safetensors").write_text("other")
    told = ["SAPS H is judged again: its model is another one now"]
    assert list(remove_outdated(settings)) == told


def test_a_damaged_report_will_not_do(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, ROW)
    make_all(settings)
    (tmp_path / "out/rows/saps_h/dev/report.json").write_text("{")
    (told,) = remove_outdated(settings)
    assert "report.json is not JSON" in told
