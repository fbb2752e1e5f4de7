"""The folder of a run: what lies in it, who may write there, and what a new run may replace.

A run writes `config.yaml` and its vocabularies when it begins, then `metrics.csv`, `curves.png`,
`best/` and checkpoints. It replaces a file of these names only if it goes on with the run that
wrote it, or with `overwrite=true`; what else lies there is nobody's business.
"""

import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import FILES, SYMBOLS, TOKENIZER, WEIGHTS, restore_replaced
from saps.training.checkpoints import (
    CONFIG,
    CURVES,
    DAMAGED,
    LAST,
    METRICS,
    PREVIOUS,
    CheckpointError,
    draft_of,
    first_line,
    holds_a_run,
)

if TYPE_CHECKING:
    from saps.data.data_module import TaskData

logger = logging.getLogger(__name__)

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
        other = "" if cfg.ckpt_path is None else f", and {cfg.ckpt_path} is of another"
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
        _remove_drafts(folder)
        if is_new:
            _remove_run(folder)
        OmegaConf.save(cfg, folder / CONFIG, resolve=True)
        data.tokenizer.save(folder / TOKENIZER)
        data.symbols.save(folder / SYMBOLS)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {first_line(error)}") from error


def _remove_drafts(folder: Path) -> None:
    for name in (LAST, METRICS, CURVES):
        draft_of(folder / name).unlink(missing_ok=True)
    for draft in folder.glob(f".{BEST}-????????"):  # what `save_bundle` had begun
        # Only what a run writes is removed: a person may have a hidden folder of that name.
        if {path.name for path in draft.iterdir()} <= set(FILES):
            shutil.rmtree(draft)
    for old in folder.glob(f".{BEST}-old-????????"):  # what it had moved aside
        if {path.name for path in old.iterdir()} <= {"bundle"}:
            shutil.rmtree(old)


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
