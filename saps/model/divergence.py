"""A loss that is no number stops the run."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from saps.model.saving import diverged


class FiniteLoss(Callback):
    """Stops a run whose loss is nan or infinite, before the weights take a step from it.

    On a CPU every step is looked at. On a GPU that would make the CPU wait for each step, so the
    device itself notes the first bad step and is asked for it now and then; `Saving` looks at
    the weights too, so that a checkpoint never holds what came after.
    """

    def __init__(self, last: Path, *, every_n_steps_on_gpu: int = 50) -> None:
        """Watch.

        Args:
            last: the run's last checkpoint, which the error names.
            every_n_steps_on_gpu: how often to ask the device.
        """
        self.last = last
        self.every_n_steps_on_gpu = every_n_steps_on_gpu
        self._first_bad: Tensor | None = None

    def on_before_backward(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        loss: Tensor,
    ) -> None:
        loss = loss.detach()
        if trainer.world_size > 1:  # all processes stop together
            loss = trainer.strategy.reduce(loss.clone(), reduce_op="sum")
        if loss.device.type == "cpu":
            if not torch.isfinite(loss):
                raise diverged("the loss", trainer, self.last)
            return
        self._note(loss, trainer)

    def _note(self, loss: Tensor, trainer: lightning.Trainer) -> None:
        if self._first_bad is None:
            self._first_bad = torch.full((), -1, dtype=torch.int64, device=loss.device)
        is_first = ~torch.isfinite(loss) & (self._first_bad < 0)
        self._first_bad.masked_fill_(is_first, trainer.global_step)

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if self._first_bad is None or trainer.global_step % self.every_n_steps_on_gpu:
            return
        step = int(self._first_bad)
        if step >= 0:
            raise diverged("the loss", trainer, self.last, step)
