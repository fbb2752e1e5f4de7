"""`saps compare`: reports on the same tasks, side by side."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from saps.evaluation.comparison import Comparison, Run


def compare(
    reports: Annotated[
        list[Path],
        typer.Argument(metavar="REPORT REPORT...", help="Folders that `saps evaluate` wrote."),
    ],
    examples: Annotated[
        int,
        typer.Option(min=0, help="Tasks to show that one of two runs alone solves, for each."),
    ] = 5,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for programs.")
    ] = False,
    _debug: DebugOption = False,
) -> None:
    """Compare runs with the first of them, on the same tasks.

    saps compare runs/evaluate/first runs/evaluate/second
    """
    from saps.evaluation.comparison import compare_runs, load_run

    if len(reports) < 2:
        raise typer.BadParameter("one report has nothing to be compared with: give two or more")
    if markdown and as_json:
        raise typer.BadParameter("--markdown and --json exclude one another")
    _refuse_repetition(reports)
    runs = [load_run(folder) for folder in reports]
    comparisons = compare_runs(runs)
    if as_json:
        print(json.dumps([_plain(comparison) for comparison in comparisons], ensure_ascii=False))
    else:
        _show(runs, comparisons, examples, markdown=markdown)


def _refuse_repetition(reports: Sequence[Path]) -> None:
    """Refuse a report that is given twice, by its folder or its file."""
    seen: dict[Path, Path] = {}
    for given in reports:
        place = given.resolve()
        folder = place.parent if place.is_file() else place
        if folder in seen:
            raise typer.BadParameter(
                f"{seen[folder]} and {given} are one report, which does not differ from itself: "
                "give each once"
            )
        seen[folder] = given


def _show(
    runs: "Sequence[Run]", comparisons: "Sequence[Comparison]", n_examples: int, *, markdown: bool
) -> None:
    from rich.console import Console

    from saps.evaluation.comparison_layout import comparison_tables
    from saps.evaluation.markdown import escape, render_table
    from saps.evaluation.table import draw

    console = Console()
    for table in comparison_tables(runs, comparisons, n_examples):
        if markdown:
            print(f"## {escape(table.title)}\n\n{render_table(table)}\n")
        else:
            console.print(draw(table))


def _plain(comparison: "Comparison") -> dict[str, Any]:
    return {
        "first": comparison.first.name,
        "second": comparison.second.name,
        "settings_that_differ": _plain_conditions(comparison),
        "exact_match": comparison.exact_match.plain(),
        "accuracy": comparison.accuracy.plain(),
        "only_first": [first.text for first, _ in comparison.only_first],
        "only_second": [first.text for first, _ in comparison.only_second],
    }


def _plain_conditions(comparison: "Comparison") -> dict[str, dict[str, str | None]]:
    from saps.evaluation.conditions import differing_conditions

    found = differing_conditions([comparison.first.report, comparison.second.report])
    return {c.name: dict(zip(("first", "second"), c.values, strict=True)) for c in found}
