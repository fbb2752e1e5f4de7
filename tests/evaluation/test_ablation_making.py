"""Making rows: what is done, what is not done again, and what a failure costs."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from saps.evaluation.ablation.ablation_folder import Stage, failure_of, forget_failure, state_of
from saps.evaluation.ablation.ablation_settings import Settings
from saps.evaluation.ablation.making import make_row, train_config
from saps.training.checkpoints import CheckpointError, RunInterruptedError
from tests.evaluation.ablation_fakes import (
    Lab,
    install_lab,
    make_all,
    read_settings,
    write_run,
)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install_lab(monkeypatch)


def _stages(settings: Settings) -> dict[str, Stage]:
    return {row.name: state_of(settings, row).stage for row in settings.rows}


def test_each_row_is_trained_once_and_judged_on_both_splits(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[seq2tree,seq2tree_search,sapspre_vh_att_256]")
    make_all(settings)
    assert lab.names == ["seq2tree", "autoencoder", "sapspre_vh_att_256"]
    assert sorted(lab.judged) == [
        *(("sapspre_vh_att_256", split) for split in ("dev", "test")),
        *(("seq2tree", split) for split in ("dev", "test")),
        *(("seq2tree_search", split) for split in ("dev", "test")),
    ]
    assert set(_stages(settings).values()) == {Stage.DONE}


def test_what_is_made_is_not_made_again(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]")
    make_all(settings)
    make_row(settings, "saps_h")
    assert (len(lab.trained), len(lab.judged)) == (1, 2)


def test_a_report_on_another_model_is_made_anew(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]")
    make_all(settings)
    (tmp_path / "out/runs/saps_h/best/model.safetensors").write_text("other")
    make_row(settings, "saps_h")
    assert (len(lab.trained), len(lab.judged)) == (1, 4)


def test_a_run_that_was_killed_goes_on_from_its_checkpoint(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]", f"runs={tmp_path / 'runs'}")
    write_run(train_config(settings, settings.rows[0]), n_epochs=1)
    make_all(settings)
    assert [cfg.ckpt_path for cfg in lab.trained] == ["last"]
    assert _stages(settings) == {"saps_h": Stage.DONE}


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(
    tmp_path: Path, lab: Lab
) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]")
    make_all(settings)
    run = tmp_path / "out/runs/saps_h"
    for name in ("last.ckpt", "metrics.csv"):
        (run / name).unlink()
    make_row(settings, "saps_h")
    again = lab.trained[1]
    assert (again.ckpt_path, again.overwrite) == (None, True)
    assert _stages(settings) == {"saps_h": Stage.DONE}
    assert not lab.trained[0].overwrite


def test_a_run_of_before_the_first_child_had_a_setting_is_taken(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]")
    make_all(settings)
    file = tmp_path / "out/runs/saps_h/config.yaml"
    cfg = OmegaConf.load(file)
    assert cfg.model.decoder.pop("first_child") == "parent"
    OmegaConf.save(cfg, file)
    make_row(settings, "saps_h")
    assert len(lab.trained) == 1
    cfg.model.decoder.first_child = "other"
    OmegaConf.save(cfg, file)
    make_row(settings, "saps_h")
    assert "first_child is other there and parent here" in (failure_of(settings, "saps_h") or "")


def test_a_run_that_saps_train_made_is_taken(tmp_path: Path, lab: Lab) -> None:
    elsewhere = read_settings(tmp_path, "rows=[saps_h]", f"runs={tmp_path / 'runs'}")
    write_run(train_config(elsewhere, elsewhere.rows[0]))
    make_all(elsewhere)
    assert lab.trained == []
    assert _stages(elsewhere) == {"saps_h": Stage.DONE}


@pytest.mark.parametrize("n_epochs", [1, 2])
def test_a_run_with_another_budget_is_not_taken(tmp_path: Path, lab: Lab, n_epochs: int) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]", f"runs={tmp_path / 'runs'}")
    other = train_config(settings, settings.rows[0])
    other.data.batch_size = 3
    write_run(other, n_epochs)
    make_all(settings)
    assert lab.trained == []
    reason = failure_of(settings, "saps_h") or ""
    assert "runs/saps_h holds another run: data.batch_size is 3 there and 64" in reason


def test_a_failure_is_written_down_and_the_other_rows_are_made(tmp_path: Path, lab: Lab) -> None:
    lab.raises["saps_h"] = ValueError("the loss is nan\nand more")
    settings = read_settings(tmp_path, "rows=[saps_h,saps_v]")
    make_all(settings)
    assert _stages(settings) == {"saps_h": Stage.FAILED, "saps_v": Stage.DONE}
    assert failure_of(settings, "saps_h") == "the loss is nan"
    log = (tmp_path / "out/rows/saps_h/log.txt").read_text()
    assert "SAPS H failed: the loss is nan" in log
    assert "Traceback" in log


def test_an_error_that_is_no_message_for_people_is_named(tmp_path: Path, lab: Lab) -> None:
    lab.raises["saps_h"] = RuntimeError("shapes")
    settings = read_settings(tmp_path, "rows=[saps_h]")
    make_all(settings)
    assert failure_of(settings, "saps_h") == "RuntimeError: shapes"


def test_rows_that_need_a_failed_one_fail_with_its_reason(tmp_path: Path, lab: Lab) -> None:
    lab.raises["autoencoder"] = ValueError("no room")
    settings = read_settings(tmp_path, "rows=[sapspre_vh_att_256]")
    make_all(settings)
    assert failure_of(settings, "sapspre_vh_att_256") == "needs autoencoder, which failed (no room)"


def test_a_failed_row_is_tried_again(tmp_path: Path, lab: Lab) -> None:
    lab.raises["saps_h"] = ValueError("no room")
    settings = read_settings(tmp_path, "rows=[saps_h]")
    make_all(settings)
    lab.raises.clear()
    forget_failure(settings, "saps_h")
    make_all(settings)
    assert _stages(settings) == {"saps_h": Stage.DONE}


def test_a_damaged_checkpoint_says_what_to_remove(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[saps_h]", f"runs={tmp_path / 'runs'}")
    write_run(train_config(settings, settings.rows[0]), n_epochs=1)
    lab.raises["saps_h"] = CheckpointError("last.ckpt is damaged")
    make_all(settings)
    reason = failure_of(settings, "saps_h") or ""
    assert reason.endswith("runs/saps_h to train the row anew")


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), RunInterruptedError(Path("run"), 3, 0, None)], ids=["at-once", ""]
)
def test_an_interrupted_row_is_no_failed_one(tmp_path: Path, lab: Lab, stop: BaseException) -> None:
    lab.raises["saps_h"] = stop
    settings = read_settings(tmp_path, "rows=[saps_h]")
    with pytest.raises(KeyboardInterrupt):
        make_all(settings)
    assert _stages(settings) == {"saps_h": Stage.WAITING}
