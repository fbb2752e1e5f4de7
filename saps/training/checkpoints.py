"""Checkpoints: written whole or not at all, checked when read, and used by their own run alone.

A run keeps the last two. Each says what it belongs to (its settings, vocabularies and data), so
that a run goes on with what it began with, or not at all.
"""

import hashlib
import json
import logging
import os
import shutil
import signal
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, NamedTuple

import lightning
import torch
from lightning.pytorch.callbacks import LambdaCallback
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig, OmegaConf
from torch import nn

from saps.data.algolisp import find_split
from saps.data.files import content_digest
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import FILES, SYMBOLS, TOKENIZER, WEIGHTS, plain_config, restore_replaced
from saps.resources import DRAFT, whole_file

if TYPE_CHECKING:
    from saps.data.data_module import TaskData

logger = logging.getLogger(__name__)

CONFIG = "config.yaml"
METRICS = "metrics.csv"
CURVES = "curves.png"
LAST = "last.ckpt"
PREVIOUS = "previous.ckpt"
DAMAGED = f"{LAST}.damaged"

KEY = "saps"
_START = b"PK\x03\x04"  # of a zip file, which torch writes
_ANEW = "start again with overwrite=true"


class CheckpointError(ValueError):
    """A checkpoint is missing or damaged, or belongs to another run; the message says which."""


# Asked before anything is replaced, so a checkpoint that is damaged counts, too.
def holds_a_run(folder: Path) -> bool:
    """Tell whether a run has left a checkpoint there."""
    return any((folder / name).exists() for name in (LAST, PREVIOUS))


class RunInterruptedError(Exception):
    """A signal, after the step at hand was finished and a checkpoint written.

    Its `problem` is why that could not be written; None if it was.
    """

    def __init__(
        self, folder: Path, step: int, epoch: int, problem: str | None, number: int = signal.SIGINT
    ) -> None:
        super().__init__(folder, step, epoch, problem, number)
        self.folder, self.step, self.epoch, self.problem = folder, step, epoch, problem
        self.signal = signal.Signals(number)

    @property
    def has_checkpoint(self) -> bool:
        return holds_a_run(self.folder)

    def __str__(self) -> str:
        return f"stopped after step {self.step}, in epoch {self.epoch:03d}"


class CheckpointFiles(TorchCheckpointIO):
    """Writes `last.ckpt`, and keeps the one that it replaces as `previous.ckpt`.

    Killed at any moment, it leaves at least one of the two whole. A disk that is full costs the
    new checkpoint alone: training continues, with a warning.

    Attributes:
        failure: why the newest checkpoint could not be written; None if it was.
    """

    failure: str | None = None

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        assert storage_options is None, "nobody gives any to the trainer of a run"
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as draft, draft.open("xb") as file:
                torch.save(checkpoint, file)
                file.flush()
                # A rename may reach the disk before the bytes do, which a power failure would show.
                os.fsync(file.fileno())
                # Killed between this move and the next, a run still has its previous checkpoint.
                if path.exists():
                    path.replace(path.with_name(PREVIOUS))
            # Have the disk know of the new names, as it knows of the contents.
            descriptor = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except (OSError, RuntimeError) as error:  # torch reports a failing write as the latter
            self.failure = first_line(error)
            kept = "the one before it is kept" if holds_a_run(path.parent) else "there is none yet"
            logger.warning(
                "%s could not be written (%s): %s, training continues", path, self.failure, kept
            )
        else:
            self.failure = None


def has_finite_weights(module: nn.Module) -> bool:
    """Tell whether no weight is NaN or infinite; a GPU is asked for one number."""
    # A sum is NaN or infinite if one of its terms is, and one tensor is fetched instead of many.
    sums = torch.stack([weight.detach().sum() for weight in module.parameters()])
    return bool(torch.isfinite(sums).all())


