"""`saps train`: a Hydra application over `conf/train.yaml`."""

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

    result = train(config)
    print(f"{result.metric} {result.value:.4f}   {result.best}")
