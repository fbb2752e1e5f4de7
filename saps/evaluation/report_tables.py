"""The tables of a report as rows of text: what the terminal and Markdown both show."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from saps.evaluation.metrics import Measures, Rate, SliceRow, Spread
from saps.evaluation.report import Report

_MEASURES: Final = "Measures"
_CLEANED: Final = "Measures over the tasks whose own program passes their tests"
_OUTCOMES: Final = "Outcomes"
_ROBUSTNESS: Final = "Robustness to rewording"


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be drawn; the first column is text, the others are numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Report) -> Iterator[Table]:
    """Yield the tables of a report, the most important first; none is empty."""
    n = report.full.n
    yield _measures(_MEASURES, report.full)
    # Where all targets pass, both tables would be the same.
    if report.cleaned.n != n:
        yield _measures(_CLEANED, report.cleaned)
    outcomes = report.full.outcomes.items()
    counts = tuple((str(name), percent(Rate(count, n))) for name, count in outcomes)
    yield Table(_OUTCOMES, ("outcome", "tasks"), counts)
    for part in report.slices:
        if part.name != "family":
            yield _rows(f"By {part.title}", part.name.replace("_", " "), part.rows)
    if report.hardest_families:
        yield _rows("Hardest families", "family", report.hardest_families)
    if report.failures:
        kinds = tuple(
            (f"{kind.outcome}: {kind.code}" if kind.code else str(kind.outcome), f"{kind.n:,}")
            for kind in report.failures
        )
        yield Table("Failures by kind", ("kind", "tasks"), kinds)
    if report.confusions:
        pairs = tuple(
            (item.gold, item.predicted, f"{item.n_tasks:,}", f"{item.n_places:,}")
            for item in report.confusions
        )
        header = ("in the target", "predicted", "tasks", "places")
        yield Table("Most frequent confusions between symbols", header, pairs)
    yield from _robustness(report)


def families(report: Report) -> Iterator[Table]:
    """Yield the table of every family, which is too long for most purposes."""
    for part in report.slices:
        if part.name == "family":
            yield _rows("All families", "family", part.rows)


def percent(rate: Rate | None) -> str:
    """Spell a rate with its counts: `92.36 % (10,104/10,940)`."""
    if rate is None or rate.value is None:
        return "-"
    whole = rate.count == int(rate.count)
    count = f"{int(rate.count):,}" if whole else f"{rate.count:,.1f}"
    return f"{100 * rate.value:.2f} % ({count}/{rate.n:,})"


def interval(rate: Rate | Spread | None, digits: int = 2) -> str:
    """Spell the 95 % interval of a share: `91.85-92.84 %`."""
    if rate is None or rate.interval is None:
        return "-"
    low, high = rate.interval
    low = max(0.0, low)  # that of a mean over few seeds may reach below
    return f"{100 * low:.{digits}f}-{100 * high:.{digits}f} %"


def _measures(title: str, measures: Measures) -> Table:
    rates = {
        "exact match": measures.exact_match,
        "accuracy by tests": measures.accuracy,
        "accuracy, 50p": measures.accuracy_50p,
        "holdout accuracy": measures.holdout_accuracy,
        "gold accuracy": measures.gold_accuracy,
        "exact match per program": measures.exact_match_per_program,
        "well-formed": measures.well_formed,
        "well-typed": measures.well_typed,
    }
    known = {name: rate for name, rate in rates.items() if rate is not None}
    rows = tuple((name, percent(rate), interval(rate)) for name, rate in known.items())
    return Table(title, ("measure", f"{measures.n:,} tasks", "95 % interval"), rows)


def _rows(title: str, label: str, rows: tuple[SliceRow, ...]) -> Table:
    header = (label, "exact match", "95 % int.", "accuracy by tests", "95 % int.")
    cells = tuple(
        (
            row.label,
            percent(row.exact_match),
            interval(row.exact_match, 1),
            percent(row.accuracy),
            interval(row.accuracy, 1),
        )
        for row in rows
    )
    return Table(title, header, cells)


def _robustness(report: Report) -> Iterator[Table]:
    if not report.robustness:
        return
    searched = any(row.holdout_accuracy is not None for row in report.robustness)

    def change(plain: Rate | None, reworded: Rate | None) -> tuple[str, ...]:
        return percent(plain), percent(reworded), interval(reworded, 1), drop(plain, reworded)

    rows = tuple(
        (
            row.kind,
            *change(row.plain_accuracy, row.accuracy),
            *(change(row.plain_holdout_accuracy, row.holdout_accuracy) if searched else ()),
            *change(row.plain_exact_match, row.exact_match)[:3],
        )
        for row in report.robustness
    )
    reworded = ("reworded", "95 % int.", "drop, points")
    held_out = ("holdout accuracy, plain", *reworded) if searched else ()
    header = ("accuracy, plain", *reworded, *held_out, "exact match, plain", *reworded[:2])
    yield Table(_ROBUSTNESS, ("rewording", *header), rows)


def _brief_robustness(report: Report) -> Iterator[Table]:
    """Yield the drops on rewordings, narrow enough for a terminal.

    Where tests guided the search, the accuracy on the others is what tells.
    """
    if not report.robustness:
        return
    measure, rows = "accuracy by tests", []
    for row in report.robustness:
        plain, reworded = row.plain_accuracy, row.accuracy
        if row.plain_holdout_accuracy is not None and row.holdout_accuracy is not None:
            measure = "holdout accuracy"
            plain, reworded = row.plain_holdout_accuracy, row.holdout_accuracy
        shares = (percent(rate).partition(" (")[0] for rate in (plain, reworded))
        rows.append((row.kind, f"{plain.n:,}", *shares, drop(plain, reworded)))
    header = ("rewording", "tasks", "plain", "reworded", "drop, points")
    yield Table(f"{_ROBUSTNESS}: {measure}", header, tuple(rows))


def drop(plain: Rate | None, reworded: Rate | None) -> str:
    """Spell the share on plain texts minus that on reworded ones, in points."""
    if plain is None or reworded is None or plain.value is None or reworded.value is None:
        return "-"
    return f"{100 * (plain.value - reworded.value):.2f}"


def caption(report: Report) -> str:
    """Name what was judged, in one line."""
    data = report.provenance.data
    limit = "" if data.limit is None else f", first {data.limit:,} tasks"
    return (
        f"{report.provenance.model.checkpoint} on {data.name}, {data.split} split{limit} "
        f"({report.full.n:,} tasks, {report.full.n_programs:,} distinct programs)"
    )


def _pace(report: Report) -> str:
    """Say how long it took, in one line."""
    timing = report.timing
    return (
        f"{timing.total_s:.1f} s: predicting {timing.predicting_s:.1f} s, "
        f"judging {timing.judging_s:.1f} s; {timing.examples_per_s:.0f} examples/s"
    )


# A report as Markdown.

NOTES = """\
Exact match: the predicted tree is the target tree. Accuracy: the predicted program passes all
tests of its task. 50p: it passes all, or at least two exist and it passes half or more. Gold
accuracy: the target program itself passes. Per distinct program: exact match averaged over the
wordings of a program, then over programs. Intervals are Wilson's at 95 %. The outcome is decided
by the first test that fails; a program that passes all tests has passed even where the type
checker objects. What these words mean exactly: docs/evaluation.md."""


def render_markdown(report: Report) -> str:
    """Return the whole report as one Markdown document."""
    made = Table("How it was made", ("", ""), tuple(provenance_facts(report)))
    drawn = [
        f"## {escape(table.title)}\n\n{render_table(table)}" for table in (*tables(report), made)
    ]
    parts = ["# Evaluation", escape(caption(report)), *drawn, NOTES]
    return "\n\n".join(parts) + "\n"


def render_table(table: Table) -> str:
    """Return a table, the first column to the left, the others to the right."""
    lines = [
        map(escape, table.header),
        (":--", *("--:" for _ in table.header[1:])),
        *(map(escape, row) for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: symbols of programs are full of its marks."""
    # A program such as (* a b) would be set in italics.
    for mark in "\\`*_<>[]|#~":
        text = text.replace(mark, f"\\{mark}")
    return text


