"""`--multirun`: each job reports, and one that fails or is stopped does not lose the others."""

import io
import logging
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from saps.cli.console import NamedLines
from saps.cli.sweep import words_of_submitit
from saps.training import run as training
from tests.cli.conftest import RunSaps
from tests.tasks import write_data
from tests.training.tiny_run import SMALL

if TYPE_CHECKING:
    from omegaconf import DictConfig

FOLDERS = "folder=runs/${seed}"
SWEEP = ("train", "--multirun", "data.path=x", FOLDERS)
Ran = list["DictConfig"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ran:
    """Collect the configurations of the jobs; seed 2 fails, 3 keeps no model, 4 is Ctrl-C."""
    configs: Ran = []

    def train(config: "DictConfig") -> training.TrainResult:
        OmegaConf.resolve(config)  # as long as Hydra knows of the job
        configs.append(config)
        if config.seed == 2:
            raise ValueError("the loss is nan\nstart again")
        if config.seed == 4:
            raise KeyboardInterrupt
        value = None if config.seed == 3 else 0.25
        if value is None:
            logging.getLogger("saps.model").warning("no model was kept")
        folder = Path(config.folder)
        return training.TrainResult(folder, folder / "best", config.monitor, value, 1)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.chdir(tmp_path)
    return configs


def test_a_failed_job_is_told_at_the_end_and_does_not_keep_the_others_from_running(
    saps: RunSaps, ran: Ran
) -> None:
    outcome = saps(*SWEEP, "seed=1,2,3,5", "overwrite=true")
    assert (outcome.status, [config.seed for config in ran]) == (1, [1, 2, 3, 5])
    assert outcome.out.splitlines() == [
        "val/exact_match 0.2500   runs/1/best",
        "val/exact_match 0.2500   runs/5/best",
    ]
    told = outcome.err.partition("saps: error: 2 of 4 jobs failed:\n")[2].splitlines()
    assert told[:3] == [
        "  seed=2: the loss is nan",
        "    start again",
        "  seed=3: no model was kept",
    ]
    command = told[3].partition(": ")[2]
    assert shlex.split(command) == ["saps", *SWEEP, "seed=1,2,3,5", "ckpt_path=last"]


def test_ctrl_c_ends_a_sweep_and_tells_which_jobs_were_not_begun(saps: RunSaps, ran: Ran) -> None:
    outcome = saps(*SWEEP, "seed=1,4,5,6")
    assert (outcome.status, [config.seed for config in ran]) == (130, [1, 4])
    assert "1 of 4 jobs stopped: seed=4\n2 of 4 jobs not begun: seed=5; seed=6\n" in outcome.err
    assert "ckpt_path=last" in outcome.err
    assert saps(*SWEEP, "seed=1").status == 0  # another sweep is not stopped by it


def test_ctrl_c_ends_the_batches_of_a_sweep_that_come_after_it(saps: RunSaps, ran: Ran) -> None:
    outcome = saps(*SWEEP, "seed=4,5,6", "hydra.sweeper.max_batch_size=2")
    assert (outcome.status, [config.seed for config in ran]) == (130, [4])
    assert "2 of 3 jobs not begun: seed=5; seed=6\n" in outcome.err


def test_in_a_sweep_ckpt_path_last_begins_where_there_is_nothing(saps: RunSaps, ran: Ran) -> None:
    begun = Path("runs/1/last.ckpt")
    begun.parent.mkdir(parents=True)
    begun.touch()
    outcome = saps(*SWEEP, "seed=1,5", "ckpt_path=last")
    assert [config.ckpt_path for config in ran] == ["last", None]
    assert outcome.err == "runs/5 holds no checkpoint: its run starts from the beginning\n"
    saps("train", "data.path=x", "folder=runs/5", "ckpt_path=last")
    assert ran[-1].ckpt_path == "last"  # a single run that is missing is a mistake


@pytest.mark.parametrize(
    ("swept", "named"),
    [
        (["seed=1,5"], "seed=1 and seed=5"),
        (["model/size=small,paper"], "model/size=small and model/size=paper"),
        (["+note=a,b", "optimizer.lr=0.1,0.2"], "+note=a, optimizer.lr=0.1"),
        (["seed=1,1"], "two identical jobs"),
    ],
)
def test_jobs_that_would_share_a_folder_are_refused_with_folders_that_differ(
    swept: list[str], named: str, saps: RunSaps, ran: Ran
) -> None:
    outcome = saps("train", "--multirun", "data.path=x", *swept)
    assert (outcome.status, ran) == (1, [])
    assert named in outcome.err
    assert "would both write into runs/run" in outcome.err
    (folder,) = shlex.split(outcome.err.partition("such as ")[2])
    assert saps("train", "--multirun", "data.path=x", *swept, folder).status == 0
    assert len({config.folder for config in ran}) == len(ran) > 1


def test_reports_of_one_sweep_are_not_written_into_one_folder(
    saps: RunSaps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = saps("evaluate", "--multirun", "data.path=x", "split=dev,test", "out=there")
    assert outcome.status == 1
    assert "the jobs split=dev and split=test would both write into there" in outcome.err
    assert "'out=\"there-${split}\"'" in outcome.err
    assert not Path("there").exists()


def test_a_sweep_takes_overrides_alone(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "--multirun", "--config-dir", "x", "seed=1,2")
    assert (outcome.status, ran) == (1, [])
    assert "--config-dir: a sweep takes only overrides" in outcome.err


def test_a_pattern_that_matches_no_choice_is_an_error(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "--multirun", "data.path=x", "experiment=glob(zzz*)")
    assert (outcome.status, ran) == (1, [])
    assert outcome.err.startswith("saps: error: experiment=glob(zzz*) matches none of: ")
    assert "saps_vh_att" in outcome.err


def test_a_process_that_was_killed_is_no_defect(
    saps: RunSaps, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(*_: object, **__: object) -> Sequence[object]:
        raise BrokenProcessPool("The exit codes of the workers are {SIGKILL(-9)}")

    name = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
    monkeypatch.setattr(Plugins.instance().class_name_to_class[name], "launch", launch)
    outcome = saps(*SWEEP, "seed=1,5")
    assert (outcome.status, ran) == (1, [])
    assert "was killed" in outcome.err
    assert "ckpt_path=last" in outcome.err
    assert "bug in SAPS" not in outcome.err


def test_of_a_job_that_submitit_gives_up_the_state_and_the_last_line_are_told() -> None:
    error = Exception(
        "Job 7 with path x.pkl\nhas not produced any output (state: TIMEOUT)\n"
        "Error stream produced:\n----\nepoch 000\nrun folder runs/x\n"
    )
    assert words_of_submitit(error) == (
        "Job 7 with path x.pkl has not produced any output (state: TIMEOUT); "
        "its last line: run folder runs/x"
    )


def test_lines_of_jobs_side_by_side_have_a_name_and_are_written_whole() -> None:
    stream = io.StringIO()
    lines = NamedLines(stream, "seed=1")
    for text in ("epoch", " 0\n\nepoch 1\nthe", " end"):
        lines.write(text)
    lines.end()
    assert stream.getvalue() == "[seed=1] epoch 0\n[seed=1] epoch 1\n[seed=1] the end\n"
    assert not lines.isatty()


TINY = [*SMALL, "data.path=data", "n_samples=0"]
TWO_PROCESSES = ["hydra/launcher=processes", "hydra.launcher.n_jobs=2"]


@pytest.mark.slow
def test_jobs_in_processes_report_and_outlive_a_failed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "data")
    rates = ["optimizer.lr=1e38,0.01", "folder=runs/${optimizer.lr}", "trainer.max_epochs=1"]
    ended = _start(tmp_path, "train", "--multirun", *TINY, *rates, *TWO_PROCESSES)
    out, err = ended.communicate(timeout=120)
    assert ended.returncode == 1
    assert out.startswith("val/exact_match ")
    assert (tmp_path / "runs" / "0.01" / "last.ckpt").is_file()
    for told in ("run: Text2Tree", "data data: ", "epoch 000", "evaluate it: saps evaluate"):
        assert f"[optimizer.lr=0.01] {told}" in err
    assert "1 of 2 jobs failed:\n  optimizer.lr=1e+38: the loss is nan" in err


@pytest.mark.slow
def test_ctrl_c_has_all_jobs_in_processes_save_and_say_how_to_go_on(tmp_path: Path) -> None:
    process = _training_two_at_a_time(tmp_path, "seed=1,2,3")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    for seed in "12":
        assert f"[seed={seed}] stopped after step" in err
    assert err.count("; to resume: saps train ") == 2
    assert "1 of 3 jobs not begun: seed=3\n" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_jobs_end_and_save_when_their_sweep_is_killed(tmp_path: Path) -> None:
    process = _training_two_at_a_time(tmp_path, "seed=1,2")
    process.kill()
    _, err = process.communicate(timeout=60)  # its jobs have the pipe, too
    for seed in "12":
        assert f"[seed={seed}] stopped after step" in err


@pytest.mark.slow
def test_a_mistake_in_a_job_of_submitit_is_told_in_its_own_words(tmp_path: Path) -> None:
    ended = _start(tmp_path, "train", "--multirun", "hydra/launcher=submitit_local", *TINY)
    _, err = ended.communicate(timeout=120)
    assert ended.returncode == 1
    assert "saps: error: 1 of 1 jobs failed:\n" in err
    assert "saps generate out=data" in err
    assert "bug in SAPS" not in err
    (log,) = tmp_path.glob(".submitit/*/*_log.err")
    assert "saps generate out=data" in log.read_text()


def _training_two_at_a_time(folder: Path, seeds: str) -> subprocess.Popen[str]:
    """Start a sweep of long runs, and return when seeds 1 and 2 have checkpoints."""
    write_data(folder / "data")
    long = ["trainer.max_epochs=100000", "checkpoints.every_n_steps=1"]
    sweep = [*TINY, *long, seeds, FOLDERS, *TWO_PROCESSES]
    process = _start(folder, "train", "--multirun", *sweep)
    begun = [folder / "runs" / seed / "last.ckpt" for seed in "12"]
    deadline = time.monotonic() + 100
    while not all(path.exists() for path in begun) and time.monotonic() < deadline:
        time.sleep(0.05)
    return process


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command as a shell does: with its jobs, a group that gets Ctrl-C together."""
    return subprocess.Popen(
        [sys.executable, "-c", "from saps.cli import main; main()", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
