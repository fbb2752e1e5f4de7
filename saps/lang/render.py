"""Shows programs to people: on a terminal, as pictures, and the reference pages of the language.

Matplotlib is imported when a picture is made, and not with `saps.lang`. Lengths are in pixels of a
screen, of which there are 72 to an inch, as many as typographic points.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from saps.lang.errors import AlgoLispError, StaticTypeError, TreePath
from saps.lang.functions.function_table import FUNCTIONS, Function
from saps.lang.node import Node
from saps.lang.parser import grammar
from saps.lang.program_values import FORMS
from saps.lang.types import Constraint, Variable, parts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# On a terminal: over several lines, as a tree, with carets under an error.

MAX_COLUMNS: Final = 80


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a node stands in a printed program: 0-based line, and columns on that line."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A printed program, and where each of its nodes is in it."""

    lines: list[str]
    spans: dict[TreePath, _Span]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def point_at(self, path: TreePath, remark: str = "", n_around: int = 12) -> str:
        """The program with carets under one node, and a remark behind them.

        Of a long program, `n_around` lines before the place and behind it.
        """
        span = self.spans[path]
        caret = " " * span.start + "^" * max(span.end - span.start, 1)
        marked = f"{caret} {remark}".rstrip()
        before = self.lines[max(span.line - n_around, 0) : span.line + 1]
        after = self.lines[span.line + 1 : span.line + 1 + n_around]
        return "\n".join([*before, marked, *after])


def pretty(node: Node, max_columns: int = MAX_COLUMNS) -> Layout:
    """Print a program over as many lines as it takes; `str()` of the result parses back.

    Calls that fit stay on one line; of others, each argument gets a line of its own.
    """
    layout = Layout([""], {})
    _put(layout, node, (), 0, max_columns)
    return Layout([line.rstrip() for line in layout.lines], layout.spans)


def _put(layout: Layout, node: Node, path: TreePath, n_closing: int, max_columns: int) -> None:
    """Print a node at the end of the last line; `n_closing` brackets will follow."""
    lines = layout.lines
    line, start = len(lines) - 1, len(lines[-1])
    fits = start + len(str(node)) + n_closing <= max_columns
    lines[-1] += f"({node.symbol}" if node.children else node.symbol
    for index, child in enumerate(node.children):
        is_last = index == len(node.children) - 1
        if fits:
            lines[-1] += " "
        else:
            lines.append(" " * (start + 2))
        _put(layout, child, (*path, index), n_closing + 1 if is_last else 0, max_columns)
    lines[-1] += ")" if node.children else ""
    layout.spans[path] = _Span(line, start, len(lines[line]))


def explain(node: Node, error: AlgoLispError) -> str:
    """The program with carets where the error is, and what is wrong there."""
    remark = error.message
    if isinstance(error, StaticTypeError):
        remark = f"expected {error.expected}, found {error.found}"
    layout = pretty(node)
    path = error.path if error.path in layout.spans else None
    return f"{layout}\n{remark}" if path is None else layout.point_at(path, remark)


def box_tree(node: Node) -> str:
    """The tree with box-drawing characters, one node a line."""
    lines = []
    waiting = [(node, "", "")]
    while waiting:
        node, first, rest = waiting.pop()
        lines.append(first + node.symbol)
        last = len(node.children) - 1
        for index in range(last, -1, -1):
            branch, below = ("└── ", "    ") if index == last else ("├── ", "│   ")
            waiting.append((node.children[index], rest + branch, rest + below))
    return "\n".join(lines)


_DOTS_PER_INCH: Final = 72
# On a side of a PNG; matplotlib makes none of more than 65,536.
_MAX_PIXELS: Final = 30_000
_FONT_POINTS: Final = 14
_LETTER: Final = 8.43
_LETTER_HEIGHT: Final = 16
_ROW: Final = 46
_GAP: Final = 18
_MARGIN: Final = 12
# Between the middle of a symbol and the lines that end there.
_CLEAR: Final = 12
_COLOURS: Final = {"form": "#8250df", "function": "#0550ae", "leaf": "#1f2328"}


def dot(node: Node) -> str:
    """The tree in the language of Graphviz."""
    lines = ["digraph program {", "  node [fontname=monospace, shape=plaintext];"]
    lines.append("  edge [arrowhead=none];")
    waiting: list[tuple[Node, int]] = [(node, -1)]  # each with the number of its parent
    for number in range(node.size):
        current, parent = waiting.pop()
        quoted = current.symbol.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{number} [label="{quoted}"];')
        if number:
            lines.append(f"  n{parent} -> n{number};")
        waiting += [(child, number) for child in reversed(current.children)]
    return "\n".join([*lines, "}"]) + "\n"


