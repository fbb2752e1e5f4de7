"""Draw the pictures of docs/models.md: python docs/images/draw_models.py."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes

HERE = Path(__file__).resolve().parent
GREY, RED, BLUE, GREEN = "#555555", "#b03a2e", "#1f618d", "#1e8449"
# (if (< a b) a b): label and place of each node, in pre-order.
TREE = {
    "root": ("if", 2.0, 2.0),
    "test": ("<", 0.6, 1.0),
    "left": ("a", 0.1, 0.0),
    "right": ("b", 1.1, 0.0),
    "then": ("a", 2.0, 1.0),
    "else": ("b", 3.2, 1.0),
}
DOWN = [("root", n) for n in ("test", "then", "else")] + [("test", "left"), ("test", "right")]
CHAIN = [("root", "test"), ("test", "then"), ("then", "else"), ("test", "left"), ("left", "right")]


def _page(width: float, height: float) -> Axes:
    figure = pyplot.figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    return axes


def _box(axes: Axes, x: float, y: float, text: str, colour: str = GREY) -> None:
    style = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colour}
    axes.text(x, y, text, ha="center", va="center", family="monospace", bbox=style, zorder=3)


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    bend: float = 0.0,
    *,
    line: str = "-",
) -> None:
    how = {
        "arrowstyle": "->",
        "color": colour,
        "shrinkA": 13,
        "shrinkB": 13,
        "linestyle": line,
        "linewidth": 1.4,
        "connectionstyle": f"arc3,rad={bend}",
    }
    axes.annotate("", end, start, arrowprops=how)


def _save(name: str, axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.savefig(HERE / name, metadata={"Date": None})
    pyplot.close("all")


def recurrences() -> None:
    """Draw which states a node's state comes from, in V, H and VH."""
    axes = _page(9.0, 2.6)
    for place, (title, vertical, horizontal) in enumerate(
        [("V", True, False), ("H", False, True), ("VH", True, True)]
    ):
        shift = 4.4 * place
        axes.text(1.6 + shift, 2.65, title, ha="center", weight="bold")
        spots = {name: (x + shift, y) for name, (_, x, y) in TREE.items()}
        for name, (label, _, _) in TREE.items():
            _box(axes, *spots[name], label)
        for above, below in DOWN if vertical else []:
            _arrow(axes, spots[above], spots[below], RED, bend=0.12 if horizontal else 0.0)
        for before, after in CHAIN if horizontal else []:
            _arrow(axes, spots[before], spots[after], BLUE, bend=-0.12 if vertical else 0.0)
    _save("recurrences.svg", axes, (-0.6, 12.7), (-0.4, 2.9))


def seq2seq() -> None:
    """Draw the tokens of a program, and what feeds each step."""
    axes = _page(9.0, 2.2)
    fed = ["start", "(", "strlen", "a", ")"]
    for step, (before, token) in enumerate(zip(fed, [*fed[1:], "end"], strict=True)):
        x = 2.0 * step
        _box(axes, x, 0.0, before)
        _box(axes, x, 1.0, "LSTM", BLUE)
        _box(axes, x, 2.0, "q'", RED)
        axes.text(x, 2.65, token, ha="center", family="monospace")
        _arrow(axes, (x, 0.0), (x, 1.0), GREY)
        _arrow(axes, (x, 1.0), (x, 2.0), GREY)
        if step:
            _arrow(axes, (x - 2.0, 1.0), (x, 1.0), BLUE)
            _arrow(axes, (x - 2.0, 2.0), (x, 1.0), RED)
    axes.text(9.6, 2.0, "looks at\nthe text", va="center", size="small", color=RED)
    axes.text(9.6, 0.0, "the token\nbefore", va="center", size="small", color=GREY)
    _save("seq2seq.svg", axes, (-0.9, 11.0), (-0.5, 3.0))


def seq2tree() -> None:
    """Draw how one node's label comes from the contexts of two labels."""
    axes = _page(7.0, 2.2)
    for y, label, chain in ((1.6, "parent's label", "GRU v"), (0.0, "sibling's label", "GRU h")):
        _box(axes, 0.0, y, label)
        _box(axes, 2.6, y, "context", RED)
        _box(axes, 4.6, y, chain, BLUE)
        _arrow(axes, (0.65, y), (2.4, y), GREY)
        _arrow(axes, (2.8, y), (4.5, y), GREY)
        _arrow(axes, (4.7, y), (6.5, 0.8), GREY)
        _arrow(axes, (2.6, 0.8), (2.6, y), RED)
    _box(axes, 2.6, 0.8, "the text")
    _box(axes, 6.6, 0.8, "label")
    _save("seq2tree.svg", axes, (-1.1, 7.3), (-0.5, 2.1))


