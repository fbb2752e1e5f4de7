"""Draws a program as a picture with matplotlib, and writes DOT for those who have Graphviz.

Matplotlib is imported when a picture is made, and not with `saps.lang`. Lengths are in pixels of a
screen, of which there are 72 to an inch, as many as typographic points.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from saps.lang.functions import FORMS, FUNCTIONS
from saps.lang.node import Node

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DOTS_PER_INCH: Final = 72
_MAX_PIXELS: Final = 30_000
"""On a side of a PNG; matplotlib makes none of more than 65,536."""
_FONT_POINTS: Final = 14
_LETTER: Final = 8.43
_LETTER_HEIGHT: Final = 16
_ROW: Final = 46
_GAP: Final = 18
_MARGIN: Final = 12
_CLEAR: Final = 12
"""Between the middle of a symbol and the lines that end there."""
_COLOURS: Final = {"form": "#8250df", "function": "#0550ae", "leaf": "#1f2328"}


def dot(node: Node) -> str:
    """The tree in the language of Graphviz."""
    lines = [
        "digraph program {",
        "  node [fontname=monospace, shape=plaintext];",
        "  edge [arrowhead=none];",
    ]
    for number, (label, parent) in enumerate(_numbered(node)):
        quoted = label.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{number} [label="{quoted}"];')
        if parent is not None:
            lines.append(f"  n{parent} -> n{number};")
    return "\n".join([*lines, "}"]) + "\n"


def _numbered(node: Node) -> Iterator[tuple[str, int | None]]:
    """Each symbol in preorder, with its parent's number."""
    stack: list[tuple[Node, int | None]] = [(node, None)]
    number = -1
    while stack:
        current, parent = stack.pop()
        number += 1
        yield current.symbol, parent
        stack.extend((child, number) for child in reversed(current.children))


def svg(node: Node) -> str:
    """The tree as an SVG picture, its symbols as text."""
    return _picture(node, "svg", _DOTS_PER_INCH).decode("utf-8")


def png(node: Node) -> bytes:
    """The tree as a PNG picture, at two pixels a point; fewer if it is very large."""
    width, height = _size(_placed(node), node)
    return _picture(node, "png", _DOTS_PER_INCH * min(2.0, _MAX_PIXELS / max(width, height)))


def _picture(node: Node, suffix: str, dots_per_inch: float) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    root = _placed(node)
    _shift(root, _MARGIN)
    width, height = _size(root, node)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "saps"}):
        figure = Figure((width / _DOTS_PER_INCH, height / _DOTS_PER_INCH), _DOTS_PER_INCH)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.axis("off")
        _draw(root, axes)
        written = BytesIO()
        metadata = {"Title": _printable(str(node))}
        dated = {"Date": None} if suffix == "svg" else {}  # same program, same bytes
        with warnings.catch_warnings():
            # A letter that the font lacks becomes a box in a PNG, and is there in an SVG.
            warnings.filterwarnings("ignore", "Glyph")
            figure.savefig(written, format=suffix, dpi=dots_per_inch, metadata=metadata | dated)
    return written.getvalue()


def _size(root: "_Placed", node: Node) -> tuple[float, float]:
    return root.width + 2 * _MARGIN, (node.depth - 1) * _ROW + 2 * _MARGIN + _LETTER_HEIGHT


@dataclass(slots=True)
class _Placed:
    """A node in a picture: the middle of its text, in pixels, and the width of its subtree."""

    node: Node
    children: "list[_Placed]"
    width: float
    x: float = 0.0


def _placed(node: Node) -> _Placed:
    children = [_placed(child) for child in node.children]
    below = sum(child.width for child in children) + _GAP * max(len(children) - 1, 0)
    return _Placed(node, children, max(below, len(node.symbol) * _LETTER))


def _shift(placed: _Placed, left: float) -> None:
    """Give every node of a subtree its place, from the subtree's left edge on."""
    below = sum(child.width for child in placed.children) + _GAP * (len(placed.children) - 1)
    edge = left + max(placed.width - below, 0) / 2
    for child in placed.children:
        _shift(child, edge)
        edge += child.width + _GAP
    if placed.children:
        placed.x = (placed.children[0].x + placed.children[-1].x) / 2
    else:
        placed.x = left + placed.width / 2


def _draw(root: _Placed, axes: "Axes") -> None:
    from matplotlib.collections import LineCollection

    lines = []
    for placed, row in _rows(root):
        y = _MARGIN + _LETTER_HEIGHT / 2 + row * _ROW
        for child in placed.children:
            ends = (placed.x, y + _CLEAR), (child.x, y + _ROW - _CLEAR)
            lines.append(ends)
        axes.text(
            placed.x,
            y,
            _printable(placed.node.symbol),
            color=_COLOURS[_sort_of(placed.node)],
            family="monospace",
            size=_FONT_POINTS,
            ha="center",
            va="center_baseline",
            parse_math=False,
        )
    axes.add_collection(LineCollection(lines, colors="#8c959f", linewidths=1))


def _rows(root: _Placed) -> Iterator[tuple[_Placed, int]]:
    """Each node in preorder, with its depth below the root."""
    stack = [(root, 0)]
    while stack:
        placed, row = stack.pop()
        yield placed, row
        stack.extend((child, row + 1) for child in reversed(placed.children))


def _printable(text: str) -> str:
    """Pictures have no place for control characters."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _sort_of(node: Node) -> str:
    if node.symbol in FORMS:
        return "form"
    return "function" if node.symbol in FUNCTIONS or node.children else "leaf"
