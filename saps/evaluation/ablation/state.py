"""How far each row is, as its files tell: the same for every launcher, and after every stop."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from saps.evaluation.ablation.folder import report_folder, row_folder, run_folder
from saps.evaluation.ablation.row import Row
from saps.evaluation.ablation.settings import Settings
from saps.model.epoch_report import METRICS

SPLITS: Final = ("dev", "test")
WORKING: Final = "working"
_FAILURE: Final = "failure.json"

Epoch = Mapping[str, float]


class Stage(StrEnum):
    """What a row is at."""

    WAITING = "waiting"
    TRAINING = "training"
    JUDGING = "judging"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (Stage.DONE, Stage.FAILED)


@dataclass(frozen=True, slots=True)
class RowState:
    """How far a row is.

    Attributes:
        row: which.
        stage: what it is at; waiting also for a row that was stopped and goes on later.
        epochs: what metrics.csv of its run holds so far.
        reason: why it failed; empty if it did not.
    """

    row: Row
    stage: Stage
    epochs: tuple[Epoch, ...]
    reason: str


def state_of(settings: Settings, row: Row) -> RowState:
    """Read how far a row is."""
    reason = failure_of(settings, row.name)
    epochs = () if row.model_of else read_epochs(settings, row)
    return RowState(row, _stage(settings, row, failed=reason is not None), epochs, reason or "")


def _stage(settings: Settings, row: Row, *, failed: bool) -> Stage:
    if failed:
        return Stage.FAILED
    at_work = (row_folder(settings, row.name) / WORKING).exists()
    trained = is_trained(settings, row)
    judged = not row.judged or all(has_report(settings, row, split) for split in SPLITS)
    if trained and judged and not at_work:
        return Stage.DONE
    if not at_work:
        return Stage.WAITING
    return Stage.JUDGING if trained else Stage.TRAINING


def is_trained(settings: Settings, row: Row) -> bool:
    """Whether the run of a row is over: its last epoch is told of, and its best model is there."""
    run = settings.row(row.runs_in)
    epochs = read_epochs(settings, run)
    is_over = bool(epochs) and epochs[-1].get("epoch", -1) + 1 >= settings.epochs_of(run)
    return is_over and (run_folder(settings, run.name) / "best" / "config.json").exists()


def n_train(settings: Settings, row: Row) -> int | None:
    """Return how many tasks the model of a row was trained on, as the model itself says."""
    try:
        text = (run_folder(settings, row.runs_in) / "best" / "config.json").read_text("utf-8")
        return int(json.loads(text)["info"]["data"]["train"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def has_report(settings: Settings, row: Row, split: str) -> bool:
    """Whether a row was judged on a split, as it is asked for."""
    if outdated_mark(settings, row, split).exists():
        return False
    return (report_folder(settings, row.name, split) / "report.json").exists()


def outdated_mark(settings: Settings, row: Row, split: str) -> Path:
    """Return the file that says of a report that it will not do; each command looks anew."""
    return row_folder(settings, row.name) / f"{split}.outdated"


def read_epochs(settings: Settings, row: Row) -> tuple[Epoch, ...]:
    """Read metrics.csv of a run; nothing if there is none."""
    try:
        text = (run_folder(settings, row.name) / METRICS).read_text(encoding="utf-8")
        rows = list(csv.DictReader(text.splitlines()))
        return tuple({name: float(value) for name, value in row.items() if value} for row in rows)
    except (OSError, ValueError):
        return ()


def failure_of(settings: Settings, name: str) -> str | None:
    """Return why a row failed; None if it did not."""
    try:
        text = (row_folder(settings, name) / _FAILURE).read_text(encoding="utf-8")
        return str(json.loads(text)["reason"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return f"{_FAILURE} can not be read"


def write_failure(settings: Settings, name: str, reason: str | None) -> None:
    """Write down why a row failed; None takes an older failure away."""
    file = row_folder(settings, name) / _FAILURE
    if reason is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"reason": reason}) + "\n", encoding="utf-8")


def forget_attempts(settings: Settings) -> None:
    """Forget older failures and processes that were killed, for a command that tries again."""
    for row in settings.rows:
        write_failure(settings, row.name, None)
        (row_folder(settings, row.name) / WORKING).unlink(missing_ok=True)


def was_killed(settings: Settings, row: Row) -> bool:
    """Whether the process that made a row is gone and did not say why; for when none is at work."""
    return (row_folder(settings, row.name) / WORKING).exists()
