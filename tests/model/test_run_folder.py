"""What a run does to the folder of another, and what it says when it leaves no model."""

import json
import logging
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from saps.model.saving import RunInterruptedError
from saps.model.training import TrainingError, TrainResult, train
from saps.resources import resource_folder
from tests.model.pressing import press_in_step
from tests.model.tiny_run import compose_tiny


@pytest.fixture
def finished(tmp_path: Path) -> TrainResult:
    """Return a run of one epoch in `tmp_path`, which holds its data too."""
    return train(compose_tiny(tmp_path, "trainer.max_epochs=1"))


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
    with pytest.raises(TrainingError, match=r"other already holds a run, and .*last\.ckpt is of"):
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
