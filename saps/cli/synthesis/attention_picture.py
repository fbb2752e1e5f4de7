"""Attention as a picture: which words each node of a program looked at."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from saps.decoding.explanation import Explanation


def write_attention(path: Path, explanation: "Explanation") -> None:
    """Write a picture: a row for each node in pre-order, a column for each word.

    Args:
        path: ends in .svg or .png; replaced if it is there.
        explanation: of a model with attention.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    words, nodes = explanation.words, explanation.nodes
    shares = [node.attention or () for node in nodes]
    with mpl.rc_context({"font.size": 9, "svg.hashsalt": "saps", "font.family": "monospace"}):
        height, width = 1.6 + 0.24 * len(nodes), 2.2 + 0.27 * len(words)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_xticks(range(len(words)), words, rotation=60, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        indented = ["  " * node.depth + node.symbol for node in nodes]
        widest = max(map(len, indented))
        axes.set_yticks(range(len(nodes)), indented, ha="left")
        axes.tick_params(length=0)
        axes.tick_params(axis="y", pad=5.5 * widest + 4)
        axes.set_xticks([place - 0.5 for place in range(1, len(words))], minor=True)
        axes.set_yticks([place - 0.5 for place in range(1, len(nodes))], minor=True)
        axes.grid(which="minor", color="#dddddd", linewidth=0.5)
        axes.tick_params(which="minor", length=0)
        figure.colorbar(image, ax=axes, label="share of the attention", fraction=0.03, pad=0.02)
        target, form = BytesIO(), path.suffix.lower().removeprefix(".")
        metadata = {"Date": None} if form == "svg" else {}
        figure.savefig(target, format=form, dpi=150, metadata=metadata)
    path.write_bytes(target.getvalue())
