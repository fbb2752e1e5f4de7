"""The configurations of a row: of its training, and of its evaluations."""

import copy
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from saps.evaluation.ablation.folder import report_folder, run_folder
from saps.evaluation.ablation.row import Row
from saps.evaluation.ablation.settings import Settings
from saps.resources import resource_folder


def train_config(settings: Settings, row: Row) -> DictConfig:
    """Return what `saps train` would be called with.

    What all rows share is put in last, so that no experiment has data or a batch of its own.

    Raises:
        hydra.errors.HydraException: a setting of the row does not exist.
    """
    size = [f"model/size={settings.size}"]
    cfg = _compose("train", [*row.train, *size, *settings.train])
    with open_dict(cfg):
        for key, value in settings.shared.items():
            cfg[key] = value
        cfg.trainer.max_epochs = settings.epochs_of(row)
        if row.train_limit is not None:
            cfg.data.train_limit = row.train_limit
        if row.starts_from is not None:
            cfg.pretrained = str(run_folder(settings, row.starts_from))
    cfg.name, cfg.folder = row.name, str(run_folder(settings, row.name))
    cfg.n_samples = 0
    return cfg


def evaluate_config(settings: Settings, row: Row, split: str) -> DictConfig:
    """Return what `saps evaluate` would be called with."""
    cfg = _compose("evaluate", row.evaluate or settings.evaluate)
    judging = settings.judging
    values: dict[str, Any] = {
        "checkpoint": str(model_folder(settings, row)),
        "data.path": str(settings.data["path"]),
        "data.name": str(settings.data["name"]),
        "split": split,
        "limit": _limit(settings, row, split),
        "out": str(report_folder(settings, row.name, split)),
        "overwrite": True,  # of the ablation's own folder, which holds an older model's report
        "batch_size": judging.batch_size,
        "workers": judging.workers,
        "device": judging.device,
    }
    for key, value in values.items():
        OmegaConf.update(cfg, key, value)
    return cfg


def _limit(settings: Settings, row: Row, split: str) -> int | None:
    limits = (settings.judging.limit(split), row.dev_limit if split == "dev" else None)
    return min((limit for limit in limits if limit is not None), default=None)


def model_folder(settings: Settings, row: Row) -> Path:
    """Return the folder of the model that a row judges."""
    return run_folder(settings, row.runs_in) / "best"


def _compose(command: str, overrides: Sequence[str]) -> DictConfig:
    return copy.deepcopy(_composed(command, tuple(overrides)))


@functools.cache  # a command composes each row when it looks at it, and again when it makes it
def _composed(command: str, overrides: tuple[str, ...]) -> DictConfig:
    if GlobalHydra.instance().is_initialized():  # by the command itself, over the same folder
        return compose(command, overrides=list(overrides))
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose(command, overrides=list(overrides))
