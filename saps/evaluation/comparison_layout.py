"""Comparisons of runs as tables, for the terminal and for Markdown."""

from collections.abc import Iterator, Sequence

from saps.evaluation.comparison import Comparison, Run
from saps.evaluation.conditions import differing_conditions
from saps.evaluation.layout import Table, percent
from saps.evaluation.mcnemar import PairedCounts
from saps.evaluation.record import Record


def comparison_tables(
    runs: Sequence[Run], comparisons: Sequence[Comparison], n_examples: int
) -> Iterator[Table]:
    """Yield the runs' rates, their other settings, their differences from the first, and tasks.

    The tasks are those that one of two runs alone solves.

    Args:
        runs: all of them, the first being what the others are measured against.
        comparisons: of each other run with the first.
        n_examples: how many tasks to show, at most, for each run of a comparison.
    """
    yield _rates(runs)
    yield from _conditions(runs)
    yield _differences(comparisons)
    for comparison in comparisons:
        first, second = comparison.first.name, comparison.second.name
        header = ("text", "target", f"{first} predicts", f"{second} predicts")
        for title, pairs in (
            (f"{first} passes, {second} does not", comparison.only_first),
            (f"{second} passes, {first} does not", comparison.only_second),
        ):
            yield from _examples(title, header, pairs[:n_examples], len(pairs))


def _rates(runs: Sequence[Run]) -> Table:
    searched = any(run.report.full.holdout_accuracy is not None for run in runs)
    rows = [
        (
            run.name,
            percent(run.report.full.exact_match),
            percent(run.report.full.accuracy),
            *([percent(run.report.full.holdout_accuracy)] if searched else []),
            f"{run.report.timing.examples_per_s:.0f}",
        )
        for run in runs
    ]
    holdout = ("holdout accuracy",) if searched else ()
    header = ("run", "exact match", "accuracy by tests", *holdout, "examples/s")
    return Table("Runs", header, tuple(rows))


def _conditions(runs: Sequence[Run]) -> Iterator[Table]:
    """Yield the settings that differ; where two runs differ in several, no one of them decides."""
    found = differing_conditions([run.report for run in runs])
    rows = [(c.name, *("-" if value is None else value for value in c.values)) for c in found]
    if rows:
        header = ("setting", *(run.name for run in runs))
        yield Table("Settings that differ", header, tuple(rows))


def _differences(comparisons: Sequence[Comparison]) -> Table:
    rows = []
    for comparison in comparisons:
        for measure, counts in (
            ("exact match", comparison.exact_match),
            ("accuracy by tests", comparison.accuracy),
        ):
            rows.append((f"{comparison.second.name}: {measure}", *_cells(counts)))
    header = ("measure", "difference, points", "95 % interval", "gained", "lost", "p (McNemar)")
    return Table(f"Against {comparisons[0].first.name}", header, tuple(rows))


def _cells(counts: PairedCounts) -> tuple[str, ...]:
    if counts.difference is None or counts.interval is None:
        return ("-",) * 5
    low, high = counts.interval
    p_value = counts.p_value
    return (
        f"{100 * counts.difference:+.2f}",
        f"{100 * low:+.2f} to {100 * high:+.2f}",
        f"{counts.only_second:,}",
        f"{counts.only_first:,}",
        "< 0.0001" if p_value < 0.0001 else f"{p_value:.4f}",
    )


def _examples(
    title: str, header: tuple[str, ...], shown: Sequence[tuple[Record, Record]], n_all: int
) -> Iterator[Table]:
    rows = [
        (first.text, first.gold, first.predicted or "-", second.predicted or "-")
        for first, second in shown
    ]
    if rows:
        yield Table(f"{title}: {len(rows)} of {n_all} tasks", header, tuple(rows))
