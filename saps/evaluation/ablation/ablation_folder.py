"""The folder of an ablation: what lies where, whose it is, and how far each row is.

settings.json              what the ablation is; one that trains otherwise is refused
ablation.{json,md,csv}     the table
runs/ROW/                  the run folder of each row; ROW_seed2 is the row under another seed
rows/ROW/{dev,test}/       its reports
rows/ROW/log.txt           what its training and evaluations said
rows/ROW/failure.json      why it failed, if it did
rows/ROW/working           its process is at work, or was killed
"""

import json
import shutil
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from saps.data.algolisp import find_split
from saps.data.files import DataError
from saps.evaluation.ablation.ablation_settings import SPLITS, AblationError, Row, Settings
from saps.evaluation.report import Epoch, file_digest, read_metrics
from saps.resources import LOCK, held, write_whole
from saps.training.checkpoints import FREE_DATA_SETTINGS, first_difference

SETTINGS: Final = "settings.json"
TABLE: Final = "ablation.json"
WORKING: Final = "working"
_FAILURE: Final = "failure.json"
_FORMAT: Final = 1
# All that an ablation writes into its folder.
_OURS: Final = (
    *("runs", "rows", TABLE, "ablation.md", "ablation.csv", "curves.png"),
    *("data_sizes.png", "report", "multirun.yaml"),
    SETTINGS,  # last: what is left of a removal that was killed can be removed again
)
# What a command leaves that ended before it began.
_NOTHING: Final = (LOCK, "multirun.yaml", ".settings.json.part", ".settings.json.draft")
# What decides reports and not runs: with another, rows are judged again.
_EVALUATION: Final = ("evaluate", "evaluation")
# A begun run or a report: more than a mistake lies behind the ablation that is there.
_MADE: Final = ("runs/*/*.ckpt", "runs/*/best/config.json", "rows/*/*/report.json")


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the folder, and that of the published tables, for one command at a time.

    Raises:
        FolderInUseError: another command is at work in one of them.
        AblationError: one of them cannot be made.
    """
    with ExitStack() as stack:
        for key in ("out", "publish"):
            folder: Path | None = getattr(settings.choices, key)
            try:
                if folder is not None:
                    folder.mkdir(parents=True, exist_ok=True)
                    stack.enter_context(held(folder))
            except OSError as error:
                raise AblationError(
                    f"{folder} cannot be written ({error.strerror}); give another {key}="
                ) from error
        yield


def goes_on(settings: Settings) -> bool:
    """Whether the folder holds this ablation; else what is there, if anything, is replaced.

    Raises:
        AblationError: it holds another ablation, or something else, or `publish` does.
        DataError: a split is missing.
    """
    wanted, out = identity(settings), settings.choices.out
    _check_published(settings, wanted)
    file = out / SETTINGS
    # An ablation without this file was never begun, or is of somebody else.
    if not file.exists():
        if out.exists() and not out.is_dir():
            raise AblationError(f"{out} is a file; give out= another name")
        found = out.iterdir() if out.exists() else ()
        if foreign := sorted(path.name for path in found if path.name not in _NOTHING):
            raise AblationError(
                f"{out} holds something else, such as {foreign[0]}; give out= another name"
            )
        return False
    try:
        there = json.loads(file.read_text(encoding="utf-8"))
        is_ours = there["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AblationError(f"{file} is damaged ({error}); give another out=") from error
    if not is_ours:
        raise AblationError(f"{file} was written by another version of SAPS; give another out=")
    trained = {key: value for key, value in there.items() if key not in _EVALUATION}
    difference = first_difference(trained, wanted, only_there=True)
    if difference is None:
        return True
    if settings.choices.overwrite or not any(any(out.glob(kind)) for kind in _MADE):
        return False
    raise AblationError(
        f"{out} holds another ablation: {difference}; give the same settings to go on with it, "
        "another out= to keep both, or overwrite=true to replace it"
    )


def prepare(settings: Settings) -> None:
    """Make the folder this ablation's own; see `goes_on`, whose errors it raises."""
    out = settings.choices.out
    if not goes_on(settings):
        for place in (out / name for name in _OURS):  # run folders outside of `out` stay
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
    write_whole(out / SETTINGS, (json.dumps(identity(settings), indent=2) + "\n").encode())


def identity(settings: Settings) -> dict[str, Any]:
    """Return what must stay as it is when an ablation goes on: the budget, the data, the limits.

    Raises:
        DataError: a split is missing.
    """
    choices, shared, path = settings.choices, settings.shared, settings.data_path
    if not path.exists():
        raise DataError(path, f"no data there: make some with 'saps generate out={path}'")
    return {
        "format": _FORMAT,
        "size": choices.size,
        "epochs": settings.epochs,
        "autoencoder_epochs": choices.autoencoder_epochs,
        "seed": settings.seeds[0],
        "train": choices.train,
        "data": {k: v for k, v in settings.data.items() if k not in FREE_DATA_SETTINGS},
        "optimizer": shared.get("optimizer"),
        "precision": str(shared["trainer"].get("precision")),
        "evaluate": choices.evaluate,
        "evaluation": {f"{split}_limit": choices.evaluation.limit(split) for split in SPLITS},
        "sha256": {part: file_digest(find_split(path, part)) for part in ("train", *SPLITS)},
    }


