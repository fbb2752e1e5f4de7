"""The configuration of an evaluation. OmegaConf checks keys and types, this file the rest."""

import re
from dataclasses import dataclass, fields, make_dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, ValidationError

from saps.data.algolisp import SPLITS
from saps.lang import Limits
from saps.resources import usable_cores

Schema = TypeVar("Schema")


class EvaluationError(ValueError):
    """An evaluation cannot start; the message says why and what to do."""


@dataclass
class DataSettings:
    """Where the tasks lie, and what the report calls them."""

    path: Path
    name: str | None

    @property
    def label(self) -> str:
        """`data/generated` and its `test.jsonl.gz` are called generated, `data/a.jsonl` is a."""
        path = self.path.resolve()
        if self.name or path.is_dir():
            return self.name or path.name
        stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
        return path.parent.name if stem.removeprefix("metaset3.") in SPLITS else stem


@dataclass
class Settings:
    """See conf/evaluate.yaml, whose keys these are."""

    checkpoint: Path | None
    data: DataSettings
    split: str
    limit: int | None
    out: Path
    overwrite: bool
    batch_size: int
    workers: int | None
    device: str
    as_typed: bool
    robustness: bool
    limits: Any
    decoding: dict[str, Any]

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise EvaluationError(f"split={self.split}: expected one of {', '.join(SPLITS)}")
        check_counts(EvaluationError, self, "limit", "batch_size", "workers")
        self.limits = _limits(self.limits)

    @property
    def n_workers(self) -> int:
        """Processes that write and run programs."""
        return self.workers or usable_cores()

    @classmethod
    def read(cls, cfg: DictConfig) -> "Settings":
        """Check a configuration.

        Raises:
            EvaluationError: a value is of the wrong type or out of range.
            omegaconf.errors.MissingMandatoryValue: `data.path` is not given.
        """
        return checked(cls, cfg, EvaluationError)


def usable_device(name: str) -> str:
    """Return the name of a device as torch knows it.

    Raises:
        EvaluationError: there is no such device.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).partition("\n")[0]
        raise EvaluationError(f"device={name} cannot be used: {reason}; try device=cpu") from error
    return name


# OmegaConf cannot fill a frozen dataclass, so it checks a twin of `Limits` that is not.
_LimitSettings: Final = make_dataclass(
    "LimitSettings", [(limit.name, limit.type, limit.default) for limit in fields(Limits)]
)


def _limits(given: Any) -> Limits:
    if not isinstance(given, dict):
        raise EvaluationError(
            f"limits={given}: expected settings of its own, such as limits.steps=1000"
        )
    for name, value in given.items():
        if type(value) is float and value.is_integer():
            given[name] = int(value)  # 1e6 is a float to Hydra
    found = vars(checked(_LimitSettings, OmegaConf.create(given), EvaluationError, "limits."))
    for name, value in found.items():
        if not value > 0:
            raise EvaluationError(f"limits.{name}={value}: expected a number above 0")
    return Limits(**found)


# Configurations filled into dataclasses. Ablations use it, too.

# What OmegaConf calls the types, and what people call them.
_EXPECTED: Final = {
    r"Integer|'int'": "a whole number",
    r"Float|'float'": "a number",
    r"bool": "true or false",
    r"ListConfig|List\[": "a list, such as [a,b]",
    r"'str'|'Path'": "a text",
}
_EMPTY: Final = {
    "checkpoint": "the folder of a model or run, or checkpoint=null for the bundled model"
}


def checked(
    schema: type[Schema], cfg: DictConfig, error: type[ValueError], place: str = ""
) -> Schema:
    """Fill a dataclass with the values of a configuration.

    Args:
        schema: the dataclass; its `__post_init__` may look further.
        cfg: interpolations are resolved.
        error: raised where a key or a value will not do.
        place: of `cfg` in a larger configuration, put before the keys in messages.

    Raises:
        ValueError: `error`, which names the key, its value, and what is expected.
        omegaconf.errors.MissingMandatoryValue: a value is `???`.
    """
    content = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    assert isinstance(content, dict), "a configuration is a mapping"
    for key, value in content.items():
        if value == "":  # which would be the current folder, where a path is meant
            meant = _EMPTY.get(str(key), f"{place}{key!s}=...")
            raise error(f"{place}{key!s} is empty; give {meant}")
    try:
        made = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), content))
    except (ConfigKeyError, ValidationError) as problem:
        raise error(_told(problem, OmegaConf.create(content), place)) from problem
    assert isinstance(made, schema)
    return made


def check_counts(error: type[ValueError], settings: object, *names: str) -> None:
    """Refuse numbers below 1; None is no number."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise error(f"{name}={value}: expected a whole number of at least 1")


def _told(problem: ConfigKeyError | ValidationError, content: DictConfig, place: str) -> str:
    """Say which value will not do, without the names of classes that OmegaConf gives."""
    reason = str(problem).partition("\n")[0]
    if not problem.full_key:  # a value stands where settings should
        return f"expected settings such as data.path=..., found {reason.rpartition('value: ')[2]}"
    key = f"{place}{problem.full_key}"
    if isinstance(problem, ConfigKeyError):
        known = ", ".join(field.name for field in fields(problem.object_type or Settings))
        return f"{key}: no such key; there are {known}"
    value = OmegaConf.select(content, problem.full_key)
    kinds = (told for pattern, told in _EXPECTED.items() if re.search(pattern, reason))
    expected = next(kinds, "settings of its own, such as decoding=greedy has")
    if value is None and expected == "a text":
        return f"{key} is empty; give {key}=..."
    return f"{key}={value}: expected {expected}"
