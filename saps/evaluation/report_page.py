"""The pictures of a report page, as SVG that takes its colours from the page around it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from io import StringIO
from math import exp
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from jinja2 import Environment, StrictUndefined
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from saps.evaluation.metrics import (
    NO_FAMILY,
    Bin,
    Confusion,
    Rate,
    Slice,
    bins_of,
    calibration_error,
)
from saps.evaluation.report import Epoch, Record, Report, read_metrics
from saps.evaluation.report_tables import NOTES, caption, families, provenance_facts, tables

# The measures of a training run over its epochs, where the model's run folder has them.

# Epochs count from 0, losses are nats a node.
_COLUMNS: Final = ("epoch", "train/loss", "val/loss", "val/exact_match")


def find_learning_curve(model: Path) -> Sequence[Epoch]:
    """Read metrics.csv beside a model folder `RUN/best`; nothing where it draws no curve."""
    epochs = read_metrics(model.parent)
    # A run that was not validated lacks some of them.
    whole = all(name in epoch for epoch in epochs for name in _COLUMNS)
    return epochs if whole and len(epochs) > 1 else ()


# Drawn in these, then replaced: ink becomes the text's colour, so that dark pages can be read.
_INK: Final = "#0a0b0c"
_FIRST, _SECOND = "#4477aa", "#cc6633"  # told apart by the colour-blind too
_MOST_CONFUSIONS: Final = 15

_in_ink = mpl.rc_context(
    {
        **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), _INK),
        **dict.fromkeys(("xtick.color", "ytick.color"), _INK),
        "font.size": 9,
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "saps",  # same figures, same bytes
    }
)


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture with what a reader should know of it: an `<svg>` element."""

    title: str
    caption: str
    svg: str


@_in_ink
def plot_slice(part: Slice) -> Plot:
    """Draw exact match and accuracy by one property, with 95 % intervals."""
    figure, axes = new_figure()
    for label, color, shift, rates in (  # beside each other, so that neither hides the other
        ("exact match", _FIRST, -0.08, [row.exact_match for row in part.rows]),
        ("accuracy by tests", _SECOND, 0.08, [row.accuracy for row in part.rows]),
    ):
        places = [place + shift for place in range(len(rates))]
        plot_rates(axes, places, rates, fmt="o", color=color, elinewidth=1, label=label)
    axes.set_xticks(range(len(part.rows)), [f"{row.label}\n{row.n:,}" for row in part.rows])
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of tasks")
    axes.set_xlabel(f"{part.title}; below it, the number of tasks")
    axes.legend(frameon=False, loc="lower left")
    return Plot(f"By {part.title}", "Bars are 95 % intervals (Wilson).", _svg(figure))


@_in_ink
def plot_reliability(bins: Sequence[Bin], error: float) -> Plot:
    """Draw the share that passes over the probability that the model gave, and name the error."""
    figure, axes = new_figure()
    points = {part.confidence: part.passed for part in bins if part.confidence is not None}
    axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=":")
    plot_rates(axes, list(points), list(points.values()), fmt="o-", color=_FIRST, elinewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="probability of the tree under the model")
    axes.set_ylabel("share that passes all tests")
    caption = (
        "On the dotted line, a model is right as often as it says. "
        f"Expected calibration error: {100 * error:.1f} points."
    )
    return Plot("Calibration", caption, _svg(figure))


@_in_ink
def plot_confusions(confusions: Sequence[Confusion]) -> Plot:
    """Draw the most frequent confusions between symbols as bars."""
    shown = list(confusions[:_MOST_CONFUSIONS])[::-1]
    figure, axes = new_figure(height=1.0 + 0.24 * len(shown))
    names = [f"{item.gold}  \N{RIGHTWARDS ARROW}  {item.predicted}" for item in shown]
    axes.barh(names, [item.n_tasks for item in shown], color=_FIRST)
    axes.set_xlabel("tasks")
    caption = "A symbol of the target, and the predicted one where the two trees first differ."
    return Plot("Confusions between symbols", caption, _svg(figure))


