"""How a run ends before its time: it is told to by a signal, or its numbers are no numbers.

Either way its last checkpoint is a good one, and the message says how to go on.
"""

import logging
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
import torch
import torch.distributed
from lightning.pytorch.callbacks import Callback, Checkpoint
from lightning.pytorch.utilities import rank_zero_only
from torch import Tensor

from saps.resources import override
from saps.training.checkpoints import LAST, CheckpointFiles, RunInterruptedError, has_finite_weights

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

logger = logging.getLogger(__name__)

# What a run saves at: Ctrl-C; what a scheduler sends before it takes a machine away, by itself or
# as asked for; the end of a terminal; and that of the processor time that a shell allows.
_SIGNALS = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU),
)


class Interruption:
    """Whether this process was told to stop while a run trains.

    Ctrl-C (SIGINT) a second time stops it at once.
    """

    # Of the signal; 0 as long as there is none.
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
        # nohup ignores SIGHUP, and so do we then; a launcher may have uses of its own for SIGUSR1.
        self._before = {
            number: kept
            for number, kept in before.items()
            if kept == signal.SIG_DFL
            or (number in (signal.SIGINT, signal.SIGTERM) and kept != signal.SIG_IGN)
        }
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
            _tell(number)
        self.number = number


@rank_zero_only
def _tell(number: int) -> None:
    told = "stopping after a checkpoint; Ctrl-C again stops at once"
    if number != signal.SIGINT:
        told = f"told to end ({signal.Signals(number).name}): stopping after a checkpoint"
    with suppress(OSError):  # at SIGHUP the terminal is gone
        sys.stderr.write(f"\n{told}\n")


@rank_zero_only
def requeue(stop: RunInterruptedError) -> None:
    """Have Slurm start the job again where it sent SIGUSR1, as Lightning does.

    The job goes on then: see `saps.training.checkpoints`.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if stop.signal != signal.SIGUSR1 or job is None or not stop.has_checkpoint:
        return
    if "SLURM_ARRAY_JOB_ID" in os.environ:
        job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    scontrol = shutil.which("scontrol")
    if scontrol is None:
        logger.warning("Slurm's scontrol was not found: job %s is not requeued", job)
        return
    ended = subprocess.run([scontrol, "requeue", job], check=False)  # noqa: S603 - a fixed command
    logger.info("scontrol requeue %s: exit status %d", job, ended.returncode)


def _largest(group: torch.distributed.ProcessGroup | None, *numbers: int) -> list[int]:
    """Return the largest of each number over all processes, each of which must call this."""
    if group is None:
        return list(numbers)
    said = torch.tensor(numbers)
    torch.distributed.all_reduce(said, torch.distributed.ReduceOp.MAX, group)
    return list(said.tolist())


class Saving(Checkpoint):
    """Writes `last.ckpt` after each epoch, within it as often as asked, and at a signal."""

    def __init__(
        self,
        folder: Path,
        files: CheckpointFiles,
        interruption: Interruption,
        *,
        every_n_steps: int | None = None,
        every_n_minutes: float | None = None,
    ) -> None:
        """Set when to save; None is no such rule, and minutes count from the start."""
        self.path, self.files, self.interruption = folder / LAST, files, interruption
        self.every_n_steps, self.every_n_minutes = every_n_steps, every_n_minutes
        self._saved_at = time.monotonic()
        self._group: torch.distributed.ProcessGroup | None = None

    def on_train_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        # Lightning has set its own handlers by now, which would end the run at once.
        self.interruption.take_over()
        if trainer.world_size > 1:
            # They meet on the CPU, whatever the network is trained on: nobody waits for a GPU.
            self._group = torch.distributed.new_group(backend="gloo")

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        # After the last batch comes validation, and the epoch's own checkpoint right after it.
        if trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            return
        is_due = self.every_n_steps is not None and trainer.global_step % self.every_n_steps == 0
        if self.every_n_minutes is not None:
            is_due |= time.monotonic() - self._saved_at >= 60 * self.every_n_minutes
        # Processes get their signals, and read their clocks, at different moments.
        number, one_is_due = _largest(self._group, self.interruption.number, int(is_due))
        if number or one_is_due:
            self._save(trainer)
        self._stop_if(number, trainer)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        self._save(trainer)
        limit = trainer.max_epochs
        is_over = limit is not None and 0 <= limit <= trainer.current_epoch + 1
        if not (trainer.should_stop or is_over):
            (number,) = _largest(self._group, self.interruption.number)
            self._stop_if(number, trainer)

    def _save(self, trainer: lightning.Trainer) -> None:
        if not has_finite_weights(trainer.lightning_module):
            raise _diverged("a weight", trainer, self.path)
        trainer.save_checkpoint(self.path, weights_only=False)
        self._saved_at = time.monotonic()

    def _stop_if(self, number: int, trainer: lightning.Trainer) -> None:
        if number:
            step, epoch = trainer.global_step, trainer.current_epoch
            raise RunInterruptedError(self.path.parent, step, epoch, self.files.failure, number)


# A loss or a weight that is NaN or infinite.


class DivergedError(ValueError):
    """The loss or a weight is no number any more; the message says where and what to do."""


class FiniteLoss(Callback):
    """Stops a run whose loss is NaN or infinite, before the weights take a step from it.

    On a CPU every step is looked at. On a GPU that would make the CPU wait for each step, so the
    device is asked now and then; `Saving` looks at the weights too, so that a checkpoint never
    holds what came after.
    """

    def __init__(self, last: Path) -> None:
        self.last = last  # the run's last checkpoint, which the error names
        self._all_finite: Tensor | None = None

    def on_before_backward(self, trainer: lightning.Trainer, pl_module: Any, loss: Tensor) -> None:
        # The graph would be kept alive until the next step.
        loss = loss.detach()
        if trainer.world_size > 1:  # all processes stop together
            loss = trainer.strategy.reduce(loss.clone(), reduce_op="sum")
        is_finite = torch.isfinite(loss)
        before = self._all_finite
        self._all_finite = is_finite if before is None else before & is_finite
        if (trainer.global_step + 1) % _asked_every(loss.device) == 0 and not self._all_finite:
            raise _diverged("the loss", trainer, self.last)


def _asked_every(device: torch.device) -> int:
    """After how many steps a device is asked whether the losses were numbers."""
    return 1 if device.type == "cpu" else 50


def _diverged(what: str, trainer: lightning.Trainer, last: Path) -> DivergedError:
    """Return the error that says that `what` became inf or nan."""
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    peak = trainer.optimizers[0].defaults["lr"]
    smaller = f"optimizer.lr={float(peak) / 10:.3g}"
    if last.exists():
        folder, begin = last.parent, ""
        if (folder / "best").is_dir():
            setting = shlex.quote(override("start_from", folder))
            begin = f", from scratch or, with {setting}, from its best model"
        kept = (
            f"{last} is the last good checkpoint. Leave it there and start again with a smaller "
            f"rate under another name: name=ANOTHER {smaller}{begin}"
        )
    else:
        kept = f"nothing was saved yet. Start again with a smaller rate: {smaller}"
    return DivergedError(
        f"{what} is nan or infinite at step {trainer.global_step} "
        f"(epoch {trainer.current_epoch:03d}), at the learning rate {float(rate):.3g}; {kept}"
    )
