"""What the pictures of the documentation share: boxes, arrows, and colours for both themes."""

import re
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes

HERE = Path(__file__).resolve().parent
GREY, RED, BLUE, GREEN, PALE, INK = (
    "#555555", "#b03a2e", "#1f618d", "#1e8449", "#d5d8dc", "#1f2328"
)  # fmt: skip
# In a dark theme, which an SVG within a page learns from the page.
DARK = {
    GREY: "#a9b0ba",
    RED: "#f1948a",
    BLUE: "#85c1e9",
    GREEN: "#7dcea0",
    PALE: "#5d6570",
    INK: "#e6e8eb",
    "#000000": "#e6e8eb",
    "#ffffff": "#2b2f38",  # of boxes; what lies behind everything is left out
    "#dddddd": "#4a5058",
}
for name in ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"):
    matplotlib.rcParams[name] = INK
matplotlib.rcParams["svg.hashsalt"] = "saps"


def page(width: float, height: float) -> Axes:
    """Return axes that fill a picture of so many inches and show nothing of themselves."""
    axes = pyplot.figure(figsize=(width, height)).add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    return axes


def box(axes: Axes, x: float, y: float, text: str, colour: str = GREY, **options: object) -> None:
    """Write a text in a rounded box."""
    style = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour}
    axes.text(x, y, text, ha="center", va="center", bbox=style, zorder=3, **options)  # type: ignore[arg-type]  # matplotlib's keywords


def arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str = GREY,
    *,
    bend: float = 0.0,
    gap: tuple[float, float] = (13.0, 13.0),
    line: str = "-",
) -> None:
    """Draw an arrow that leaves gaps, in points, at its start and end."""
    how = {
        "arrowstyle": "->",
        "color": colour,
        "shrinkA": gap[0],
        "shrinkB": gap[1],
        "linestyle": line,
        "linewidth": 1.4,
        "connectionstyle": f"arc3,rad={bend}",
    }
    axes.annotate("", end, start, arrowprops=how)


def save(
    name: str,
    axes: Axes,
    x: tuple[float, float] | None = None,
    y: tuple[float, float] | None = None,
) -> None:
    """Write a picture beside this file, for light and dark pages."""
    if x is not None and y is not None:
        axes.set_xlim(*x)
        axes.set_ylim(*y)
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.savefig(HERE / name, metadata={"Date": None})
    pyplot.close("all")
    theme(HERE / name)


def theme(path: Path) -> None:
    """Take the background from an SVG of matplotlib, and give its colours a dark form."""
    svg = path.read_text(encoding="utf-8").replace('style="fill: #ffffff"', 'style="fill: none"')
    svg = re.sub(
        r"(?<=: )#[0-9a-f]{6}\b",
        lambda found: f"var(--c{found[0][1:]}, {found[0]})" if found[0] in DARK else found[0],
        svg,
    )
    dark = " ".join(f"--c{light[1:]}: {colour};" for light, colour in DARK.items())
    style = (
        f"svg{{fill: var(--c{INK[1:]}, {INK})}} "
        f"@media (prefers-color-scheme: dark){{svg{{{dark}}}}}</style>"
    )
    path.write_text(svg.replace("</style>", style, 1), encoding="utf-8")
