"""`saps calibrate`: how far a model's answers can be believed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from saps.evaluation.calibrate import Findings
    from saps.evaluation.reliability import Bin


def calibrate(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A folder with a dev split, or a file of tasks.")
    ],
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="PATH", help="A model folder; else the bundled model."),
    ] = None,
    undeclared: Annotated[
        Path | None,
        typer.Option(
            "--undeclared",
            metavar="FILE",
            help="Tasks whose texts do not say what their arguments are: their own fit.",
        ),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="An answer of less confidence is called unsure.")
    ] = 0.5,
    limit: Annotated[
        int | None, typer.Option(min=2, help="Take the first so many tasks of DATA.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that run programs.")] = None,
    _debug: DebugOption = False,
) -> None:
    """Fit a model's confidence on a validation split, never on the test split.

    Writes calibration.json into the model's folder and prints the reliability tables.

    saps calibrate data/generated --model runs/saps_vh_att/best
    """
    from saps.evaluation.calibrate import calibrate

    if not 0 <= threshold <= 1:
        raise CommandError(f"--threshold {threshold}: expected a number from 0 to 1")
    done = calibrate(
        data, model, undeclared=undeclared, threshold=threshold, limit=limit, workers=workers
    )
    _print("", done.declared)
    if done.undeclared is not None:
        _print(" where no arguments are given", done.undeclared)
    print(done.path)


def _print(where: str, findings: "Findings") -> None:
    from saps.evaluation.reliability import calibration_error

    for title, bins in (("tree's probability", findings.before), ("confidence", findings.after)):
        error = calibration_error(bins)
        print(f"{title}{where}: calibration error {100 * (error or 0):.1f} %\n{_table(bins)}\n")


def _table(bins: "tuple[Bin, ...]") -> str:
    """Return a table of Markdown."""
    lines = ["| between | answers | right | share right | mean |", "|---|--:|--:|--:|--:|"]
    for part in bins:
        n, right = part.passed.n, part.passed.count
        share = "" if part.confidence is None else f"{100 * right / n:.1f} %"
        mean = "" if part.confidence is None else f"{100 * part.confidence:.1f} %"
        between = f"{100 * part.low:.0f} and {100 * part.high:.0f} %"
        lines.append(f"| {between} | {n:,} | {right:,} | {share} | {mean} |")
    return "\n".join(lines)
