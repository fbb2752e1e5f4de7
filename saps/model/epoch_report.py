"""How an epoch went: a line in the log, a row of metrics.csv, a point of each learning curve."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

import csv
import io
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from saps.data.batching import Batch
from saps.model.curves import draw_curves

logger = logging.getLogger(__name__)

METRICS = "metrics.csv"
CURVES = "curves.png"
_DRAW_EVERY_S = 30.0
_NAN = float("nan")

Row = dict[str, float]


class EpochReport(Callback):
    """Reports each epoch; a resumed run goes on in the same table."""

    def __init__(self, folder: Path, n_dev: int) -> None:
        """Set up.

        Args:
            folder: of the run.
            n_dev: number of validation tasks.
        """
        self.folder = folder
        self.n_dev = n_dev
        self.rows: list[Row] = []
        self._began = self._trained = self._drawn = 0.0
        self._n_examples = 0

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = [dict(row) for row in state_dict["rows"]]

    def on_train_start(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        self._start_epoch()

    def _start_epoch(self) -> None:
        self._began = self._trained = time.perf_counter()
        self._n_examples = 0

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        self._n_examples += len(batch) * trainer.world_size
        # Validation runs inside the training epoch; the speed should tell of training alone.
        self._trained = time.perf_counter()

    def on_train_epoch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        row = self._row(trainer)
        self.rows.append(row)
        self._start_epoch()
        if not trainer.is_global_zero:
            return
        logger.info("%s", epoch_line(row))
        self._write()

    def on_train_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
    ) -> None:
        if trainer.is_global_zero and self.rows:
            self._write(draw=True)

    def _row(self, trainer: lightning.Trainer) -> Row:
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        exact = metrics.pop("val/exact_match", _NAN)
        return {
            "epoch": float(trainer.current_epoch),
            "step": float(trainer.global_step),
            "learning_rate": float(trainer.optimizers[0].param_groups[0]["lr"]),
            **metrics,
            "val/exact_match": exact,
            "val/n_exact": exact if exact != exact else float(round(exact * self.n_dev)),
            "val/n": float(self.n_dev),
            "examples_per_s": self._n_examples / max(self._trained - self._began, 1e-9),
            "seconds": time.perf_counter() - self._began,
        }

    def _write(self, *, draw: bool = False) -> None:
        try:
            write_table(self.rows, self.folder / METRICS)
            if draw or time.perf_counter() - self._drawn > _DRAW_EVERY_S:
                draw_curves(self.rows, self.folder / CURVES)
                self._drawn = time.perf_counter()
        except OSError as error:  # no reason to lose a run for
            logger.warning("%s: the table or the curves were not written (%s)", self.folder, error)


def epoch_line(row: Mapping[str, float]) -> str:
    """Tell of an epoch in one line."""
    n_exact = row["val/n_exact"]
    counts = "no validation" if n_exact != n_exact else f"{n_exact:.0f}/{row['val/n']:.0f}"
    return (
        f"epoch {row['epoch']:03.0f}"
        f"  train/loss {row.get('train/loss', _NAN):.4f} nats/node"
        f"  val/loss {row.get('val/loss', _NAN):.4f}"
        f"  val/exact_match {row['val/exact_match']:.4f} ({counts})"
        f"  {row['examples_per_s']:.0f} examples/s  {row['seconds']:.0f} s"
    )


def write_table(rows: list[Row], path: Path) -> None:
    """Write rows as CSV, a whole table or none."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.10g}" for name, value in row.items()} for row in rows)
    draft = path.with_suffix(".part")
    draft.write_text(text.getvalue(), encoding="utf-8")
    draft.replace(path)
