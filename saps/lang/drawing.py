"""Shows a program on a terminal: over several lines, as a tree, with carets under an error."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saps.lang.errors import AlgoLispError, StaticTypeError, TreePath
from saps.lang.node import Node

MAX_COLUMNS: Final = 80


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands in a printed program: 0-based line, and columns on that line."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A printed program, and where each of its nodes is in it."""

    lines: list[str]
    spans: dict[TreePath, Span]

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
    printer = _Printer(max_columns)
    printer.put(node, (), 0)
    return Layout([line.rstrip() for line in printer.lines], printer.spans)


class _Printer:
    def __init__(self, max_columns: int) -> None:
        self.lines = [""]
        self.spans: dict[TreePath, Span] = {}
        self._max_columns = max_columns

    def put(self, node: Node, path: TreePath, n_closing: int) -> None:
        """Print a node at the end of the last line; `n_closing` brackets will follow."""
        line, start = len(self.lines) - 1, len(self.lines[-1])
        if start + len(str(node)) + n_closing <= self._max_columns or not node.children:
            self._put_flat(node, path)
        else:
            self._put_over_lines(node, path, start, n_closing)
        self.spans[path] = Span(line, start, len(self.lines[line]))

    def _put_flat(self, node: Node, path: TreePath) -> None:
        line, start = len(self.lines) - 1, len(self.lines[-1])
        if node.children:
            self.lines[-1] += f"({node.symbol}"
            for index, child in enumerate(node.children):
                self.lines[-1] += " "
                self._put_flat(child, (*path, index))
            self.lines[-1] += ")"
        else:
            self.lines[-1] += node.symbol
        self.spans[path] = Span(line, start, len(self.lines[-1]))

    def _put_over_lines(self, node: Node, path: TreePath, start: int, n_closing: int) -> None:
        self.lines[-1] += f"({node.symbol}"
        for index, child in enumerate(node.children):
            is_last = index == len(node.children) - 1
            self.lines.append(" " * (start + 2))
            self.put(child, (*path, index), n_closing + 1 if is_last else 0)
        self.lines[-1] += ")"


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
    return "\n".join(_box_lines(node))


def _box_lines(node: Node) -> Iterator[str]:
    yield node.symbol
    for index, child in enumerate(node.children):
        is_last = index == len(node.children) - 1
        first, rest = ("└── ", "    ") if is_last else ("├── ", "│   ")
        for number, line in enumerate(_box_lines(child)):
            yield (rest if number else first) + line
