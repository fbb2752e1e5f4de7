"""Signals that reach a run at a certain step."""

import os
import signal
from typing import Any

import pytest

from saps.training.callbacks import StepSeed


def press_in_step(
    step: int, patch: pytest.MonkeyPatch, number: signal.Signals = signal.SIGINT
) -> None:
    """Have the runs of this process get a signal, Ctrl-C by default, while they take a step."""
    before = StepSeed.on_train_batch_start

    def press(self: StepSeed, trainer: Any, *rest: Any) -> None:
        before(self, trainer, *rest)
        if trainer.global_step + 1 == step:
            os.kill(os.getpid(), number)

    patch.setattr(StepSeed, "on_train_batch_start", press)
