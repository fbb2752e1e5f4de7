"""`saps generate`: a Hydra application over `conf/generate.yaml`."""

from typing import TYPE_CHECKING

import typer

from saps.cli.hydra_application import run_application
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from omegaconf import DictConfig


def generate(context: typer.Context, _debug: DebugOption = False) -> None:
    """Write a data set of generated tasks; --help shows every choice."""
    run_application(_task, "generate", context)


def _task(config: "DictConfig") -> None:
    from saps.data.generator.run import generate

    print(generate(config))
