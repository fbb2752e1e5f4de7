"""The `saps` program: its commands, and what becomes of an error that leaves one of them."""

import os
import sys
from typing import Annotated

import typer

import saps
from saps.cli.ablate import ablate
from saps.cli.console import prepare_streams, report
from saps.cli.data import app as data_app
from saps.cli.hydra_application import HYDRA_CONTEXT, HydraCommand
from saps.cli.programs import check, functions, run, show
from saps.cli.prompt import repl
from saps.cli.reports import calibrate, compare
from saps.cli.serve import serve
from saps.cli.synthesize import synthesize
from saps.cli.train import evaluate, generate, train

# Plain help: no boxes in a pipe, and a start that does not wait for rich.
app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="""English specification in, a typed and tested program out, in AlgoLisp (a small language
    of s-expressions) and in Python.

    saps synthesize "the sum of the even numbers of xs"

    PROGRAM and TEXT go in quotes; 'saps COMMAND --help' shows examples.""",
    epilog="Set SAPS_DEBUG=1, or give --debug to a command, to see the traceback of an error.",
)
# Words behind the first are taken only to be refused with what to do: a text needs quotes.
app.command(context_settings={"allow_extra_args": True})(synthesize)
for _command in (run, check, show, functions, repl):
    app.command()(_command)
app.command(short_help="Answer over HTTP, as JSON.")(serve)
app.command()(compare)
app.command(short_help="Calibrate the confidence of a model.")(calibrate)
app.add_typer(data_app, name="data", short_help="Verify, clean and merge files of tasks.")
for _application, _purpose in (
    (generate, "Write a data set of generated tasks."),
    (train, "Train a model."),
    (evaluate, "Evaluate a model on a data set."),
    (ablate, "Train and compare models that differ in one part."),
):
    app.command(
        cls=HydraCommand, context_settings=HYDRA_CONTEXT, add_help_option=False, short_help=_purpose
    )(_application)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"saps {saps.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


def main() -> None:
    """Run the command of `sys.argv`; exit with 1 on an error, 2 on a wrong use, 130 on Ctrl-C."""
    prepare_streams()
    options = {"debug": os.environ.get("SAPS_DEBUG", "") not in ("", "0")}  # --debug sets it
    try:
        app(prog_name="saps", obj=options)
    except Exception as error:
        sys.exit(report(error, options["debug"]))
