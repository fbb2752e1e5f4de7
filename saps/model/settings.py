"""The settings of a run, checked before anything is read or written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from saps.data.module import TaskData
from saps.model.compilation import check_choice
from saps.model.module import validation_measures
from saps.model.network import Network

_LARGEST_SEED = 2**32 - 1  # numpy's


class SettingError(ValueError):
    """A setting can not be what it is; the message names it and says what it can be."""


@dataclass(frozen=True, slots=True)
class _Range:
    """What a number may be.

    Attributes:
        least: the smallest value.
        optional: null is a value too.
        most: the largest value; None for no such limit.
        whole: no fraction.
    """

    least: int
    optional: bool = False
    most: int | None = None
    whole: bool = True

    def holds(self, value: object) -> bool:
        if value is None:
            return self.optional
        kinds = (int,) if self.whole else (int, float)
        if type(value) not in kinds:  # a bool, too, is an int
            return False
        assert isinstance(value, int | float)
        return self.least <= value and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        end = "on" if self.most is None else f"to {self.most}"
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.least} {end}{', or null' if self.optional else ''}"


_RANGES = {
    "seed": _Range(0, most=_LARGEST_SEED),
    "patience": _Range(1, optional=True),
    "n_samples": _Range(0),
    "trainer.max_epochs": _Range(1),
    "data.vocabulary_size": _Range(1),
    "data.batch_size": _Range(1),
    "data.token_budget": _Range(1),
    "data.train_limit": _Range(1, optional=True),
    "data.dev_limit": _Range(1, optional=True),
    "checkpoints.every_n_steps": _Range(1, optional=True),
    "checkpoints.every_n_minutes": _Range(0, optional=True, whole=False),
    "feed.n_workers": _Range(0),
    "optimizer.lr": _Range(0, whole=False),
}
_HINTS = {
    "trainer.max_epochs": "; the learning rate follows a schedule, which needs an end",
}
_ABSENT = object()


def check_ranges(cfg: DictConfig) -> None:
    """Look at what can be judged without data and network.

    Raises:
        SettingError: a value is of the wrong kind or out of range, or the optimiser or the schedule
            refuses it.
        CompilationError: `compile` names no backend.
    """
    for key in ("name", "folder"):
        if not str(cfg[key] or "").strip():
            raise SettingError(f"{key}={cfg[key]}: it is empty; give the run a {key}")
    for key, allowed in _RANGES.items():
        value = OmegaConf.select(cfg, key, default=_ABSENT)
        if value is not _ABSENT and not allowed.holds(value):
            told = "null" if value is None else value
            raise SettingError(f"{key}={told}: expected {allowed}{_HINTS.get(key, '')}")
    if cfg.compile is not None:
        check_choice(cfg.compile)
    _try_optimizer(cfg)


def _try_optimizer(cfg: DictConfig) -> None:
    """Have the optimiser and the schedule look at their settings, on a weight that is no one's."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = _tried("optimizer", cfg.optimizer, lambda make: make([weight]))
    schedule = OmegaConf.select(cfg, "module.schedule")
    if schedule is not None:
        _tried("module.schedule", schedule, lambda make: make(optimizer, total_steps=100))


def _tried(key: str, config: DictConfig, use: Callable[[Callable[..., Any]], Any]) -> Any:
    made = instantiate(config)
    try:
        return use(made)
    except (TypeError, ValueError, RuntimeError) as error:
        given = {str(k): v for k, v in config.items() if not str(k).startswith("_")}
        told = " ".join(f"{key}.{name}={value}" for name, value in given.items())
        name = getattr(made, "func", made).__name__
        raise SettingError(f"{told}: {name} refuses this: {error}") from error


def check_monitor(monitor: str, network: Network, data: TaskData) -> None:
    """See that a validation will tell what the run is to watch.

    Args:
        monitor: name of a metric.
        network: whose loss may have parts, each a metric.
        data: has been read.

    Raises:
        SettingError: there is no such metric.
    """
    known = _metrics(network, data)
    if monitor not in known:
        raise SettingError(
            f"monitor={monitor}: a validation has no such metric; it has {', '.join(known)}"
        )


def _metrics(network: Network, data: TaskData) -> list[str]:
    was_training = network.training
    network.eval()  # so that dropout draws nothing
    try:
        with torch.no_grad():
            loss = network.loss(data.batch("dev", [0]))
    finally:
        network.train(was_training)
    return sorted(validation_measures(loss, exact=torch.zeros(())))
