"""Training runs on a handful of tasks."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from saps.model.bundle import load_bundle
from saps.synthesis.predictor import Predictor
from saps.training.checkpoints import CheckpointError
from saps.training.run import TrainingError, train  # type: ignore[attr-defined]
from tests.tasks import examples
from tests.training.tiny_run import compose_tiny


def _weights(path: Path) -> dict[str, Any]:
    checkpoint = torch.load(path, weights_only=True)
    return dict(checkpoint["state_dict"])


def test_a_run_leaves_everything_that_a_later_one_needs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="saps"):
        result = train(compose_tiny(tmp_path, "trainer.max_epochs=2"))
    assert {path.name for path in result.folder.iterdir()} == {
        "best",
        "config.yaml",
        "curves.png",
        "last.ckpt",
        "logs",
        "metrics.csv",
        "previous.ckpt",
        "symbols.json",
        "tokenizer.model",
    }
    rows = (result.folder / "logs" / "version_0" / "metrics.csv").read_text().splitlines()
    assert "val/exact_match" in rows[0]
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("epoch")]
    assert [line.split()[1] for line in lines] == ["000", "001"]


def test_training_learns_and_the_best_model_is_kept(tmp_path: Path) -> None:
    result = train(
        compose_tiny(
            tmp_path,
            "trainer.max_epochs=60",
            "trainer.check_val_every_n_epoch=10",
            "optimizer.lr=0.02",
            "seed=2",
            "model.encoder.dropout=0",
            "model.decoder.dropout=0",
            "data.filler_dropout.text_rate=0",
        )
    )
    assert result.value == 1.0
    tasks = examples()
    predictions = Predictor.load(result.best).predict([task.text for task in tasks])
    assert [p and p.program for p in predictions] == [task.program for task in tasks]
    info = json.loads((result.best / "config.json").read_text())["info"]
    assert info["best"]["value"] == 1.0
    assert info["data"] == {"name": "data", "train": len(tasks), "dev": len(tasks)}


def test_a_resumed_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    train(compose_tiny(tmp_path, "trainer.max_epochs=4", f"folder={whole}"))
    # The schedule knows the run's length, so the first half is stopped, not made shorter.
    stopped = compose_tiny(
        tmp_path, "trainer.max_epochs=4", "+trainer.max_steps=6", f"folder={halves}"
    )
    train(stopped)
    train(compose_tiny(tmp_path, "trainer.max_epochs=4", f"folder={halves}", "ckpt_path=last"))
    expected, found = _weights(whole / "last.ckpt"), _weights(halves / "last.ckpt")
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder, seed in zip(folders, (0, 0, 1), strict=True):
        train(compose_tiny(tmp_path, "trainer.max_epochs=1", f"folder={folder}", f"seed={seed}"))
    first, second, third = (_weights(folder / "last.ckpt") for folder in folders)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], third[name]) for name in first)


@pytest.mark.usefixtures("finished")
def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    before = (tmp_path / "run" / "last.ckpt").stat().st_mtime_ns
    with pytest.raises(TrainingError, match=r"already holds a run.*ckpt_path=last"):
        train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    assert (tmp_path / "run" / "last.ckpt").stat().st_mtime_ns == before


def test_continuing_without_a_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*last\.ckpt"):
        train(compose_tiny(tmp_path, "ckpt_path=last"))


@pytest.mark.parametrize("logger", ["tensorboard", "wandb"])
def test_other_loggers_write_into_the_run_folder(
    logger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    train(compose_tiny(tmp_path, f"logger={logger}", "trainer.max_epochs=1"))
    files = {path.name.split(".")[0] for path in (tmp_path / "run").rglob("*")}
    assert ("events" if logger == "tensorboard" else "wandb") in files


def test_the_bundle_of_a_run_is_read_from_the_run_folder_too(tmp_path: Path) -> None:
    result = train(compose_tiny(tmp_path, "trainer.max_epochs=1", "half_precision_bundle=true"))
    from_run, from_best = load_bundle(result.folder), load_bundle(result.best)
    assert from_run.config == from_best.config
    assert all(weight.dtype == torch.float32 for weight in from_run.network.parameters())
