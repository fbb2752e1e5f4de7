"""Comparisons of runs as tables, for the terminal and for Markdown."""

from collections.abc import Iterator, Sequence

from saps.evaluation.comparison import Comparison, Run
from saps.evaluation.layout import Table, percent
from saps.evaluation.mcnemar import PairedCounts
from saps.evaluation.record import Record


def comparison_tables(
    runs: Sequence[Run], comparisons: Sequence[Comparison], n_examples: int
) -> Iterator[Table]:
    """Yield the runs' rates, their differences from the first, and tasks that one alone solves.

    Args:
        runs: all of them, the first being what the others are measured against.
        comparisons: of each other run with the first.
        n_examples: how many tasks to show, at most, for each run of a comparison.
    """
    yield _rates(runs)
    yield _differences(comparisons)
    for comparison in comparisons:
        first, second = comparison.first.name, comparison.second.name
        yield from _examples(f"Only {first} passes", comparison.only_first, n_examples)
        yield from _examples(f"Only {second} passes", comparison.only_second, n_examples)


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
    title: str, pairs: Sequence[tuple[Record, Record]], n_examples: int
) -> Iterator[Table]:
    rows = [
        (first.text, first.gold, first.predicted or "-", second.predicted or "-")
        for first, second in pairs[:n_examples]
    ]
    if rows:
        header = ("text", "target", "first predicts", "second predicts")
        shown = f"{title}: {len(rows)} of {len(pairs)} tasks"
        yield Table(shown, header, tuple(rows))
