"""The arguments and options that several commands share."""

from typing import Annotated

import typer

from saps.cli.failure import Settings


def _set_debug(context: typer.Context, wanted: bool) -> None:
    if wanted:
        context.ensure_object(Settings).debug = True


DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug", callback=_set_debug, is_eager=True, help="Show the traceback of an error."
    ),
]
ProgramArgument = Annotated[
    str,
    typer.Argument(
        metavar="PROGRAM",
        help="An s-expression '(reduce a 0 +)', its form with commas, or nested JSON lists.",
    ),
]
InputOption = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="JSON",
        help="""The arguments by name, as one JSON object: '{"a": [3, 8, 1], "b": 2}'.""",
    ),
]
