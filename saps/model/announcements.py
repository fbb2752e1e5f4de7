"""What a training run says of itself, at its start and at its end."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig

from saps.data.module import TaskData
from saps.model.bundle import plain_config
from saps.model.network import Network
from saps.override import command_line

logger = logging.getLogger(__name__)

_AFTER_AUTOENCODER = "sapspre_vh_att_256"  # of conf/experiment


@rank_zero_only
def announce(cfg: DictConfig, network: Network, data: TaskData) -> None:
    """Say what is going to be trained, on what, and where it goes."""
    parameters = sum(weight.numel() for weight in network.parameters())
    logger.info("%s: %s", cfg.name, _choices(plain_config(cfg.model)))
    logger.info("%.2f million parameters", parameters / 1e6)
    sizes = data.size("train"), data.size("dev")
    logger.info("data %s: %d tasks to train on, %d to validate", data.name, *sizes)
    logger.info("run folder %s", cfg.folder)


@rank_zero_only
def announce_going_on(path: Path, checkpoint: Mapping[str, Any]) -> None:
    """Say from which checkpoint a run goes on."""
    step, epoch = checkpoint["global_step"], checkpoint["epoch"]
    logger.info("going on from %s: step %d, epoch %03d", path, step, epoch)


def _choices(config: dict[str, Any], prefix: str = "") -> str:
    """Return a model's configuration on one line: its class, then its settings."""
    told = []
    if "_target_" in config:  # first, wherever a group of settings has put it
        name = config["_target_"].rpartition(".")[2]
        told.append(f"{prefix.rstrip('.')}={name}".lstrip("="))
    for key, value in config.items():
        if key == "_target_":
            continue
        if isinstance(value, dict):
            told.append(_choices(value, f"{prefix}{key}."))
        elif key != "_partial_":
            told.append(f"{prefix}{key}={value}")
    return " ".join(told)


@rank_zero_only
def say_what_is_next(best: Path, data: TaskData, network: Network) -> None:
    """Give the command that judges the best model, or that trains with what it has learned."""
    if network.reads_trees:
        given = {"pretrained": best.parent, "data.path": data.path}
        line = command_line(f"saps train experiment={_AFTER_AUTOENCODER}", given)
        logger.info(
            "it reads programs, no texts; train a model of the same sizes whose decoder starts as "
            "its own: %s",
            line,
        )
        return
    has_test = any(data.path.glob("*test.jsonl*")) if data.path.is_dir() else False
    split = () if has_test else ("split=dev",)
    paths = {"checkpoint": best, "data.path": data.path}
    logger.info("evaluate it: %s", command_line("saps evaluate", paths, *split))


@rank_zero_only
def say_why_no_model(cfg: DictConfig, start: Path | None, begun_at: int | None, step: int) -> None:
    """Tell why a run left no model.

    Args:
        cfg: of the run.
        start: the checkpoint from which it went on; None if it began.
        begun_at: the step of that checkpoint.
        step: the last one.
    """
    if step == begun_at:
        logger.warning(
            "no epoch was run, so %s holds no model: %s is already at the end of "
            "trainer.max_epochs=%d; raise trainer.max_epochs",
            *(cfg.folder, start, cfg.trainer.max_epochs),
        )
        return
    logger.warning(
        "no model was kept: the run ended after step %d, and no validation had a value of %s; let "
        "it validate sooner (trainer.check_val_every_n_epoch=1) or train longer "
        "(ckpt_path=last and a larger trainer.max_epochs)",
        *(step, cfg.monitor),
    )