def svg(node: Node) -> str:
    """The tree as an SVG picture, its symbols as text."""
    return _picture(node, "svg", 1).decode("utf-8")


def png(node: Node) -> bytes:
    """The tree as a PNG picture, at two pixels a point; fewer if it is very large."""
    return _picture(node, "png", 2)


def _picture(node: Node, suffix: str, pixels_a_point: float) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    root = _placed(node)
    _shift(root, _MARGIN)
    width = root.width + 2 * _MARGIN
    height = (node.depth - 1) * _ROW + 2 * _MARGIN + _LETTER_HEIGHT
    scale = min(pixels_a_point, _MAX_PIXELS / max(width, height))
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
            dpi = scale * _DOTS_PER_INCH
            figure.savefig(written, format=suffix, dpi=dpi, metadata=metadata | dated)
    return written.getvalue()


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
    ends = [placed.children[0].x, placed.children[-1].x] if placed.children else []
    placed.x = sum(ends) / 2 if ends else left + placed.width / 2


def _draw(root: _Placed, axes: "Axes") -> None:
    from matplotlib.collections import LineCollection

    lines = []
    waiting = [(root, _MARGIN + _LETTER_HEIGHT / 2)]
    while waiting:
        placed, y = waiting.pop()
        ends = [(child.x, y + _ROW - _CLEAR) for child in placed.children]
        lines += [((placed.x, y + _CLEAR), end) for end in ends]
        waiting += [(child, y + _ROW) for child in reversed(placed.children)]
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


def _printable(text: str) -> str:
    """Pictures have no place for control characters."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _sort_of(node: Node) -> str:
    if node.symbol in FORMS:
        return "form"
    return "function" if node.symbol in FUNCTIONS or node.children else "leaf"


# The reference pages of the language, made from the function table and from the grammar.

_CONSTRAINTS = {
    Constraint.EQUATABLE: "any type without functions",
    Constraint.ORDERED: "a type with an order: int, bool, string, or an array of such",
    Constraint.KEY: "int, bool or string",
}


def describe(function: Function) -> str:
    """What there is to know of one function, in Markdown without its heading."""
    lines = [f"`{function.signature}`", "", function.doc]
    notes = list(_notes(function))
    if notes or function.errors:
        lines.append("")
    lines += notes
    lines += [f"- Error `{code}`: {condition}." for code, condition in function.errors]
    lines += ["", f"`{function.example}` gives `{function.value}`."]
    return "\n".join(lines)


def _notes(function: Function) -> Iterator[str]:
    """What the variables of the signature stand for, if that is not just any type."""
    kinds: list[object] = [function.type]
    for kind in kinds:  # which grows by the parts of each
        kinds += parts_of(kind)
    constraints = {kind.name: kind.constraint for kind in kinds if isinstance(kind, Variable)}
    for name, constraint in constraints.items():
        if constraint in _CONSTRAINTS:
            yield f"- `{name}` is {_CONSTRAINTS[constraint]}."


def functions_page() -> str:
    """The page of all functions: docs/language-functions.md."""
    sections = [f"## `{name}`\n\n{describe(function)}\n" for name, function in FUNCTIONS.items()]
    index = " ".join(f"`{name}`" for name in FUNCTIONS)
    return (
        "# Functions of AlgoLisp\n\n"
        "<!-- Made from saps/lang/functions/: saps functions --page functions -->\n\n"
        "A capital letter in a signature stands for a type, the same one wherever it recurs. Every "
        "function fails with error `type` on a value of another kind than its signature says. "
        "The examples are run by the tests.\n\n"
        f"{index}\n\n" + "\n".join(sections)
    )


def syntax_page() -> str:
    """The page of the written form: docs/language-syntax.md."""
    return (
        "# Syntax of AlgoLisp\n\n"
        "<!-- Made from grammar/algolisp.lark: saps functions --page syntax -->\n\n"
        "The rules below are the grammar that the parser runs (LALR, by Lark); the examples are "
        "parsed by the tests.\n\n" + "\n\n".join(_syntax_blocks()) + "\n"
    )


def _syntax_blocks() -> Iterator[str]:
    for block in re.split(r"\n\n+", grammar().strip()):
        if block.startswith("//"):
            lines = [line.removeprefix("//").removeprefix(" ") for line in block.split("\n")]
            yield from (part.strip("\n") for part in "\n".join(lines).split("\n\n"))
        else:
            yield f"```lark\n{block}\n```"
