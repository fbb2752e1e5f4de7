"""What happens beside training: keeping the best model, seeding each step."""

import logging
import math
from collections.abc import Callable
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from saps.data.batching import Batch
from saps.model.saving import has_finite_weights

logger = logging.getLogger(__name__)


def is_better_when_smaller(metric: str) -> bool:
    """Tell whether a metric is a loss: `val/loss`, or a part of it such as `val/topology_loss`."""
    return metric.endswith("loss")


class BestModel(Callback):
    """Calls `save` whenever the watched metric is better than it ever was in this run.

    Attributes:
        best: the best value of a model that was kept; None as long as there is none.
    """

    def __init__(
        self,
        monitor: str,
        save: Callable[[dict[str, Any]], None],
        patience: int | None = None,
        *,
        is_kept: Callable[[], bool] = lambda: True,
    ) -> None:
        """Watch a metric.

        Args:
            monitor: name of a validation metric; a loss is better when smaller, all else when
                larger.
            save: gets the metric's name and value, the epoch (from 0) and the step. Where it
                raises OSError the model is not saved, and training goes on with a warning.
            patience: stop the run after so many validations without a better value; None never.
            is_kept: whether the best model of the run that is continued is where `save` puts ours.
        """
        self.monitor = monitor
        self.save = save
        self.patience = patience
        self.is_kept = is_kept
        self.best: float | None = None
        self.n_worse = 0
        self.failure: str | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"monitor": self.monitor, "best": self.best, "n_worse": self.n_worse}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        best = state_dict["best"]
        # Older checkpoints do not name the metric, and say -1 where there was no value yet.
        is_ours = state_dict.get("monitor", self.monitor) == self.monitor
        if best is None or best == -1 or not is_ours or not self.is_kept():
            return  # the next validation has the best value so far, and its model is kept
        self.best = float(best)
        self.n_worse = int(state_dict["n_worse"])

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        if trainer.sanity_checking:
            return
        value = float(trainer.callback_metrics[self.monitor])
        if not has_finite_weights(pl_module):
            return  # no model is made of them; `Saving` ends the run
        if self._is_better(value):
            self._keep(trainer, value)
            return
        self.n_worse += 1
        if self.patience is not None and self.n_worse >= self.patience:
            logger.info("no better %s in %d validations: the run ends", self.monitor, self.n_worse)
            trainer.should_stop = True

    def _is_better(self, value: float) -> bool:
        if math.isnan(value) or self.best is None:
            return not math.isnan(value)
        return value < self.best if is_better_when_smaller(self.monitor) else value > self.best

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