def autoencoder() -> None:
    """Draw a tree that is read into z from its leaves, and written again from z alone."""
    axes = _page(9.0, 3.0)
    z, shift = (4.8, 2.0), 6.9
    _box(axes, *z, "z", GREEN)
    read = {name: (x, y) for name, (_, x, y) in TREE.items()}
    written = {name: (x + shift, y) for name, (x, y) in read.items()}
    for name, (label, _, _) in TREE.items():
        _box(axes, *read[name], label)
        _box(axes, *written[name], label)
    for above, below in DOWN:
        _arrow(axes, read[below], read[above], GREEN)
        _arrow(axes, written[above], written[below], RED, bend=0.12)
    for before, after in CHAIN:
        _arrow(axes, written[before], written[after], BLUE, bend=-0.12)
    _arrow(axes, read["root"], z, GREEN)
    _arrow(axes, z, written["root"], RED, bend=0.06)
    _arrow(axes, z, written["root"], BLUE, bend=-0.06)
    legend = [
        (0.0, GREEN, "h and c of the children"),
        (3.3, GREY, "z also enters at every node written"),
        (7.6, RED, "state of the parent"),
        (9.8, BLUE, "and of the sibling before"),
    ]
    for x, colour, text in legend:
        axes.text(x, -0.75, text, color=colour)
    for x, text in ((2.0, "Tree-LSTM"), (4.8, "one vector"), (2.0 + shift, "decoder VH")):
        axes.text(x, 2.5, text, ha="center", weight="bold")
    _save("autoencoder.svg", axes, (-0.6, 12.7), (-1.0, 2.9))


def pretrained() -> None:
    """Draw which weights SAPSpre takes from the autoencoder, and which start afresh."""
    axes = _page(9.0, 2.6)
    places = {"input": 0.0, "encoder": 2.3, "chains": 5.0, "attention": 7.3, "label": 9.4}
    for y, given, encoder, colour in (
        (1.6, "a program", "tree encoder", GREY),
        (0.0, "a text", "text encoder", BLUE),
    ):
        _box(axes, places["input"], y, given)
        _box(axes, places["encoder"], y, encoder, colour)
        _box(axes, places["chains"], y, "chains", RED)
        _box(axes, places["label"], y, "label", RED)
        _arrow(axes, (0.42, y), (1.74, y), GREY)
        _arrow(axes, (2.85, y), (4.8, y), GREY)
        axes.text(3.85, y + 0.12, "z", ha="center", family="monospace")
    _box(axes, places["attention"], 0.0, "attention", BLUE)
    _arrow(axes, (5.2, 1.6), (9.25, 1.6), GREY)
    _arrow(axes, (5.2, 0.0), (6.85, 0.0), GREY)
    _arrow(axes, (7.75, 0.0), (9.25, 0.0), GREY)
    _arrow(axes, (2.3, -0.1), (7.3, -0.1), GREY, bend=0.2)
    axes.text(4.8, -0.86, "M", ha="center", family="monospace")
    for x, y, text in ((7.25, 1.72, "q"), (6.1, 0.12, "q"), (8.5, 0.12, "q'")):
        axes.text(x, y, text, ha="center", family="monospace")
    for part in ("chains", "label"):
        _arrow(axes, (places[part], 1.6), (places[part], 0.0), RED, line="--")
    axes.text(7.2, 0.85, "weights of the best model", ha="center", va="center", color=RED)
    for y, text in ((1.6, "autoencoder"), (0.0, "SAPSpre")):
        axes.text(-2.5, y, text, va="center", weight="bold")
    axes.text(-2.5, -1.2, "red: taken, frozen in the first epoch", color=RED)
    axes.text(3.6, -1.2, "blue: starts afresh, trained from the start", color=BLUE)
    _save("sapspre.svg", axes, (-2.7, 10.2), (-1.4, 2.0))


if __name__ == "__main__":
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = "saps"
    recurrences()
    seq2seq()
    seq2tree()
    autoencoder()
    pretrained()
