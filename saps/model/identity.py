"""What a checkpoint belongs to: a run goes on with the same network, data and settings only."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from omegaconf import DictConfig

from saps.data.module import SPLITS, TaskData
from saps.data.source import SplitSource
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import plain_config
from saps.model.checkpoint import CheckpointError

KEY = "saps"
# Where data lie, how they are called and how many validate changes nothing that is trained.
_FREE_DATA_SETTINGS = ("path", "name", "cache", "dev_limit")
_ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Identity:
    """What must stay as it is when a run goes on.

    Attributes:
        settings: of the network, the optimiser, the seed, and what of the data decides batches.
        vocabulary: hashes of the `tokenizer` and the `symbols`.
        data: hash of each split's file.
    """

    settings: Mapping[str, Any]
    vocabulary: Mapping[str, str]
    data: Mapping[str, str]

    @classmethod
    def of(cls, cfg: DictConfig, data: TaskData) -> "Identity":
        """Describe a run whose data have been read."""
        return cls(
            settings_of(cfg),
            vocabulary_of(data.tokenizer, data.symbols),
            {split: SplitSource(data.path, split, None).digest for split in SPLITS},
        )


def settings_of(cfg: DictConfig) -> dict[str, Any]:
    """Return the settings that a run may not change."""
    config = plain_config(cfg)
    data = {key: value for key, value in config["data"].items() if key not in _FREE_DATA_SETTINGS}
    return {
        "seed": config["seed"],
        "model": config["model"],
        "optimizer": config["optimizer"],
        "data": data,
    }


def vocabulary_of(tokenizer: Tokenizer, symbols: SymbolTable) -> dict[str, str]:
    """Return a hash of each vocabulary."""
    labels = repr([(label.symbol, label.arity) for label in symbols.labels])
    return {
        "tokenizer": hashlib.sha256(tokenizer.model_proto).hexdigest(),
        "symbols": hashlib.sha256(labels.encode()).hexdigest(),
    }


class KeepsIdentity(Callback):
    """Writes into each checkpoint what it belongs to."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def on_save_checkpoint(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        checkpoint: dict[str, Any],
    ) -> None:
        checkpoint[KEY] = {
            "settings": self.identity.settings,
            "vocabulary": self.identity.vocabulary,
            "data": self.identity.data,
        }


def check_settings(path: Path, checkpoint: Mapping[str, Any], cfg: DictConfig) -> None:
    """Compare a checkpoint with the settings of the run that wants to go on from it.

    Raises:
        CheckpointError: one of them differs; the message names the first.
    """
    if KEY not in checkpoint:
        raise CheckpointError(
            f"{path} does not say what it belongs to: it is of another version of SAPS; "
            "start anew with overwrite=true"
        )
    found = _first_difference(checkpoint[KEY]["settings"], settings_of(cfg))
    if found is not None:
        name, there, here = found
        raise CheckpointError(
            f"{path} belongs to another run: {name} is {_told(there)} there and {_told(here)} "
            f"here; {_remedy(name, there, here)}, or give the run's own experiment, or another "
            "name= for a new run"
        )


def _remedy(name: str, there: Any, here: Any) -> str:
    if there == _ABSENT:
        return f"leave {name} out"
    plus = "+" if here == _ABSENT else ""
    return f"give {plus}{name}={_told(there)}"


def _told(value: Any) -> str:
    """Return a value as an override has it."""
    return "null" if value is None else str(value)


def check_vocabulary(
    path: Path, checkpoint: Mapping[str, Any], tokenizer: Tokenizer, symbols: SymbolTable
) -> None:
    """Compare a checkpoint with the vocabularies beside it.

    Raises:
        CheckpointError: one of them is not that of the checkpoint.
    """
    here = vocabulary_of(tokenizer, symbols)
    for name, digest in checkpoint[KEY]["vocabulary"].items():
        if here[name] != digest:
            raise CheckpointError(
                f"the {name} in {path.parent} is not the one that {path.name} was trained with; "
                "put the run's own file back, or start anew with overwrite=true"
            )


def check_data(path: Path, checkpoint: Mapping[str, Any], identity: Identity, folder: Path) -> None:
    """Compare a checkpoint with the data.

    Raises:
        CheckpointError: a split changed since the run began.
    """
    for split, digest in checkpoint[KEY]["data"].items():
        if identity.data[split] != digest:
            raise CheckpointError(
                f"the {split} split in {folder} changed since the run of {path} began; give that "
                "run's data.path=, or start anew with overwrite=true"
            )


def _first_difference(there: Any, here: Any, name: str = "") -> tuple[str, Any, Any] | None:
    """Return the dotted name of the first value that differs, and both values."""
    if not isinstance(there, Mapping) or not isinstance(here, Mapping):
        return None if there == here else (name, there, here)
    for key in dict.fromkeys((*there, *here)):
        below = f"{name}.{key}" if name else str(key)
        found = _first_difference(there.get(key, _ABSENT), here.get(key, _ABSENT), below)
        if found is not None:
            return found
    return None
