"""A report as Markdown."""

import json
from collections.abc import Iterator

from saps.evaluation.layout import Table, caption, pace, published_figures, tables
from saps.evaluation.report import Report

NOTES = """\
Exact match: the predicted tree is the target tree. Accuracy: the predicted program passes all
tests of its task. 50p: it passes all, or at least two exist and it passes half or more. Gold
accuracy: the target program itself passes. Per distinct program: exact match averaged over the
wordings of a program, then over programs. Intervals are Wilson's at 95 %. The outcome is decided
by the first test that fails; a program that passes all tests has passed even where the type
checker objects. What these words mean exactly: docs/evaluation.md."""

PUBLISHED_NOTE = """\
On the test set of the published AlgoLisp files (Polosukhin & Skidanov 2018), 10,940 tasks in full.
What counts as cleaned differs: SketchAdapt and TP-N2F keep the tasks whose own program passes under
the first published executor, TokPair by an interpreter of its own. Figures on generated data can
not be compared with these."""


def render_markdown(report: Report) -> str:
    """Return the whole report as one Markdown document."""
    parts = [
        "# Evaluation",
        escape(caption(report)),
        *(_section(table) for table in tables(report)),
        f"## How it was made\n\n{_provenance(report)}",
        NOTES,
        _section(published_figures()),
        PUBLISHED_NOTE,
    ]
    return "\n\n".join(parts) + "\n"


def _section(table: Table) -> str:
    return f"## {escape(table.title)}\n\n{render_table(table)}"


def render_table(table: Table) -> str:
    """Return a table, the first column to the left, the others to the right."""
    lines = [
        map(escape, table.header),
        (":--", *("--:" for _ in table.header[1:])),
        *(map(escape, row) for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: symbols of programs are full of its marks."""
    for mark in "\\`*_<>[]|#~":
        text = text.replace(mark, f"\\{mark}")
    return text


def _provenance(report: Report) -> str:
    return render_table(Table("", ("", ""), tuple(provenance_facts(report))))


def provenance_facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what it takes to make the report again: name and value."""
    provenance = report.provenance
    data, model = provenance.data, provenance.model
    yield "command", provenance.command or "(called from Python)"
    yield "created", provenance.created
    yield "SAPS", provenance.saps_version
    yield "data", f"{data.name}, {data.split} split, {data.file}"
    yield "data sha256", data.sha256
    yield "checkpoint", model.checkpoint
    yield "checkpoint sha256", model.sha256
    if model.n_parameters is not None:
        yield "parameters", f"{model.n_parameters:,}"
    yield "decoding", json.dumps(dict(provenance.decoding))
    yield "texts", _reading(report)
    yield "limits of a run", json.dumps(dict(provenance.limits))
    yield "time", pace(report)


def _reading(report: Report) -> str:
    return "read as saps synthesize reads them" if report.provenance.as_typed else "as they are"
