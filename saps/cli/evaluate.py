"""`saps evaluate`: a Hydra application over `conf/evaluate.yaml`."""

import sys
from typing import TYPE_CHECKING

import typer

from saps.cli.hydra_application import run_application
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from omegaconf import DictConfig


def evaluate(context: typer.Context, _debug: DebugOption = False) -> None:
    """Judge a model on a data set; --help shows every choice."""
    run_application(_task, "evaluate", context)


def _task(config: "DictConfig") -> None:
    from saps.evaluation.evaluate import evaluate

    try:
        evaluate(config)
    except KeyboardInterrupt:
        told = f"stopped: nothing was written to {config.out}; the same command starts anew"
        print(told, file=sys.stderr)
        raise
