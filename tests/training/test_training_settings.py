"""Settings that a run refuses before it writes anything."""

import logging
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from lightning.pytorch.callbacks import Callback
from omegaconf import OmegaConf

from saps.training.run import TrainResult, train
from saps.training.run_settings import SettingError, check_machine, check_ranges
from saps.training.training_module import CompilationError
from tests.training.tiny_run import compose_tiny

WHOLE = "expected a whole number from"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("seed=-1", f"seed=-1: {WHOLE} 0 to 4294967295"),
        ("seed=4294967296", f"seed=4294967296: {WHOLE} 0 to"),
        ("seed=true", f"seed=True: {WHOLE} 0"),
        ("n_samples=-1", f"n_samples=-1: {WHOLE} 0 on"),
        ("patience=-1", f"patience=-1: {WHOLE} 1 on, or null"),
        ("data.batch_size=0", f"data.batch_size=0: {WHOLE} 1 on"),
        ("data.batch_size=null", f"data.batch_size=null: {WHOLE} 1 on"),
        ("data.dev_limit=-3", f"data.dev_limit=-3: {WHOLE} 1 on, or null"),
        ("checkpoints.every_n_steps=0", f"checkpoints.every_n_steps=0: {WHOLE} 1 on, or null"),
        ("checkpoints.every_n_minutes=x", "checkpoints.every_n_minutes=x: expected a number from"),
        ("trainer.max_epochs=0", f"trainer.max_epochs=0: {WHOLE} 1 on"),
        ("trainer.max_epochs=null", f"trainer.max_epochs=null: {WHOLE} 1 on"),
        ("name=", "name=: it is empty; give the run a name"),
        ("folder=", "folder=: it is empty; give the run a folder"),
        ("optimizer.lr=abc", "optimizer.lr=abc: expected a number from 0 on"),
        ("optimizer.lr=-1", "optimizer.lr=-1: expected a number from 0 on"),
        ("+optimizer.weight_decay=abc", "optimizer.weight_decay=abc: Adam refuses this: "),
        ("module.schedule.warm_up=abc", "module.schedule.warm_up=abc: expected a number from 0 to"),
        ("module.schedule.warm_up=2", "module.schedule.warm_up=2: expected a number from 0 to 1"),
        ("module.schedule.final=-1", "module.schedule.final=-1: expected a number from 0 to 1"),
        ("optimizer.lr=inf", "optimizer.lr=inf: expected a number from 0 on"),
        ("trainer.gradient_clip_val=-1", "trainer.gradient_clip_val=-1: expected a number from 0"),
        ("trainer.gradient_clip_val=nan", "trainer.gradient_clip_val=nan: expected a number from"),
        ("trainer.check_val_every_n_epoch=0", f"trainer.check_val_every_n_epoch=0: {WHOLE} 1 on"),
        ("trainer.precision=fp8", "trainer.precision=fp8: expected one of 32-true, bf16-mixed, 16"),
        ("trainer.precision=64-true", "trainer.precision=64-true: expected one of 32-true"),
        ("trainer.accelerator=tpux", "trainer: Lightning refuses these settings: You selected an"),
        ("trainer.devices=0", "trainer: Lightning refuses these settings: `Trainer(devices=0)`"),
        ("+trainer.foo=1", "trainer: Lightning refuses these settings: Trainer.__init__() got"),
        ("+logger.foo=1", "logger: Lightning refuses these settings: CSVLogger.__init__() got"),
        ("logger.name=3", """logger.name=3: expected a name: 'logger.name="3"'"""),
        ("logger.name=null", "logger.name=null: expected a name"),
        ("+checkpoints.foo=3", "checkpoints.foo: there is no such setting; checkpoints has every_"),
        ("+feed.foo=3", "feed.foo: there is no such setting; feed has n_workers, pin, resident"),
        ("matmul_precision=higher", "matmul_precision=higher: expected one of highest, high, med"),
        ("+trainer.accumulate_grad_batches=2", "accumulate_grad_batches=2: a run cannot use this"),
        ("+trainer.limit_val_batches=1", "trainer.limit_val_batches=1: a run cannot use this; "),
        ("+trainer.limit_train_batches=0.5", "give data.train_limit"),
        ("+trainer.fast_dev_run=true", "fast_dev_run=True: a run cannot use this; give da"),
        ("+trainer.logger=false", "trainer.logger=False: a run cannot use this; give logger=csv"),
        (
            "+trainer.default_root_dir=x",
            "trainer.default_root_dir=x: a run cannot use this; give",
        ),
        ("+trainer.callbacks=[{a:1}]", "trainer.callbacks: expected classes of Lightning, such as"),
        ("+trainer.callbacks=foo", "trainer.callbacks: expected classes of Lightning, such as"),
        ("+trainer.profiler=fast", "trainer: Lightning refuses these settings: "),
        ("overwrite=1", "overwrite=1: expected true or false"),
        ("decoding=beam", "decoding=beam: a validation decodes greedily, so train with decoding=g"),
        ("decoding=guided", "`saps evaluate decoding=guided`"),
        ("monitor=val/foo", "it has val/exact_match, val/loss"),
        ("monitor=train/loss", "monitor=train/loss: a validation has no such metric"),
    ],
)
def test_a_setting_that_can_not_be_is_named_and_nothing_is_written(
    data: Path, override: str, told: str
) -> None:
    with pytest.raises(SettingError) as caught:
        train(compose_tiny(data, override))
    assert told in str(caught.value)
    assert not (data / "run").exists()


