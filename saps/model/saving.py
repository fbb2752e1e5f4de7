"""When a run writes checkpoints, and how it stops."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

import logging
import os
import shlex
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
from lightning.pytorch.utilities import rank_zero_only
from torch import nn

from saps.model.agreement import Agreement
from saps.model.checkpoint import LAST, CheckpointFiles
from saps.model.run_folder import BEST, holds_a_run
from saps.override import override

logger = logging.getLogger(__name__)


class RunInterruptedError(Exception):
    """Ctrl-C or SIGTERM, after the step at hand was finished and a checkpoint written.

    Attributes:
        folder: of the run.
        step: optimiser steps done.
        epoch: the epoch at hand, from 0.
        problem: why the newest checkpoint could not be written; None if it was.
        signal: what was sent.
    """

    def __init__(
        self,
        folder: Path,
        step: int,
        epoch: int,
        problem: str | None,
        number: int = signal.SIGINT,
    ) -> None:
        super().__init__(folder, step, epoch, problem, number)
        self.folder, self.step, self.epoch, self.problem = folder, step, epoch, problem
        self.signal = signal.Signals(number)

    @property
    def has_checkpoint(self) -> bool:
        return holds_a_run(self.folder)

    def __str__(self) -> str:
        return f"stopped after step {self.step}, in epoch {self.epoch:03d}"


class DivergedError(ValueError):
    """The loss or a weight is no number any more; the message says where and what to do."""


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_TOLD = {
    signal.SIGINT: "stopping after a checkpoint; Ctrl-C again stops at once",
    signal.SIGTERM: "told to end (SIGTERM): stopping after a checkpoint",
}


class Interruption:
    """Whether this process was told to stop while a run trains.

    Ctrl-C (SIGINT) a second time stops it at once. SIGTERM is what Slurm sends before it takes a
    machine away.

    Attributes:
        number: of the signal; 0 as long as there is none.
    """

    number = 0

    def __init__(self) -> None:
        self._process = 0
        self._before: dict[int, Any] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Collect the signals; outside of the main thread they are not ours."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._process = os.getpid()
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        self._before = {n: kept for n, kept in before.items() if kept != signal.SIG_IGN}
        self.take_over()
        try:
            yield
        finally:
            for number, kept in self._before.items():
                signal.signal(number, kept)
            self._before = {}

    def take_over(self) -> None:
        """Answer the watched signals from now on: Lightning, too, sets handlers as it starts."""
        for number in self._before:
            signal.signal(number, self._collect)

    def _collect(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # A process that makes batches was born with this handler. The run ends it when it
            # needs it no more; if it were gone before, there would be no checkpoint.
            signal.signal(number, signal.SIG_DFL)
            return
        before = self._before.get(number)
        if number == signal.SIGINT and self.number and callable(before):
            before(number, frame)
        if not self.number:
            _tell(_TOLD[signal.Signals(number)])
        self.number = number


@rank_zero_only
def _tell(message: str) -> None:
    sys.stderr.write(f"\n{message}\n")


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
            interruption: after Ctrl-C or SIGTERM, in any of its processes, the run saves and
                stops.
            every_n_steps: None for no such rule.
            every_n_minutes: likewise; the first counts from the start.
        """
        self.path = folder / LAST
        self.files = files
        self.interruption = interruption
        self.every_n_steps = every_n_steps
        self.every_n_minutes = every_n_minutes
        self._saved_at = time.monotonic()
        self._agreement = Agreement()

    def on_train_start(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self.interruption.take_over()

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
        # Processes get their signals, and read their clocks, at different moments.
        number, is_due = self._agreement.largest(
            trainer, self.interruption.number, self._is_due(trainer)
        )
        if number or is_due:
            self._save(trainer)
        self._stop_if(number, trainer)

    def on_train_epoch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self._save(trainer)
        if not _is_over(trainer):
            (number,) = self._agreement.largest(trainer, self.interruption.number)
            self._stop_if(number, trainer)

    def _is_due(self, trainer: lightning.Trainer) -> bool:
        if self.every_n_steps is not None and trainer.global_step % self.every_n_steps == 0:
            return True
        if self.every_n_minutes is None:
            return False
        return time.monotonic() - self._saved_at >= 60 * self.every_n_minutes

    def _save(self, trainer: lightning.Trainer) -> None:
        if not has_finite_weights(trainer.lightning_module):
            raise diverged("a weight", trainer, self.path)
        trainer.save_checkpoint(self.path, weights_only=False)
        self._saved_at = time.monotonic()

    def _stop_if(self, number: int, trainer: lightning.Trainer) -> None:
        if number:
            step, epoch = trainer.global_step, trainer.current_epoch
            raise RunInterruptedError(self.path.parent, step, epoch, self.files.failure, number)


def has_finite_weights(module: nn.Module) -> bool:
    """Tell whether no weight is nan or infinite; a GPU is asked for one number."""
    sums = torch.stack([weight.detach().sum() for weight in module.parameters()])
    return bool(torch.isfinite(sums).all())


def _is_over(trainer: lightning.Trainer) -> bool:
    """Tell, at the end of an epoch, whether it was the last."""
    limit = trainer.max_epochs
    return trainer.should_stop or (limit is not None and 0 <= limit <= trainer.current_epoch + 1)


def diverged(what: str, trainer: lightning.Trainer, last: Path, step: int | None = None) -> Any:
    """Return the error that says that `what` became inf or nan."""
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    peak = trainer.optimizers[0].defaults["lr"]
    smaller = f"optimizer.lr={float(peak) / 10:.3g}"
    if last.exists():
        kept = (
            f"{last} is the last good checkpoint. Leave it there and start again with a smaller "
            f"rate under another name: name=ANOTHER {smaller}{_begin_with_best(last.parent)}"
        )
    else:
        kept = f"nothing was saved yet. Start again with a smaller rate: {smaller}"
    return DivergedError(
        f"{what} is nan or infinite at step {trainer.global_step if step is None else step} "
        f"(epoch {trainer.current_epoch:03d}), at the learning rate {float(rate):.3g}; {kept}"
    )


def _begin_with_best(folder: Path) -> str:
    if not (folder / BEST).is_dir():
        return ""
    setting = shlex.quote(override("start_from", folder))
    return f", from scratch or, with {setting}, from its best model"
