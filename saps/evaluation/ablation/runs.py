"""The run folders of rows: a run is a row's if it was trained with the settings of the row."""

import contextlib
import json
from pathlib import Path
from typing import Any, Final

from omegaconf import DictConfig, OmegaConf

from saps.data.source import SplitSource
from saps.evaluation.ablation.configuration import model_folder
from saps.evaluation.ablation.folder import row_folder, run_folder
from saps.evaluation.ablation.mismatch import any_mismatch
from saps.evaluation.ablation.row import AblationError, Row
from saps.evaluation.ablation.settings import Settings
from saps.evaluation.digest import folder_digest
from saps.model.bundle import plain_config
from saps.model.checkpoint import LAST, PREVIOUS, CheckpointError, read_checkpoint
from saps.model.identity import KEY
from saps.model.run_folder import CONFIG

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


def is_begun(folder: Path) -> bool:
    """Whether a training left there what it can go on from."""
    return any((folder / name).exists() for name in (LAST, PREVIOUS))


def check_run(settings: Settings, row: Row, cfg: DictConfig) -> None:
    """Compare what is in the run folder of a row, if anything, with what the row is.

    Args:
        settings: of the ablation.
        row: that trains a model.
        cfg: of its training.

    Raises:
        AblationError: the folder holds a run with other settings, on other data, or from another
            start; the message names the first difference.
    """
    folder = run_folder(settings, row.name)
    if not is_begun(folder) and not (folder / "best" / "config.json").exists():
        return
    saved = _saved_config(folder)
    found = any_mismatch(_decisive(saved, row), _decisive(cfg, row))
    difference = None if found is None else str(found)
    difference = difference or _other_start(settings, row) or _other_data(settings, folder, saved)
    if difference is not None:
        raise AblationError(
            f"{folder} holds another run: {difference}, in row {row.name}; give the settings of "
            f"that run to go on with it, remove {folder} to train the row anew, or give another "
            "out= or runs="
        )


def _saved_config(folder: Path) -> DictConfig:
    try:
        config = OmegaConf.load(folder / CONFIG)
    except (OSError, ValueError) as error:
        raise AblationError(
            f"{folder / CONFIG} can not be read ({error}), so the run may be any; remove {folder} "
            "to train the row anew, or give another runs="
        ) from error
    assert isinstance(config, DictConfig), f"{folder / CONFIG} is a mapping"
    return config


def _decisive(cfg: DictConfig, row: Row) -> dict[str, Any]:
    plain = plain_config(cfg)
    found = {key: plain.get(key) for key in _DECISIVE}
    for key, free in _FREE.items():
        found[key] = {name: value for name, value in plain[key].items() if name not in free}
    found["pretrained"] = _pretrained(plain.get("pretrained"), row)
    return found


def _pretrained(value: Any, row: Row) -> str | None:
    """Return which run another one starts from; where the runs of rows lie makes no difference."""
    if value is None:
        return None
    path = Path(str(value))
    if row.starts_from is None:
        return str(path)
    return path.parent.name if path.name == "best" else path.name


def _other_data(settings: Settings, folder: Path, saved: DictConfig) -> str | None:
    """Tell on which other data a run was trained; settings.json tells it of runs in `out`."""
    if lies_in_out(settings):
        return None
    path = Path(str(settings.data["path"]))
    there = _data_digests(folder)
    if there is None:  # a run that is over may have lost its checkpoint
        is_same = Path(str(saved.data.path)).resolve() == path.resolve()
        return None if is_same else f"data.path is {saved.data.path} there and {path} here"
    for split, digest in there.items():
        if SplitSource(path, split, None).digest != digest:
            return f"its {split} split is not that of {path}"
    return None


def lies_in_out(settings: Settings) -> bool:
    """Whether the run folders are the ablation's own."""
    return settings.runs.resolve().is_relative_to(settings.out.resolve())


def _data_digests(folder: Path) -> dict[str, str] | None:
    with contextlib.suppress(CheckpointError, KeyError):
        return dict(read_checkpoint(folder / LAST)[KEY]["data"])
    return None


def note_start(settings: Settings, row: Row) -> None:
    """Write down which model a row that is about to be trained starts from."""
    if row.starts_from is None:
        return
    text = json.dumps({"sha256": _digest_of_start(settings, row.starts_from)})
    (row_folder(settings, row.name) / _START).write_text(text + "\n", encoding="utf-8")


def _other_start(settings: Settings, row: Row) -> str | None:
    """Tell that the run that a row started from was made anew since; None where nobody noted it."""
    if row.starts_from is None:
        return None
    try:
        text = (row_folder(settings, row.name) / _START).read_text(encoding="utf-8")
        there = json.loads(text)["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if there == _digest_of_start(settings, row.starts_from):
        return None
    return f"it did not start from the model that {row.starts_from} has now"


def _digest_of_start(settings: Settings, name: str) -> str | None:
    folder = model_folder(settings, settings.row(name))
    return folder_digest(folder) if folder.is_dir() else None