def first_line(error: BaseException) -> str:
    """Return what an error says, for the middle of a sentence."""
    # What torch says of a full disk is where in its own file it noticed.
    while isinstance(error, RuntimeError) and isinstance(error.__context__, OSError):
        error = error.__context__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, with its sums checked and without running code from it.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    no_checkpoint = (
        f"{path} is not a checkpoint of a run: give ckpt_path one, such as runs/NAME/{LAST}"
    )
    if path.is_dir():
        raise CheckpointError(
            f"{path} is a folder: ckpt_path takes a checkpoint, such as {path / LAST}, or last for "
            "the one in the run's own folder"
        )
    try:
        with path.open("rb") as file:
            start = file.read(len(_START))
        if not start:
            raise CheckpointError(f"{path} is damaged: it is empty")
        if start != _START:  # a file of another kind, not a checkpoint that has lost its end
            raise CheckpointError(no_checkpoint)
        # torch.load looks at no sums: a flipped bit would train on without a word.
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
        if broken is not None:
            raise CheckpointError(f"{path} is damaged: the sum of {broken} is wrong")
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(_missing(path)) from error
    except (
        *(OSError, EOFError, RuntimeError, UnpicklingError),
        *(zipfile.BadZipFile, zlib.error),
    ) as error:
        raise CheckpointError(f"{path} is damaged: {first_line(error)}") from error
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise CheckpointError(no_checkpoint)
    return checkpoint


def _missing(path: Path) -> str:
    told = f"no checkpoint at {path}: start the run without ckpt_path"
    if (path.parent / "best").exists():  # it would be refused then: there is a model to lose
        told += ", under another name= or, in place of the model that is there, with overwrite=true"
    return told


