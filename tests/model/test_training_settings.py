"""Settings that a run refuses before it writes anything."""

from pathlib import Path

import pytest

from saps.model.compilation import CompilationError
from saps.model.settings import SettingError
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
        ("module.schedule.warm_up=abc", "module.schedule.warm_up=abc module.schedule.final=0.02: "),
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
