"""What `saps train` and `saps evaluate` get for a row, and whether what lies there was made so."""

import contextlib
import copy
import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from saps.evaluation.ablation.ablation_settings import SPLITS, AblationError, Row, Settings
from saps.evaluation.evaluation_settings import Settings as EvaluationSettings
from saps.evaluation.report import ReportError, folder_digest, load_report
from saps.model.bundle import plain_config
from saps.resources import resource_folder
from saps.training.checkpoints import (
    CONFIG,
    KEY,
    LAST,
    CheckpointError,
    first_difference,
    holds_a_run,
    read_checkpoint,
    split_digest,
)

# What decides the trained model. The rest says where it lies and how it is computed.
_DECISIVE: Final = (
    *("seed", "model", "optimizer", "data", "trainer", "module", "monitor", "patience"),
    *("decoding", "freezing", "start_from", "matmul_precision", "half_precision_bundle"),
)
_FREE: Final = {
    "data": ("path", "name", "cache"),
    "trainer": ("accelerator", "devices", "log_every_n_steps"),
}
_START: Final = "started_from.json"


def train_config(settings: Settings, row: Row) -> DictConfig:
    """Return what `saps train` would be called with.

    Raises:
        hydra.errors.HydraException: a setting of the row does not exist.
    """
    choices = settings.choices
    cfg = _compose("train", [*row.train, f"model/size={choices.size}", *choices.train])
    with open_dict(cfg):
        # Put in last, so that no experiment has data or a batch of its own.
        for key, value in settings.shared.items():
            cfg[key] = value
        cfg.seed, cfg.trainer.max_epochs = row.seed, settings.epochs_of(row)
        if row.train_limit is not None:
            cfg.data.train_limit = row.train_limit
        if row.starts_from is not None:
            cfg.pretrained = str(settings.run_folder(row.starts_from))
    cfg.name, cfg.folder = row.name, str(settings.run_folder(row.name))
    # Sample programs of each epoch would fill the log.
    cfg.n_samples = 0
    return cfg


def evaluate_config(settings: Settings, row: Row, split: str) -> DictConfig:
    """Return what `saps evaluate` would be called with."""
    cfg = _compose("evaluate", row.evaluate or settings.choices.evaluate)
    judging = settings.choices.evaluation
    limits = (judging.limit(split), row.dev_limit if split == "dev" else None)
    cfg.checkpoint, cfg.split = str(settings.model_folder(row)), split
    cfg.data.path, cfg.data.name = str(settings.data["path"]), str(settings.data["name"])
    cfg.limit = min((limit for limit in limits if limit is not None), default=None)
    # The folder is the ablation's own: a report in it is of an older model.
    cfg.out, cfg.overwrite = str(settings.report_file(row, split).parent), True
    cfg.batch_size, cfg.workers, cfg.device = judging.batch_size, judging.workers, judging.device
    return cfg


def _compose(command: str, overrides: Sequence[str]) -> DictConfig:
    return copy.deepcopy(_composed(command, tuple(overrides)))


@functools.cache  # a command composes each row when it looks at it, and again when it makes it
def _composed(command: str, overrides: tuple[str, ...]) -> DictConfig:
    if GlobalHydra.instance().is_initialized():  # by the command itself, over the same folder
        return compose(command, overrides=list(overrides))
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose(command, overrides=list(overrides))


# Run folders: a run is a row's if it was trained with the settings of the row.


def check_run(settings: Settings, row: Row, cfg: DictConfig) -> None:
    """Compare what is in the run folder of a row, if anything, with the training of the row.

    Raises:
        AblationError: the folder holds a run with other settings, on other data, or from another
            start (the message names the first difference), or it was moved away.
    """
    folder = settings.run_folder(row.name)
    if not holds_a_run(folder) and not (folder / "best" / "config.json").exists():
        # What reports say was trained there is not trained anew without a word.
        files = [settings.report_file(row, split) for split in SPLITS]
        if told := [file for file in files if file.exists()]:
            raise AblationError(
                f"{folder} is gone, and {told[0]} tells of its model: move the run back, or remove "
                f"{settings.row_folder(row.name)} to train the row anew"
            )
        return
    try:
        saved = OmegaConf.load(folder / CONFIG)
    except (OSError, ValueError) as error:
        raise AblationError(
            f"{folder / CONFIG} cannot be read ({error}), so the run may be any; remove {folder} "
            "to train the row anew, or give another runs="
        ) from error
    assert isinstance(saved, DictConfig), f"{folder / CONFIG} is a mapping"
    # Cheapest first: the last one reads a checkpoint.
    difference = (
        first_difference(_decisive(saved, row), _decisive(cfg, row))
        or _other_start(settings, row)
        or _other_data(settings, folder, saved)
    )
    if difference is not None:
        raise AblationError(
            f"{folder} holds another run: {difference}, in row {row.name}; give the settings of "
            f"that run to go on with it, remove {folder} to train the row anew, or give another "
            "out= or runs="
        )


