"""What happens beside training: keeping the best model, telling how an epoch went."""

import logging
import time
from collections.abc import Callable
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, RichProgressBar

logger = logging.getLogger(__name__)


class BestModel(Callback):
    """Calls `save` whenever the watched metric is better than it ever was in this run."""

    def __init__(self, monitor: str, save: Callable[[dict[str, Any]], None]) -> None:
        """Watch a metric.

        Args:
            monitor: name of a validation metric, better when larger.
            save: gets the metric's name and value, the epoch (from 0) and the step.
        """
        self.monitor = monitor
        self.save = save
        self.best = -1.0

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = float(state_dict["best"])

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        value = float(trainer.callback_metrics[self.monitor])
        if value > self.best:
            self.best = value
            self.save(
                {
                    "metric": self.monitor,
                    "value": value,
                    "epoch": trainer.current_epoch,
                    "step": trainer.global_step,
                }
            )


class StepSeed(Callback):
    """Seeds dropout at every step, so that a resumed run draws what it would have drawn."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        batch: Any,
        batch_idx: int,
    ) -> None:
        # Far apart, so that no step of one seed is a step of the next.
        torch.manual_seed(self.seed * 1_000_000_007 + trainer.global_step)


class EpochLine(Callback):
    """Logs one line an epoch: loss, validation, examples a second."""

    def __init__(self, n_train: int) -> None:
        self.n_train = n_train
        self._start = self._trained = 0.0

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        self._start = time.perf_counter()

    def on_validation_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        # Validation runs inside the training epoch; the speed should tell of training alone.
        self._trained = time.perf_counter()

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        logger.info(
            "epoch %03d  train/loss %.4f nats/node  val/loss %.4f  val/exact_match %.4f"
            "  %.0f examples/s  %.0f s",
            trainer.current_epoch,
            metrics.get("train/loss", float("nan")),
            metrics.get("val/loss", float("nan")),
            metrics.get("val/exact_match", float("nan")),
            self.n_train / max(self._trained - self._start, 1e-9),
            time.perf_counter() - self._start,
        )


class ProgressBar(RichProgressBar):
    """A bar on stderr, with the metrics and without the logger's version number."""

    def __init__(self) -> None:
        super().__init__(console_kwargs={"stderr": True})

    def get_metrics(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> dict[str, Any]:
        metrics = super().get_metrics(trainer, pl_module)
        metrics.pop("v_num", None)
        return metrics
