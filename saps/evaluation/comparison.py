"""Reports on the same tasks, side by side: what changed, whether by chance, and on which tasks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from saps.evaluation.folder import PREDICTIONS
from saps.evaluation.mcnemar import PairedCounts
from saps.evaluation.record import Record, load_records
from saps.evaluation.report import Report, ReportError, load_report


@dataclass(frozen=True, slots=True)
class Run:
    """A report folder, read.

    Attributes:
        name: the folder, as given.
        report: what was counted.
        records: the tasks, in the order of the data.
    """

    name: str
    report: Report
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on the same tasks.

    Attributes:
        first: the run that the other is measured against.
        second: the other.
        exact_match: tasks by which run predicted the target tree.
        accuracy: tasks by which run's program passes all tests.
        only_first: what each run answered where the first alone passes.
        only_second: the same where the second alone passes.
    """

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
    _check_same_tasks(first, second)
    pairs = list(zip(first.records, second.records, strict=True))
    return Comparison(
        first,
        second,
        exact_match=_count(pairs, lambda record: record.exact),
        accuracy=_count(pairs, lambda record: record.passed),
        only_first=tuple((a, b) for a, b in pairs if a.passed and not b.passed),
        only_second=tuple((a, b) for a, b in pairs if b.passed and not a.passed),
    )


def _check_same_tasks(first: Run, second: Run) -> None:
    """Look at the tasks themselves: a file that was packed or moved holds the same ones."""
    if [_task(r) for r in first.records] == [_task(r) for r in second.records]:
        return
    raise ReportError(
        f"{first.name} and {second.name} judged other tasks ({_describe(first)}; "
        f"{_describe(second)}; {_first_difference(first, second)}): evaluate both on the same "
        "tasks, with the same limit"
    )


def _task(record: Record) -> tuple[str, str, int]:
    return record.text, record.gold, record.n_tests


def _describe(run: Run) -> str:
    return f"{run.report.full.n:,} of {run.report.provenance.data.file}"


def _first_difference(first: Run, second: Run) -> str:
    pairs = zip(first.records, second.records, strict=False)
    for number, (one, other) in enumerate(pairs, 1):
        if _task(one) != _task(other):
            return f"task {number:,} is the first that differs"
    return "those that both have are the same"


def _count(pairs: Iterable[tuple[Record, Record]], holds: Callable[[Record], bool]) -> PairedCounts:
    kinds = [(holds(first), holds(second)) for first, second in pairs]
    return PairedCounts(
        both=kinds.count((True, True)),
        only_first=kinds.count((True, False)),
        only_second=kinds.count((False, True)),
        neither=kinds.count((False, False)),
    )