@_in_ink
def plot_learning_curve(epochs: Sequence[Epoch]) -> Plot:
    """Draw the validation measures over the epochs of the training run."""
    numbers, train_loss, val_loss, exact = ([epoch[name] for epoch in epochs] for name in _COLUMNS)
    figure, axes = new_figure()
    axes.plot(numbers, exact, "o-", color=_FIRST, label="validation exact match")
    axes.set(xlabel="epoch", ylim=(0, 1.02))
    axes.set_ylabel("share of tasks")
    losses = axes.twinx()
    losses.plot(numbers, train_loss, "-", color=_SECOND, label="training loss")
    losses.plot(numbers, val_loss, "--", color=_SECOND, label="validation loss")
    losses.set_ylim(bottom=0)
    losses.set_ylabel("nats a node")
    handles = [*axes.get_lines(), *losses.get_lines()]
    axes.legend(handles, [str(line.get_label()) for line in handles], frameon=False)
    return Plot("Learning curve", "Of the training run that made the model.", _svg(figure))


def new_figure(width: float = 6.4, height: float = 3.2) -> tuple[Figure, Axes]:
    """Return a figure with axes that have no frame."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def plot_rates(
    axes: Axes, places: Sequence[float], rates: Sequence[Rate], *, scale: float = 1.0, **style: Any
) -> None:
    """Draw rates, of at least one thing each, with their 95 % intervals."""
    values = [scale * (rate.value or 0.0) for rate in rates]
    ends = [rate.interval or (0.0, 0.0) for rate in rates]
    around = [
        [value - scale * low for value, (low, _) in zip(values, ends, strict=True)],
        [scale * high - value for value, (_, high) in zip(values, ends, strict=True)],
    ]
    axes.errorbar(places, values, around, **style)


def _svg(figure: Figure) -> str:
    text = StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    drawn = text.getvalue()
    head, rest = drawn[drawn.index("<svg") :].split(">", 1)
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)  # the page sizes it
    rest = rest.replace("'DejaVu Sans', ", "")  # and has its own font
    return f"{head}>{rest}".replace(_INK, "currentColor")


# A report as one page for a browser: no other file, no network.


def render_page(report: Report, records: Sequence[Record], curve: Sequence[Epoch] = ()) -> str:
    """Return the whole report as one HTML document, whose list of tasks can be searched."""
    # A "<" inside the data could end the script element that holds them.
    content = json.dumps([asdict(record) for record in records], ensure_ascii=False)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_resource("report.html")).render(
        caption=caption(report),
        tables=[*tables(report), *families(report)],
        plots=list(_plots(report, records, curve)),
        family_names=sorted(row[0] for table in families(report) for row in table.rows),
        no_family=NO_FAMILY,
        outcomes=[str(outcome) for outcome in report.full.outcomes],
        facts=list(provenance_facts(report)),
        notes=NOTES,
        records=content.replace("<", "\\u003c"),
        style=_resource("report.css"),
        script=_resource("report.js"),
    )


def _plots(report: Report, records: Sequence[Record], curve: Sequence[Epoch]) -> Iterator[Plot]:
    for part in report.slices:
        if part.name in ("depth", "text_length"):
            yield plot_slice(part)
    # By the probability of the tree: reports know no confidence.
    bins = bins_of(
        (min(1.0, exp(record.log_prob)), record.passed)
        for record in records
        if record.log_prob is not None
    )
    error = calibration_error(bins)
    if error is not None:
        yield plot_reliability(bins, error)
    if report.confusions:
        yield plot_confusions(report.confusions)
    if curve:
        yield plot_learning_curve(curve)


def _resource(name: str) -> str:
    return (files("saps.evaluation") / "templates" / name).read_text(encoding="utf-8")
