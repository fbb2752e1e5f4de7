"""The settings of a run, checked before anything is read or written."""

import math
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from saps.model.protocols import Network
from saps.resources import override
from saps.training.training_module import check_compile, validation_measures

if TYPE_CHECKING:
    from saps.data.data_module import TaskData


class SettingError(ValueError):
    """A setting cannot be what it is; the message names it and says what it can be."""


class _Range(NamedTuple):
    """What a number may be: whole from `least` on, unless the rest says otherwise."""

    least: int
    optional: bool = False  # null is a value too
    most: int | None = None
    whole: bool = True

    def holds(self, value: object) -> bool:
        if value is None:
            return self.optional
        if type(value) not in ((int,) if self.whole else (int, float)):  # a bool, too, is an int
            return False
        assert isinstance(value, int | float)
        return math.isfinite(value) and self.least <= value <= (self.most or math.inf)

    def __str__(self) -> str:
        end = "on" if self.most is None else f"to {self.most}"
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.least} {end}{', or null' if self.optional else ''}"


_RANGES = {
    "seed": _Range(0, most=2**32 - 1),  # numpy's
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
# What these groups have; others are checked by the classes that they make.
_GROUPS = {
    "checkpoints": ("every_n_steps", "every_n_minutes"),
    "feed": ("n_workers", "pin", "resident", "n_shapes"),
}
_HINTS = {
    "trainer.max_epochs": "; the learning rate follows a schedule, which needs an end",
    "trainer.gradient_clip_val": "; 0 and null clip nothing",
}
_MATMUL_PRECISIONS = ("highest", "high", "medium")
# The others change the type of the batches, which hold whole numbers too, or need a library.
_PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "32", "bf16", "16")
# Lightning's settings that a run does not leave to the user: they would make the schedule, the
# counts of a validation or the run folder tell of something else. With the values that change
# nothing, and what to give instead.
_NOT_FOR_RUNS: dict[str, tuple[tuple[object, ...], str]] = {
    "accumulate_grad_batches": ((None, 1), "a larger data.batch_size"),
    "limit_train_batches": ((None, 1.0), "data.train_limit"),
    "limit_val_batches": ((None, 1.0, 0), "data.dev_limit"),
    "overfit_batches": ((None, 0), "data.train_limit"),
    "fast_dev_run": ((None, False), "data.train_limit and trainer.max_epochs=1"),
    "barebones": ((None, False), "logger=csv, or nothing"),
    "logger": ((None,), "logger=csv, tensorboard or wandb, a group of its own"),
    "default_root_dir": ((None,), "folder"),
    "enable_checkpointing": ((None, True), "nothing: a run always keeps its last checkpoints"),
    "num_sanity_val_steps": ((None, 0), "trainer.check_val_every_n_epoch"),
    "reload_dataloaders_every_n_epochs": ((None, 1), "nothing: each epoch has its own batches"),
    "use_distributed_sampler": ((None, False), "nothing: each process gets its share"),
}
# None is a value of a setting.
_ABSENT = object()


def check_ranges(cfg: DictConfig) -> None:
    """Look at what can be judged without data and network.

    Raises:
        SettingError: a value is of the wrong kind or out of range, the optimiser or the schedule
            refuses it, or a validation cannot be decoded with it.
        CompilationError: `compile` names no backend.
    """
    for key in ("name", "folder"):
        if not str(cfg[key] or "").strip():
            raise SettingError(f"{key}={cfg[key]}: it is empty; give the run a {key}")
    for key, allowed in _RANGES.items():
        value = OmegaConf.select(cfg, key, default=_ABSENT)
        if value is not _ABSENT and not allowed.holds(value):
            raise SettingError(f"{key}={_spelled(value)}: expected {allowed}{_HINTS.get(key, '')}")
    for key in ("overwrite", "half_precision_bundle"):
        if type(cfg[key]) is not bool:
            raise SettingError(f"{key}={_spelled(cfg[key])}: expected true or false")
    _check_groups(cfg)
    _check_choice("matmul_precision", cfg.matmul_precision, _MATMUL_PRECISIONS)
    _check_logger_name(cfg)
    _check_trainer(cfg.trainer)
    if cfg.compile is not None:
        check_compile(cfg.compile)
    if not hasattr(instantiate(cfg.decoding), "decode"):
        name = str(cfg.decoding["_target_"]).split(".")[-2]
        raise SettingError(
            f"decoding={name}: a validation decodes greedily, so train with decoding=greedy; "
            f"the model is then judged with `saps evaluate decoding={name}`"
        )
    # The optimiser and the schedule look at their settings themselves, on a weight of no one's.
    weight = nn.Parameter(torch.zeros(1))
    optimizer = _tried("optimizer", cfg.optimizer, lambda make: make([weight]))
    schedule = OmegaConf.select(cfg, "module.schedule")
    if schedule is not None:
        _tried("module.schedule", schedule, lambda make: make(optimizer, total_steps=100))


