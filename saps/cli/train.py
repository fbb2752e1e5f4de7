"""`saps train`: a Hydra application over `conf/train.yaml`."""

import logging
import os
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from saps.cli.console import DebugOption
from saps.cli.hydra_application import command_to_resume, run_application

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from saps.training.checkpoints import RunInterruptedError


def train(context: typer.Context, _debug: DebugOption = False) -> None:
    """Train a model; --help shows every choice."""
    _command_line[:] = [sys.argv[0], "train", *context.args]
    run_application(_task, "train", context)


# How this process was started: Lightning starts the others of DDP alike.
_command_line: list[str] = []


def _task(config: "DictConfig") -> None:
    from saps.training.checkpoints import RunInterruptedError
    from saps.training.run import train

    # Lightning's hints on its own defaults and products would bury the line of each epoch.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module=r"lightning\.pytorch")
    if _command_line:  # none in the worker processes of a sweep
        sys.argv = list(_command_line)
    try:
        result = train(config)
    except RunInterruptedError as stop:
        if not _is_speaker():
            return  # Lightning would kill the others if one ended with an error
        with suppress(OSError):  # at SIGHUP the terminal is gone
            print(f"{stop}; {_how_to_go_on(stop.folder, stop)}", file=sys.stderr)
        if stop.signal != signal.SIGINT:
            sys.exit(128 + stop.signal)
        raise KeyboardInterrupt from stop
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):  # Lightning's answer to Ctrl-C
            if _is_speaker():
                print(f"stopped at once; {_how_to_go_on(Path(config.folder))}", file=sys.stderr)
            raise KeyboardInterrupt from stop
        raise
    # Under DDP each process comes here, and one line is enough.
    if not _is_speaker():
        return
    if result.value is None:
        sys.exit(1)  # the run has said why there is no model
    print(f"{result.metric} {result.value:.4f}   {result.best}")


def _is_speaker() -> bool:
    """Tell whether this is the process that speaks for all of a machine."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def _how_to_go_on(folder: Path, stop: "RunInterruptedError | None" = None) -> str:
    """Give the command that resumes a run; `stop` tells how it was stopped, unless at once."""
    from hydra.core.hydra_config import HydraConfig

    from saps.training.checkpoints import holds_a_run

    problem = None if stop is None else stop.problem
    lost = "" if problem is None else f"its checkpoint could not be written ({problem})"
    if not holds_a_run(folder):
        return f"{lost or 'there was no checkpoint yet'}, so nothing was saved"
    command = command_to_resume(HydraConfig.get().overrides.task)
    if lost:
        return f"{lost}; to resume from the one before: {command}"
    return f"to resume{' from the last checkpoint' if stop is None else ''}: {command}"


# `saps generate`: a Hydra application over `conf/generate.yaml`.


def generate(context: typer.Context, _debug: DebugOption = False) -> None:
    """Write a data set of generated tasks; --help shows every choice."""
    run_application(_generate_task, "generate", context)


def _generate_task(config: "DictConfig") -> None:
    from saps.data.tasks.generate import generate

    print(generate(config))


# `saps evaluate`: a Hydra application over `conf/evaluate.yaml`.


def evaluate(context: typer.Context, _debug: DebugOption = False) -> None:
    """Evaluate a model on a data set; --help shows every choice."""
    run_application(_evaluate_task, "evaluate", context)


def _evaluate_task(config: "DictConfig") -> None:
    from saps.evaluation.evaluate import evaluate

    try:
        evaluate(config)
    except KeyboardInterrupt:
        told = f"stopped: nothing was written to {config.out}; the same command starts over"
        print(told, file=sys.stderr)
        raise
