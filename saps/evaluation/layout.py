"""The tables of a report as rows of text: what the terminal and Markdown both show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from saps.evaluation.metrics import Measures, Rate
from saps.evaluation.published import PUBLISHED
from saps.evaluation.report import Report
from saps.evaluation.robustness import drop
from saps.evaluation.slices import SliceRow

MEASURES: Final = "Measures"
CLEANED: Final = "Measures over the tasks whose own program passes their tests"
OUTCOMES: Final = "Outcomes"
ALL_FAMILIES: Final = "All families"
ROBUSTNESS: Final = "Robustness to rewording"
PUBLISHED_TITLE: Final = "Published figures of other systems, none of them measured here"


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be drawn; the first column is text, the others are numbers.

    Attributes:
        title: names the table.
        header: of each column.
        rows: as many cells each as the header.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Report) -> Iterator[Table]:
    """Yield the tables of a report, the most important first; none is empty."""
    yield _measures(MEASURES, report.full)
    if report.cleaned.n != report.full.n:
        yield _measures(CLEANED, report.cleaned)
    yield _outcomes(report)
    for part in report.slices:
        if part.name != "family":
            yield _rows(f"By {part.title}", part.name.replace("_", " "), part.rows)
    if report.hardest_families:
        yield _rows("Hardest families", "family", report.hardest_families)
    yield from _failures(report)
    yield from _confusions(report)
    yield from _robustness(report)


def families(report: Report) -> Iterator[Table]:
    """Yield the table of every family, which is too long for most purposes."""
    for part in report.slices:
        if part.name == "family":
            yield _rows(ALL_FAMILIES, "family", part.rows)


def published_figures() -> Table:
    """Return what was published; to stand apart from the tables of a report."""
    rows = [
        (
            figure.system,
            figure.measure,
            *(
                "-" if share is None else f"{share:.2f} %"
                for share in (figure.full, figure.cleaned, figure.unstated)
            ),
        )
        for figure in PUBLISHED
    ]
    header = ("system", "measure", "full set", "cleaned set", "set not stated")
    return Table(PUBLISHED_TITLE, header, tuple(rows))


def percent(rate: Rate | None) -> str:
    """Spell a rate with its counts: `92.36 % (10,104/10,940)`."""
    if rate is None or rate.value is None:
        return "-"
    return f"{100 * rate.value:.2f} % ({_count(rate.count)}/{rate.n:,})"


def _count(count: float) -> str:
    return f"{int(count):,}" if count == int(count) else f"{count:,.1f}"


def interval(rate: Rate | None, digits: int = 2) -> str:
    """Spell the 95 % interval of a rate: `91.85-92.84 %`."""
    if rate is None or rate.interval is None:
        return "-"
    low, high = rate.interval
    return f"{100 * low:.{digits}f}-{100 * high:.{digits}f} %"


def _measures(title: str, measures: Measures) -> Table:
    rows = tuple((name, percent(rate), interval(rate)) for name, rate in _rates(measures))
    return Table(title, ("measure", f"{measures.n:,} tasks", "95 % interval"), rows)


def _rates(measures: Measures) -> list[tuple[str, Rate]]:
    rates = [
        ("exact match", measures.exact_match),
        ("accuracy by tests", measures.accuracy),
        ("accuracy, 50p", measures.accuracy_50p),
        ("holdout accuracy", measures.holdout_accuracy),
        ("gold accuracy", measures.gold_accuracy),
        ("exact match per program", measures.exact_match_per_program),
        ("well-formed", measures.well_formed),
        ("well-typed", measures.well_typed),
    ]
    return [(name, rate) for name, rate in rates if rate is not None]


def _outcomes(report: Report) -> Table:
    n = report.full.n
    rows = [(str(name), percent(Rate(count, n))) for name, count in report.full.outcomes.items()]
    return Table(OUTCOMES, ("outcome", "tasks"), tuple(rows))


def _rows(title: str, label: str, rows: tuple[SliceRow, ...]) -> Table:
    header = (label, "exact match", "95 % int.", "accuracy by tests", "95 % int.")
    cells = [
        (
            row.label,
            percent(row.exact_match),
            interval(row.exact_match, 1),
            percent(row.accuracy),
            interval(row.accuracy, 1),
        )
        for row in rows
    ]
    return Table(title, header, tuple(cells))


def _failures(report: Report) -> Iterator[Table]:
    if report.failures:
        rows = [
            (f"{kind.outcome}: {kind.code}" if kind.code else str(kind.outcome), f"{kind.n:,}")
            for kind in report.failures
        ]
        yield Table("Failures by kind", ("kind", "tasks"), tuple(rows))


def _confusions(report: Report) -> Iterator[Table]:
    if report.confusions:
        rows = [
            (item.gold, item.predicted, f"{item.n_tasks:,}", f"{item.n_places:,}")
            for item in report.confusions
        ]
        header = ("in the target", "predicted", "tasks", "places")
        yield Table("Most frequent confusions between symbols", header, tuple(rows))


def _robustness(report: Report) -> Iterator[Table]:
    if report.robustness:
        searched = _has_holdout(report)
        rows = [
            (
                row.kind,
                *_change(row.plain_accuracy, row.accuracy),
                *(_change(row.plain_holdout_accuracy, row.holdout_accuracy) if searched else ()),
                *_change(row.plain_exact_match, row.exact_match)[:3],
            )
            for row in report.robustness
        ]
        change = ("reworded", "95 % int.", "drop, points")
        held_out = ("holdout accuracy, plain", *change) if searched else ()
        header = ("accuracy, plain", *change, *held_out, "exact match, plain", *change[:2])
        yield Table(ROBUSTNESS, ("rewording", *header), tuple(rows))


def brief_robustness(report: Report) -> Iterator[Table]:
    """Yield the drops on rewordings, narrow enough for a terminal.

    Where tests guided the search, the accuracy on the others is what tells.
    """
    if report.robustness:
        searched = _has_holdout(report)
        rows = [
            _brief(row.kind, row.plain_holdout_accuracy, row.holdout_accuracy)
            if searched
            else _brief(row.kind, row.plain_accuracy, row.accuracy)
            for row in report.robustness
        ]
        measure = "holdout accuracy" if searched else "accuracy by tests"
        header = ("rewording", "tasks", "plain", "reworded", "drop, points")
        yield Table(f"{ROBUSTNESS}: {measure}", header, tuple(rows))


def _brief(kind: str, plain: Rate | None, reworded: Rate | None) -> tuple[str, ...]:
    n = 0 if plain is None else plain.n
    return kind, f"{n:,}", _share(plain), _share(reworded), _points(plain, reworded)


def _has_holdout(report: Report) -> bool:
    return any(row.holdout_accuracy is not None for row in report.robustness)


def _change(plain: Rate | None, reworded: Rate | None) -> tuple[str, ...]:
    return percent(plain), percent(reworded), interval(reworded, 1), _points(plain, reworded)


def _share(rate: Rate | None) -> str:
    return "-" if rate is None or rate.value is None else f"{100 * rate.value:.2f} %"


def _points(plain: Rate | None, reworded: Rate | None) -> str:
    dropped = drop(plain, reworded)
    return "-" if dropped is None else f"{100 * dropped:.2f}"


def caption(report: Report) -> str:
    """Name what was judged, in one line."""
    data = report.provenance.data
    limit = "" if data.limit is None else f", first {data.limit:,} tasks"
    return (
        f"{report.provenance.model.checkpoint} on {data.name}, {data.split} split{limit} "
        f"({report.full.n:,} tasks, {report.full.n_programs:,} distinct programs)"
    )


def pace(report: Report) -> str:
    """Say how long it took, in one line."""
    timing = report.timing
    return (
        f"{timing.total_s:.1f} s: predicting {timing.predicting_s:.1f} s, "
        f"judging {timing.judging_s:.1f} s; {timing.examples_per_s:.0f} examples/s"
    )
