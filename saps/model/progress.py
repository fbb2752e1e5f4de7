"""A bar on the terminal: examples a second, and the time that is left."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

import sys
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from saps.data.batching import Batch


class _Speed(ProgressColumn):
    """Examples a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} examples/s")


class ProgressBar(Callback):
    """One bar an epoch, which vanishes when the epoch is told of in its line.

    It counts examples on the CPU alone: a GPU is never asked how far it is.
    """

    def __init__(self, n_train: int, n_dev: int) -> None:
        self.sizes = {"training": n_train, "validation": n_dev}
        self._bar: Progress | None = None
        self._task: Any = None

    def _show(self, trainer: lightning.Trainer, stage: str, n_done: int = 0) -> None:
        self._hide()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            _Speed(),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(stderr=True),
            transient=True,
        )
        epoch = trainer.current_epoch  # counted as in the line that tells of it
        title = f"epoch {epoch:03d} ({epoch} of {trainer.max_epochs} done), {stage}"
        self._task = self._bar.add_task(title, total=self.sizes[stage], completed=n_done)
        self._bar.start()

    def _hide(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _advance(self, trainer: lightning.Trainer, batch: Batch) -> None:
        if self._bar is not None:
            self._bar.advance(self._task, len(batch) * trainer.world_size)

    def on_train_batch_start(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        if self._bar is None:
            self._show(trainer, "training", n_done=batch_idx * len(batch))

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        self._advance(trainer, batch)

    def on_validation_epoch_start(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self._show(trainer, "validation")

    def on_validation_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self._advance(trainer, batch)

    def on_validation_epoch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self._hide()

    def on_exception(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        exception: BaseException,
    ) -> None:
        self._hide()

    def on_train_epoch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self._hide()


def on_terminal() -> bool:
    """Tell whether somebody would see a bar."""
    return sys.stderr.isatty()