def test_a_gpu_that_is_not_there_is_refused_with_the_way_without(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    with pytest.raises(SettingError, match=r"trainer\.accelerator=gpu: .*trainer=cpu"):
        train(compose_tiny(data, "trainer=gpu"))
    assert not (data / "run").exists()


def test_what_leaves_steps_and_counts_as_they_are_is_taken(data: Path) -> None:
    kept = ["+trainer.accumulate_grad_batches=1", "+trainer.limit_val_batches=0"]
    precisions = ["16", "bf16", "32", "32-true", "16-mixed"]
    for precision in precisions:
        cfg = compose_tiny(data, *kept, f"trainer.precision={precision}")
        check_ranges(cfg)
        check_machine(cfg)


@pytest.mark.parametrize(
    "override",
    [
        "trainer.precision=fp8",
        "trainer.devices=0",
        "+trainer.foo=1",
        "feed.n_shapes=0",
        "+feed.foo=1",
        "logger.name=3",
        "+checkpoints.foo=3",
        "decoding=beam",
        "trainer.check_val_every_n_epoch=0",
        "trainer=ddp trainer.devices=9",
    ],
)
@pytest.mark.parametrize("how", ["overwrite=true", "ckpt_path=last"])
def test_a_setting_that_can_not_be_costs_nothing_of_the_run_that_is_there(
    finished: TrainResult, tmp_path: Path, how: str, override: str
) -> None:
    before = _contents(finished.folder)
    with pytest.raises(ValueError):
        train(compose_tiny(tmp_path, how, *override.split()))
    assert _contents(finished.folder) == before


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_backend_that_torch_has_not_is_refused_with_the_choices(data: Path) -> None:
    with pytest.raises(CompilationError, match=r"compile=foo: .*inductor.*reduce-overhead"):
        train(compose_tiny(data, "compile=foo"))
    assert not (data / "run").exists()


def test_the_parts_of_a_loss_can_be_watched(data: Path, tmp_path: Path) -> None:
    topology = "model.decoder.topology=predicted"
    settings = [topology, "monitor=val/topology_loss", "trainer.max_epochs=1"]
    result = train(compose_tiny(data, *settings, f"folder={tmp_path / 'run'}"))
    assert result.metric == "val/topology_loss"
    assert result.value is not None


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data."""
    folder = tmp_path_factory.mktemp("data")
    compose_tiny(folder)
    return folder


class _Watcher(Callback):
    """Somebody's own callback."""

    seen: ClassVar[list[int]] = []

    def on_train_epoch_end(self, trainer: Any, *_: Any) -> None:
        self.seen.append(trainer.current_epoch)


@pytest.mark.parametrize("given", ["[{%s}]", "{watcher:{%s}}"])
def test_callbacks_of_the_user_are_added(given: str, data: Path, tmp_path: Path) -> None:
    _Watcher.seen.clear()
    callbacks = given % f"_target_:{__name__}._Watcher"
    assert sys.modules[__name__]._Watcher is _Watcher
    settings = [f"+trainer.callbacks={callbacks}", f"folder={tmp_path / 'run'}"]
    result = train(compose_tiny(data, *settings, "trainer.max_epochs=2"))
    assert _Watcher.seen == [0, 1]
    assert result.value is not None


def test_a_profiler_says_what_it_found(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ["+trainer.profiler=simple", f"folder={tmp_path / 'run'}", "trainer.max_epochs=1"]
    with caplog.at_level(logging.INFO, logger="saps"):
        train(compose_tiny(data, *settings))
    assert any("FIT Profiler Report" in record.getMessage() for record in caplog.records)


def test_the_loggers_know_the_settings_and_the_learning_rate(data: Path, tmp_path: Path) -> None:
    train(compose_tiny(data, f"folder={tmp_path / 'run'}", "trainer.max_epochs=1"))
    logs = tmp_path / "run" / "logs" / "version_0"
    known = OmegaConf.load(logs / "hparams.yaml")
    assert (known.optimizer.lr, known.model.decoder.recurrence, known.seed) == (0.002, "vh", 1)
    assert "learning_rate" in (logs / "metrics.csv").read_text().splitlines()[0]


def test_a_run_that_goes_on_is_one_run_of_wandb(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    settings = ["logger=wandb", f"folder={tmp_path / 'run'}"]
    train(compose_tiny(data, *settings, "trainer.max_epochs=1"))
    train(compose_tiny(data, *settings, "trainer.max_epochs=2", "ckpt_path=last"))
    runs = [path.name for path in (tmp_path / "run" / "wandb").glob("offline-run-*-*")]
    # offline-run-TIME-ID, and -1 behind it where two began in one second.
    assert len({name.split("-")[3] for name in runs}) == 1


def test_wandb_that_can_not_start_is_no_defect_of_ours(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_key(*_: Any, **__: Any) -> None:
        raise RuntimeError("No API key configured. Use `wandb login` to log in.\nmore")

    monkeypatch.setattr("wandb.init", no_key)
    with pytest.raises(SettingError, match=r"WandbLogger cannot start: No API key .*logger.off"):
        train(compose_tiny(data, "logger=wandb", f"folder={tmp_path / 'run'}"))
    assert not (tmp_path / "run" / "config.yaml").exists()
