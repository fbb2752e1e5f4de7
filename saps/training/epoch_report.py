"""How an epoch went: a line in the log, a row of metrics.csv, a point of each learning curve."""

import csv
import io
import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from saps.data.batching import Batch
from saps.resources import write_whole
from saps.training.checkpoints import CURVES, METRICS

logger = logging.getLogger(__name__)

_DRAW_EVERY_S = 30.0
_NAN = float("nan")
_TRAIN, _VALIDATION = "#4c72b0", "#dd8452"

Row = dict[str, float]


class EpochReport(Callback):
    """Reports each epoch; a resumed run goes on in the same table."""

    def __init__(self, folder: Path, n_dev: int) -> None:
        self.folder = folder
        self.n_dev = n_dev
        self.rows: list[Row] = []
        self._before = self._began = self._trained = self._drawn = 0.0
        self._n_examples = 0

    def state_dict(self) -> dict[str, Any]:
        # What an interrupted epoch took so far counts into its row when it is over.
        spent = self._before + time.perf_counter() - self._began
        return {"rows": self.rows, "seconds": spent}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = [dict(row) for row in state_dict["rows"]]
        self._before = float(state_dict.get("seconds", 0.0))

    def on_train_start(self, *_: Any) -> None:
        self._began = self._trained = time.perf_counter()
        self._n_examples = 0

    def on_train_batch_end(
        self, trainer: lightning.Trainer, _module: Any, _outputs: Any, batch: Batch, *_: Any
    ) -> None:
        self._n_examples += len(batch) * trainer.world_size
        # Validation runs inside the training epoch; the speed should tell of training alone.
        self._trained = time.perf_counter()
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self._log_rate(trainer)

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        row = self._row(trainer)
        self.rows.append(row)
        self._before = 0.0
        self.on_train_start()
        self._log_rate(trainer)
        if not trainer.is_global_zero:
            return
        logger.info("%s", epoch_line(row))
        self._write()

    def on_train_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.is_global_zero and self.rows:
            self._write(draw=True)

    def _log_rate(self, trainer: lightning.Trainer) -> None:
        for each in trainer.loggers:
            each.log_metrics({"learning_rate": _rate(trainer)}, step=trainer.global_step)

    def _row(self, trainer: lightning.Trainer) -> Row:
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        exact = metrics.pop("val/exact_match", _NAN)
        return {
            "epoch": float(trainer.current_epoch),
            "step": float(trainer.global_step),
            "learning_rate": _rate(trainer),
            **metrics,
            "val/exact_match": exact,
            "val/n_exact": exact if exact != exact else float(round(exact * self.n_dev)),
            "val/n": float(self.n_dev),
            "examples_per_s": self._n_examples / max(self._trained - self._began, 1e-9),
            "seconds": self._before + time.perf_counter() - self._began,
        }

    def _write(self, *, draw: bool = False) -> None:
        try:
            write_table(self.rows, self.folder / METRICS)
            # An epoch of a small run is over in less time than drawing takes.
            if draw or time.perf_counter() - self._drawn > _DRAW_EVERY_S:
                draw_curves(self.rows, self.folder / CURVES)
                self._drawn = time.perf_counter()
        except OSError as error:  # no reason to lose a run for
            logger.warning("%s: the table or the curves were not written (%s)", self.folder, error)


def _rate(trainer: lightning.Trainer) -> float:
    return float(trainer.optimizers[0].param_groups[0]["lr"])


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
    # An epoch without a validation has fewer columns than the next one.
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.10g}" for name, value in row.items()} for row in rows)
    write_whole(path, text.getvalue().encode())


def draw_curves(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw the rows of metrics.csv, one an epoch, into a PNG: losses above, exact match below."""
    # Not at the top: most commands never draw, and matplotlib takes long to import.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 6), layout="constrained")
    loss, exact = figure.subplots(2, 1, sharex=True)
    for axes, name, label, color in (
        (loss, "train/loss", "training", _TRAIN),
        (loss, "val/loss", "validation", _VALIDATION),
        (exact, "val/exact_match", "validation", _VALIDATION),
    ):
        judged = [row for row in rows if name in row]
        epochs, values = [row["epoch"] for row in judged], [row[name] for row in judged]
        axes.plot(epochs, values, "o-", markersize=3, label=label, color=color)
    loss.set(ylabel="loss (nats a node)", ylim=(0, 1.08 * loss.get_ylim()[1]))
    exact.set(ylabel="exact match", ylim=(0, 1.02), xlabel="epoch")
    exact.set_xlim(rows[0]["epoch"] - 0.5, rows[-1]["epoch"] + 0.5)
    exact.xaxis.set_major_locator(MaxNLocator(integer=True))
    exact.set_title(_best(rows), fontsize="medium", loc="left")
    for axes in (loss, exact):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    write_whole(path, content.getvalue())


def _best(rows: Sequence[Mapping[str, float]]) -> str:
    """Name the largest exact match; epochs without a validation have none."""
    judged = [row for row in rows if not math.isnan(row["val/exact_match"])]
    if not judged:
        return "no validation yet"
    best = max(judged, key=lambda row: row["val/exact_match"])
    return (
        f"best exact match: {best['val/exact_match']:.4f} "
        f"({best['val/n_exact']:.0f}/{best['val/n']:.0f}) in epoch {best['epoch']:.0f}"
    )
