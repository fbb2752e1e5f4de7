"""What evaluations say of models: `saps compare` and `saps calibrate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from saps.cli.console import CommandError, DebugOption, JsonOption

if TYPE_CHECKING:
    from saps.evaluation.compare_reports import Comparison


def compare(
    reports: Annotated[
        list[Path],
        typer.Argument(metavar="REPORT REPORT...", help="Folders that `saps evaluate` wrote."),
    ],
    examples: Annotated[
        int, typer.Option(min=0, help="How many tasks to show that only one of two runs solves.")
    ] = 5,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: JsonOption = False,
    _debug: DebugOption = False,
) -> None:
    """Compare runs with the first of them, on the same tasks.

    saps compare runs/evaluate/first runs/evaluate/second
    """
    from rich.console import Console

    from saps.evaluation.compare_reports import compare_runs, comparison_tables, load_run
    from saps.evaluation.report_tables import draw, escape, render_table

    # typer has no list of at least two.
    if len(reports) < 2:
        raise typer.BadParameter("one report cannot be compared: give two or more")
    if markdown and as_json:
        raise typer.BadParameter("--markdown and --json cannot be combined: give one of them")
    seen: dict[Path, Path] = {}
    for given in reports:  # by its folder or its file
        place = given.resolve()
        folder = place.parent if place.is_file() else place
        if folder in seen:
            told = f"{seen[folder]} and {given} are the same report: give each once"
            raise typer.BadParameter(told)
        seen[folder] = given
    runs = [load_run(folder) for folder in reports]
    comparisons = compare_runs(runs)
    if as_json:
        print(json.dumps([_plain(comparison) for comparison in comparisons], ensure_ascii=False))
        return
    console = Console()
    for table in comparison_tables(runs, comparisons, examples):
        if markdown:
            print(f"## {escape(table.title)}\n\n{render_table(table)}\n")
        else:
            console.print(draw(table))


def _plain(comparison: "Comparison") -> dict[str, Any]:
    from saps.evaluation.compare_reports import differing_conditions

    differing = differing_conditions([comparison.first.report, comparison.second.report])
    return {
        "first": comparison.first.name,
        "second": comparison.second.name,
        "settings_that_differ": {
            name: dict(zip(("first", "second"), values, strict=True))
            for name, values in differing.items()
        },
        "exact_match": comparison.exact_match.plain(),
        "accuracy": comparison.accuracy.plain(),
        "only_first": [first.text for first, _ in comparison.only_first],
        "only_second": [first.text for first, _ in comparison.only_second],
    }


def calibrate(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A folder with a dev split, or a file of tasks.")
    ],
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="PATH", help="A model folder; default: the bundled one."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Answers below this confidence are called unsure.")
    ] = 0.5,
    limit: Annotated[
        int | None, typer.Option(min=2, help="Use only the first tasks of DATA.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that run programs.")] = None,
    _debug: DebugOption = False,
) -> None:
    """Fit a model's confidence on a validation split, never on the test split.

    Writes calibration.json into the model's folder and prints the reliability tables.

    saps calibrate data/generated --model runs/saps_vh_att/best
    """
    from saps.evaluation.fit_confidence import calibrate
    from saps.evaluation.metrics import calibration_error

    if not 0 <= threshold <= 1:
        raise CommandError(f"--threshold {threshold}: expected a number from 0 to 1")
    findings, path = calibrate(data, model, threshold=threshold, limit=limit, workers=workers)
    for title, bins in (("tree's probability", findings.before), ("confidence", findings.after)):
        error = calibration_error(bins)
        print(f"{title}: calibration error {100 * (error or 0):.1f} %")
        print("| between | answers | right | share right | mean |\n|---|--:|--:|--:|--:|")
        for part in bins:
            n, right = part.passed.n, part.passed.count
            share = "" if part.confidence is None else f"{100 * right / n:.1f} %"
            mean = "" if part.confidence is None else f"{100 * part.confidence:.1f} %"
            between = f"{100 * part.low:.0f} and {100 * part.high:.0f} %"
            print(f"| {between} | {n:,} | {right:,} | {share} | {mean} |")
        print()
    print(path)
