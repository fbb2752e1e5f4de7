"""What happens beside training: the best model, seeds of steps, frozen parts, what is told."""

import csv
import io
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text
from torch import nn

from saps.data.batching import Batch
from saps.resources import write_figure, write_whole
from saps.training.checkpoints import CURVES, METRICS, first_line, has_finite_weights

if TYPE_CHECKING:
    from saps.data.data_module import TaskData

logger = logging.getLogger(__name__)


class BestModel(Callback):
    """Calls `save` whenever the watched metric is better than it ever was in this run.

    Of two models with the same value the one with the smaller validation loss is better: on a
    small run the exact match stays at 0 for epochs in which the loss halves.

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
        """Watch a metric: a loss, or a part of it, is better when smaller, all else when larger.

        `save` gets the metric's name and value, the epoch (from 0) and the step. Where it raises
        OSError the model is not saved, and training continues with a warning. The run stops after
        `patience` validations without a better model. `is_kept` tells whether the best model of
        the run that is continued is where `save` puts ours.
        """
        self.monitor, self.save, self.patience, self.is_kept = monitor, save, patience, is_kept
        self.best: float | None = None
        self.best_loss = -math.inf
        self.n_worse = 0
        self.failure: str | None = None

    def state_dict(self) -> dict[str, Any]:
        told = {"best": self.best, "loss": self.best_loss, "n_worse": self.n_worse}
        return {"monitor": self.monitor, **told}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # A model that was removed meanwhile cannot be the best one any more.
        best = state_dict["best"]
        # Older checkpoints do not name the metric, and say -1 where there was no value yet.
        is_ours = state_dict.get("monitor", self.monitor) == self.monitor
        if best is None or best == -1 or not is_ours or not self.is_kept():
            return  # the next validation has the best value so far, and its model is kept
        self.best = float(best)
        # Nor do they have the loss: then no model with the same value is better.
        self.best_loss = float(state_dict.get("loss", -math.inf))
        self.n_worse = int(state_dict["n_worse"])

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        # Its few batches would be taken for a validation.
        if trainer.sanity_checking:
            return
        value = float(trainer.callback_metrics[self.monitor])
        loss = float(trainer.callback_metrics.get("val/loss", math.nan))
        if not has_finite_weights(pl_module):
            return  # no model is made of them; `Saving` ends the run
        if self._is_better(value, loss):
            self.n_worse = 0
            self._keep(trainer, value, loss)
            return
        self.n_worse += 1
        if self.patience is not None and self.n_worse >= self.patience:
            logger.info(
                "no improvement of %s in %d validations: the run stops", self.monitor, self.n_worse
            )
            trainer.should_stop = True

    def _is_better(self, value: float, loss: float) -> bool:
        if math.isnan(value) or self.best is None:
            return not math.isnan(value)
        if value == self.best:
            return loss < self.best_loss
        return (value < self.best) == self.monitor.endswith("loss")

    def _keep(self, trainer: lightning.Trainer, value: float, loss: float) -> None:
        if trainer.is_global_zero:
            place = {"epoch": trainer.current_epoch, "step": trainer.global_step}
            try:
                self.save({"metric": self.monitor, "value": value, **place})
            except OSError as error:
                self.failure = first_line(error)
                logger.warning(
                    "the best model could not be written (%s): training continues", self.failure
                )
                return  # a later one that is as good may find room
        self.best, self.best_loss, self.failure = value, loss, None


class StepSeed(Callback):
    """Seeds dropout at every step, so that a resumed run draws what it would have drawn."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        # Far apart, so that no step of one seed, or of one process, is a step of the next.
        place = self.seed + 1_000_003 * trainer.global_rank
        torch.manual_seed(place * 1_000_000_007 + trainer.global_step)


class FreezingError(ValueError):
    """A freezing schedule does not fit the network."""


class Freezing(Callback):
    """Takes the gradients of frozen weights away before the optimiser sees them.

    What is frozen depends on the epoch alone, so a resumed run freezes what it would have frozen.
    The optimiser keeps no moments of a weight before its first step, and the norm that clipping
    looks at is that of the other weights.
    """

    def __init__(self, epochs: Mapping[str, int], network: nn.Module) -> None:
        """Freeze parts (`decoder`, `decoder.attention`) in so many first epochs.

        The longest name that fits a weight decides, so that `decoder: 2, decoder.attention: 0`
        leaves the attention free.

        Raises:
            FreezingError: a number of epochs is none, or the network has no such part.
        """
        # Gradients are taken away and requires_grad stays: DDP waits for one of each weight.
        self._weights = dict(network.named_parameters())
        self.epochs = dict.fromkeys(self._weights, 0)
        for part in sorted(epochs, key=len):
            count = epochs[part]
            if type(count) is not int or count < 0:
                raise FreezingError(
                    f"freezing.{part} is {count!r}, expected a number of epochs, 0 or more"
                )
            inside = [name for name in self._weights if f"{name}.".startswith(f"{part}.")]
            if not inside:
                known = ", ".join(dict.fromkeys(name.partition(".")[0] for name in self._weights))
                raise FreezingError(
                    f"freezing.{part}: the network has no such part; it has {known} and what is in "
                    "them"
                )
            self.epochs |= dict.fromkeys(inside, count)

    def on_before_optimizer_step(self, trainer: lightning.Trainer, *_: Any) -> None:
        for name, weight in self._weights.items():
            if trainer.current_epoch < self.epochs[name]:
                weight.grad = None