def _check_published(settings: Settings, wanted: Mapping[str, Any]) -> None:
    """Refuse to replace the published tables of another ablation."""
    folder = settings.choices.publish
    if folder is None or not folder.exists() or settings.choices.overwrite:
        return
    try:
        budget = json.loads((folder / TABLE).read_text(encoding="utf-8"))["budget"]
    except (OSError, ValueError, KeyError, TypeError):
        if any(path.name != LOCK for path in folder.iterdir()):
            raise AblationError(
                f"publish={folder} holds something else; give publish= another name"
            ) from None
        return
    if difference := first_difference(budget, wanted, only_there=True):
        raise AblationError(
            f"publish={folder} holds the tables of another ablation: {difference}; give publish= "
            "another name, or overwrite=true to replace them"
        )


# How far each row is, as its files tell: the same for every launcher, and after every stop.


class Stage(StrEnum):
    """What a row is at; it waits, too, where it was stopped and goes on later."""

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
    """How far a row is: the `epochs` in metrics.csv of its run so far, out of `n_epochs`.

    These are 0 where it trains nothing. `reason` tells why it failed; it is empty if it did not.
    """

    row: Row
    stage: Stage
    epochs: tuple[Epoch, ...]
    n_epochs: int
    reason: str

    @property
    def n_made(self) -> int:
        """Epochs that need not be waited for any more."""
        return self.n_epochs if self.stage.is_over else min(len(self.epochs), self.n_epochs)

    def each(self, key: str) -> list[float]:
        """Return what each epoch tells of `key`, where it does."""
        return [epoch[key] for epoch in self.epochs if key in epoch]


def state_of(settings: Settings, row: Row) -> RowState:
    """Read how far a row is."""
    reason, trained = failure_of(settings, row.name), is_trained(settings, row)
    files = [settings.report_file(row, split) for split in SPLITS if row.judged]
    if reason is not None:
        stage = Stage.FAILED
    elif (settings.row_folder(row.name) / WORKING).exists():
        stage = Stage.JUDGING if trained else Stage.TRAINING
    else:
        is_done = trained and all(file.exists() for file in files)
        stage = Stage.DONE if is_done else Stage.WAITING
    if row.model_of:
        return RowState(row, stage, (), 0, reason or "")
    return RowState(
        row,
        stage,
        read_metrics(settings.run_folder(row.name)),
        settings.epochs_of(row),
        reason or "",
    )


def is_trained(settings: Settings, row: Row) -> bool:
    """Whether the run of a row is over: its last epoch is told of, and its best model is there."""
    run = settings.row(row.runs_in)
    epochs = read_metrics(settings.run_folder(run.name))
    is_over = bool(epochs) and epochs[-1].get("epoch", -1) + 1 >= settings.epochs_of(run)
    return is_over and (settings.model_folder(run) / "config.json").exists()


def failure_of(settings: Settings, name: str) -> str | None:
    """Return why a row failed; None if it did not."""
    try:
        text = (settings.row_folder(name) / _FAILURE).read_text(encoding="utf-8")
        return str(json.loads(text)["reason"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return f"{_FAILURE} cannot be read"


def write_failure(settings: Settings, name: str, reason: str) -> None:
    """Write down why a row failed."""
    file = settings.row_folder(name) / _FAILURE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"reason": reason}) + "\n", encoding="utf-8")


def forget_failure(settings: Settings, name: str) -> None:
    """Forget that a row failed, or that its process was killed: it is tried again."""
    for mark in (_FAILURE, WORKING):
        (settings.row_folder(name) / mark).unlink(missing_ok=True)


# How far the whole is, and how long it will take.


def seconds_left(states: Sequence[RowState]) -> float | None:
    """Estimate the time left of training; None before the first epoch is over.

    A row that has not begun is taken to be as fast as the others are on average.
    """
    known = {s.row.name: statistics.mean(took) for s in states if (took := s.each("seconds"))}
    if not known:
        return None
    # Rows of one size take about as long as each other.
    average = statistics.mean(known.values())
    left = sum((s.n_epochs - s.n_made) * known.get(s.row.name, average) for s in states)
    # Rows side by side share the time that is left.
    at_work = sum(state.stage in (Stage.TRAINING, Stage.JUDGING) for state in states)
    return left / max(1, at_work)


def progress_lines(states: Sequence[RowState], before: Sequence[RowState]) -> list[str]:
    """Return a line for each row that is further than it was, with how far the whole is."""
    n_over = sum(state.stage.is_over for state in states)
    share = sum(s.n_made for s in states) / max(1, sum(s.n_epochs for s in states))
    whole, left = f"{n_over} of {len(states)} rows, {100 * share:.0f} %", seconds_left(states)
    if left is not None and n_over < len(states):
        minutes = max(1, round(left / 60))
        whole += f", about {f'{minutes} min' if minutes < 120 else f'{left / 3600:.1f} h'} left"
    return [
        f"[{whole}] row {number}, {state.row.title}: {_told(state)}"
        for number, (state, then) in enumerate(zip(states, before, strict=True), 1)
        if (state.stage, len(state.epochs)) != (then.stage, len(then.epochs))
    ]


def _told(state: RowState) -> str:
    if state.stage is not Stage.TRAINING:
        return f"failed: {state.reason}" if state.stage is Stage.FAILED else str(state.stage)
    if not state.epochs:
        return f"training, epoch 1 of {state.n_epochs}"
    exact = state.epochs[-1].get("val/exact_match")
    value = "" if exact is None else f", exact match on validation {100 * exact:.1f} %"
    return f"epoch {len(state.epochs)} of {state.n_epochs} is over{value}"
