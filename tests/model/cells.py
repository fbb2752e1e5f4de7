"""The choices of `cell=`, as their YAML makes them."""

from collections.abc import Callable
from typing import Any

from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn

from saps.model.cells.cell import Cell
from saps.model.cells.lstm import LstmCell
from saps.resources import resource_folder

FOLDER = resource_folder("conf") / "cell"
CELLS = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "dilated_conv")


def cell_choices() -> dict[str, tuple[Callable[..., Cell], Callable[..., nn.Module]]]:
    """Return what makes the decoder's cell and the encoder's layer, by the name of the choice."""
    choices: dict[str, tuple[Callable[..., Cell], Callable[..., nn.Module]]] = {}
    for name in CELLS:
        cell = cell_of(name)
        choices[name] = (cell, cell)
    choices["gru_reset_after"] = (cell_of("gru/reset_after"),) * 2
    layer: Any = OmegaConf.load(FOLDER / "dilated_conv.yaml")
    choices["dilated_conv"] = (LstmCell, instantiate(layer.model.encoder.cell))
    return choices


def cell_of(name: str) -> Callable[..., Cell]:
    """Return what a cell's YAML makes."""
    cell: Callable[..., Cell] = instantiate(OmegaConf.load(FOLDER / f"{name}.yaml"))
    return cell
