"""Rows compared two by two on the same test tasks: what one thing more is worth."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from saps.evaluation.ablation.folder import report_folder
from saps.evaluation.ablation.result import Ablation
from saps.evaluation.ablation.state import Stage
from saps.evaluation.comparison import Run, compare_runs, load_run
from saps.evaluation.mcnemar import PairedCounts
from saps.evaluation.report import ReportError


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rows on the same test tasks.

    Attributes:
        first: name of the row that the other is measured against.
        second: name of the other.
        exact_match: tasks by which of the two predicted the target tree.
        accuracy: tasks by which of the two wrote a program that passes all tests.
    """

    first: str
    second: str
    exact_match: PairedCounts
    accuracy: PairedCounts


def differences(ablation: Ablation) -> tuple[Difference, ...]:
    """Compare the rows that the configuration names, and each section's rows with its first."""
    pairs = list(dict.fromkeys(_pairs(ablation)))
    runs = _runs(ablation, {name for pair in pairs for name in pair})
    return tuple(
        found
        for first, second in pairs
        if first in runs and second in runs
        if (found := _difference(first, second, runs)) is not None
    )


def _pairs(ablation: Ablation) -> Iterator[tuple[str, str]]:
    settings = ablation.settings
    yield from settings.comparisons
    for section, (first, *others) in settings.sections.items():
        if section != "models":
            named = ((first, other) for other in others)
            yield from (pair for pair in named if pair[::-1] not in settings.comparisons)


def _runs(ablation: Ablation, names: Iterable[str]) -> dict[str, Run]:
    """Read the test reports of the rows that are done; one that is damaged is left out."""
    found = {}
    for name in names:
        result = ablation.results.get(name)
        if result is None or result.stage is not Stage.DONE or result.test is None:
            continue
        try:
            found[name] = load_run(report_folder(ablation.settings, name, "test"))
        except ReportError:
            continue
    return found


def _difference(first: str, second: str, runs: Mapping[str, Run]) -> Difference | None:
    try:
        (comparison,) = compare_runs([runs[first], runs[second]])
    except ReportError:  # judged on other tasks
        return None
    return Difference(first, second, comparison.exact_match, comparison.accuracy)
