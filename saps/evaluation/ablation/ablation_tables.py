"""An ablation for people: its tables, notes, curves, and the files that hold them."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from saps.evaluation.ablation.ablation_folder import TABLE, Stage
from saps.evaluation.ablation.ablation_result import (
    Ablation,
    Difference,
    Judgement,
    RowResult,
    differences,
    to_json,
)
from saps.evaluation.ablation.ablation_settings import SIZES, Row
from saps.evaluation.compare_reports import PairedCounts, gain
from saps.evaluation.metrics import Rate, Spread
from saps.evaluation.report import Epoch
from saps.evaluation.report_tables import Table, escape, interval, percent, render_table
from saps.resources import write_figure, write_whole
from saps.training.callbacks import csv_text

_TITLES: Final = {
    "models": "Models",
    "rows": "Rows",
    "cells": "Recurrent cells",
    "pretraining": "Pretraining",
    "topology": "Topology",
    SIZES: "Data size",
    "helpers": "Runs that others start from",
}
# Their siblings share one state: right on no program with two siblings that differ.
_BLIND_TO_SIBLINGS: Final = ("saps_v", "saps_v_att")


def caption(ablation: Ablation) -> str:
    """Say what all rows had in common, and that the published figures are of other data."""
    settings, data = ablation.settings, ablation.settings.data
    n_train = data.get("train_limit")
    tasks = "all training tasks" if n_train is None else f"the first {n_train:,} training tasks"
    seeds = ", ".join(map(str, settings.seeds))
    seeded = f"seed {seeds}" if len(settings.seeds) == 1 else f"the mean of seeds {seeds}"
    rates = {row.title: row.lr for row in settings.rows if row.lr and row.seed == settings.seeds[0]}
    rated = ", ".join(f"{rate:g} of {title}" for title, rate in rates.items())
    return (
        f"Every row: {data['name']}, {tasks}, {n_epochs(settings.epochs)}, batches of at most "
        f"{data['batch_size']} tasks, size {settings.choices.size}, {seeded}; "
        f"{f'learning rates of their own: {rated}; ' * bool(rated)}the best epoch "
        "by validation is judged, greedily unless the row says search. The published columns are "
        "other figures on other data (AlgoLisp, paper size, seed 001): each tells of its own data "
        "alone, and what can be compared is the order of the rows."
    )


def n_epochs(count: int) -> str:
    """Return `1 epoch`, `2 epochs`."""
    return f"{count} epoch" if count == 1 else f"{count} epochs"


class _Cell(NamedTuple):
    """A figure under its column; the name of the column on a terminal, if it has a place there."""

    column: str
    text: str
    brief: str = ""


def tables(ablation: Ablation) -> Iterator[Table]:
    """Yield the table of each section with counts and intervals."""
    for title, results in _sections(ablation):
        rows = _rows(ablation, results)
        header = tuple(cell.column for cell in rows[0])
        yield Table(title, header, tuple(tuple(cell.text for cell in row) for row in rows))


def brief_tables(ablation: Ablation) -> Iterator[Table]:
    """Yield the same in 80 columns: per cent alone, of as many tasks as the title says."""
    for title, results in _sections(ablation):
        n_tasks = {
            "validation": [found.exact_match.n for r in results if (found := r.validation)],
            "test": [found.exact_match.n for r in results if (found := r.test)],
        }
        of = ", ".join(f"{split} of {max(n):,}" for split, n in n_tasks.items() if any(n))
        rows = [[cell for cell in row if cell.brief] for row in _rows(ablation, results)]
        yield Table(
            f"{title}: exact match, {of}" if of else title,
            tuple(cell.brief for cell in rows[0]),
            tuple((row[0].text, *(_cut(cell.text) for cell in row[1:])) for row in rows),
        )


def _cut(cell: str) -> str:
    """Return a figure without counts and units; a star stands for "holdout"."""
    figure = cell.partition(" (")[0].partition(", ")[0].removesuffix(" %").removesuffix(" M")
    return figure + ("*" if cell.endswith(", holdout") else "")


def _sections(ablation: Ablation) -> Iterator[tuple[str, list[RowResult]]]:
    """Yield each section, and last the rows that others only start from."""
    sections = ablation.settings.sections
    shown = {name for names in sections.values() for name in names}
    helpers = tuple(name for name in ablation.results if name not in shown)
    for section, names in {**sections, "helpers": helpers}.items():
        if names:
            yield _TITLES[section], [ablation.results[name] for name in names]


def _rows(ablation: Ablation, results: Sequence[RowResult]) -> list[list[_Cell]]:
    has_seeds = len(ablation.settings.seeds) > 1
    has_published = any(result.row.published for result in results)
    return [
        [*_cells(result, has_seeds), *(_published(result.row) if has_published else ())]
        for result in results
    ]


def _cells(result: RowResult, has_seeds: bool) -> Iterator[_Cell]:
    """Yield what the row reached; one that is not done says so and has no figures."""
    made = result if result.stage is Stage.DONE else None
    test = None if made is None else made.test
    holdout = ", holdout" if test is not None and test.is_holdout else ""
    yield _Cell("model", result.row.title, "model")
    yield _Cell("validation, exact match", _validation(result), "valid.")
    for measure, column, brief, more in (
        ("exact_match", "test, exact match", "test", ""),
        ("accuracy", "test, accuracy by tests", "by tests", holdout),
    ):
        rate: Rate | None = getattr(test, measure, None)
        over_seeds: Spread | None = getattr(test, f"{measure}_over_seeds", None)
        yield _Cell(column, percent(rate) + more, brief)
        yield _Cell("95 % int.", interval(rate))
        if has_seeds:
            yield _Cell("95 % int. over seeds", interval(over_seeds))
    weights, speed, minutes = (
        (made.parameters, made.examples_per_s, made.minutes) if made else (None, None, None)
    )
    yield _Cell("parameters", _number("{:.2f} M", weights and weights / 1e6), "M")
    yield _Cell("examples/s", _number("{:,.0f}", speed), "ex./s")
    yield _Cell("minutes", _number("{:.1f}", minutes), "min")


def _validation(result: RowResult) -> str:
    if result.stage is not Stage.DONE:
        return "failed, see below" if result.stage is Stage.FAILED else f"({result.stage})"
    if result.validation is not None:
        return percent(result.validation.exact_match)
    # The row is never judged, so what its training saw is all there is.
    values = [epoch.get("val/exact_match", 0.0) for epoch in result.runs[0].state.epochs]
    return f"{100 * max(values):.2f} % (while training)" if values else "-"


def _published(row: Row) -> Iterator[_Cell]:
    known = row.published
    for split, brief in (("validation", "publ."), ("test", "test")):
        told = "-" if known is None else f"{getattr(known, split):.2f} % ({known.measure})"
        yield _Cell(f"published: {split}", told, brief)
    weights = None if known is None else known.parameters
    yield _Cell("published: parameters", _number("{:.2f} M", weights))


def _number(form: str, value: float | None) -> str:
    return "-" if value is None else form.format(value)


def difference_table(ablation: Ablation, found: Sequence[Difference]) -> Table:
    """Return what each second row gains over the first, in points, with its McNemar test."""
    several = len(ablation.settings.seeds) > 1
    rows = []
    for item in found:
        first, second = (ablation.results[key].row.title for key in (item.first, item.second))
        under = "mean of the seeds" if item.seed is None else f"seed {item.seed}"
        name = f"{second} - {first}" + (f", {under}" if several else "")
        rows.append((name, *_gain(item.exact_match), *_gain(item.accuracy)))
    header = (
        *("rows", "exact match, points", "95 % int.", "p"),
        *("accuracy by tests, points", "95 % int.", "p"),
    )
    return Table("Differences on the same test tasks", header, tuple(rows))


def _gain(found: PairedCounts | Spread) -> tuple[str, str, str]:
    points, ends, p_value = gain(found)
    if isinstance(found, PairedCounts):
        points += f" (+{found.only_second:,} -{found.only_first:,})"
    return points, ends, p_value


# What a reader of the tables has to know: failures, what V cannot do, what search has seen.


def notes(ablation: Ablation) -> Iterator[str]:
    """Yield the notes, each a sentence or two."""
    for result in ablation.results.values():
        if result.stage is Stage.FAILED:
            yield f"{result.row.title} failed: {result.reason}."
        elif result.stage is not Stage.DONE:
            yield f"{_waiting(result)}: the same command goes on."
    yield from _siblings(ablation)
    if any(result.test and result.test.is_holdout for result in ablation.results.values()):
        yield (
            "Search sees the first three tests of a task; its accuracy (holdout, *) is that by "
            "the others. It trains nothing of its own."
        )
    yield from _fewer_tasks(ablation)
    if any(result.row.starts_from for result in ablation.results.values()):
        epochs = n_epochs(ablation.settings.choices.autoencoder_epochs)
        yield (
            "SAPSpre starts from the decoder of an autoencoder, trained before on the programs of "
            f"the same tasks for {epochs} of its own; its "
            "256 is the latent size of the paper, here it is that of the size."
        )


def _waiting(result: RowResult) -> str:
    """Name the seeds that are missing: the row has no mean without them."""
    missing = [str(run.state.row.seed) for run in result.runs if not run.state.stage.is_over]
    if len(result.runs) == len(missing):
        return f"{result.row.title} is not made yet"
    under = f"{'seed' if len(missing) == 1 else 'seeds'} {', '.join(missing)}"
    return f"{result.row.title} is not made yet under {under}, so it has no mean"


def _siblings(ablation: Ablation) -> Iterator[str]:
    for name in _BLIND_TO_SIBLINGS:
        result = ablation.results.get(name)
        if result is None or result.test is None or result.stage is not Stage.DONE:
            continue
        differing, exact = result.test.exact_match_where_siblings_differ, result.test.exact_match
        verdict = "as it must be" if differing.count == 0 else "A DEFECT, it must be none"
        yield (
            f"{result.row.title} is right on {differing.count:.0f} of the {differing.n:,} test "
            f"tasks ({100 * differing.n / max(1, exact.n):.1f} %) whose program has two siblings "
            f"that differ ({verdict}), and on {exact.count - differing.count:.0f} of the "
            f"{exact.n - differing.n:,} others."
        )


def _fewer_tasks(ablation: Ablation) -> Iterator[str]:
    """Tell which rows were judged on fewer validation tasks than the data have."""
    judged = [
        (result.row, result.validation.exact_match.n)
        for result in ablation.results.values()
        if result.validation is not None
    ]
    # The split may be smaller than the limit.
    of_others = {n for row, n in judged if row.dev_limit is None}
    for row, n in judged:
        if n == row.dev_limit and n not in of_others:  # else the limit left out no task
            yield f"{row.title} was judged on the first {n:,} validation tasks alone."


# The files: ablation.json, .md and .csv, the curves, the report of the best row.

MARKDOWN: Final = "ablation.md"
CSV: Final = "ablation.csv"
CURVES: Final = "curves.png"
SIZE_CURVE: Final = "data_sizes.png"
REPORT: Final = "report"
_ONE_SEED: Final = """\
In brackets the tasks that only one of the two solves: won, lost. Intervals are Agresti and Min's at
95 %, p is McNemar's exact test, of one training run each: another seed is not in them."""
_SEVERAL_SEEDS: Final = """\
In brackets the tasks that only one of the two solves: won, lost. Intervals of a seed are Agresti
and Min's at 95 %, p is McNemar's exact test. The interval of the mean is Student's over the seeds:
it tells what another seed may give, and those of a seed what other tasks may."""


