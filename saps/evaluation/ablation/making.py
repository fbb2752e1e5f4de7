"""Making one row: its training, or what is left of it, and its evaluations."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hydra.core.hydra_config import HydraConfig

from saps.evaluation.ablation.configuration import evaluate_config, train_config
from saps.evaluation.ablation.folder import LOG, report_folder, row_folder, run_folder
from saps.evaluation.ablation.outdated import why_outdated
from saps.evaluation.ablation.reason import reason_of
from saps.evaluation.ablation.row import AblationError, Row
from saps.evaluation.ablation.runs import check_run, is_begun, note_start
from saps.evaluation.ablation.settings import Settings
from saps.evaluation.ablation.state import (
    SPLITS,
    WORKING,
    failure_of,
    is_trained,
    outdated_mark,
    write_failure,
)
from saps.evaluation.evaluate import evaluate
from saps.model.checkpoint import CheckpointError
from saps.model.saving import RunInterruptedError
from saps.model.training import train

logger = logging.getLogger(__name__)


def make_row(settings: Settings, name: str) -> None:
    """Train a row and judge it, from where it was left; a failure is written down, not raised.

    Raises:
        KeyboardInterrupt: Ctrl-C; the run has a checkpoint then.
    """
    row = settings.row(name)
    folder = row_folder(settings, name)
    folder.mkdir(parents=True, exist_ok=True)
    write_failure(settings, name, None)
    with _said_to(folder / LOG), _marked(folder / WORKING):
        try:
            _make(settings, row)
        except RunInterruptedError as stop:
            raise KeyboardInterrupt from stop
        except Exception as error:
            logger.warning("%s failed: %s", row.title, reason_of(error))
            logger.debug("", exc_info=error)
            write_failure(settings, name, reason_of(error))


@contextlib.contextmanager
def _marked(mark: Path) -> Iterator[None]:
    """Have a file exist meanwhile; one that outlives its process tells that it was killed."""
    mark.touch()
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _make(settings: Settings, row: Row) -> None:
    if row.needs is not None and not is_trained(settings, settings.row(row.needs)):
        raise AblationError(f"needs {row.needs}, which {_why_missing(settings, row.needs)}")
    if row.model_of is None:
        _train(settings, row)
    if row.judged:
        for split in SPLITS:
            _judge(settings, row, split)


def _why_missing(settings: Settings, needed: str) -> str:
    reason = failure_of(settings, needed)
    return "is not trained" if reason is None else f"failed ({reason})"


def _train(settings: Settings, row: Row) -> None:
    cfg = train_config(settings, row)
    folder = run_folder(settings, row.name)
    check_run(settings, row, cfg)
    if is_trained(settings, row):
        return
    if is_begun(folder):
        cfg.ckpt_path = "last"
    else:
        note_start(settings, row)
    try:
        train(cfg)
    except CheckpointError as error:
        raise AblationError(f"{error}; remove {folder} to train the row anew") from error


def _judge(settings: Settings, row: Row, split: str) -> None:
    """Judge the row's best model, unless a report that will do is there."""
    folder = report_folder(settings, row.name, split)
    if (folder / "report.json").exists() and why_outdated(settings, row, split) is None:
        return
    evaluate(evaluate_config(settings, row, split))
    outdated_mark(settings, row, split).unlink(missing_ok=True)


_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


@contextlib.contextmanager
def _said_to(path: Path) -> Iterator[None]:
    """Have what is logged and printed go to a file; what is on the terminal tells of the whole."""
    saps, lightning = logging.getLogger("saps"), logging.getLogger("lightning.pytorch")
    levels = [(handler, handler.level) for handler in saps.handlers]
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter(_FORMAT))
    before = saps.level, lightning.level
    saps.addHandler(file)
    saps.setLevel(logging.DEBUG)
    lightning.setLevel(logging.WARNING)
    for handler, _ in levels:
        handler.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings(), _no_command(), _printed_to(file):
            warnings.filterwarnings("ignore", module=r"lightning\.pytorch")
            yield
    finally:
        saps.removeHandler(file)
        file.close()
        saps.setLevel(before[0])
        lightning.setLevel(before[1])
        for handler, level in levels:
            handler.setLevel(level)


@contextlib.contextmanager
def _printed_to(file: logging.FileHandler) -> Iterator[None]:
    """Keep stdout for the table: an evaluation's own goes to the log."""
    with contextlib.redirect_stdout(file.stream):
        yield


@contextlib.contextmanager
def _no_command() -> Iterator[None]:
    """Hide that Hydra runs: a report would take this command line for that of `saps evaluate`."""
    state = HydraConfig.instance()
    before, state.cfg = state.cfg, None
    try:
        yield
    finally:
        state.cfg = before
