"""The tables of an ablation as rows of text, in full and for a terminal, and its caption."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from saps.evaluation.ablation.differences import Difference
from saps.evaluation.ablation.notes import n_epochs
from saps.evaluation.ablation.result import Ablation, Judgement, RowResult
from saps.evaluation.ablation.settings import SIZES
from saps.evaluation.ablation.state import Stage
from saps.evaluation.layout import Table, interval, percent
from saps.evaluation.mcnemar import PairedCounts
from saps.evaluation.metrics import Rate

_TITLES: Final = {
    "models": "Models",
    "rows": "Rows",
    "cells": "Recurrent cells",
    "pretraining": "Pretraining",
    "topology": "Topology",
    SIZES: "Data size",
    "helpers": "Runs that others start from",
}
_HEADER: Final = (
    *("model", "validation, exact match", "test, exact match", "95 % int."),
    *("test, accuracy by tests", "95 % int.", "parameters", "examples/s", "minutes"),
)
_PUBLISHED: Final = (
    "published: validation",
    "published: test",
    "published: parameters",
)
_BRIEF: Final = ("model", "valid.", "test", "by tests", "M", "ex./s", "min")
_BRIEF_PUBLISHED: Final = ("publ.", "test")


def tables(ablation: Ablation) -> Iterator[Table]:
    """Yield the table of each section with counts and intervals."""
    for title, results in _sections(ablation):
        more = _PUBLISHED if any(result.row.published for result in results) else ()
        yield _table(title, (*_HEADER, *more), results, _cells)


def brief_tables(ablation: Ablation) -> Iterator[Table]:
    """Yield the same in 80 columns: per cent alone, of as many tasks as the title says."""
    for title, results in _sections(ablation):
        more = _BRIEF_PUBLISHED if any(result.row.published for result in results) else ()
        of = ", ".join(
            f"{split} of {n:,}" for split, n in (_n_tasks(results, i) for i in (0, 1)) if n
        )
        yield _table(
            f"{title}: exact match, {of}" if of else title, (*_BRIEF, *more), results, _brief
        )


def _n_tasks(results: Sequence[RowResult], place: int) -> tuple[str, int]:
    split = ("validation", "test")[place]
    judged = [(result.validation, result.test)[place] for result in results]
    return split, max((found.exact_match.n for found in judged if found), default=0)


def _sections(ablation: Ablation) -> Iterator[tuple[str, list[RowResult]]]:
    """Yield each section, and last the rows that others only start from."""
    sections = ablation.settings.sections
    shown = {name for names in sections.values() for name in names}
    helpers = tuple(name for name in ablation.results if name not in shown)
    for section, names in {**sections, "helpers": helpers}.items():
        if names:
            yield _TITLES[section], [ablation.results[name] for name in names]


def _table(
    title: str,
    header: tuple[str, ...],
    results: Sequence[RowResult],
    cells: Callable[[RowResult], tuple[str, ...]],
) -> Table:
    rows = [cells(result) for result in results]
    return Table(title, header, tuple(row[: len(header)] for row in rows))


def _cells(result: RowResult) -> tuple[str, ...]:
    published = _published(result)
    if result.stage is not Stage.DONE:
        return (result.row.title, _excuse(result), *("-" for _ in _HEADER[2:]), *published)
    return (
        result.row.title,
        _validation(result),
        *_exact_match(result.test),
        *_accuracy(result.test),
        "-" if result.parameters is None else f"{result.parameters / 1e6:.2f} M",
        *_pace(result),
        *published,
    )


def _brief(result: RowResult) -> tuple[str, ...]:
    published = result.row.published
    told = ("-", "-")
    if published is not None:
        told = (f"{published.validation:.1f}", f"{published.test:.1f}")
    if result.stage is not Stage.DONE:
        return (result.row.title, str(result.stage), *("-" for _ in _BRIEF[2:]), *told)
    validation, test = result.validation, result.test
    mark = "*" if test is not None and test.is_holdout else ""
    return (
        result.row.title,
        _per_cent(validation.exact_match if validation else None),
        _per_cent(test.exact_match if test else None),
        f"{_per_cent(test.accuracy if test else None)}{mark}",
        "-" if result.parameters is None else f"{result.parameters / 1e6:.2f}",
        *_pace(result),
        *told,
    )


def _per_cent(rate: Rate | None) -> str:
    return "-" if rate is None or rate.value is None else f"{100 * rate.value:.1f}"


def _pace(result: RowResult) -> tuple[str, str]:
    speed, minutes = result.examples_per_s, result.minutes
    return (
        "-" if speed is None else f"{speed:,.0f}",
        "-" if minutes is None else f"{minutes:.1f}",
    )


def _excuse(result: RowResult) -> str:
    """Say in the place of figures why there are none."""
    return "failed, see below" if result.stage is Stage.FAILED else f"({result.stage})"


def _validation(result: RowResult) -> str:
    if result.validation is not None:
        return percent(result.validation.exact_match)
    values = [epoch.get("val/exact_match", 0.0) for epoch in result.epochs]
    return f"{100 * max(values):.2f} % (while training)" if values else "-"


def _exact_match(judgement: Judgement | None) -> tuple[str, str]:
    if judgement is None:
        return "-", "-"
    return percent(judgement.exact_match), interval(judgement.exact_match)


def _accuracy(judgement: Judgement | None) -> tuple[str, str]:
    if judgement is None:
        return "-", "-"
    mark = ", holdout" if judgement.is_holdout else ""
    return f"{percent(judgement.accuracy)}{mark}", interval(judgement.accuracy)


def _published(result: RowResult) -> tuple[str, str, str]:
    published = result.row.published
    if published is None:
        return "-", "-", "-"
    parameters = published.parameters
    return (
        f"{published.validation:.2f} % ({published.measure})",
        f"{published.test:.2f} % ({published.measure})",
        "-" if parameters is None else f"{parameters:.2f} M",
    )


def difference_table(ablation: Ablation, found: Sequence[Difference]) -> Table:
    """Return what each second row gains over the first, in points, with its McNemar test."""
    rows = []
    for difference in found:
        first, second = (
            ablation.results[name].row.title for name in (difference.first, difference.second)
        )
        rows.append(
            (
                f"{second} - {first}",
                *_gain(difference.exact_match),
                *_gain(difference.accuracy),
            )
        )
    header = (
        *("rows", "exact match, points", "95 % int.", "p"),
        *("accuracy by tests, points", "95 % int.", "p"),
    )
    return Table("Differences on the same test tasks", header, tuple(rows))


def _gain(counts: PairedCounts) -> tuple[str, str, str]:
    if counts.difference is None or counts.interval is None:
        return "-", "-", "-"
    low, high = counts.interval
    p_value = counts.p_value
    return (
        f"{100 * counts.difference:+.2f} (+{counts.only_second:,} -{counts.only_first:,})",
        f"{100 * low:+.2f} to {100 * high:+.2f}",
        "< 0.0001" if p_value < 0.0001 else f"{p_value:.4f}",
    )


def caption(ablation: Ablation) -> str:
    """Say what all rows had in common, and that the published figures are of other data."""
    settings, data = ablation.settings, ablation.settings.data
    n_train = data.get("train_limit")
    tasks = "all training tasks" if n_train is None else f"the first {n_train:,} training tasks"
    return (
        f"Every row: {data['name']}, {tasks}, {n_epochs(settings.epochs)}, batches of at most "
        f"{data['batch_size']} tasks, size {settings.size}, seed {settings.seed}; the best epoch "
        "by validation is judged, greedily unless the row says search. The published columns are "
        "other figures on other data (AlgoLisp, paper size, seed 001): each tells of its own data "
        "alone, and what can be compared is the order of the rows."
    )