def write_files(ablation: Ablation) -> None:
    """Write what there is to say, each file in one step; called again, it says more."""
    found = differences(ablation)
    content = to_json(ablation, found)
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    states = [run.state for result in ablation.results.values() for run in result.runs]
    curves = {one.row.title: one.epochs for one in states if one.epochs and one.row.judged}
    sizes = _size_points(ablation)
    for out in (ablation.settings.choices.out, ablation.settings.choices.publish):
        if out is None:
            continue
        out.mkdir(parents=True, exist_ok=True)
        draw_curves(curves, out / CURVES)
        if len(sizes) > 1:
            draw_sizes(sizes, out / SIZE_CURVE)
        _copy_best_report(ablation, out)
        write_whole(out / CSV, _csv(content["rows"]).encode())
        write_whole(out / MARKDOWN, render_markdown(ablation, found).encode())
        write_whole(out / TABLE, f"{text}\n".encode())


def _copy_best_report(ablation: Ablation, out: Path) -> None:
    best, report, draft = ablation.best, out / REPORT, out / f".{REPORT}.part"
    if best is not None:
        # Killed while it copies, the command leaves the earlier report whole.
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(ablation.settings.report_file(best.row, "test").parent, draft)
    shutil.rmtree(report, ignore_errors=True)  # it may tell of an earlier best row
    if best is not None:
        draft.replace(report)


def render_markdown(ablation: Ablation, found: Sequence[Difference]) -> str:
    """Return the tables as one Markdown document."""
    parts = ["# Ablation", escape(caption(ablation))]
    parts += [f"## {escape(table.title)}\n\n{render_table(table)}" for table in tables(ablation)]
    if found:
        table = difference_table(ablation, found)
        meaning = _ONE_SEED if len(ablation.settings.seeds) == 1 else _SEVERAL_SEEDS
        parts.append(f"## {table.title}\n\n{render_table(table)}\n\n{meaning}")
    told = "\n".join(f"- {escape(note)}" for note in notes(ablation))
    if told:
        parts.append(f"## Notes\n\n{told}")
    parts.append(f"![Exact match on validation, by epoch]({CURVES})")
    if len(_size_points(ablation)) > 1:
        parts.append(f"![Exact match by the number of training tasks]({SIZE_CURVE})")
    if ablation.best is not None:
        parts.append(
            f"The best row is {escape(ablation.best.row.title)}: [its report]({REPORT}/report.md)."
        )
    elif any(result.validation for result in ablation.results.values()):
        parts.append("No row is right on any validation task, so none is the best.")
    parts.append(f"Made by `{ablation.command}`." if ablation.command else "Made from Python.")
    return "\n\n".join(parts) + "\n"


