"""Other sides of an answer: its tree, its steps, the words that it looked at, its Python."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from saps.cli.failure import CommandError
from saps.cli.synthesis.layout import percent
from saps.cli.synthesis.style import cut, faint, n_columns

if TYPE_CHECKING:
    from saps.decoding.explanation import ExplainedNode, Explanation
    from saps.decoding.synthesis import Synthesis
    from saps.decoding.synthesizer import Synthesizer

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_BAR: Final = 6  # columns of a share of 100 %
_LEAST: Final = 0.05  # a smaller share of the attention is not shown


def read_views(texts: Iterable[str], option: str = "--show") -> list[str]:
    """Read the values of `--show`, which may be parted by commas.

    Args:
        texts: the values.
        option: what they were typed for, as a message names it.

    Raises:
        CommandError: there is no such view.
    """
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    for name in names:
        if name not in (*VIEWS, "all"):
            raise CommandError(f"{option} {name}: expected {', '.join(VIEWS)} or all")
    return list(VIEWS) if "all" in names else list(dict.fromkeys(names))


def view_lines(name: str, synthesizer: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    """Yield a view of the best program."""
    yield from VIEWS[name](synthesizer, synthesis)


def _tree(_: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    from saps.lang.drawing import box_tree

    yield from box_tree(synthesis.program).splitlines()


def _python(_: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    yield from synthesis.python.rstrip().splitlines()


def _steps(synthesizer: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    """Yield how the text was read, then each node with what else was likely there."""
    explanation = synthesizer.explain(synthesis)
    yield f"read as: {' '.join(explanation.words)}"
    for old, new in () if synthesis.reading is None else synthesis.reading.changes:
        yield faint(f"         '{old}' as '{new}'")
    width = _symbol_width(explanation)
    for node in explanation.nodes:
        others = ", ".join(
            f"{symbol} {percent(p)}"
            for symbol, p in node.likeliest
            if symbol != node.symbol and p >= 0.001
        )
        row = f"{_indented(node, width)}  {percent(node.probability):>6}"
        yield cut(f"{row}  else {others}" if others else row, n_columns())


def _attention(synthesizer: "Synthesizer", synthesis: "Synthesis") -> Iterator[str]:
    """Yield each node with the words that it looked at most, the most looked at first."""
    explanation = synthesizer.explain(synthesis)
    width = _symbol_width(explanation)
    for node in explanation.nodes:
        if node.attention is None:
            yield "the model has no attention: it sees the text through one vector"
            return
        yield _attention_row(node, explanation.words, width)


def _attention_row(node: "ExplainedNode", words: tuple[str, ...], width: int) -> str:
    assert node.attention is not None
    row, room = _indented(node, width), n_columns()
    ranked = sorted(enumerate(node.attention), key=lambda pair: (-pair[1], pair[0]))
    for place, share in ranked:
        cell = f"  {words[place]} {_bar(share)} {percent(share)}"
        if share < _LEAST or len(row) + len(cell) > room:
            break
        row += cell
    return row


def _bar(share: float) -> str:
    eighths = max(1, round(share * 8 * _BAR))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _indented(node: "ExplainedNode", width: int) -> str:
    return cut(f"{'  ' * node.depth}{node.symbol}", width).ljust(width)


def _symbol_width(explanation: "Explanation") -> int:
    widest = max(2 * node.depth + len(node.symbol) for node in explanation.nodes)
    return min(widest, n_columns() // 3)


VIEWS: Final[dict[str, Callable[["Synthesizer", "Synthesis"], Iterator[str]]]] = {
    "tree": _tree,
    "attention": _attention,
    "steps": _steps,
    "python": _python,
}
