"""Settings that a run refuses before it writes anything."""

from pathlib import Path

import pytest
import torch

from saps.model.compilation import CompilationError
from saps.model.settings import SettingError, check_machine, check_ranges
from saps.model.training import train
from tests.model.tiny_run import compose_tiny

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
        ("logger.name=3", """logger.name=3: expected a text: 'logger.name="3"'"""),
        ("logger.name=null", "logger.name=null: expected a text"),
        ("+checkpoints.foo=3", "checkpoints.foo: there is no such setting; checkpoints has every_"),
        ("+feed.foo=3", "feed.foo: there is no such setting; feed has n_workers, pin, resident"),
        ("matmul_precision=higher", "matmul_precision=higher: expected one of highest, high, med"),
        ("+trainer.accumulate_grad_batches=2", "accumulate_grad_batches=2: a run does without th"),
        ("+trainer.limit_val_batches=1", "trainer.limit_val_batches=1: a run does without this; "),
        ("+trainer.limit_train_batches=0.5", "give data.train_limit"),
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
    finished: Path, how: str, override: str
) -> None:
    before = _contents(finished / "run")
    with pytest.raises(ValueError):
        train(compose_tiny(finished, how, *override.split()))
    assert _contents(finished / "run") == before


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data and a finished run."""
    folder = tmp_path_factory.mktemp("finished")
    train(compose_tiny(folder, "trainer.max_epochs=1"))
    return folder


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
