"""The figures of a data set as a picture: histograms of depth, lengths and symbols."""

from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from saps.cli.failure import CommandError
from saps.data.published import FIGURES, SYMBOLS
from saps.data.statistics import Statistics, mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")
_N_SYMBOLS = 45  # bars that stay legible in one picture
_HERE, _OTHER, _OUTSIDE = "#4477aa", "#cc6633", "#aa3377"  # told apart by the colour-blind too


def check_plot_path(path: Path) -> None:
    """Raise `CommandError` unless a picture can be made there; to be asked before the counting."""
    if path.suffix.lower() not in FORMATS:
        raise CommandError(f"{path} is no picture that can be made; end it in .png or .svg")
    if not path.parent.is_dir():
        raise CommandError(f"{path.parent} is no folder; make it, or choose another place")


def plot_statistics(
    path: Path,
    found: Mapping[str, Statistics],
    other: Mapping[str, Statistics] | None,
    *,
    published: bool,
) -> None:
    """Write a picture of everything together, all splits in one.

    Of the published set only the means are known, which become lines.

    Args:
        path: ends in .png or .svg; replaced if it is there.
        found: by split.
        other: what to draw beside it, by split.
        published: draw the published means of the same splits.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    here = sum(found.values(), Statistics())
    beside = None if other is None else sum(other.values(), Statistics())
    means = _published_means(found) if published else {}
    with mpl.rc_context(
        {
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.size": 9,
            "svg.hashsalt": "saps",  # same figures, same bytes
        }
    ):
        # no pyplot: it would look for a screen
        figure = Figure(figsize=(12, 9), layout="constrained")
        _draw(figure, here, beside, means)
        picture = BytesIO()
        dated = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(picture, format=path.suffix[1:].lower(), dpi=120, metadata=dated)
    path.write_bytes(picture.getvalue())


def _published_means(found: Mapping[str, Statistics]) -> dict[str, float]:
    """Return the published means over the splits that were measured."""
    columns = [FIGURES[split] for split in found if split in FIGURES] or list(FIGURES.values())
    tasks = sum(column.tasks for column in columns)
    return {
        name: sum(getattr(column, name) * column.tasks for column in columns) / tasks
        for name in ("program_depth", "program_length", "text_length")
    }


def _draw(
    figure: "Figure", here: Statistics, beside: Statistics | None, means: Mapping[str, float]
) -> None:
    grid = figure.add_gridspec(1, 2, width_ratios=(3, 2))
    left, right = (figure.add_subfigure(grid[0, column]) for column in range(2))
    panels = (
        ("program_depth", "depth of the program", "depths", 1),
        ("program_length", "length of the program (symbols)", "program_lengths", 4),
        ("text_length", "length of the text (words)", "text_lengths", 5),
    )
    for row, (name, title, counter, width) in enumerate(panels, 1):
        ax = left.add_subplot(len(panels), 1, row)
        _histogram(ax, getattr(here, counter), f"{here.tasks:,} tasks here", width, _HERE)
        if beside is not None:
            label = f"{beside.tasks:,} tasks beside"
            _histogram(ax, getattr(beside, counter), label, width, _OTHER)
        if name in means:
            label = f"published set: mean {means[name]:.2f}"
            ax.axvline(means[name], color=_OTHER, linestyle="--", linewidth=1.5, label=label)
        ax.set(xlabel=title, ylabel="% of the tasks")
        ax.set_xlim(left=0)
        ax.locator_params(axis="x", integer=True)
        ax.legend(frameon=False)
    _symbols(right.add_subplot(), here, beside)


def _histogram(ax: "Axes", counts: Counter[int], label: str, width: int, color: str) -> None:
    """Draw shares, so that sets of different sizes compare; filled if first, else an outline."""
    shift = 0.5 if width == 1 else 0.0  # a bar of one value stands over its number
    starts = range(0, max(counts, default=0) + width + 1, width)
    ax.hist(
        list(counts),
        bins=[start - shift for start in starts],
        weights=[100 * n / counts.total() for n in counts.values()],
        histtype="stepfilled" if color == _HERE else "step",
        color=color,
        alpha=0.75 if color == _HERE else 1.0,
        linewidth=1.5,
        label=f"{label}: mean {mean(counts):.2f}",
    )


def _symbols(ax: "Axes", here: Statistics, beside: Statistics | None) -> None:
    commonest = [symbol for symbol, _ in here.symbols.most_common(_N_SYMBOLS)]
    rows = range(len(commonest))
    colors = [_HERE if symbol in SYMBOLS else _OUTSIDE for symbol in commonest]
    ax.barh(rows, _per_task(here, commonest), color=colors, alpha=0.75, label="here")
    if beside is not None:
        ax.plot(_per_task(beside, commonest), rows, "|", color=_OTHER, markersize=7, label="beside")
        ax.legend(frameon=False, loc="lower right")
    # a "$" would start a formula
    ax.set_yticks(rows, [symbol.replace("$", r"\$") for symbol in commonest], family="monospace")
    ax.set_ylim(len(commonest) - 0.5, -0.5)
    shown = f"the {len(commonest)} commonest of {len(here.symbols)} symbols"
    note = ", in purple those never published" if here.outside_symbols else ""
    ax.set(xlabel="uses in a task, in the mean", title=shown + note)
    ax.title.set_fontsize(9)


def _per_task(column: Statistics, symbols: list[str]) -> list[float]:
    return [column.symbols[symbol] / max(column.tasks, 1) for symbol in symbols]
