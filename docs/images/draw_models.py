"""Draw the pictures of docs/models.md and docs/results.md: python docs/images/draw_models.py."""

import json
from functools import partial

import matplotlib
from matplotlib import pyplot

from docs.images.drawing import BLUE, GREEN, GREY, HERE, INK, RED, arrow, page, save
from docs.images.drawing import box as any_box

box = partial(any_box, family="monospace")
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


def recurrences() -> None:
    """Draw which states a node's state comes from, in V, H and VH."""
    axes = page(9.0, 2.6)
    for place, (title, vertical, horizontal) in enumerate(
        [("V", True, False), ("H", False, True), ("VH", True, True)]
    ):
        shift = 4.4 * place
        axes.text(1.6 + shift, 2.65, title, ha="center", weight="bold")
        spots = {name: (x + shift, y) for name, (_, x, y) in TREE.items()}
        for name, (label, _, _) in TREE.items():
            box(axes, *spots[name], label)
        for above, below in DOWN if vertical else []:
            arrow(axes, spots[above], spots[below], RED, bend=0.12 if horizontal else 0.0)
        for before, after in CHAIN if horizontal else []:
            arrow(axes, spots[before], spots[after], BLUE, bend=-0.12 if vertical else 0.0)
    save("recurrences.svg", axes, (-0.6, 12.7), (-0.4, 2.9))


def seq2seq() -> None:
    """Draw the tokens of a program, and what feeds each step."""
    axes = page(9.0, 2.2)
    fed = ["start", "(", "strlen", "a", ")"]
    for step, (before, token) in enumerate(zip(fed, [*fed[1:], "end"], strict=True)):
        x = 2.0 * step
        box(axes, x, 0.0, before)
        box(axes, x, 1.0, "LSTM", BLUE)
        box(axes, x, 2.0, "q'", RED)
        axes.text(x, 2.65, token, ha="center", family="monospace")
        arrow(axes, (x, 0.0), (x, 1.0), GREY)
        arrow(axes, (x, 1.0), (x, 2.0), GREY)
        if step:
            arrow(axes, (x - 2.0, 1.0), (x, 1.0), BLUE)
            arrow(axes, (x - 2.0, 2.0), (x, 1.0), RED)
    axes.text(9.6, 2.0, "attends to\nthe text", va="center", size="small", color=RED)
    axes.text(9.6, 0.0, "previous\ntoken", va="center", size="small", color=GREY)
    save("seq2seq.svg", axes, (-0.9, 11.0), (-0.5, 3.0))


def seq2tree() -> None:
    """Draw how one node's label comes from the contexts of two labels."""
    axes = page(7.0, 2.2)
    for y, label, chain in ((1.6, "parent's label", "GRU v"), (0.0, "sibling's label", "GRU h")):
        box(axes, 0.0, y, label)
        box(axes, 2.6, y, "context", RED)
        box(axes, 4.6, y, chain, BLUE)
        arrow(axes, (0.65, y), (2.4, y), GREY)
        arrow(axes, (2.8, y), (4.5, y), GREY)
        arrow(axes, (4.7, y), (6.5, 0.8), GREY)
        arrow(axes, (2.6, 0.8), (2.6, y), RED)
    box(axes, 2.6, 0.8, "the text")
    box(axes, 6.6, 0.8, "label")
    save("seq2tree.svg", axes, (-1.1, 7.3), (-0.5, 2.1))


def autoencoder() -> None:
    """Draw a tree that is encoded into z from its leaves, and decoded from z alone."""
    axes = page(9.0, 3.0)
    z, shift = (4.8, 2.0), 6.9
    box(axes, *z, "z", GREEN)
    read = {name: (x, y) for name, (_, x, y) in TREE.items()}
    written = {name: (x + shift, y) for name, (x, y) in read.items()}
    for name, (label, _, _) in TREE.items():
        box(axes, *read[name], label)
        box(axes, *written[name], label)
    for above, below in DOWN:
        arrow(axes, read[below], read[above], GREEN)
        arrow(axes, written[above], written[below], RED, bend=0.12)
    for before, after in CHAIN:
        arrow(axes, written[before], written[after], BLUE, bend=-0.12)
    arrow(axes, read["root"], z, GREEN)
    arrow(axes, z, written["root"], RED, bend=0.06)
    arrow(axes, z, written["root"], BLUE, bend=-0.06)
    legend = [
        (0.0, GREEN, "h and c of the children"),
        (3.3, GREY, "z also enters at every decoded node"),
        (7.6, RED, "state of the parent"),
        (9.8, BLUE, "and of the previous sibling"),
    ]
    for x, colour, text in legend:
        axes.text(x, -0.75, text, color=colour)
    for x, text in ((2.0, "Tree-LSTM"), (4.8, "one vector"), (2.0 + shift, "decoder VH")):
        axes.text(x, 2.5, text, ha="center", weight="bold")
    save("autoencoder.svg", axes, (-0.6, 12.7), (-1.0, 2.9))


