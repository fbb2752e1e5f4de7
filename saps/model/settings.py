"""The settings of a run, checked before anything is read or written."""

import inspect
import math
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from saps.data.module import TaskData
from saps.model.compilation import check_choice
from saps.model.feed import Feed
from saps.model.module import validation_measures
from saps.model.network import Network
from saps.model.saving import Saving
from saps.override import override

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
        if not math.isfinite(value):
            return False
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
    "trainer.check_val_every_n_epoch": _Range(1),
    "trainer.gradient_clip_val": _Range(0, optional=True, whole=False),
    "data.vocabulary_size": _Range(1),
    "data.batch_size": _Range(1),
    "data.token_budget": _Range(1),
    "data.train_limit": _Range(1, optional=True),
    "data.dev_limit": _Range(1, optional=True),
    "checkpoints.every_n_steps": _Range(1, optional=True),
    "checkpoints.every_n_minutes": _Range(0, optional=True, whole=False),
    "feed.n_workers": _Range(0),
    "optimizer.lr": _Range(0, whole=False),
    "optimizer.alpha": _Range(0, most=1, whole=False),
    "module.schedule.warm_up": _Range(0, most=1, whole=False),
    "module.schedule.final": _Range(0, most=1, whole=False),
}
_HINTS = {
    "trainer.max_epochs": "; the learning rate follows a schedule, which needs an end",
    "trainer.gradient_clip_val": "; 0 and null clip nothing",
}
_MATMUL_PRECISIONS = ("highest", "high", "medium")
# The others change the type of the batches, which hold whole numbers too, or need a library.
_PRECISIONS = {"32-true": ("32-true", "32"), "bf16-mixed": ("bf16-mixed", "bf16")} | {
    "16-mixed": ("16-mixed", "16")
}
# What of Lightning's would make the schedule, or the counts of a validation, tell of something
# else: the values that leave it as it is, and what to give instead.
_NOT_FOR_RUNS: dict[str, tuple[tuple[object, ...], str]] = {
    "accumulate_grad_batches": ((None, 1), "a larger data.batch_size"),
    "limit_train_batches": ((None, 1.0), "data.train_limit"),
    "limit_val_batches": ((None, 1.0, 0), "data.dev_limit"),
    "overfit_batches": ((None, 0), "data.train_limit"),
}
_ABSENT = object()


def check_ranges(cfg: DictConfig) -> None:
    """Look at what can be judged without data and network.

    Raises:
        SettingError: a value is of the wrong kind or out of range, the optimiser or the schedule
            refuses it, or a validation can not be decoded with it.
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
    _check_choice("matmul_precision", cfg.matmul_precision, _MATMUL_PRECISIONS)
    _check_logger_name(cfg)
    _check_keys("checkpoints", cfg.checkpoints, Saving)
    _check_keys("feed", cfg.feed, Feed)
    _check_steps(cfg.trainer)
    if cfg.compile is not None:
        check_choice(cfg.compile)
    _check_decoding(cfg.decoding)
    _try_optimizer(cfg)


def check_machine(cfg: DictConfig) -> None:
    """Look at where and how precisely is computed.

    Raises:
        SettingError: there is no GPU, or batches can not have this precision.
    """
    trainer = cfg.trainer
    if not any(str(trainer.precision) in names for names in _PRECISIONS.values()):
        _check_choice("trainer.precision", trainer.precision, tuple(_PRECISIONS))
    if trainer.accelerator in ("gpu", "cuda") and not torch.accelerator.is_available():
        raise SettingError(
            f"trainer.accelerator={trainer.accelerator}: torch finds no GPU here; train on the "
            "CPU with trainer=cpu"
        )


def _check_choice(key: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingError(f"{key}={value}: expected one of {', '.join(choices)}")


def _check_logger_name(cfg: DictConfig) -> None:
    """Refuse a number, of which Lightning can make no folder."""
    name = OmegaConf.select(cfg, "logger.name", default="")
    if not isinstance(name, str):
        hint = "" if name is None else f": {shlex.quote(override('logger.name', str(name)))}"
        told = "null" if name is None else name
        raise SettingError(f"logger.name={told}: expected a text{hint}")


def _check_keys(group: str, given: DictConfig, made: type) -> None:
    known = [
        name
        for name, parameter in inspect.signature(made).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    for key in map(str, given):
        if key not in known:
            raise SettingError(
                f"{group}.{key}: there is no such setting; {group} has {', '.join(known)}"
            )


def _check_steps(trainer: DictConfig) -> None:
    for key, (allowed, instead) in _NOT_FOR_RUNS.items():
        value = trainer.get(key)
        # 1.0 is all batches and 1 is a single one.
        if not any(value == one and type(value) is type(one) for one in allowed):
            raise SettingError(f"trainer.{key}={value}: a run does without this; give {instead}")


def _check_decoding(decoding: DictConfig) -> None:
    if hasattr(instantiate(decoding), "decode"):
        return
    name = str(decoding["_target_"]).split(".")[-2]
    raise SettingError(
        f"decoding={name}: a validation decodes greedily, so train with decoding=greedy; "
        f"the model is then judged with `saps evaluate decoding={name}`"
    )


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