def newest_checkpoint(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the last checkpoint of a run that is whole; a damaged one is moved aside.

    Raises:
        CheckpointError: there is no whole one.
    """
    last, previous = folder / LAST, folder / PREVIOUS
    if not holds_a_run(folder):
        raise CheckpointError(_missing(last))
    try:
        return last, read_checkpoint(last)
    except CheckpointError as error:
        if not previous.exists():
            raise CheckpointError(f"{error}; there is no {PREVIOUS} beside it, {_ANEW}") from error
        try:
            checkpoint = read_checkpoint(previous)
        except CheckpointError as earlier:
            raise CheckpointError(
                f"{error}, and {earlier}; {_ANEW}, or under another name "
                f"with the weights of the best model, where there is one: start_from={folder}"
            ) from earlier
        logger.warning("%s; resuming from %s, step %d", error, previous, checkpoint["global_step"])
        if last.exists():  # else the next checkpoint would put it in the place of the whole one
            last.replace(last.with_name(DAMAGED))
        return previous, checkpoint


# What a checkpoint belongs to: a run goes on with the same network, data and settings only.

FREE_DATA_SETTINGS = ("path", "name", "cache")
"""Where data lie and how they are called: that changes nothing that is trained."""
# Settings that runs of earlier versions lack, with the value that says what was done then.
_ADDED = {"model.decoder.first_child": "parent"}
_ABSENT = "absent"
_NOTHING: tuple[object, ...] = (None, {}, _ABSENT)


class Difference(NamedTuple):
    """A setting that differs, by its dotted name."""

    name: str
    there: Any
    here: Any

    @property
    def told(self) -> tuple[str, str]:
        """Both values as overrides give them."""
        there, here = (
            value if isinstance(value, str) else json.dumps(value, default=str)
            for value in (self.there, self.here)
        )
        return there, here

    def __str__(self) -> str:
        return "{} is {} there and {} here".format(self.name, *self.told)


def first_difference(
    there: Any, here: Any, name: str = "", *, only_there: bool = False
) -> Difference | None:
    """Return the first setting that differs; what is null, empty or not there is the same.

    With `only_there` what the settings there lack, as it came with a later version of SAPS, is
    left out.
    """
    if not isinstance(there, Mapping) or not isinstance(here, Mapping):
        both_nothing = there in _NOTHING and here in _NOTHING
        return None if there == here or both_nothing else Difference(name, there, here)
    for key in there if only_there else dict.fromkeys((*there, *here)):
        below = f"{name}.{key}" if name else str(key)
        old = there.get(key, _ADDED.get(below, _ABSENT))
        found = first_difference(old, here.get(key, _ABSENT), below, only_there=only_there)
        if found is not None:
            return found
    return None


def fingerprint(cfg: DictConfig, data: "TaskData") -> dict[str, Any]:
    """Describe what must stay as it is when a run goes on; vocabularies and splits by hashes."""
    labels = repr([(label.symbol, label.arity) for label in data.symbols.labels])
    parts = {"tokenizer": data.tokenizer.model_proto, "symbols": labels.encode()}
    return {
        "settings": _settings_of(cfg),
        "vocabulary": {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()},
        "data": {split: split_digest(data.path, split) for split in ("train", "dev")},
    }


def split_digest(folder: Path, split: str) -> str:
    """Return a hash of the file of a split, in hexadecimal digits.

    Raises:
        DataError: it is missing, or cannot be read.
    """
    return content_digest(find_split(folder, split))


def _settings_of(cfg: DictConfig) -> dict[str, Any]:
    config = plain_config(cfg)
    free = (*FREE_DATA_SETTINGS, "dev_limit")  # nor does how many tasks validate
    data = {key: value for key, value in config["data"].items() if key not in free}
    return {key: config[key] for key in ("seed", "model", "optimizer")} | {"data": data}


def keeps(belongs_to: Mapping[str, Any]) -> LambdaCallback:
    """Write into each checkpoint what it belongs to, and which run of wandb it is."""

    def mark(trainer: lightning.Trainer, _: object, checkpoint: dict[str, Any]) -> None:
        version = None if trainer.logger is None else trainer.logger.version
        checkpoint[KEY] = {**belongs_to, "logger": version}

    return LambdaCallback(on_save_checkpoint=mark)


def check_settings(path: Path, checkpoint: Mapping[str, Any], cfg: DictConfig) -> None:
    """Raise a CheckpointError that names the first setting of a checkpoint that is another here."""
    if KEY not in checkpoint:
        raise CheckpointError(
            f"{path} does not say what it belongs to: another version of SAPS wrote it; {_ANEW}"
        )
    found = first_difference(checkpoint[KEY]["settings"], _settings_of(cfg))
    if found is None:
        return
    remedy = f"give {'+' if found.here == _ABSENT else ''}{found.name}={found.told[0]}"
    if found.there == _ABSENT:
        remedy = f"leave {found.name} out"
    raise CheckpointError(
        f"{path} belongs to another run: {found}; {remedy}, "
        "or give the run's own experiment, or another name= for a new run"
    )


def check_data(
    path: Path, checkpoint: Mapping[str, Any], here: Mapping[str, Any], data: Path
) -> None:
    """Raise a CheckpointError where a vocabulary beside a checkpoint, or a split, has changed."""
    for name, digest in checkpoint[KEY]["vocabulary"].items():
        if here["vocabulary"][name] != digest:
            raise CheckpointError(
                f"the {name} in {path.parent} is not the one that {path.name} was trained with; "
                f"put the run's own file back, or {_ANEW}"
            )
    for split, digest in checkpoint[KEY]["data"].items():
        if here["data"][split] != digest:
            raise CheckpointError(
                f"the {split} split in {data} changed since the run of {path} began; give that "
                f"run's data.path=, or {_ANEW}"
            )


# The folder of a run. It writes config.yaml and its vocabularies when it begins, then metrics.csv,
# curves.png, best/ and checkpoints. It replaces a file of these names only if it goes on with the
# run that wrote it, or with overwrite=true; what else lies there is nobody's business.

BEST = "best"
_LEFT_BY_RUNS = (METRICS, CURVES, BEST, DAMAGED)
# What conf/train.yaml alone has together: so a config.yaml is known to be that of a run.
_KEYS_OF_RUNS = frozenset({"model", "data", "trainer", "monitor", "checkpoints", "overwrite"})


class TrainingError(ValueError):
    """A run cannot start, go on or end as it should; the message says why and what to do."""


def goes_on(cfg: DictConfig, folder: Path) -> bool:
    """Tell whether the run in `folder` is continued: from elsewhere, another run begins there."""
    if cfg.ckpt_path in (None, "last"):
        return cfg.ckpt_path is not None
    return Path(cfg.ckpt_path).parent.resolve() == folder.resolve()


def go_on_if_requeued(cfg: DictConfig, folder: Path) -> None:
    """Let a job that Slurm has started again go on, though its command has not changed."""
    count = os.environ.get("SLURM_RESTART_COUNT", "0")
    if cfg.ckpt_path is None and not cfg.overwrite and count != "0" and holds_a_run(folder):
        logger.info("Slurm has started this job again: its run resumes, as with ckpt_path=last")
        cfg.ckpt_path = "last"


@rank_zero_only  # what process 0 writes, the others must not take for another run
def check_free(cfg: DictConfig, folder: Path) -> None:
    """Raise a TrainingError where a run which begins in a folder would replace something there.

    A run that ended before its first result may be begun anew.
    """
    if folder.exists() and not folder.is_dir():
        raise TrainingError(f"folder={folder}: it is a file; give a folder, or name=ANOTHER")
    if cfg.overwrite or goes_on(cfg, folder):
        return
    keep = "keep both with name=ANOTHER, or replace it with overwrite=true"
    if holds_a_run(folder):
        other = "" if cfg.ckpt_path is None else f", and {cfg.ckpt_path} belongs to another"
        raise TrainingError(
            f"{folder} already holds a run{other}: continue it with ckpt_path=last, {keep}"
        )
    if (folder / BEST / WEIGHTS).exists():
        raise TrainingError(
            f"{folder / BEST} already holds the best model of a run whose checkpoints are gone: "
            f"{keep}"
        )
    # A run that failed before its first checkpoint has left these three; they are no result.
    begun = () if _is_of_a_run(folder / CONFIG) else (CONFIG, TOKENIZER, SYMBOLS)
    found = [name for name in (*begun, *_LEFT_BY_RUNS) if (folder / name).exists()]
    if found:
        raise TrainingError(
            f"{folder} holds {', '.join(found)}, which a run there would replace: give another "
            "folder (name= or folder=), or replace what is there with overwrite=true"
        )


def _is_of_a_run(path: Path) -> bool:
    try:
        config = OmegaConf.load(path)
    except Exception:  # a YAML of somebody else may hold anything
        return False
    return isinstance(config, DictConfig) and set(config) >= _KEYS_OF_RUNS


@rank_zero_only
def prepare_folder(cfg: DictConfig, folder: Path, data: "TaskData", *, is_new: bool) -> None:
    """Make the folder ready, without what a run that was killed left half done.

    A new run does not go on with the one that may be there, which is removed.

    Raises:
        TrainingError: it cannot be written.
    """
    try:
        restore_replaced(folder / BEST)
        for draft in folder.glob(f".{LAST}.????????{DRAFT}"):
            draft.unlink()
        # What `save_bundle` had begun, and what it had moved aside. Only what a run writes is
        # removed: a person may have a hidden folder of that name.
        for pattern, ours in (
            (f".{BEST}-????????", {*FILES}),
            (f".{BEST}-old-????????", {"bundle"}),
        ):
            for left in folder.glob(pattern):
                if {path.name for path in left.iterdir()} <= ours:
                    shutil.rmtree(left)
        if is_new:
            _remove_run(folder)
        OmegaConf.save(cfg, folder / CONFIG, resolve=True)
        data.tokenizer.save(folder / TOKENIZER)
        data.symbols.save(folder / SYMBOLS)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {first_line(error)}") from error


def _remove_run(folder: Path) -> None:
    """Remove what a run that is replaced would leave to the new one; all else stays."""
    for name in (LAST, PREVIOUS, DAMAGED, METRICS, CURVES):
        (folder / name).unlink(missing_ok=True)
    # File by file: notes that somebody keeps beside the model stay.
    best = folder / BEST
    if best.is_dir():
        for name in FILES:
            (best / name).unlink(missing_ok=True)
        if not any(best.iterdir()):
            best.rmdir()


def vocabularies(folder: Path) -> tuple[Tokenizer, SymbolTable]:
    """Read the vocabularies of a run that goes on.

    Raises:
        CheckpointError: one is missing or damaged.
    """
    try:
        return Tokenizer.load(folder / TOKENIZER), SymbolTable.load(folder / SYMBOLS)
    except (OSError, ValueError) as error:
        copies = all((folder / BEST / name).is_file() for name in (TOKENIZER, SYMBOLS))
        remedy = (
            f"{folder / BEST} has copies of {TOKENIZER} and {SYMBOLS}; put them into {folder}"
            if copies
            else "put the run's own file back, or start again with overwrite=true"
        )
        raise CheckpointError(f"the run cannot resume: {error}; {remedy}") from error
