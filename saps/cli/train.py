"""`saps train`: a Hydra application over `conf/train.yaml`."""

import logging
import sys
import warnings
from typing import TYPE_CHECKING

import typer

from saps.cli.hydra_application import run_application
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from omegaconf import DictConfig


def train(context: typer.Context, _debug: DebugOption = False) -> None:
    """Train a model; --help shows every choice."""
    run_application(_task, "train", context)


def _task(config: "DictConfig") -> None:
    from saps.model.training import train

    # Lightning's hints on its own defaults and products would bury the line of each epoch.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module=r"lightning\.pytorch")
    try:
        result = train(config)
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):  # Lightning's answer to Ctrl-C
            print("stopped; ckpt_path=last goes on from the last finished epoch", file=sys.stderr)
            raise KeyboardInterrupt from stop
        raise
    print(f"{result.metric} {result.value:.4f}   {result.best}")
