"""Draws a program as a picture: SVG, laid out here, and DOT for those who have Graphviz."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

from saps.lang.functions import FORMS, FUNCTIONS
from saps.lang.node import Node

_ROW: Final = 46
_GAP: Final = 18
_LETTER: Final = 8.4
_MARGIN: Final = 12
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
    """The tree as an SVG picture; needs no other program to draw it."""
    root = _placed(node)
    _shift(root, _MARGIN)
    width, height = round(root.width + 2 * _MARGIN), node.depth * _ROW + 2 * _MARGIN
    picture = Xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(width),
            "height": str(height),
            "viewBox": f"0 0 {width} {height}",
            "font-family": "monospace",
            "font-size": "14",
            "text-anchor": "middle",
        },
    )
    Xml.SubElement(picture, "title").text = _printable(str(node))
    Xml.SubElement(picture, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    _draw(root, 0, picture)
    Xml.indent(picture)
    return Xml.tostring(picture, encoding="unicode") + "\n"


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


def _draw(placed: _Placed, row: int, picture: Xml.Element) -> None:
    y = _MARGIN + row * _ROW + 20
    for child in placed.children:
        ends = {"x1": placed.x, "y1": y + 6, "x2": child.x, "y2": y + _ROW - 16}
        points = {name: f"{value:.1f}" for name, value in ends.items()}
        Xml.SubElement(picture, "line", {**points, "stroke": "#8c959f"})
        _draw(child, row + 1, picture)
    colour = _COLOURS[_sort_of(placed.node)]
    text = Xml.SubElement(picture, "text", {"x": f"{placed.x:.1f}", "y": str(y), "fill": colour})
    text.text = _printable(placed.node.symbol)


def _printable(text: str) -> str:
    """XML has no place for control characters."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _sort_of(node: Node) -> str:
    if node.symbol in FORMS:
        return "form"
    return "function" if node.symbol in FUNCTIONS or node.children else "leaf"
