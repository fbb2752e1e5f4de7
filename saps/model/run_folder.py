"""The folder of a run: what lies in it, made ready for a run that begins or goes on."""

import shutil
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from saps.data.module import TaskData
from saps.model.bundle import FILES, SYMBOLS, TOKENIZER, restore_replaced
from saps.model.checkpoint import DAMAGED, LAST, PREVIOUS
from saps.model.epoch_report import CURVES, METRICS

CONFIG = "config.yaml"
BEST = "best"


def holds_a_run(folder: Path) -> bool:
    """Tell whether a run has left a checkpoint there."""
    return (folder / LAST).exists() or (folder / PREVIOUS).exists()


@rank_zero_only
def prepare_folder(cfg: DictConfig, folder: Path, data: TaskData, *, is_new: bool) -> None:
    """Make the folder, without what a run that was killed left half done.

    Args:
        cfg: of the run; written there, and the vocabularies of `data`.
        folder: of the run.
        data: read.
        is_new: the run does not go on with the one that may be there, which is removed then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    restore_replaced(folder / BEST)
    for draft in (*folder.glob(".best-*"), *folder.glob("*.part")):  # of a run that was killed
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
    if is_new:
        _remove_run(folder)
    OmegaConf.save(cfg, folder / CONFIG, resolve=True)
    data.tokenizer.save(folder / TOKENIZER)
    data.symbols.save(folder / SYMBOLS)


def _remove_run(folder: Path) -> None:
    """Remove what a run that is replaced would leave to the new one; all else stays."""
    for name in (LAST, PREVIOUS, DAMAGED, METRICS, CURVES):
        (folder / name).unlink(missing_ok=True)
    best = folder / BEST
    if not best.is_dir():
        return
    for name in FILES:
        (best / name).unlink(missing_ok=True)
    if not any(best.iterdir()):
        best.rmdir()
