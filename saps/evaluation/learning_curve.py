"""The measures of a training run over its epochs, where the model's run folder has them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COLUMNS = ("epoch", "train/loss", "val/loss", "val/exact_match")


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """One value an epoch each; epochs count from 0, losses are nats a node."""

    epochs: tuple[int, ...]
    train_loss: tuple[float, ...]
    val_loss: tuple[float, ...]
    exact_match: tuple[float, ...]


def find_learning_curve(model: Path) -> LearningCurve | None:
    """Read the logs beside a model folder `RUN/best`; None where there is no curve to draw.

    A continued run has a file for each start; a later start replaces the epochs that it ran again.
    """
    found: dict[int, dict[str, float]] = {}
    for path in sorted(model.parent.glob("logs/version_*/metrics.csv"), key=_version):
        for row in _rows(path):
            found.setdefault(int(row["epoch"]), {}).update(row)
    complete = {epoch: row for epoch, row in sorted(found.items()) if set(_COLUMNS) <= set(row)}
    if len(complete) < 2:
        return None
    rows = list(complete.values())
    return LearningCurve(
        tuple(complete),
        tuple(row["train/loss"] for row in rows),
        tuple(row["val/loss"] for row in rows),
        tuple(row["val/exact_match"] for row in rows),
    )


def _version(path: Path) -> int:
    number = path.parent.name.removeprefix("version_")
    return int(number) if number.isdigit() else -1


def _rows(path: Path) -> Iterator[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = {name: row.get(name) for name in _COLUMNS}
            if values["epoch"]:
                yield {name: float(value) for name, value in values.items() if value}
