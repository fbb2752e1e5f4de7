"""Runs that are killed, stopped, that diverge, or that go on with what is not theirs."""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from saps.training.callbacks import StepSeed
from saps.training.checkpoints import CheckpointError, RunInterruptedError, read_checkpoint
from saps.training.run import TrainingError, TrainResult, train  # type: ignore[attr-defined]
from saps.training.stopping import DivergedError, Interruption
from tests.training.conftest import copied
from tests.training.pressing import press_in_step
from tests.training.tiny_run import SMALL, compose_tiny

ROOT = Path(__file__).parents[2]


def _weights(path: Path) -> dict[str, Any]:
    return dict(read_checkpoint(path)["state_dict"])


def _assert_same_weights(one: Path, other: Path) -> None:
    expected, found = _weights(one), _weights(other)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.slow
def test_runs_killed_at_random_moments_end_with_the_same_weights() -> None:
    command = [sys.executable, "-m", "tests.training.kill_and_resume", "3"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("3 runs like the whole one")


@pytest.mark.parametrize(
    ("step", "number"),
    [(2, signal.SIGINT), (4, signal.SIGINT), (4, signal.SIGTERM)],
    ids=["ctrl-c", "ctrl-c-later", "sigterm"],
)
def test_a_signal_saves_within_the_epoch_and_the_run_goes_on_as_if_never_stopped(
    step: int,
    number: signal.Signals,
    three_epochs: TrainResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped = f"folder={tmp_path / 'stopped'}"
    with monkeypatch.context() as patch, pytest.raises(RunInterruptedError) as caught:
        press_in_step(step, patch, number)
        train(compose_tiny(tmp_path, stopped, "trainer.max_epochs=3"))
    stop = caught.value
    assert (stop.step, stop.problem, stop.signal) == (step, None, number)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    train(compose_tiny(tmp_path, stopped, "trainer.max_epochs=3", "ckpt_path=last"))
    _assert_same_weights(three_epochs.folder / "last.ckpt", tmp_path / "stopped" / "last.ckpt")
    rows = (tmp_path / "stopped" / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1", "2"]


def test_ctrl_c_twice_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(StepSeed, "on_train_batch_start", press)
    with pytest.raises(SystemExit):  # what Lightning makes of it
        train(compose_tiny(tmp_path, "trainer.max_epochs=2"))
    assert not (tmp_path / "run" / "last.ckpt").exists()


def test_a_loss_that_is_nan_stops_the_run_and_keeps_the_last_good_checkpoint(
    tmp_path: Path,
) -> None:
    settings = ["optimizer.lr=1e38", "trainer.max_epochs=4", "checkpoints.every_n_steps=1"]
    with pytest.raises(DivergedError) as caught:
        train(compose_tiny(tmp_path, *settings))
    told = str(caught.value)
    assert "at step" in told
    assert "the learning rate" in told
    assert "optimizer.lr=1e+37" in told
    assert "overwrite=true" not in told
    assert "nothing was saved yet" in told
    assert not (tmp_path / "run" / "last.ckpt").exists()


def test_a_run_that_diverges_later_is_not_told_to_overwrite_what_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = StepSeed.on_train_batch_start

    def spoil(self: StepSeed, trainer: Any, module: Any, *rest: Any) -> None:
        before(self, trainer, module, *rest)
        if trainer.current_epoch == 1:
            with torch.no_grad():
                next(module.parameters()).fill_(float("nan"))

    monkeypatch.setattr(StepSeed, "on_train_batch_start", spoil)
    with pytest.raises(DivergedError) as caught:
        train(compose_tiny(tmp_path, "trainer.max_epochs=2"))
    told, run = str(caught.value), tmp_path / "run"
    assert f"{run / 'last.ckpt'} is the last good checkpoint" in told
    assert all(bool(weight.isfinite().all()) for weight in _weights(run / "last.ckpt").values())
    assert "name=ANOTHER optimizer.lr=0.0002" in told
    assert f"start_from={run}" in told
    assert "overwrite=true" not in told
    assert "(epoch 001)" in told


def test_a_run_that_diverges_in_its_first_epoch_leaves_no_model(tmp_path: Path) -> None:
    # One step, whose loss is finite, and a validation before the next loss could be looked at.
    with pytest.raises(DivergedError, match="nothing was saved yet"):
        train(compose_tiny(tmp_path, "optimizer.lr=3e38", "data.batch_size=16"))
    assert not (tmp_path / "run" / "best").exists()


def test_a_damaged_last_checkpoint_costs_what_came_after_the_previous_one(
    three_epochs: TrainResult, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    last = copied(three_epochs, tmp_path).folder / "last.ckpt"
    last.write_bytes(last.read_bytes()[:-100])
    train(compose_tiny(tmp_path, "trainer.max_epochs=3", "ckpt_path=last"))
    assert "last.ckpt is damaged" in caplog.text
    assert "resuming from" in caplog.text
    _assert_same_weights(three_epochs.folder / "last.ckpt", last)


def test_a_full_disk_costs_checkpoints_and_is_told_at_the_end(
    one_epoch: TrainResult, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    size = (one_epoch.folder / "last.ckpt").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, before[1]))
    try:
        with pytest.raises(TrainingError, match=r"could not be written .*free some disk space"):
            train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "training continues" in caplog.text


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("model.decoder.recurrence=h", "model.decoder.recurrence is vh there and h here"),
        ("seed=7", "seed is 1 there and 7 here"),
        ("data.batch_size=5", "data.batch_size is 4 there and 5 here"),
        ("optimizer.lr=0.5", "optimizer.lr is 0.002 there and 0.5 here"),
        (
            "data.train_limit=3",
            "data.train_limit is null there and 3 here; give data.train_limit=null",
        ),
        (
            "+optimizer.eps=0.1",
            "optimizer.eps is absent there and 0.1 here; leave optimizer.eps out",
        ),
    ],
)
@pytest.mark.usefixtures("finished")
def test_going_on_with_other_settings_is_refused(tmp_path: Path, override: str, told: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        train(compose_tiny(tmp_path, override, "ckpt_path=last"))
    assert told in str(caught.value)


@pytest.mark.usefixtures("finished")
def test_a_vocabulary_that_is_not_the_checkpoints_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    train(compose_tiny(tmp_path, f"folder={other}", "data.vocabulary_size=90"))
    (tmp_path / "run" / "tokenizer.model").write_bytes((other / "tokenizer.model").read_bytes())
    with pytest.raises(
        CheckpointError, match=r"the tokenizer in .* is not the one that last\.ckpt"
    ):
        train(compose_tiny(tmp_path, "ckpt_path=last"))


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_a_lost_vocabulary_is_told_where_its_copy_lies(
    damage: Any, finished: TrainResult, tmp_path: Path
) -> None:
    best = finished.best
    damage(tmp_path / "run" / "tokenizer.model")
    with pytest.raises(CheckpointError, match=rf"tokenizer\.model: .*; {best} has copies of token"):
        train(compose_tiny(tmp_path, "ckpt_path=last"))
    (best / "tokenizer.model").unlink()
    with pytest.raises(CheckpointError, match=r"put the run's own file back, or start again"):
        train(compose_tiny(tmp_path, "ckpt_path=last"))


@pytest.mark.usefixtures("finished")
def test_data_that_changed_since_the_run_began_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data" / "train.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(CheckpointError, match=r"the train split in .* changed since the run"):
        train(compose_tiny(tmp_path, "ckpt_path=last"))


def test_sizes_that_do_not_fit_are_one_message(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"model\.encoder\.hidden_size is -3"):
        train(compose_tiny(tmp_path, "model.encoder.hidden_size=-3"))


def test_patience_ends_a_run_that_gets_no_better(tmp_path: Path) -> None:
    train(compose_tiny(tmp_path, "trainer.max_epochs=9", "patience=2", "optimizer.lr=0"))
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert len(rows) == 1 + 3  # the first is the best, two more are no better


def test_bf16_autocast_trains_and_stays_near_float32(tmp_path: Path) -> None:
    losses = {}
    for precision in ("32-true", "bf16-mixed"):
        folder = tmp_path / precision
        train(
            compose_tiny(
                tmp_path,
                f"folder={folder}",
                f"trainer.precision={precision}",
                "feed.n_shapes=2",  # the same for both, so that dropout draws the same masks
                "trainer.max_epochs=8",
                "optimizer.lr=0.02",
            )
        )
        losses[precision] = _column(folder, "train/loss")
    assert losses["bf16-mixed"][-1] < 0.7 * losses["bf16-mixed"][0]
    assert losses["bf16-mixed"] == pytest.approx(losses["32-true"], rel=0.05)
    assert losses["bf16-mixed"] != losses["32-true"]


def _column(run: Path, name: str) -> list[float]:
    header, *rows = (run / "metrics.csv").read_text().splitlines()
    place = header.split(",").index(name)
    return [float(row.split(",")[place]) for row in rows]


@pytest.mark.slow
def test_the_gpu_settings_train_on_a_cpu_to_the_same_weights(tmp_path: Path) -> None:
    plain, ahead = tmp_path / "plain", tmp_path / "ahead"
    # Padded batches draw other masks.
    same = ["trainer.max_epochs=2", "model.encoder.dropout=0", "model.decoder.dropout=0"]
    train(compose_tiny(tmp_path, f"folder={plain}", *same))
    cpu = ["trainer.accelerator=cpu", "trainer.precision=32-true", "feed.pin=false"]
    more = ["trainer=gpu", *cpu, "feed.n_workers=1", "feed.n_shapes=2", "compile=eager"]
    train(compose_tiny(tmp_path, f"folder={ahead}", *same, *more))
    expected, found = _weights(plain / "last.ckpt"), _weights(ahead / "last.ckpt")
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-4, atol=1e-5)


def test_gpu_settings_compose(tmp_path: Path) -> None:
    cfg = compose_tiny(tmp_path, "trainer=gpu")
    assert (cfg.trainer.accelerator, cfg.trainer.precision) == ("gpu", "bf16-mixed")
    assert (cfg.feed.pin, cfg.optimizer.fused, cfg.trainer.gradient_clip_val) == (True, True, 1.0)
    assert (cfg.feed.resident, cfg.feed.n_shapes, cfg.matmul_precision) == (True, 8, "high")


@pytest.mark.slow
def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    settings = [
        "trainer.max_epochs=2",
        "model.encoder.dropout=0",
        "model.decoder.dropout=0",
        "data.batch_size=3",  # 10 tasks: shares of two, of one and of none
        "data.filler_dropout.text_rate=1",
        "n_samples=0",
    ]
    one, two = tmp_path / "one", tmp_path / "two"
    cfg = compose_tiny(tmp_path, *settings, f"folder={one}")
    train(cfg)
    (tmp_path / "settings.json").write_text(json.dumps([*settings, "trainer=ddp", f"folder={two}"]))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.training.ddp_run", str(tmp_path)],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    for name in ("train/loss", "val/loss", "val/exact_match"):
        assert _column(two, name) == pytest.approx(_column(one, name), abs=2e-5)
    expected, found = _weights(one / "last.ckpt"), _weights(two / "last.ckpt")
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "ranks", "status"),
    [(signal.SIGINT, [0, 1], 130), (signal.SIGTERM, [1], 143)],
    ids=["ctrl-c-in-both", "sigterm-in-the-other"],
)
def test_a_signal_to_one_of_two_processes_saves_and_ends_both(
    number: signal.Signals, ranks: list[int], status: int, tmp_path: Path
) -> None:
    compose_tiny(tmp_path)  # writes the data
    run, settings = tmp_path / "run", ["trainer=ddp", "trainer.max_epochs=3", "n_samples=0"]
    paths = [f"data.path={tmp_path / 'data'}", f"folder={run}"]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.training.pressed_run", "train", *SMALL, *settings, *paths],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
        | {"PRESS": json.dumps({"step": 2, "signal": number, "ranks": ranks})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status, ended.stderr
    assert ended.stderr.count("stopped after step 2, in epoch 000; to resume: saps train") == 1
    assert "ckpt_path=last" in ended.stderr
    assert read_checkpoint(run / "last.ckpt")["global_step"] == 2


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGTERM"])
def test_each_signal_that_ends_a_process_is_collected(name: str) -> None:
    number, interruption = signal.Signals[name], Interruption()
    # Whoever runs the tests under nohup has SIGHUP ignored, and then so does a run.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with interruption.watched():
            os.kill(os.getpid(), number)
            assert interruption.number == number
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_a_process_that_makes_batches_outlives_the_first_signal() -> None:
    # Slurm sends SIGTERM to all processes of a job; without its workers a run could not save.
    with Interruption().watched():
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="saps")
