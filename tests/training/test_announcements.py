"""What a run says of its network, its epochs and its programs, and of what comes next."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hydra import compose, initialize_config_dir

from saps.lang import parse
from saps.model.bundle import plain_config
from saps.resources import resource_folder
from saps.training.callbacks import ProgressBar, sample_lines
from saps.training.run import choices, say_what_is_next

AUTOENCODER = "experiment=autoencoder"


def _compose(*overrides: str) -> Any:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose("train", [*overrides])


@pytest.mark.parametrize("override", [AUTOENCODER, "experiment=saps_vh_att"])
def test_a_class_stands_before_its_settings(
    override: str,
) -> None:
    words = choices(plain_config(_compose(override).model)).split()
    assert "=" not in words[0]
    places = {word.partition("=")[0]: place for place, word in enumerate(words)}
    assert places["encoder"] < min(p for key, p in places.items() if key.startswith("encoder."))
    assert places["decoder"] < min(p for key, p in places.items() if key.startswith("decoder."))


def test_what_follows_an_autoencoder_is_a_run_that_takes_its_decoder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data: Any = SimpleNamespace(path=tmp_path)
    reads_trees: Any = SimpleNamespace(reads_trees=True)
    with caplog.at_level(logging.INFO, logger="saps"):
        say_what_is_next(Path("runs/autoencoder/best"), data, reads_trees)
    (told,) = caplog.messages
    assert "saps evaluate" not in told
    command = told.partition("saps train ")[2].split()
    assert command[:2] == ["experiment=sapspre_vh_att_256", "pretrained=runs/autoencoder"]
    cfg = _compose(*command)
    assert (cfg.pretrained, cfg.data.path) == ("runs/autoencoder", str(tmp_path))


def test_a_program_of_hundreds_of_symbols_is_cut() -> None:
    long = "1"
    for _ in range(100):
        long = f"(+ {long} 1)"
    short = parse("(+ a 1)")
    guess: Any = SimpleNamespace(program=parse(long), log_prob=-1.0)
    line = sample_lines("add", short, guess).splitlines()[-1]
    assert len(line) < 400
    assert line.endswith(" ... (201 symbols)  (log-prob -1.00, wrong)")
    guess.program = short
    assert "found (+ a 1)  (log-prob -1.00, right)" in sample_lines("add", short, guess)


def test_the_bar_counts_epochs_as_their_lines_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    bar = ProgressBar(10, 5)
    trainer: Any = SimpleNamespace(current_epoch=1, max_epochs=15, world_size=1)
    bar.on_validation_epoch_start(trainer, Any)
    assert bar._bar is not None
    told = bar._bar.tasks[0].description
    bar.on_validation_epoch_end(trainer, Any)
    assert told == "epoch 001 (1 of 15 done), validation"
