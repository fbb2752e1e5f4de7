"""`saps calibrate`: how far a model's answers can be believed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from saps.evaluation.reliability import Bin


def calibrate(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A folder with a dev split, or a file of tasks.")
    ],
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="PATH", help="A model folder; else the bundled model."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="An answer of less confidence is called unsure.")
    ] = 0.5,
    limit: Annotated[int | None, typer.Option(min=2, help="Take the first so many tasks.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that run programs.")] = None,
    _debug: DebugOption = False,
) -> None:
    """Fit a model's confidence on a validation split, never on the test split.

    Writes calibration.json into the model's folder and prints the reliability table.

    saps calibrate data/generated --model runs/saps_vh_att/best
    """
    from saps.evaluation.calibrate import calibrate
    from saps.evaluation.reliability import calibration_error

    if not 0 <= threshold <= 1:
        raise CommandError(f"--threshold {threshold}: expected a number from 0 to 1")
    findings, path = calibrate(data, model, threshold=threshold, limit=limit, workers=workers)
    for title, bins in (("tree's probability", findings.before), ("confidence", findings.after)):
        error = calibration_error(bins)
        print(f"{title}: calibration error {100 * (error or 0):.1f} %\n{_table(bins)}\n")
    print(path)


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