def _check_groups(cfg: DictConfig) -> None:
    for group, known in _GROUPS.items():
        for key in cfg[group]:
            if key not in known:
                raise SettingError(
                    f"{group}.{key}: there is no such setting; {group} has {', '.join(known)}"
                )


def _check_trainer(trainer: DictConfig) -> None:
    for key, (harmless, instead) in _NOT_FOR_RUNS.items():
        value = trainer.get(key)
        # 1.0 is all batches and 1 is a single one.
        if not any(value == one and type(value) is type(one) for one in harmless):
            raise SettingError(f"trainer.{key}={value}: a run cannot use this; give {instead}")


def check_machine(cfg: DictConfig) -> None:
    """Look at where and how precisely is computed.

    Raises:
        SettingError: there is no GPU, or batches cannot have this precision.
    """
    trainer = cfg.trainer
    if str(trainer.precision) not in _PRECISIONS:
        _check_choice("trainer.precision", trainer.precision, _PRECISIONS[:3])
    if trainer.accelerator in ("gpu", "cuda") and not torch.accelerator.is_available():
        raise SettingError(
            f"trainer.accelerator={trainer.accelerator}: torch finds no GPU here; train on the "
            "CPU with trainer=cpu"
        )


def _spelled(value: object) -> object:
    return "null" if value is None else value


def _check_choice(key: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingError(f"{key}={value}: expected one of {', '.join(choices)}")


def _check_logger_name(cfg: DictConfig) -> None:
    """Refuse a number, of which Lightning can make no folder."""
    name = OmegaConf.select(cfg, "logger.name", default="")
    if not isinstance(name, str):
        hint = "" if name is None else f": {shlex.quote(override('logger.name', str(name)))}"
        raise SettingError(f"logger.name={_spelled(name)}: expected a name{hint}")


def _tried(key: str, config: DictConfig, use: Callable[[Callable[..., Any]], Any]) -> Any:
    made = instantiate(config)
    try:
        return use(made)
    except (TypeError, ValueError, RuntimeError) as error:
        given = {str(k): v for k, v in config.items() if not str(k).startswith("_")}
        told = " ".join(f"{key}.{name}={value}" for name, value in given.items())
        name = getattr(made, "func", made).__name__
        raise SettingError(f"{told}: {name} refuses this: {error}") from error


def check_monitor(monitor: str, network: Network, data: "TaskData") -> None:
    """Raise a SettingError where no validation tells what the run is to watch.

    The loss of a network may have parts, each of which is a metric.
    """
    was_training = network.training
    network.eval()  # so that dropout draws nothing
    try:
        with torch.no_grad():
            loss = network.loss(data.batch("dev", [0]))
    finally:
        network.train(was_training)
    known = sorted(validation_measures(loss, exact=torch.zeros(())))
    if monitor not in known:
        raise SettingError(
            f"monitor={monitor}: a validation has no such metric; it has {', '.join(known)}"
        )


def warm_up_then_decay(
    optimizer: Optimizer, *, total_steps: int, warm_up: float, final: float
) -> LambdaLR:
    """Let the learning rate rise linearly from nearly nothing, then fall linearly.

    Args:
        optimizer: its learning rates are the peak.
        total_steps: optimiser steps of the whole run; beyond it the rate stays at its last value.
        warm_up: share of the steps that rise, in [0, 1).
        final: share of the peak at the end.
    """
    rising = max(1, round(warm_up * total_steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        progress = min(1.0, (step - rising) / max(1, total_steps - rising))
        return 1.0 - (1.0 - final) * progress

    return LambdaLR(optimizer, factor)
