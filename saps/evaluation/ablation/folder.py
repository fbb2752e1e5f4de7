"""The folder of an ablation: what lies where, and that it is one ablation's and one process's.

settings.json              what the ablation is; one that trains otherwise is refused
ablation.{json,md,csv}     the table
runs/ROW/                  the run folder of each row
rows/ROW/{dev,test}/       its reports
rows/ROW/dev.outdated      that its report was made with other settings than are asked for
rows/ROW/log.txt           what its training and evaluations said
rows/ROW/failure.json      why it failed, if it did
"""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, Final

from saps.data.algolisp import DataError, find_split, read_examples
from saps.evaluation.ablation.mismatch import first_mismatch
from saps.evaluation.ablation.row import AblationError
from saps.evaluation.ablation.settings import Settings
from saps.evaluation.digest import file_digest

SETTINGS: Final = "settings.json"
TABLE: Final = "ablation.json"
LOG: Final = "log.txt"
_LOCK: Final = ".lock"
_FORMAT: Final = 1
# All that an ablation writes into its folder.
_OURS: Final = (
    *("runs", "rows", TABLE, "ablation.md", "ablation.csv", "curves.png"),
    *("data_sizes.png", "report", "multirun.yaml", _LOCK),
    SETTINGS,  # last: what is left of a removal that was killed can be removed again
)
# What a command leaves that ended before it began.
_NOTHING: Final = (_LOCK, "multirun.yaml", ".settings.json.part")
# Where the data lie and what keeps them makes no difference to a row.
_FREE: Final = ("path", "name", "cache")
# What decides reports and not runs: with another, rows are judged again.
_EVALUATION: Final = ("evaluate", "evaluation")


def run_folder(settings: Settings, row: str) -> Path:
    """Where `saps train` leaves the row's run."""
    return settings.runs / row


def row_folder(settings: Settings, row: str) -> Path:
    """Where the row's reports and log lie."""
    return settings.out / "rows" / row


def report_folder(settings: Settings, row: str, split: str) -> Path:
    """Where `saps evaluate` leaves the row's report on a split."""
    return row_folder(settings, row) / split


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the folder for one command at a time.

    Raises:
        AblationError: another command is at work in it, it holds something else, or it can not be
            made.
    """
    if not (settings.out / SETTINGS).exists():
        _check_nothing_else(settings.out)  # before anything of ours is in it
    try:
        settings.out.mkdir(parents=True, exist_ok=True)
        file = (settings.out / _LOCK).open("w")
    except OSError as error:
        raise AblationError(
            f"{settings.out} can not be written ({error.strerror}); give another out="
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AblationError(
                f"another saps ablate is at work in {settings.out}; wait for it, or give another "
                "out="
            ) from error
        yield


class Claim(Enum):
    """What a folder is to the ablation that wants it."""

    NEW = "nothing is in it, or what is in it is replaced"
    SAME = "it holds this ablation"
    JUDGED_ANEW = "it holds this ablation, judged in another way"


def check_folder(settings: Settings) -> Claim:
    """Look at the folders of the ablation; nothing is written.

    Raises:
        AblationError: one of them holds another ablation, or something else.
        DataError: a split is missing.
    """
    return _check_folder(settings, identity(settings))


def _check_folder(settings: Settings, wanted: Mapping[str, Any]) -> Claim:
    _check_published(settings, wanted)
    file = settings.out / SETTINGS
    if not file.exists():
        _check_nothing_else(settings.out)
        return Claim.NEW
    there = _read(file)
    difference = first_mismatch(_of_training(there), wanted)
    if difference is None:
        return Claim.JUDGED_ANEW if first_mismatch(there, wanted) else Claim.SAME
    if settings.overwrite or not _holds_work(settings.out):
        return Claim.NEW
    raise AblationError(
        f"{settings.out} holds another ablation: {difference}; give the same settings to go on "
        "with it, another out= to keep both, or overwrite=true to replace it"
    )


def prepare(settings: Settings) -> None:
    """Make the folder this ablation's own, or see that it already is.

    Raises:
        AblationError: it holds another ablation, or something else.
        DataError: a split is missing.
    """
    wanted = identity(settings)
    if _check_folder(settings, wanted) is Claim.NEW:
        _remove(settings.out)
    draft = settings.out / f".{SETTINGS}.part"
    draft.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    draft.replace(settings.out / SETTINGS)


def _of_training(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in _EVALUATION}


def _holds_work(out: Path) -> bool:
    """Whether an ablation has more than a mistake behind it: a begun run, or a report."""
    kinds = ("runs/*/*.ckpt", "runs/*/best/config.json", "rows/*/*/report.json")
    return any(True for kind in kinds for _ in out.glob(kind))


def identity(settings: Settings) -> dict[str, Any]:
    """Return what must stay as it is when an ablation goes on: the budget, the data, the limits.

    Raises:
        DataError: a split is missing.
    """
    shared = settings.shared
    data = {key: value for key, value in settings.data.items() if key not in _FREE}
    path = Path(str(settings.data["path"]))
    if not path.exists():
        raise DataError(path, f"no data there: make some with 'saps generate out={path}'")
    return {
        "format": _FORMAT,
        "size": settings.size,
        "epochs": settings.epochs,
        "autoencoder_epochs": settings.autoencoder_epochs,
        "seed": settings.seed,
        "train": list(settings.train),
        "data": data,
        "optimizer": shared.get("optimizer"),
        "precision": str(shared["trainer"].get("precision")),
        "evaluate": list(settings.evaluate),
        "evaluation": {
            "dev_limit": settings.judging.dev_limit,
            "test_limit": settings.judging.test_limit,
        },
        "sha256": {
            split: file_digest(find_split(path, split)) for split in ("train", "dev", "test")
        },
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AblationError(f"{file} is damaged ({error}); give another out=") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise AblationError(f"{file} is of another version of SAPS; give another out=")
    return content


def _check_published(settings: Settings, wanted: Mapping[str, Any]) -> None:
    """Refuse to replace the published tables of another ablation."""
    folder = settings.publish
    if folder is None or not folder.exists() or settings.overwrite:
        return
    budget = _budget(folder / TABLE)
    if budget is None and any(folder.iterdir()):
        raise AblationError(f"publish={folder} holds something else; give publish= another name")
    difference = first_mismatch(budget or {}, wanted)
    if difference is not None:
        raise AblationError(
            f"publish={folder} holds the tables of another ablation: {difference}; give publish= "
            "another name, or overwrite=true to replace them"
        )


def _budget(table: Path) -> dict[str, Any] | None:
    try:
        budget = json.loads(table.read_text(encoding="utf-8"))["budget"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return budget if isinstance(budget, dict) else None


def _check_nothing_else(out: Path) -> None:
    try:
        foreign = sorted(path.name for path in out.iterdir() if path.name not in _NOTHING)
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise AblationError(f"{out} is a file; give out= another name") from error
    if foreign:
        raise AblationError(
            f"{out} holds something else, such as {foreign[0]}; give out= another name"
        )


def check_tasks(settings: Settings) -> None:
    """Read the tasks that models will be judged on, before hours are spent on training.

    Raises:
        DataError: one is damaged, or has no tests.
    """
    path = Path(str(settings.data["path"]))
    for split in ("dev", "test"):
        for _ in islice(read_examples(find_split(path, split)), settings.judging.limit(split)):
            pass


def _remove(out: Path) -> None:
    """Take away an older ablation; run folders outside of `out` are not touched."""
    for name in _OURS:
        place = out / name
        if place.is_dir():
            shutil.rmtree(place)
        elif name != _LOCK:
            place.unlink(missing_ok=True)
