"""Reports on the same tasks, side by side: what changed, whether by chance, and on which tasks."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from saps.evaluation.metrics import Z_95, Spread
from saps.evaluation.report import (
    PREDICTIONS,
    Record,
    Report,
    ReportError,
    load_records,
    load_report,
)
from saps.evaluation.report_tables import Table, percent

# Whether two models differ, judged on the same tasks.


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """On how many tasks both models, one alone, or neither has some property of its answer."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float | None:
        """The second model's share minus the first's, in [-1, 1]; None of no task."""
        return (self.only_second - self.only_first) / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `difference`; None of no task.

        Source: Agresti & Min, Statistics in Medicine 24 (2005): Wald's interval after adding one
        half to each of the four counts. Differs from it: cut at -1 and 1.
        """
        if not self.n:
            return None
        n = self.n + 2
        first, second = self.only_first + 0.5, self.only_second + 0.5
        centre = (second - first) / n
        spread = Z_95 * sqrt(first + second - (second - first) ** 2 / n) / n
        return max(-1.0, centre - spread), min(1.0, centre + spread)

    @property
    def p_value(self) -> float:
        """Two-sided exact McNemar test: how likely a split this uneven is if the models are alike.

        Source: McNemar, Psychometrika 12 (1947), with the binomial distribution itself in place
        of its normal approximation.
        """
        n_discordant = self.only_first + self.only_second
        # Exact, as Python's integers are: binomial coefficients of thousands of tasks are larger
        # than any float.
        term = tail = 1
        for i in range(min(self.only_first, self.only_second)):
            term = term * (n_discordant - i) // (i + 1)
            tail += term
        return min(1.0, 2 * (tail / (1 << n_discordant)))

    def plain(self) -> dict[str, float | int | None]:
        """Return the counts and what follows from them, for JSON."""
        low, high = self.interval or (None, None)
        derived = {"difference": self.difference, "low": low, "high": high}
        return {**asdict(self), **derived, "p_value": self.p_value}


@dataclass(frozen=True, slots=True)
class Run:
    """A report folder, read; its name is as given, its tasks are in the order of the data."""

    name: str
    report: Report
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on the same tasks; `only_first` has both answers where the first alone passes."""

    first: Run
    second: Run
    exact_match: PairedCounts
    accuracy: PairedCounts
    only_first: tuple[tuple[Record, Record], ...]
    only_second: tuple[tuple[Record, Record], ...]


def load_run(folder: Path) -> Run:
    """Read a report folder.

    Raises:
        ReportError: a file of it is missing or damaged, or the two do not belong together.
    """
    report = load_report(folder)
    file = (folder if folder.is_dir() else folder.parent) / PREDICTIONS
    records = load_records(file)
    # A report may have been copied without its predictions, or the other way round.
    found = (len(records), sum(r.exact for r in records), sum(r.passed for r in records))
    full = report.full
    if found != (full.n, full.exact_match.count, full.accuracy.count):
        raise ReportError(f"{file} does not belong to the report beside it; evaluate again")
    return Run(str(folder), report, tuple(records))


def compare_runs(runs: Sequence[Run]) -> list[Comparison]:
    """Compare every run with the first one.

    Raises:
        ReportError: the runs did not judge the same tasks.
    """
    first, *others = runs
    return [_compare(first, other) for other in others]


def _compare(first: Run, second: Run) -> Comparison:
    # The tasks themselves: a file that was packed or moved holds the same ones.
    if [_task(r) for r in first.records] != [_task(r) for r in second.records]:
        numbered = enumerate(zip(first.records, second.records, strict=False), 1)
        differing = (number for number, (one, other) in numbered if _task(one) != _task(other))
        number = next(differing, None)
        place = "those that both have are the same"
        if number is not None:
            place = f"task {number:,} is the first that differs"
        told = (f"{r.report.full.n:,} of {r.report.provenance.data.file}" for r in (first, second))
        raise ReportError(
            f"{first.name} and {second.name} were judged on different tasks ({'; '.join(told)}; "
            f"{place}): evaluate both on the same tasks, with the same limit"
        )
    pairs = list(zip(first.records, second.records, strict=True))
    return Comparison(
        first,
        second,
        exact_match=_count(pairs, lambda record: record.exact),
        accuracy=_count(pairs, lambda record: record.passed),
        only_first=tuple((a, b) for a, b in pairs if a.passed and not b.passed),
        only_second=tuple((a, b) for a, b in pairs if b.passed and not a.passed),
    )


def _task(record: Record) -> tuple[str, str, int]:
    return record.text, record.gold, record.n_tests