class _Speed(ProgressColumn):
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

    def _hide(self, *_: Any) -> None:
        if self._bar is not None:
            with suppress(OSError):  # the terminal may be gone, which is no reason to lose a run
                self._bar.stop()
            self._bar = None

    def _advance(
        self, trainer: lightning.Trainer, _module: Any, _outputs: Any, batch: Batch, *_: Any
    ) -> None:
        if self._bar is not None:
            self._bar.advance(self._task, len(batch) * trainer.world_size)

    def on_train_batch_start(
        self, trainer: lightning.Trainer, _module: Any, batch: Batch, batch_idx: int
    ) -> None:
        if self._bar is None:
            self._show(trainer, "training", n_done=batch_idx * len(batch))

    def on_validation_epoch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        self._show(trainer, "validation")

    on_train_batch_end = on_validation_batch_end = _advance  # type: ignore[assignment]
    on_validation_epoch_end = on_train_epoch_end = on_exception = _hide  # type: ignore[assignment]


_LONGEST = 300  # letters of a program; a network that has learned little writes hundreds of symbols


class SampleDecodes(Callback):
    """Logs text, gold and predicted program and log-probability of a few validation tasks."""

    def __init__(self, data: "TaskData", n_samples: int) -> None:
        """Choose tasks evenly over the validation split: the same in every epoch and every run."""
        n_dev = data.size("dev")
        chosen = [i * n_dev // max(n_samples, 1) for i in range(min(n_samples, n_dev))]
        self.data = data
        self.chosen = tuple(dict.fromkeys(chosen))

    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        if not self.chosen or not trainer.is_global_zero:
            return
        batch = self.data.batch("dev", self.chosen).to(pl_module.device)
        with torch.inference_mode():
            predictions = pl_module.decoder.decode(
                pl_module.network, pl_module.network.source(batch), pl_module.symbols
            )
        golds = self.data.programs("dev", self.chosen)
        for place, gold, prediction in zip(self.chosen, golds, predictions, strict=True):
            logger.info("%s", sample_lines(self.data.text("dev", place), gold, prediction))


def sample_lines(text: str, gold: Any, prediction: Any) -> str:
    """Tell of one task in three lines; `prediction` is None where the network wrote no program."""
    if prediction is None:
        return f"  text  {text}\n  gold  {gold}\n  found no program"
    mark = "right" if prediction.program == gold else "wrong"
    found = str(prediction.program)
    if len(found) > _LONGEST:
        found = f"{found[:_LONGEST]} ... ({prediction.program.size} symbols)"
    found = f"{found}  (log-prob {prediction.log_prob:.2f}, {mark})"
    return f"  text  {text}\n  gold  {gold}\n  found {found}"


# How an epoch went: a line in the log, a row of metrics.csv, a point of each learning curve.

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
            "val/n_exact": _NAN if math.isnan(exact) else float(round(exact * self.n_dev)),
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
    counts = "no validation" if math.isnan(n_exact) else f"{n_exact:.0f}/{row['val/n']:.0f}"
    return (
        f"epoch {row['epoch']:03.0f}"
        f"  train/loss {row.get('train/loss', _NAN):.4f} nats/node"
        f"  val/loss {row.get('val/loss', _NAN):.4f}"
        f"  val/exact_match {row['val/exact_match']:.4f} ({counts})"
        f"  {row['examples_per_s']:.0f} examples/s  {row['seconds']:.0f} s"
    )


def write_table(rows: list[Row], path: Path) -> None:
    """Write rows as CSV, a whole table or none."""
    spelled = [{name: f"{value:.10g}" for name, value in row.items()} for row in rows]
    write_whole(path, csv_text(spelled).encode())


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV, with all columns that one of them has."""
    # An epoch without a validation has fewer columns than the next one.
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


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
    judged = [row for row in rows if not math.isnan(row["val/exact_match"])]
    told = "no validation yet"
    if judged:
        best = max(judged, key=lambda row: row["val/exact_match"])
        told = (
            f"best exact match: {best['val/exact_match']:.4f} "
            f"({best['val/n_exact']:.0f}/{best['val/n']:.0f}) in epoch {best['epoch']:.0f}"
        )
    exact.set_title(told, fontsize="medium", loc="left")
    for axes in (loss, exact):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    write_figure(path, figure)
