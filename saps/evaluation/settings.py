"""The configuration of an evaluation, checked before anything is read."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from omegaconf import DictConfig, OmegaConf

from saps.data.algolisp import SPLITS
from saps.lang import Limits


class EvaluationError(ValueError):
    """An evaluation can not start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """See conf/evaluate.yaml, whose keys these are."""

    checkpoint: Path | None
    data_path: Path
    data_name: str
    split: str
    limit: int | None
    out: Path
    overwrite: bool
    batch_size: int
    workers: int
    device: str
    as_typed: bool
    robustness: bool
    limits: Limits
    decoding: Mapping[str, Any]

    @classmethod
    def read(cls, cfg: DictConfig) -> "Settings":
        """Check a configuration.

        Raises:
            EvaluationError: a value is of the wrong kind or out of range.
            omegaconf.errors.MissingMandatoryValue: `data.path` is not given.
        """
        path = Path(_text(cfg, "data.path"))
        return cls(
            checkpoint=_checkpoint(cfg),
            data_path=path,
            data_name=str(OmegaConf.select(cfg, "data.name") or _name_of(path)),
            split=_one_of(cfg, "split", SPLITS),
            limit=_count(cfg, "limit") if cfg.limit is not None else None,
            out=Path(_text(cfg, "out")),
            overwrite=_flag(cfg, "overwrite"),
            batch_size=_count(cfg, "batch_size"),
            workers=_count(cfg, "workers") if cfg.workers is not None else usable_cores(),
            device=_text(cfg, "device"),
            as_typed=_flag(cfg, "as_typed"),
            robustness=_flag(cfg, "robustness"),
            limits=_limits(cfg),
            decoding=_mapping(cfg, "decoding", "decoding=greedy has"),
        )


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _name_of(path: Path) -> str:
    """`data/generated` and its `test.jsonl.gz` are both called generated, `data/a.jsonl` is a."""
    path = path.resolve()
    if path.is_dir():
        return path.name
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return path.parent.name if stem.removeprefix("metaset3.") in SPLITS else stem


def _checkpoint(cfg: DictConfig) -> Path | None:
    value = OmegaConf.select(cfg, "checkpoint")
    if value == "":  # which would be the current folder
        raise EvaluationError(
            "checkpoint is empty; give the folder of a model or run, or checkpoint=null for the "
            "bundled model"
        )
    return None if value is None else Path(str(value))


def _text(cfg: DictConfig, key: str) -> str:
    value = OmegaConf.select(cfg, key, throw_on_missing=True)
    if value is None or str(value) == "":
        raise EvaluationError(f"{key} is empty; give {key}=...")
    return str(value)


def _one_of(cfg: DictConfig, key: str, choices: tuple[str, ...]) -> str:
    value = _text(cfg, key)
    if value not in choices:
        raise EvaluationError(f"{key}={value}: expected one of {', '.join(choices)}")
    return value


def _count(cfg: DictConfig, key: str) -> int:
    value = OmegaConf.select(cfg, key)
    if type(value) is not int or value < 1:
        raise EvaluationError(f"{key}={value}: expected a whole number of at least 1")
    return value


def _flag(cfg: DictConfig, key: str) -> bool:
    value = OmegaConf.select(cfg, key)
    if type(value) is not bool:
        raise EvaluationError(f"{key}={value}: expected true or false")
    return value


def _mapping(cfg: DictConfig, key: str, example: str) -> dict[str, Any]:
    found = OmegaConf.select(cfg, key)
    if not isinstance(found, DictConfig):
        raise EvaluationError(f"{key}={found}: expected settings of its own, as {example}")
    value = OmegaConf.to_container(found, resolve=True)
    assert isinstance(value, dict)
    return {str(name): item for name, item in value.items()}


def _limits(cfg: DictConfig) -> Limits:
    given = _mapping(cfg, "limits", "limits.steps=1000")
    kinds = get_type_hints(Limits)
    known = [field.name for field in fields(Limits)]
    for name in given:
        if name not in known:
            raise EvaluationError(f"limits.{name}: no such limit; there are {', '.join(known)}")
    return Limits(**{name: _limit(name, value, kinds[name]) for name, value in given.items()})


def _limit(name: str, value: Any, kind: type) -> Any:
    if kind is int and type(value) is float and value.is_integer():
        value = int(value)  # 1e6 is a float to Hydra
    if type(value) not in (int, kind) or not value > 0:
        number = "a whole number" if kind is int else "a number"
        raise EvaluationError(f"limits.{name}={value}: expected {number} above 0")
    return value
