"""Learning curves as a picture: loss above, exact match below, by epoch."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_TRAIN, _VALIDATION = "#4c72b0", "#dd8452"


def draw_curves(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw the rows of metrics.csv, one an epoch, into a PNG."""
    # Not at the top: most commands never draw, and matplotlib takes long to import.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 6), layout="constrained")
    loss, exact = figure.subplots(2, 1, sharex=True)
    _draw(loss, rows, "train/loss", "training", _TRAIN)
    _draw(loss, rows, "val/loss", "validation", _VALIDATION)
    _draw(exact, rows, "val/exact_match", "validation", _VALIDATION)
    loss.set(ylabel="loss (nats a node)", ylim=(0, 1.08 * loss.get_ylim()[1]))
    exact.set(ylabel="exact match", ylim=(0, 1.02), xlabel="epoch")
    exact.set_xlim(rows[0]["epoch"] - 0.5, rows[-1]["epoch"] + 0.5)
    exact.xaxis.set_major_locator(MaxNLocator(integer=True))
    exact.set_title(_best(rows), fontsize="medium", loc="left")
    for axes in (loss, exact):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    draft = path.with_suffix(".part")
    figure.savefig(draft, format="png", dpi=120)
    draft.replace(path)


def _draw(
    axes: Any, rows: Sequence[Mapping[str, float]], name: str, label: str, color: str
) -> None:
    points = [(row["epoch"], row[name]) for row in rows if name in row]
    epochs, values = [x for x, _ in points], [y for _, y in points]
    axes.plot(epochs, values, "o-", markersize=3, label=label, color=color)


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
