"""Curves of an ablation: exact match by epoch, one line a row, and by the number of tasks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from saps.evaluation.ablation.result import Judgement
from saps.evaluation.ablation.state import Epoch
from saps.evaluation.metrics import Rate

_METRIC: Final = "val/exact_match"
_STYLES: Final = ("-", "--", ":", "-.")
_N_COLOURS: Final = 10


def draw_curves(rows: Mapping[str, Sequence[Epoch]], path: Path) -> None:
    """Draw exact match on validation by epoch into a PNG.

    Args:
        rows: the epochs of each row, by its title.
        path: of the picture.
    """
    # Not at the top: most commands never draw, and matplotlib takes long to import.
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    figure, axes = _figure()
    colours = colormaps["tab10"]
    ordered = sorted(rows.items(), key=lambda item: -item[1][-1].get(_METRIC, 0.0))
    for number, (title, epochs) in enumerate(ordered):
        points = [(row["epoch"] + 1, 100 * row[_METRIC]) for row in epochs if _METRIC in row]
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            _STYLES[number // _N_COLOURS % len(_STYLES)],
            marker="o",
            markersize=3,
            color=colours(number % _N_COLOURS),
            label=title,
        )
    axes.set(xlabel="epoch", ylabel="exact match on validation, %", ylim=(0, 102))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if ordered:  # in the order of the lines' ends
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _save(figure, path)


def draw_sizes(points: Sequence[tuple[int, Judgement]], path: Path) -> None:
    """Draw what the test split gives by the number of training tasks, with 95 % intervals.

    Args:
        points: number of tasks and what came of them, fewest first.
        path: of the picture.
    """
    figure, axes = _figure(width=7)
    sizes = [size for size, _ in points]
    _errors(axes, sizes, [judged.exact_match for _, judged in points], "exact match", "C0")
    _errors(axes, sizes, [judged.accuracy for _, judged in points], "accuracy by tests", "C1")
    axes.set(xscale="log", xlabel="training tasks", ylabel="share of test tasks, %", ylim=(0, 102))
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower right")
    _save(figure, path)


def _errors(
    axes: Any, sizes: Sequence[int], rates: Sequence[Rate], label: str, colour: str
) -> None:
    values = [100 * (rate.value or 0.0) for rate in rates]
    ends = [rate.interval or (0.0, 0.0) for rate in rates]
    below = [value - 100 * low for value, (low, _) in zip(values, ends, strict=True)]
    above = [100 * high - value for value, (_, high) in zip(values, ends, strict=True)]
    axes.errorbar(
        sizes, values, [below, above], fmt="o-", markersize=4, capsize=3, label=label, color=colour
    )


def _figure(width: float = 9) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    draft = path.with_name(f".{path.name}.part")
    figure.savefig(draft, format="png", dpi=120)
    draft.replace(path)