def provenance_facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what it takes to make the report again: name and value."""
    provenance = report.provenance
    data, model = provenance.data, provenance.model
    yield "command", provenance.command or "(called from Python)"
    yield "created", provenance.created
    yield "SAPS", provenance.saps_version
    yield "data", f"{data.name}, {data.split} split, {data.file}"
    yield "data sha256", data.sha256
    yield "checkpoint", model.checkpoint
    yield "checkpoint sha256", model.sha256
    if model.n_parameters is not None:
        yield "parameters", f"{model.n_parameters:,}"
    yield "decoding", json.dumps(dict(provenance.decoding))
    typed = "read as saps synthesize reads them"
    yield "texts", typed if provenance.as_typed else "as they are"
    yield "limits of a run", json.dumps(dict(provenance.limits))
    yield "time", _pace(report)


# A report on a terminal.

# The rest is in report.md: a terminal shows what one looks for first.
_SHOWN: Final = (_MEASURES, _CLEANED, _OUTCOMES, "By target depth, levels")


def show_report(report: Report, console: Console) -> None:
    """Draw the caption, the chief tables and the time."""
    console.print(Text(caption(report), style="bold"), soft_wrap=True)
    for table in tables(report):
        if table.title in _SHOWN:
            console.print(draw(table))
    for table in _brief_robustness(report):
        console.print(draw(table))
    console.print(Text(_pace(report)), soft_wrap=True)


def draw(table: Table) -> RenderableType:
    """Return a table as rich draws it: the first column to the left, numbers to the right."""
    drawn = RichTable(
        title=Text(table.title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for place, name in enumerate(table.header):
        drawn.add_column(Text(name), justify="left" if place == 0 else "right")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn
