"""A report as one page for a browser: no other file, no network."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from saps.evaluation.layout import caption, families, published_figures, tables
from saps.evaluation.learning_curve import LearningCurve
from saps.evaluation.markdown import NOTES, PUBLISHED_NOTE, provenance_facts
from saps.evaluation.plots import (
    Plot,
    plot_confusions,
    plot_learning_curve,
    plot_reliability,
    plot_slice,
)
from saps.evaluation.record import Record
from saps.evaluation.reliability import calibration_error, reliability
from saps.evaluation.report import Report
from saps.evaluation.slices import NO_FAMILY


def render_page(
    report: Report, records: Sequence[Record], curve: LearningCurve | None = None
) -> str:
    """Return the whole report as one HTML document.

    Args:
        report: the figures.
        records: every task, for the list that can be searched.
        curve: of the training run, if its logs are there.
    """
    # A "<" inside the data could end the script element that holds them.
    content = json.dumps([asdict(record) for record in records], ensure_ascii=False)
    return (
        _environment()
        .from_string(_resource("report.html"))
        .render(
            caption=caption(report),
            tables=[*tables(report), *families(report)],
            published=published_figures(),
            published_note=PUBLISHED_NOTE,
            plots=list(_plots(report, records, curve)),
            family_names=_family_names(report),
            no_family=NO_FAMILY,
            outcomes=[str(outcome) for outcome in report.full.outcomes],
            facts=list(provenance_facts(report)),
            notes=NOTES,
            records=content.replace("<", "\\u003c"),
            style=_resource("report.css"),
            script=_resource("report.js"),
        )
    )


def _family_names(report: Report) -> list[str]:
    """Return the outermost families of tasks, as the tables name them, in the order of letters."""
    families_of = (part for part in report.slices if part.name == "family")
    return sorted(row.label for part in families_of for row in part.rows)


def _plots(
    report: Report, records: Sequence[Record], curve: LearningCurve | None
) -> Iterator[Plot]:
    for part in report.slices:
        if part.name in ("depth", "text_length"):
            yield plot_slice(part)
    bins = reliability(records)
    error = calibration_error(bins)
    if error is not None:
        yield plot_reliability(bins, error)
    if report.confusions:
        yield plot_confusions(report.confusions)
    if curve is not None:
        yield plot_learning_curve(curve)


@cache
def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _resource(name: str) -> str:
    return (files("saps.evaluation") / "templates" / name).read_text(encoding="utf-8")