def pretrained() -> None:
    """Draw which weights SAPSpre takes from the autoencoder, and which start from random ones."""
    axes = page(9.0, 2.6)
    places = {"input": 0.0, "encoder": 2.3, "recurrence": 5.0, "attention": 7.3, "label": 9.4}
    for y, given, encoder, colour in (
        (1.6, "a program", "tree encoder", GREY),
        (0.0, "a text", "text encoder", BLUE),
    ):
        box(axes, places["input"], y, given)
        box(axes, places["encoder"], y, encoder, colour)
        box(axes, places["recurrence"], y, "recurrences", RED)
        box(axes, places["label"], y, "label", RED)
        arrow(axes, (0.42, y), (1.74, y), GREY)
        arrow(axes, (2.85, y), (4.5, y), GREY)
        axes.text(3.65, y + 0.12, "z", ha="center", family="monospace")
    box(axes, places["attention"], 0.0, "attention", BLUE)
    arrow(axes, (5.5, 1.6), (9.25, 1.6), GREY)
    arrow(axes, (5.5, 0.0), (6.85, 0.0), GREY)
    arrow(axes, (7.75, 0.0), (9.25, 0.0), GREY)
    arrow(axes, (2.3, -0.1), (7.3, -0.1), GREY, bend=0.2)
    axes.text(4.8, -0.86, "M", ha="center", family="monospace")
    for x, y, text in ((7.25, 1.72, "q"), (6.15, 0.12, "q"), (8.5, 0.12, "q'")):
        axes.text(x, y, text, ha="center", family="monospace")
    for part in ("recurrence", "label"):
        arrow(axes, (places[part], 1.6), (places[part], 0.0), RED, line="--")
    axes.text(7.2, 0.85, "weights of the best model", ha="center", va="center", color=RED)
    for y, text in ((1.6, "autoencoder"), (0.0, "SAPSpre")):
        axes.text(-2.5, y, text, va="center", weight="bold")
    axes.text(-2.5, -1.2, "red: taken, frozen in the first epoch", color=RED)
    axes.text(3.6, -1.2, "blue: random weights, trained from the start", color=BLUE)
    save("sapspre.svg", axes, (-2.7, 10.2), (-1.4, 2.0))


def rows() -> None:
    """Draw the exact match of each row of the published ablation, with its interval."""
    table = json.loads((HERE.parent / "results/ablation/ablation.json").read_text("utf-8"))
    names = table["sections"]["models"]
    judged = {row["name"]: row for row in table["rows"]}
    found = [judged[name]["test"]["exact_match"] for name in names]
    axes = pyplot.figure(figsize=(8.6, 3.4), layout="constrained").add_subplot()
    values = [100 * share["value"] for share in found]
    below = [100 * (share["value"] - share["low"]) for share in found]
    above = [100 * (share["high"] - share["value"]) for share in found]
    bars = axes.barh([judged[name]["title"] for name in names], values, color=BLUE, height=0.65)
    axes.errorbar(values, range(len(names)), xerr=[below, above], fmt="none", ecolor=INK, capsize=3)
    axes.bar_label(bars, [f"{value:.1f} %" for value in values], padding=12)
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="exact match on 3,000 test tasks, per cent")
    axes.spines[["top", "right"]].set_visible(False)
    save("rows.svg", axes)


if __name__ == "__main__":
    matplotlib.rcParams["svg.fonttype"] = "none"
    recurrences()
    seq2seq()
    seq2tree()
    autoencoder()
    pretrained()
    rows()
