"""`saps ablate`: the rows of a table, each a job of a Hydra multirun over `conf/ablate.yaml`."""

import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.console import DebugOption
from saps.cli.hydra_application import run_application

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from saps.evaluation.ablation.ablation_result import Ablation
    from saps.evaluation.ablation.ablation_settings import Row, Settings

_POLL_S = 2.0
# Launchers whose processes have this machine's devices.
_ON_THIS_MACHINE = ("basic", "processes", "joblib")


def ablate(
    context: typer.Context,
    cells: Annotated[bool, typer.Option("--cells", help="Add a row for each cell.")] = False,
    pretraining: Annotated[
        bool, typer.Option("--pretraining", help="Add SAPSpre without pretraining.")
    ] = False,
    topology: Annotated[
        bool, typer.Option("--topology", help="Add a row with predicted topology.")
    ] = False,
    data_sizes: Annotated[
        str | None,
        typer.Option("--data-sizes", metavar="1000,3000,...", help="Add a learning curve."),
    ] = None,
    _debug: DebugOption = False,
) -> None:
    """Train and judge every row of a table under one budget; --help shows every choice."""
    flags = {"cells": cells, "pretraining": pretraining, "topology": topology}
    given = [*context.args, *(f"{name}=true" for name, wanted in flags.items() if wanted)]
    if data_sizes is not None:
        given.append(f"data_sizes=[{data_sizes}]")
    if {"--multirun", "-m"} & set(given):
        raise typer.BadParameter(
            "saps ablate starts the runs of its rows itself: leave --multirun out, and choose how "
            "they are started with hydra/launcher=processes or hydra/launcher=slurm"
        )
    # Hydra hands a configuration to a function and nothing back.
    found: list[Settings] = []
    context.args = given
    run_application(lambda config: found.append(_inspected(config)), "ablate", context)
    if found:  # else Hydra only showed something
        _make_all(context, given, found[0])


def _inspected(config: "DictConfig") -> "Settings":
    from hydra.core.hydra_config import HydraConfig

    from saps.evaluation.ablation.ablation_settings import Settings
    from saps.evaluation.ablation.making import inspect

    settings = Settings.read(config)
    launcher = HydraConfig.get().runtime.choices["hydra/launcher"]
    inspect(settings, are_made_here=launcher in _ON_THIS_MACHINE)
    return settings


def _make_all(context: typer.Context, given: Sequence[str], settings: "Settings") -> None:
    from saps.evaluation.ablation import ablation_folder as folder
    from saps.evaluation.ablation.ablation_result import Ablation
    from saps.evaluation.ablation.ablation_tables import write_files
    from saps.evaluation.ablation.making import remove_outdated

    command = shlex.join(["saps", "ablate", *given])
    with folder.locked(settings):
        folder.prepare(settings)
        for row in settings.rows:
            folder.forget_failure(settings, row.name)
        for told in remove_outdated(settings):
            print(told, file=sys.stderr)
        try:
            with _progress_shown(settings):
                _run_waves(context, given, settings)
        except KeyboardInterrupt:
            print(f"stopped; to continue: {command}", file=sys.stderr)
            raise
        finally:
            ablation = Ablation.read(settings, command)
            write_files(ablation)
            print(f"tables: {settings.choices.out}", file=sys.stderr)
    _show(ablation)
    if ablation.failed:
        sys.exit(1)


def _run_waves(context: typer.Context, given: Sequence[str], settings: "Settings") -> None:
    """Have Hydra's launcher start the rows, and those that need others after them."""
    from saps.evaluation.ablation.making import make_in_waves

    def start(rows: "Sequence[Row]") -> None:
        context.args = ["--multirun", *given, f"row={','.join(row.name for row in rows)}"]
        run_application(_row_task, "ablate", context)

    make_in_waves(settings, start)


def _row_task(config: "DictConfig") -> None:
    """Make one row: in this process, in another one, or on another machine."""
    from saps.evaluation.ablation.ablation_settings import Settings
    from saps.evaluation.ablation.making import make_row

    make_row(Settings.read(config), config.row)


@contextmanager
def _progress_shown(settings: "Settings") -> Iterator[None]:
    """Tell on stderr how far the whole is, whoever is making the rows."""
    from saps.evaluation.ablation.ablation_folder import progress_lines, state_of

    # Rows may be made by other processes or machines: their files tell how far they are.
    over = threading.Event()

    def tell() -> None:
        before, is_last = begun, False
        while not is_last:
            is_last = over.wait(_POLL_S)
            now = [state_of(settings, row) for row in settings.rows]
            for line in progress_lines(now, before):
                print(line, file=sys.stderr, flush=True)
            before = now

    begun = [state_of(settings, row) for row in settings.rows]
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _show(ablation: "Ablation") -> None:
    from rich.console import Console
    from rich.text import Text

    from saps.evaluation.ablation.ablation_tables import brief_tables, caption, notes
    from saps.evaluation.report_tables import draw

    console = Console()
    console.print(Text(caption(ablation), style="bold"))
    for table in brief_tables(ablation):
        console.print(draw(table))
    for note in notes(ablation):
        console.print(Text(f"- {note}"))
