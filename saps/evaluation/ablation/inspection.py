"""Everything that can be known to be wrong before a folder is claimed and hours are spent."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from saps.data.algolisp import find_split, read_lines
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.evaluation.ablation.configuration import evaluate_config, train_config
from saps.evaluation.ablation.folder import Claim, check_folder, check_tasks
from saps.evaluation.ablation.reason import reason_of
from saps.evaluation.ablation.row import AblationError, Row
from saps.evaluation.ablation.runs import check_run, lies_in_out
from saps.evaluation.ablation.settings import SIZES, Settings
from saps.evaluation.ablation.state import SPLITS
from saps.evaluation.settings import Settings as EvaluationSettings
from saps.model.bundle import PRETRAINED, TOKENIZER, build_network, plain_config
from saps.model.freezing import Freezing
from saps.model.settings import check_ranges

_QUIET: Final = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}


def inspect(settings: Settings, *, are_made_here: bool) -> None:
    """Look at the folder, the data and the configuration of every row; nothing is written.

    Args:
        settings: of the ablation.
        are_made_here: rows are made on this machine, whose devices are tried then.

    Raises:
        AblationError: the folder or a run folder holds something else, a setting of a row does not
            exist or can not be what it is, there is no such device, or there are too few tasks.
        DataError: a split is missing or damaged, or a task has no tests.
    """
    claim = check_folder(settings)
    configs = {row.name: _training(settings, row) for row in settings.rows if not row.model_of}
    for row in settings.rows:
        if row.judged:
            _check_evaluation(settings, row)
    _check_sizes(settings)
    if are_made_here:
        _try_trainer(next(iter(configs.values())))
        _try_device(settings.judging.device)
    if claim is not Claim.NEW or not lies_in_out(settings):
        for name, cfg in configs.items():
            check_run(settings, settings.row(name), cfg)
    if claim is not Claim.SAME:
        check_tasks(settings)


def _check_sizes(settings: Settings) -> None:
    """Refuse a row that would be trained on fewer tasks than it says."""
    limited = [row for row in settings.rows if row.train_limit is not None]
    if not limited:
        return
    file = find_split(str(settings.data["path"]), "train")
    n_tasks, limit = sum(1 for _ in read_lines(file)), settings.data["train_limit"]
    kept = "" if limit is None else f", of which data.train_limit={limit} keeps the first"
    for row in limited:
        most = _most_tasks(settings, row, n_tasks)
        if row.train_limit is not None and row.train_limit > most:
            key = SIZES if row.name in settings.sections.get(SIZES, ()) else f"table.{row.name}"
            raise AblationError(
                f"{row.title}: {file} holds {n_tasks:,} tasks{kept}; give {key} at most {most:,}, "
                "or more tasks"
            )


def _most_tasks(settings: Settings, row: Row, n_tasks: int) -> int:
    limits: list[int | None] = [n_tasks, settings.data["train_limit"]]
    sizes = settings.sections.get(SIZES, ())
    if row.name in sizes:  # the last row of the curve has all tasks
        limits.append(settings.row(sizes[-1]).train_limit)
    return min(limit for limit in limits if limit is not None)


def _training(settings: Settings, row: Row) -> DictConfig:
    """Compose what trains a row, and make its network once."""
    with _wrong_in(row, "trained", f"size=, train= and table.{row.name}.train"):
        _check_effect(settings, row)
        cfg = train_config(settings, row)
        check_ranges(cfg)
        instantiate(cfg.data, seed=cfg.seed, _convert_="all")
        instantiate(cfg.decoding)
        network = build_network(
            plain_config(cfg.model),
            Tokenizer.load(PRETRAINED / TOKENIZER),
            SymbolTable.of_language(),
        )
        Freezing(cfg.freezing, network)
    return cfg


def _check_effect(settings: Settings, row: Row) -> None:
    """Refuse settings of a row that those of all rows stand in for, or that would end it early."""
    for override in (*row.train, *settings.train):
        key, _, value = override.lstrip("+~").partition("=")
        if key == "patience" and value != "null":
            raise AblationError(
                f"{override} would end rows early, and all rows have the same epochs: leave it "
                "out; the best epoch of each is the one that is judged"
            )
        if key.partition(".")[0].partition("@")[0] in settings.shared:
            raise AblationError(
                f"{override} has no effect there, {key} is the same in every row: give it to "
                "saps ablate itself"
            )


def _check_evaluation(settings: Settings, row: Row) -> None:
    with _wrong_in(row, "judged", f"evaluate= and table.{row.name}.evaluate"):
        for split in SPLITS:
            read = EvaluationSettings.read(evaluate_config(settings, row, split))
        instantiate(dict(read.decoding))


@contextmanager
def _wrong_in(row: Row, done: str, keys: str) -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise AblationError(
            f"{row.title} can not be {done}: {reason_of(error)}; look at {keys}"
        ) from error


def _try_trainer(cfg: DictConfig) -> None:
    """Have Lightning look for the device and the precision, which all rows share."""
    lightning = logging.getLogger("lightning.pytorch")
    before = lightning.level
    lightning.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            instantiate(cfg.trainer, **_QUIET)
    except HydraException as error:
        raise AblationError(
            f"no row can be trained on this machine: {reason_of(error)}; look at trainer="
        ) from error
    finally:
        lightning.setLevel(before)


def _try_device(name: str) -> None:
    if name == "auto":
        return
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).partition("\n")[0]
        raise AblationError(
            f"evaluation.device={name} can not be used: {reason}; try evaluation.device=cpu"
        ) from error
