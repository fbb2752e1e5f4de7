"""What happens beside training: keeping the best model, seeding each step."""

import logging
from collections.abc import Callable
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from saps.data.batching import Batch

logger = logging.getLogger(__name__)


class BestModel(Callback):
    """Calls `save` whenever the watched metric is better than it ever was in this run."""

    def __init__(
        self, monitor: str, save: Callable[[dict[str, Any]], None], patience: int | None = None
    ) -> None:
        """Watch a metric.

        Args:
            monitor: name of a validation metric, better when larger.
            save: gets the metric's name and value, the epoch (from 0) and the step. Where it
                raises OSError the model is not saved, and training goes on with a warning.
            patience: stop the run after so many validations without a better value; None never.
        """
        self.monitor = monitor
        self.save = save
        self.patience = patience
        self.best = -1.0
        self.n_worse = 0
        self.failure: str | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "n_worse": self.n_worse}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = float(state_dict["best"])
        self.n_worse = int(state_dict["n_worse"])

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        if trainer.sanity_checking:
            return
        value = float(trainer.callback_metrics[self.monitor])
        if value > self.best:
            self._keep(trainer, value)
            return
        self.n_worse += 1
        if self.patience is not None and self.n_worse >= self.patience:
            logger.info("no better %s in %d validations: the run ends", self.monitor, self.n_worse)
            trainer.should_stop = True

    def _keep(self, trainer: lightning.Trainer, value: float) -> None:
        self.n_worse = 0
        if trainer.is_global_zero:
            progress = {
                "metric": self.monitor,
                "value": value,
                "epoch": trainer.current_epoch,
                "step": trainer.global_step,
            }
            try:
                self.save(progress)
            except OSError as error:
                self.failure = error.strerror or str(error)
                logger.warning("the best model could not be written: %s", self.failure)
                return  # a later one that is as good may find room
        self.best, self.failure = value, None


class StepSeed(Callback):
    """Seeds dropout at every step, so that a resumed run draws what it would have drawn."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        # Far apart, so that no step of one seed, or of one process, is a step of the next.
        place = self.seed + 1_000_003 * trainer.global_rank
        torch.manual_seed(place * 1_000_000_007 + trainer.global_step)
