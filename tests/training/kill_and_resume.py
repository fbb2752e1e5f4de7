"""Kill tiny runs at random moments, go on, and compare with a run that was never killed.

    python -m tests.training.kill_and_resume 20

Each run is a fork of this process, which has imported torch and trained nothing.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from saps.training.checkpoints import read_checkpoint
from saps.training.run import train
from tests.training.tiny_run import compose_tiny

OVERRIDES = ("trainer.max_epochs=3", "checkpoints.every_n_steps=2", "n_samples=0")


def main(n_points: int) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compose_tiny(folder)  # writes the data
        whole = folder / "whole"
        start = time.monotonic()
        _wait(_fork(partial(_train, folder, whole)))
        duration_s = time.monotonic() - start
        expected, expected_best = _contents(whole)
        moments = random.Random(n_points)
        n_killed = 0
        for number in range(n_points):
            run = folder / f"run-{number}"
            n_killed += _kill(_fork(partial(_train, folder, run)), moments.uniform(0, duration_s))
            _wait(_fork(partial(_train, folder, run)))
            found, best = _contents(run)
            _assert_same(expected, found)
            _assert_same(expected_best, best)
        sys.stdout.write(f"{n_points} runs like the whole one, {n_killed} of them killed\n")


def _train(folder: Path, run: Path) -> None:
    """Train, from the last checkpoint if there is one."""
    begun = any((run / name).exists() for name in ("last.ckpt", "previous.ckpt"))
    # Killed before its first checkpoint, it may have left a best model, which is its own.
    more = ["ckpt_path=last"] if begun else ["overwrite=true"]
    train(compose_tiny(folder, *OVERRIDES, f"folder={run}", *more))


def _fork(task: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            task()
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def _kill(pid: int, after_s: float) -> bool:
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def _wait(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise SystemExit(f"a run ended with status {os.waitstatus_to_exitcode(status)}")


def _contents(run: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return all that decides how a run would go on, and its best model's weights."""
    checkpoint = read_checkpoint(run / "last.ckpt")
    kept = {name: checkpoint[name] for name in ("state_dict", "optimizer_states", "lr_schedulers")}
    return kept, dict(load_file(run / "best" / "model.safetensors"))


def _assert_same(expected: Any, found: Any, place: str = "") -> None:
    if isinstance(expected, torch.Tensor):
        same = torch.equal(expected, found)
    elif isinstance(expected, dict):
        same = expected.keys() == found.keys()
        for key in expected if same else ():
            _assert_same(expected[key], found[key], f"{place}.{key}")
    elif isinstance(expected, list | tuple):
        same = len(expected) == len(found)
        for number, value in enumerate(expected if same else ()):
            _assert_same(value, found[number], f"{place}.{number}")
    else:
        same = expected == found
    if not same:
        raise SystemExit(f"{place} differs after a kill")


if __name__ == "__main__":
    main(int(sys.argv[1]))
