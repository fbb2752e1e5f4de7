"""What a run does to the folder of another, and what it says when it leaves no model."""

import json
import logging
import os
import signal
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from lightning.fabric.plugins.environments import SLURMEnvironment  # type: ignore[attr-defined]
from safetensors import SafetensorError

from saps.resources import FolderInUseError, held, resource_folder
from saps.training.callbacks import StepSeed
from saps.training.checkpoints import CheckpointError, RunInterruptedError
from saps.training.run import TrainingError, TrainResult, train  # type: ignore[attr-defined]
from tests.training.pressing import press_in_step
from tests.training.tiny_run import compose_tiny


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_loss_is_watched_for_its_smallest_value(tmp_path: Path) -> None:
    settings = ["monitor=val/loss", "trainer.max_epochs=3", "optimizer.lr=0.01"]
    result = train(compose_tiny(tmp_path, *settings))
    header, *rows = (result.folder / "metrics.csv").read_text().splitlines()
    losses = [float(row.split(",")[header.split(",").index("val/loss")]) for row in rows]
    assert min(losses) < losses[0]
    assert result.value == pytest.approx(min(losses))
    info = json.loads((result.best / "config.json").read_text())["info"]
    assert info["best"]["value"] == pytest.approx(min(losses))


def test_a_checkpoint_of_another_run_does_not_replace_the_run_that_is_there(
    finished: TrainResult, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    train(compose_tiny(tmp_path, "trainer.max_epochs=1", f"folder={other}"))
    before = _contents(other)
    going_on = [f"folder={other}", "trainer.max_epochs=2"]
    last = finished.folder / "last.ckpt"
    with pytest.raises(TrainingError, match=r"other already holds a run.*last\.ckpt belongs to"):
        train(compose_tiny(tmp_path, *going_on, f"ckpt_path={last}"))
    assert _contents(other) == before
    result = train(compose_tiny(tmp_path, *going_on, f"ckpt_path={last}", "overwrite=true"))
    assert result.value is not None
    assert json.loads((other / "best" / "config.json").read_text())["info"]["best"]["epoch"] == 1


def test_a_runs_own_checkpoint_may_be_given_by_its_path(
    finished: TrainResult, tmp_path: Path
) -> None:
    last = finished.folder / ".." / "run" / "last.ckpt"
    result = train(compose_tiny(tmp_path, "trainer.max_epochs=2", f"ckpt_path={last}"))
    assert result.value is not None
    assert len((finished.folder / "metrics.csv").read_text().splitlines()) == 1 + 2


def test_a_run_without_an_epoch_announces_no_model(
    finished: TrainResult, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    further = [f"folder={tmp_path / 'further'}", f"ckpt_path={finished.folder / 'last.ckpt'}"]
    with caplog.at_level(logging.INFO, logger="saps"):
        result = train(compose_tiny(tmp_path, *further, "trainer.max_epochs=1"))
    assert result.value is None
    assert not result.best.exists()
    assert "no epoch was run" in caplog.text
    assert "raise trainer.max_epochs" in caplog.text
    assert "evaluate it" not in caplog.text
    result = train(compose_tiny(tmp_path, *further, "trainer.max_epochs=2"))
    assert result.value is not None
    assert (result.best / "model.safetensors").exists()


def test_a_run_without_a_validation_announces_no_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ["trainer.max_epochs=1", "trainer.check_val_every_n_epoch=2"]
    with caplog.at_level(logging.INFO, logger="saps"):
        result = train(compose_tiny(tmp_path, *settings))
    assert result.value is None
    assert "no model was kept" in caplog.text
    assert "evaluate it" not in caplog.text


def test_a_finished_run_that_goes_on_without_an_epoch_still_has_its_model(
    finished: TrainResult, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="saps"):
        result = train(compose_tiny(tmp_path, "trainer.max_epochs=1", "ckpt_path=last"))
    assert (result.value, result.best) == (finished.value, finished.best)
    assert "evaluate it" in caplog.text


def test_a_run_that_replaces_another_leaves_nothing_of_it(
    finished: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = finished.folder
    (folder / "last.ckpt.damaged").write_bytes(b"")
    (folder / "best" / "calibration.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(RunInterruptedError):
        press_in_step(1, monkeypatch)
        train(compose_tiny(tmp_path, "trainer.max_epochs=2", "overwrite=true"))
    assert not (folder / "best").exists()
    assert not (folder / "last.ckpt.damaged").exists()
    assert not (folder / "metrics.csv").exists()
    assert (folder / "notes.txt").read_text() == "mine"


def test_what_the_user_put_beside_a_best_model_stays_when_the_run_is_replaced(
    finished: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finished.best / "notes.txt").write_text("mine")
    with pytest.raises(RunInterruptedError):
        press_in_step(1, monkeypatch)
        train(compose_tiny(tmp_path, "trainer.max_epochs=2", "overwrite=true"))
    assert [path.name for path in finished.best.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (["data=generated"], "generated"),
        (["data=algolisp"], "algolisp"),
        (["data=large"], "large"),
        (["data=short"], "short"),
        (["data=tiny"], "tiny"),
        (["data.path=/x/short"], "short"),
        (["data.path=/x/short/"], "short"),
        (["data=algolisp", "data.path=/x/published"], "published"),
        (["data.path=/x/short", "data.name=mine"], "mine"),
    ],
)
def test_data_are_called_as_their_folder_unless_a_name_is_given(
    overrides: list[str], name: str
) -> None:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        assert compose("train", overrides).data.name == name


# What is not the run's own: nothing of it is replaced without overwrite=true.


def _refused(tmp_path: Path, message: str, *overrides: str) -> None:
    """See that a run is refused and costs nothing of what is in the folder."""
    before = _contents(tmp_path / "run")
    with pytest.raises(TrainingError, match=message):
        train(compose_tiny(tmp_path, "trainer.max_epochs=1", *overrides))
    assert _contents(tmp_path / "run") == before


def test_a_best_model_whose_checkpoints_were_removed_is_not_replaced(
    finished: TrainResult, tmp_path: Path
) -> None:
    for checkpoint in finished.folder.glob("*.ckpt"):
        checkpoint.unlink()
    _refused(tmp_path, r"best already holds the best model of a run whose checkpoints are gone")
    with pytest.raises(CheckpointError, match=r"under another name= or, .* with overwrite=true"):
        train(compose_tiny(tmp_path, "ckpt_path=last"))
    elsewhere = train(compose_tiny(tmp_path, "trainer.max_epochs=1", f"folder={tmp_path / 'b'}"))
    _refused(tmp_path, "already holds the best", f"ckpt_path={elsewhere.folder / 'last.ckpt'}")


@pytest.mark.parametrize(
    "name", ["config.yaml", "tokenizer.model", "symbols.json", "metrics.csv", "best/config.json"]
)
def test_a_folder_of_something_else_is_refused(name: str, tmp_path: Path) -> None:
    compose_tiny(tmp_path)  # writes the data
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    path.write_text("model: mine\n")
    _refused(tmp_path, rf"run holds {name.partition('/')[0]}, which a run there would replace")


def test_what_looks_like_a_draft_of_a_run_is_left_alone(tmp_path: Path) -> None:
    chapter = tmp_path / "run" / "chapter2.part" / "text.md"
    chapter.parent.mkdir(parents=True)
    chapter.write_text("mine")
    (tmp_path / "run" / "corpus.tar.part").write_text("mine")
    (tmp_path / "run" / ".best-of-all").mkdir()
    train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    assert chapter.read_text() == (tmp_path / "run" / "corpus.tar.part").read_text() == "mine"
    assert (tmp_path / "run" / ".best-of-all").is_dir()


def test_a_run_that_ended_before_its_first_result_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(StepSeed, "on_train_batch_start", _fail)
        train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    assert (tmp_path / "run" / "config.yaml").exists()
    assert train(compose_tiny(tmp_path, "trainer.max_epochs=1", "seed=2")).value is not None


def _fail(*_: object) -> None:
    raise RuntimeError


def test_two_commands_do_not_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with held(tmp_path / "run"):
        with pytest.raises(FolderInUseError, match=r"another command is writing into .*run"):
            train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
        assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]
    assert not list((tmp_path / "run").iterdir())


def test_a_killed_process_lets_go_of_its_folder(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        with held(tmp_path / "run"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    with held(tmp_path / "run"):
        pass


def test_a_new_run_does_not_begin_with_what_slurms_signal_left(
    finished: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = finished.folder / "hpc_ckpt_1.ckpt"  # Lightning's own; it would go on from that
    left.write_bytes((finished.folder / "last.ckpt").read_bytes())
    for name, value in {"SLURM_JOB_ID": "17", "SLURM_NTASKS": "1", "SLURM_PROCID": "0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLURM_LOCALID", "0")
    monkeypatch.setenv("SLURM_NODEID", "0")
    monkeypatch.setattr(SLURMEnvironment, "detect", staticmethod(lambda: True))
    train(compose_tiny(tmp_path, "trainer.max_epochs=1", "overwrite=true", "seed=5"))
    rows = (finished.folder / "metrics.csv").read_text().splitlines()
    assert len(rows) == 1 + 1


def test_a_job_that_slurm_has_started_again_goes_on(
    finished: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    train(compose_tiny(tmp_path, "trainer.max_epochs=2"))
    assert len((finished.folder / "metrics.csv").read_text().splitlines()) == 1 + 2


def test_a_run_whose_folder_was_moved_goes_on(finished: TrainResult, tmp_path: Path) -> None:
    moved = finished.folder.rename(tmp_path / "moved")
    train(compose_tiny(tmp_path, f"folder={moved}", "ckpt_path=last", "trainer.max_epochs=2"))
    assert len((moved / "metrics.csv").read_text().splitlines()) == 1 + 2
    assert not finished.folder.exists()


def test_a_best_model_that_can_not_be_written_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device")

    monkeypatch.setattr("saps.model.bundle.save_file", full)
    with pytest.raises(TrainingError, match=r"could not be written .*No space left"):
        train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    assert "training continues" in caplog.text
    assert (tmp_path / "run" / "last.ckpt").exists()


def test_without_any_checkpoint_nobody_is_told_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("saps.training.checkpoints.os.fsync", full)
    with pytest.raises(TrainingError) as caught:
        train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    told = str(caught.value)
    assert "ckpt_path=last" not in told
    assert "there is no checkpoint to continue from" in told
    assert f"its best model is whole, in {tmp_path / 'run' / 'best'}" in told