def _count(pairs: Iterable[tuple[Record, Record]], holds: Callable[[Record], bool]) -> PairedCounts:
    kinds = [(holds(first), holds(second)) for first, second in pairs]
    return PairedCounts(
        both=kinds.count((True, True)),
        only_first=kinds.count((True, False)),
        only_second=kinds.count((False, True)),
        neither=kinds.count((False, False)),
    )


# The settings in which reports on the same tasks differ.


def differing_conditions(reports: Sequence[Report]) -> dict[str, tuple[str | None, ...]]:
    """Return the settings in which reports on the same tasks differ, as `saps evaluate` takes them.

    Each has its values by the place of the report, spelled; None where a report has no such
    setting. What changes no answer is left out, such as the time or the place of a file.
    """
    # By what decides the answers: the same weights may lie in two folders.
    known = [dict(_conditions_of(report)) for report in reports]
    found = {}
    for name in dict.fromkeys(name for conditions in known for name in conditions):
        row = [conditions.get(name, (None, None)) for conditions in known]
        if len({compared for compared, _ in row}) > 1:
            found[name] = tuple(spelled for _, spelled in row)
    return found


def _conditions_of(report: Report) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each setting with what it is compared by, and how it is spelled."""
    provenance = report.provenance
    data, model = provenance.data, provenance.model
    files = (("data", data.file, data.sha256), ("model", model.checkpoint, model.sha256))
    for name, place, digest in files:  # files are the same wherever they lie
        yield name, (digest or place, f"{place} (sha256 {digest[:12]})" if digest else place)
    settings: dict[str, Any] = {
        "SAPS": provenance.saps_version,
        "as_typed": provenance.as_typed,
        "tests shown to the search": provenance.n_seen_tests,
        "limits": provenance.limits,
        "decoding": provenance.decoding,  # last: what only one of two searches has comes behind
    }
    for name, value in settings.items():
        yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield settings by their dotted names, the class of a search as `decoding` itself."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            is_class = key == "_target_"
            inner = str(inner).rpartition(".")[2] if is_class else inner
            yield from _flat(name if is_class else f"{name}.{key}", inner)
        return
    spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    yield name, (json.dumps(value), spelled)


# Comparisons of runs as tables, for the terminal and for Markdown.


def comparison_tables(
    runs: Sequence[Run], comparisons: Sequence[Comparison], n_examples: int
) -> Iterator[Table]:
    """Yield the runs' rates, their other settings, their differences from the first, and tasks.

    The tasks are those that one of two runs alone solves, at most `n_examples` for each.
    """
    yield _rates(runs)
    # Where two runs differ in several settings, no one of them decides.
    conditions = tuple(
        (name, *("-" if value is None else value for value in values))
        for name, values in differing_conditions([run.report for run in runs]).items()
    )
    if conditions:
        header = ("setting", *(run.name for run in runs))
        yield Table("Settings that differ", header, conditions)
    yield _differences(comparisons)
    for comparison in comparisons:
        first, second = comparison.first.name, comparison.second.name
        header = ("text", "target", f"{first} predicts", f"{second} predicts")
        for title, pairs in (
            (f"{first} passes, {second} does not", comparison.only_first),
            (f"{second} passes, {first} does not", comparison.only_second),
        ):
            rows = tuple(
                (one.text, one.gold, one.predicted or "-", other.predicted or "-")
                for one, other in pairs[:n_examples]
            )
            if rows:
                yield Table(f"{title}: {len(rows)} of {len(pairs)} tasks", header, rows)


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
            points, ends, p_value = gain(counts)
            tasks = (f"{counts.only_second:,}", f"{counts.only_first:,}") if counts.n else "--"
            rows.append((f"{comparison.second.name}: {measure}", points, ends, *tasks, p_value))
    header = ("measure", "difference, points", "95 % interval", "gained", "lost", "p (McNemar)")
    return Table(f"Against {comparisons[0].first.name}", header, tuple(rows))


def gain(counts: PairedCounts | Spread) -> tuple[str, str, str]:
    """Spell a difference in points, its interval and, of one pair of runs, its p value."""
    if counts.difference is None or counts.interval is None:
        return "-", "-", "-"
    low, high = counts.interval
    points, ends = f"{100 * counts.difference:+.2f}", f"{100 * low:+.2f} to {100 * high:+.2f}"
    if isinstance(counts, Spread):
        return points, ends, "-"
    return points, ends, "< 0.0001" if counts.p_value < 0.0001 else f"{counts.p_value:.4f}"
