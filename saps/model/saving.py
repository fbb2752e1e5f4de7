"""When a run writes checkpoints, and how it stops."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint

from saps.model.checkpoint import LAST, PREVIOUS, CheckpointFiles

logger = logging.getLogger(__name__)


class RunInterruptedError(Exception):
    """Ctrl-C, after the step at hand was finished and a checkpoint written.

    Attributes:
        folder: of the run.
        step: optimiser steps done.
        epoch: the epoch at hand, from 0.
        problem: why the newest checkpoint could not be written; None if it was.
    """

    def __init__(self, folder: Path, step: int, epoch: int, problem: str | None) -> None:
        super().__init__(folder, step, epoch, problem)
        self.folder, self.step, self.epoch, self.problem = folder, step, epoch, problem

    @property
    def has_checkpoint(self) -> bool:
        return any((self.folder / name).exists() for name in (LAST, PREVIOUS))

    def __str__(self) -> str:
        return f"stopped after step {self.step}, in epoch {self.epoch}"


class DivergedError(ValueError):
    """The loss or a weight is no number any more; the message says where and what to do."""


class Interruption:
    """Whether Ctrl-C was pressed while a run trains; pressed again, it stops at once."""

    requested = False

    @contextmanager
    def watched(self, *, is_alone: bool) -> Iterator[None]:
        """Collect Ctrl-C; it is not ours outside of the main thread or with other processes."""
        if not is_alone or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def collect(number: int, frame: FrameType | None) -> None:
            if self.requested and callable(before):
                before(number, frame)
            self.requested = True
            sys.stderr.write("\nstopping after a checkpoint; Ctrl-C again stops at once\n")

        if before != signal.SIG_IGN:
            signal.signal(signal.SIGINT, collect)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class Saving(Checkpoint):
    """Writes `last.ckpt` at the end of each epoch, and within it as often as asked."""

    def __init__(
        self,
        folder: Path,
        files: CheckpointFiles,
        interruption: Interruption,
        *,
        every_n_steps: int | None = None,
        every_n_minutes: float | None = None,
    ) -> None:
        """Set when to save.

        Args:
            folder: of the run.
            files: what writes.
            interruption: after Ctrl-C the run saves and stops.
            every_n_steps: None for no such rule.
            every_n_minutes: likewise; the first counts from the start.
        """
        self.path = folder / LAST
        self.files = files
        self.interruption = interruption
        self.every_n_steps = every_n_steps
        self.every_n_minutes = every_n_minutes
        self._saved_at = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        # After the last batch comes validation, and the epoch's own checkpoint right after it.
        if trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            return
        if self.interruption.requested or self._is_due(trainer):
            self._save(trainer)
        self._stop_if_asked(trainer)

    def on_train_epoch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self._save(trainer)
        if not _is_over(trainer):
            self._stop_if_asked(trainer)

    def _is_due(self, trainer: lightning.Trainer) -> bool:
        if self.every_n_steps is not None and trainer.global_step % self.every_n_steps == 0:
            return True
        if self.every_n_minutes is None:
            return False
        due = time.monotonic() - self._saved_at >= 60 * self.every_n_minutes
        # Clocks differ, and all processes must save together.
        return bool(trainer.strategy.broadcast(due)) if trainer.world_size > 1 else due

    def _save(self, trainer: lightning.Trainer) -> None:
        module = trainer.lightning_module
        sums = torch.stack([weight.detach().sum() for weight in module.parameters()])
        if not bool(torch.isfinite(sums).all()):
            raise diverged("a weight", trainer, self.path)
        trainer.save_checkpoint(self.path, weights_only=False)
        self._saved_at = time.monotonic()

    def _stop_if_asked(self, trainer: lightning.Trainer) -> None:
        if self.interruption.requested:
            raise RunInterruptedError(
                self.path.parent, trainer.global_step, trainer.current_epoch, self.files.failure
            )


def _is_over(trainer: lightning.Trainer) -> bool:
    """Tell, at the end of an epoch, whether it was the last."""
    limit = trainer.max_epochs
    return trainer.should_stop or (limit is not None and 0 <= limit <= trainer.current_epoch + 1)


def diverged(what: str, trainer: lightning.Trainer, last: Path, step: int | None = None) -> Any:
    """Return the error that says that `what` became inf or nan."""
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    peak = trainer.optimizers[0].defaults["lr"]
    kept = f"{last} is the last good checkpoint" if last.exists() else "nothing was saved yet"
    return DivergedError(
        f"{what} is nan or infinite at step {trainer.global_step if step is None else step} "
        f"(epoch {trainer.current_epoch}), at the learning rate {float(rate):.3g}; {kept}. Start "
        f"again with a smaller rate: optimizer.lr={float(peak) / 10:.3g} overwrite=true"
    )
