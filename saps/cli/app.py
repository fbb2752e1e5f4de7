"""The `saps` program: its commands, and what becomes of an error that leaves one of them."""

import sys
from typing import Annotated

import typer

import saps
from saps.cli.ablate import ablate
from saps.cli.calibrate import calibrate
from saps.cli.check import check
from saps.cli.compare import compare
from saps.cli.data import app as data_app
from saps.cli.evaluate import evaluate
from saps.cli.failure import Settings, report
from saps.cli.functions import functions
from saps.cli.generate import generate
from saps.cli.hydra_application import HYDRA_CONTEXT
from saps.cli.repl import repl
from saps.cli.run import run
from saps.cli.serve import serve
from saps.cli.show import show
from saps.cli.synthesize import synthesize
from saps.cli.train import train

# Plain help: no boxes in a pipe, and a start that does not wait for rich.
app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
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
app.command()(run)
app.command()(check)
app.command()(show)
app.command()(functions)
app.command()(repl)
app.command(short_help="Answer over HTTP, as JSON.")(serve)
app.command()(compare)
app.command(short_help="Fit how sure a model is of its programs.")(calibrate)
app.add_typer(data_app, name="data", short_help="Verify, clean and merge files of tasks.")
for _application, _purpose in (
    (generate, "Write a data set of generated tasks."),
    (train, "Train a model."),
    (evaluate, "Judge a model on a data set."),
    (ablate, "Train and judge models that differ in one part."),
):
    app.command(context_settings=HYDRA_CONTEXT, add_help_option=False, short_help=_purpose)(
        _application
    )


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
    settings = Settings.from_environment()
    try:
        app(prog_name="saps", obj=settings)
    except Exception as error:
        sys.exit(report(error, settings))
