"""`saps ablate`: the rows of a table, each a job of a Hydra multirun over `conf/ablate.yaml`."""

import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.hydra_application import run_application
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from saps.evaluation.ablation.progress import Progress
    from saps.evaluation.ablation.result import Ablation
    from saps.evaluation.ablation.settings import Settings

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
    overrides = [f"{name}=true" for name, wanted in flags.items() if wanted]
    if data_sizes is not None:
        overrides.append(f"data_sizes=[{data_sizes}]")
    given = [*context.args, *overrides]
    _refuse_multirun(given)
    settings = _settings(context, given)
    if settings is not None:
        _make_all(context, given, settings)


def _refuse_multirun(given: Sequence[str]) -> None:
    if "--multirun" in given or "-m" in given:
        raise typer.BadParameter(
            "saps ablate starts the runs of its rows itself: leave --multirun out, and choose how "
            "they are started with hydra/launcher=processes or hydra/launcher=slurm"
        )


def _settings(context: typer.Context, given: Sequence[str]) -> "Settings | None":
    """Compose the configurations and check them; None where Hydra only showed something."""
    found: list[Settings] = []

    def read(config: "DictConfig") -> None:
        from hydra.core.hydra_config import HydraConfig

        from saps.evaluation.ablation.inspection import inspect
        from saps.evaluation.ablation.settings import Settings

        settings = Settings.read(config)
        launcher = HydraConfig.get().runtime.choices["hydra/launcher"]
        inspect(settings, are_made_here=launcher in _ON_THIS_MACHINE)
        found.append(settings)

    context.args = list(given)
    run_application(read, "ablate", context)
    return next(iter(found), None)


def _make_all(context: typer.Context, given: Sequence[str], settings: "Settings") -> None:
    from saps.evaluation.ablation.folder import locked, prepare
    from saps.evaluation.ablation.outdated import mark_outdated
    from saps.evaluation.ablation.state import forget_attempts

    command = shlex.join(["saps", "ablate", *given])
    with locked(settings):
        prepare(settings)
        forget_attempts(settings)
        for told in mark_outdated(settings):
            print(told, file=sys.stderr)
        try:
            with _progress_shown(settings):
                _run_waves(context, given, settings)
        except KeyboardInterrupt:
            print(f"stopped; go on with: {command}", file=sys.stderr)
            raise
        finally:
            ablation = _write(settings, command)
    _show(ablation)
    if ablation.failed:
        sys.exit(1)


def _run_waves(context: typer.Context, given: Sequence[str], settings: "Settings") -> None:
    """Start the rows by Hydra's launcher, and those that need others after them."""
    from saps.evaluation.ablation.waves import Waves

    waves = Waves(settings)
    while wave := waves.next():
        names = ",".join(row.name for row in wave)
        context.args = ["--multirun", *given, f"row={names}"]
        error: Exception | None = None
        try:
            run_application(_row_task, "ablate", context)
        except Exception as raised:  # of the launcher: a row's own are written down
            error = raised
        waves.ended(wave, error)


def _row_task(config: "DictConfig") -> None:
    """Make one row: in this process, in another one, or on another machine."""
    from saps.evaluation.ablation.making import make_row
    from saps.evaluation.ablation.settings import Settings

    make_row(Settings.read(config), config.row)


@contextmanager
def _progress_shown(settings: "Settings") -> Iterator[None]:
    """Tell on stderr how far the whole is, whoever is making the rows."""
    from saps.evaluation.ablation.progress import Progress

    over, begun = threading.Event(), Progress.read(settings)
    teller = threading.Thread(target=_tell, args=(settings, over, begun), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell(settings: "Settings", over: threading.Event, before: "Progress") -> None:
    from saps.evaluation.ablation.progress import Progress, progress_lines

    is_last = False
    while not is_last:
        is_last = over.wait(_POLL_S)
        now = Progress.read(settings)
        for line in progress_lines(settings, now, before):
            print(line, file=sys.stderr, flush=True)
        before = now


def _write(settings: "Settings", command: str) -> "Ablation":
    from saps.evaluation.ablation.files import write_files
    from saps.evaluation.ablation.result import Ablation

    ablation = Ablation.read(settings, command)
    write_files(ablation)
    print(f"tables: {settings.out}", file=sys.stderr)
    return ablation


def _show(ablation: "Ablation") -> None:
    from rich.console import Console
    from rich.text import Text

    from saps.evaluation.ablation.layout import brief_tables, caption
    from saps.evaluation.ablation.notes import notes
    from saps.evaluation.table import draw

    console = Console()
    console.print(Text(caption(ablation), style="bold"))
    for table in brief_tables(ablation):
        console.print(draw(table))
    for note in notes(ablation):
        console.print(Text(f"- {note}"))
