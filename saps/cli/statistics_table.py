"""The figures of a data set as tables on the terminal."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from saps.data.published import FIGURES
from saps.data.statistics import Statistics, mean, share

_BAR = 40  # characters of the longest bar of a histogram
_N_SYMBOLS = 30  # rows of the histogram of symbols


def print_statistics(
    found: Mapping[str, Statistics], other: Mapping[str, Statistics] | None, *, published: bool
) -> None:
    """Print everything that was counted.

    Args:
        found: by split.
        other: what to compare with, by split.
        published: compare with the published figures.
    """
    console = Console(highlight=False)
    references = {split: _published(split) for split in found} if published else {}
    if other is not None:
        references = {split: _measured(column) for split, column in other.items()}
    console.print(_means(found, references))
    whole = sum(found.values(), Statistics())
    for title, counts in (
        ("program depth", whole.depths),
        ("program length", _binned(whole.program_lengths, 10)),
        ("text length", _binned(whole.text_lengths, 10)),
    ):
        console.print(_histogram(title, dict(sorted(counts.items())), "tasks"))
    commonest = dict(whole.symbols.most_common(_N_SYMBOLS))
    console.print(_histogram("symbol", commonest, "uses"))
    console.print(_vocabulary(whole))
    console.print(_symbols(whole))


def _means(found: Mapping[str, Statistics], references: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table("split", "", title="means")
    for heading in ("here", "against", "distance") if references else ("here",):
        table.add_column(heading, justify="right")
    for split, column in found.items():
        for title, value in _measured(column).items():
            row = [split, title, _figure(value)]
            reference = references.get(split, {}).get(title)
            if reference:
                row += [_figure(reference), f"{value / reference - 1:+.1%}"]
            table.add_row(*row)
        table.add_section()
    return table


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _measured(column: Statistics) -> dict[str, float]:
    return {
        "tasks": column.tasks,
        "different programs": len(column.programs),
        "text length (words)": mean(column.text_lengths),
        "program depth": mean(column.depths),
        "program length (symbols)": mean(column.program_lengths),
    }


def _published(split: str) -> dict[str, float]:
    if split not in FIGURES:
        return {}
    figures = FIGURES[split]
    return {
        "tasks": figures.tasks,
        "text length (words)": figures.text_length,
        "program depth": figures.program_depth,
        "program length (symbols)": figures.program_length,
    }


def _binned(counts: Counter[int], width: int) -> Counter[int]:
    binned: Counter[int] = Counter()
    for value, n in counts.items():
        binned[value // width * width] += n
    return binned


def _histogram(title: str, counts: Mapping[int, int] | Mapping[str, int], what: str) -> Table:
    table = Table(title, what, "", box=None)
    largest = max(counts.values(), default=1)
    for value, n in counts.items():
        # Text: a symbol is not markup
        table.add_row(Text(str(value)), f"{n:,}", "█" * round(_BAR * n / largest))
    return table


def _vocabulary(whole: Statistics) -> Table:
    numbers = whole.to_json()
    outside = ", ".join(f"{word} {n:,}" for word, n in whole.outside_words.most_common(20))
    table = Table("", "", title="words and families", show_header=False)
    used, known = numbers["published_words_used"], numbers["published_words"]
    table.add_row("published words used", f"{used} of {known} ({share(used, known):.1%})")
    n_outside, n_words = whole.outside_words.total(), whole.words.total()
    table.add_row(
        "words outside them",
        f"{n_outside:,} of {n_words:,} tokens ({share(n_outside, n_words):.2%})",
    )
    table.add_row("most frequent of those", outside or "none")
    largest = [f"{f} {share(n, whole.tasks):.2%}" for f, n in whole.families.most_common(8)]
    table.add_row(f"largest of {len(whole.families)} families", ", ".join(largest) or "none named")
    return table


def _symbols(whole: Statistics) -> Table:
    table = Table("", "", title="symbols", show_header=False)
    table.add_row("different ones", f"{len(whole.symbols)}, of which the commonest stand above")
    outside = ", ".join(whole.outside_symbols) or "none"
    table.add_row("outside the published set", outside)
    return table
