"""The tables of an ablation as rows of text, its caption, and what is to be noted under them."""

from collections.abc import Iterator
from typing import Final

from saps.evaluation.ablation.result import Ablation, Judgement, RowResult
from saps.evaluation.ablation.settings import SIZES
from saps.evaluation.ablation.state import Stage
from saps.evaluation.layout import Table, interval, percent

_TITLES: Final = {
    "models": "Models",
    "rows": "Rows",
    "cells": "Recurrent cells",
    "pretraining": "Pretraining",
    "topology": "Topology",
    SIZES: "Data size",
}
_HEADER: Final = (
    *("model", "validation, exact match", "test, exact match", "95 % int."),
    *("test, accuracy by tests", "95 % int.", "parameters", "examples/s", "minutes"),
)
_PUBLISHED: Final = ("published: validation", "published: test", "published: parameters")
_HELPERS: Final = "helpers"


def tables(ablation: Ablation) -> Iterator[Table]:
    """Yield the table of each section, then that of the rows that others only start from."""
    sections = ablation.settings.sections
    shown = {name for names in sections.values() for name in names}
    helpers = tuple(name for name in ablation.results if name not in shown)
    for section, names in {**sections, _HELPERS: helpers}.items():
        results = [ablation.results[name] for name in names]
        if results:
            yield _table(_TITLES.get(section, "Runs that others start from"), results)


def _table(title: str, results: list[RowResult]) -> Table:
    is_published = any(result.row.published for result in results)
    rows = [(*_cells(result), *(_published(result) if is_published else ())) for result in results]
    return Table(title, (*_HEADER, *(_PUBLISHED if is_published else ())), tuple(rows))


def _cells(result: RowResult) -> tuple[str, ...]:
    if result.stage is not Stage.DONE:
        return (result.row.title, _excuse(result), *("-" for _ in _HEADER[2:]))
    speed, minutes = result.examples_per_s, result.minutes
    return (
        result.row.title,
        _validation(result),
        *_exact_match(result.test),
        *_accuracy(result.test),
        "-" if result.parameters is None else f"{result.parameters / 1e6:.2f} M",
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
        f"{published.validation:.2f} % {published.measure}",
        f"{published.test:.2f} % {published.measure}",
        "-" if parameters is None else f"{parameters:.2f} M",
    )


def caption(ablation: Ablation) -> str:
    """Say what all rows had in common, and that the published figures are of other data."""
    settings, data = ablation.settings, ablation.settings.data
    n_train = data.get("train_limit")
    tasks = "all training tasks" if n_train is None else f"the first {n_train:,} training tasks"
    return (
        f"Every row: {data['name']}, {tasks}, {settings.epochs} epochs, batches of at most "
        f"{data['batch_size']} tasks, size {settings.size}, seed {settings.seed}; the best epoch "
        "by validation is judged, greedily unless the row says search. The published columns are "
        "other figures on other data (AlgoLisp, paper size): each tells of its own data alone, "
        "and what can be compared is the order of the rows."
    )


def notes(ablation: Ablation) -> Iterator[str]:
    """Yield what a reader has to know: failures, what V can not do, what search has seen."""
    for result in ablation.results.values():
        if result.stage is Stage.FAILED:
            yield f"{result.row.title} failed: {result.reason}."
        elif result.stage is not Stage.DONE:
            yield f"{result.row.title} is not made yet: the same command goes on."
    if any(result.row.starts_from for result in ablation.results.values()):
        yield (
            "SAPSpre starts from the decoder of an autoencoder, trained before on the programs of "
            f"the same tasks for {ablation.settings.autoencoder_epochs} epochs of its own; its "
            "256 is the latent size of the paper, here it is that of the size."
        )
    if any(result.test and result.test.is_holdout for result in ablation.results.values()):
        yield (
            "Search sees the first three tests of a task; its accuracy is that by the others. It "
            "trains nothing of its own."
        )
    yield from _siblings(ablation)


def _siblings(ablation: Ablation) -> Iterator[str]:
    """Check that V, whose siblings share one state, is right on no two that differ."""
    for name in ("saps_v", "saps_v_att"):
        result = ablation.results.get(name)
        if result is None or result.test is None or result.stage is not Stage.DONE:
            continue
        differing, n = result.test.differing, result.test.exact_match.n
        verdict = "as it must be" if differing.count == 0 else "A DEFECT: it must be none"
        yield (
            f"{result.row.title} is right on {differing.count:.0f} of the {differing.n:,} test "
            f"tasks ({100 * differing.n / n:.1f} %) whose program has two siblings that differ "
            f"({verdict}); on the {n - differing.n:,} others on "
            f"{result.test.exact_match.count - differing.count:.0f}."
        )