def _size_points(ablation: Ablation) -> list[tuple[int, Judgement]]:
    """Return what models trained on fewer tasks reach, fewest first."""
    results = [ablation.results[name] for name in ablation.settings.sections.get(SIZES, ())]
    return [
        (result.runs[0].n_train, result.test)
        for result in results
        if result.runs[0].n_train is not None and result.test and result.stage is Stage.DONE
    ]


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one flat line for each row of ablation.json: counts, shares and interval ends."""
    lines = []
    for row in rows:
        line = {key: row[key] for key in ("name", "title", "stage", "reason")}
        for split in ("validation", "test"):
            judged: Mapping[str, Any] = row[split] or {}
            for measure in ("exact_match", "accuracy"):
                for key in ("count", "n", "value", "low", "high"):
                    line[f"{split}_{measure}_{key}"] = judged.get(measure, {}).get(key)
            line[f"{split}_is_holdout"] = judged.get("is_holdout")
        for key in ("parameters", "training_examples_per_s", "training_minutes"):
            line[key] = row[key]
        for key in ("measure", "validation", "test", "parameters_millions"):
            line[f"published_{key}"] = (row["published"] or {}).get(key)
        lines.append(line)
    return csv_text(lines)


# Curves: exact match by epoch, one line a run, and by the number of tasks.

_METRIC: Final = "val/exact_match"
_STYLES: Final = ("-", "--", ":", "-.")


def draw_curves(runs: Mapping[str, Sequence[Epoch]], path: Path) -> None:
    """Draw exact match on validation by epoch into a PNG, a line for each run by its title."""
    with _drawn(path, width=9, xlabel="epoch", ylabel="exact match on validation, %") as axes:
        # In the order of the lines' ends, as the legend stands beside them.
        ordered = sorted(runs.items(), key=lambda item: -item[1][-1].get(_METRIC, 0.0))
        for number, (title, epochs) in enumerate(ordered):
            points = [(row["epoch"] + 1, 100 * row[_METRIC]) for row in epochs if _METRIC in row]
            style = {"linestyle": _STYLES[number // 10 % 4], "color": f"C{number % 10}"}
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=title, **style)
        axes.xaxis.get_major_locator().set_params(integer=True)
        if ordered:
            axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def draw_sizes(points: Sequence[tuple[int, Judgement]], path: Path) -> None:
    """Draw what the test split gives by the number of training tasks, with 95 % intervals."""
    from saps.evaluation.report_page import plot_rates

    sizes = [size for size, _ in points]
    with _drawn(path, 7, xlabel="training tasks", ylabel="share of test tasks, %") as axes:
        for label, rates in (
            ("exact match", [judged.exact_match for _, judged in points]),
            ("accuracy by tests", [judged.accuracy for _, judged in points]),
        ):
            style = {"fmt": "o-", "markersize": 4, "capsize": 3, "label": label}
            plot_rates(axes, sizes, rates, scale=100, **style)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
        axes.minorticks_off()
        axes.legend(frameon=False, loc="lower right")


@contextmanager
def _drawn(path: Path, width: float, **labels: str) -> Iterator[Any]:
    """Give axes of per cent to draw on, and write the picture in one step."""
    # Most commands never draw, and matplotlib takes long to import.
    from saps.evaluation.report_page import new_figure

    figure, axes = new_figure(width, 4.8)
    axes.set(ylim=(0, 102), **labels)
    axes.grid(alpha=0.3)
    yield axes
    write_figure(path, figure)