def _decisive(cfg: DictConfig, row: Row) -> dict[str, Any]:
    plain = plain_config(cfg)
    found = {key: plain.get(key) for key in _DECISIVE}
    for key, free in _FREE.items():
        found[key] = {name: value for name, value in plain[key].items() if name not in free}
    start = plain.get("pretrained")
    if start is not None and row.starts_from is not None:
        # Which run it starts from; where the runs of rows lie makes no difference.
        start = Path(str(start).removesuffix("/best")).name
    return {**found, "pretrained": start}


def _other_data(settings: Settings, folder: Path, saved: DictConfig) -> str | None:
    """Tell on which other data a run was trained."""
    path = Path(str(settings.data["path"]))
    is_same = Path(str(saved.data.path)).resolve() == path.resolve()
    if is_same and settings.owns_runs:  # settings.json has the digests of these data
        return None
    try:
        there = dict(read_checkpoint(folder / LAST)[KEY]["data"])
    except (CheckpointError, KeyError):  # a run that is over may have lost its checkpoint
        return None if is_same else f"data.path is {saved.data.path} there and {path} here"
    for split, digest in there.items():
        if split_digest(path, split) != digest:
            return f"its {split} split is not that of {path}"
    return None


def note_start(settings: Settings, row: Row) -> None:
    """Write down which model a row that is about to be trained starts from."""
    if row.starts_from is not None:
        text = json.dumps({"sha256": _digest_of_start(settings, row.starts_from)})
        (settings.row_folder(row.name) / _START).write_text(text + "\n", encoding="utf-8")


def _other_start(settings: Settings, row: Row) -> str | None:
    """Tell that the run that a row started from was made anew since; None where nobody noted it."""
    there = None
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        text = (settings.row_folder(row.name) / _START).read_text(encoding="utf-8")
        there = json.loads(text)["sha256"]
    if row.starts_from is None or there in (None, _digest_of_start(settings, row.starts_from)):
        return None
    return f"it did not start from the model that {row.starts_from} has now"


def _digest_of_start(settings: Settings, name: str) -> str | None:
    folder = settings.run_folder(name) / "best"
    return folder_digest(folder) if folder.is_dir() else None


# Reports: one will do if it was made with the settings that are asked for, of the model there is.


def why_outdated(settings: Settings, row: Row, split: str) -> str | None:
    """Tell why the report of a row on a split will not do; None if it will, or there is none."""
    file = settings.report_file(row, split)
    if not file.exists():
        return None
    try:
        made = load_report(file).provenance
    except ReportError as error:
        return str(error)
    asked = EvaluationSettings.read(evaluate_config(settings, row, split))
    there, here = (
        {
            "decoding": decoding,
            "limits": limits,
            "as_typed": as_typed,
            f"evaluation.{split}_limit": limit,
        }
        for decoding, limits, as_typed, limit in (
            (made.decoding, made.limits, made.as_typed, made.data.limit),
            (asked.decoding, asdict(asked.limits), asked.as_typed, asked.limit),
        )
    )
    if found := first_difference(there, here, only_there=True):
        return "{} was {} and is {} now".format(found.name, *found.told)
    model = settings.model_folder(row)
    is_same = model.is_dir() and made.model.sha256 == folder_digest(model)
    return None if is_same else "its model is another one now"


def remove_outdated(settings: Settings) -> Iterator[str]:
    """Remove the reports that will not do, so that their rows are judged again; say why."""
    for row in settings.rows if settings.choices.out.exists() else ():
        reasons = {split: why_outdated(settings, row, split) for split in SPLITS if row.judged}
        told = {split: reason for split, reason in reasons.items() if reason is not None}
        for split in told:
            settings.report_file(row, split).unlink()
        if told:
            yield f"{row.title} is judged again: {next(iter(told.values()))}"
