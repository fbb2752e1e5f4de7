"""A training run, from its configuration to its run folder."""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from hydra.utils import instantiate
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig, OmegaConf

import saps
from saps.data.module import TaskData
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import (
    CALIBRATION,
    SYMBOLS,
    TOKENIZER,
    WEIGHTS,
    WORDS,
    Bundle,
    build_network,
    plain_config,
    save_bundle,
)
from saps.model.bundle import CONFIG as MODEL_CONFIG
from saps.model.callbacks import BestModel, StepSeed
from saps.model.checkpoint import (
    DAMAGED,
    LAST,
    PREVIOUS,
    CheckpointFiles,
    newest_checkpoint,
    read_checkpoint,
)
from saps.model.compilation import compiled
from saps.model.continuation import go_on_from, load_start
from saps.model.divergence import FiniteLoss
from saps.model.epoch_report import CURVES, METRICS, EpochReport
from saps.model.feed import Feed, choose_shapes
from saps.model.freezing import Freezing
from saps.model.identity import (
    Identity,
    KeepsIdentity,
    check_data,
    check_settings,
    check_vocabulary,
)
from saps.model.module import SynthesisModule
from saps.model.network import Network
from saps.model.pretraining import load_pretrained, start_from
from saps.model.progress import ProgressBar, on_terminal
from saps.model.samples import SampleDecodes
from saps.model.saving import Interruption, Saving
from saps.model.settings import check_monitor, check_ranges
from saps.model.word_vectors import start_from_vectors
from saps.override import command_line

logger = logging.getLogger(__name__)

CONFIG = "config.yaml"
BEST = "best"
_MODEL_FILES = (MODEL_CONFIG, WEIGHTS, TOKENIZER, SYMBOLS, WORDS, CALIBRATION)


class TrainingError(ValueError):
    """A run can not start, go on or end as it should; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where a run left its files, and the best value of the watched metric.

    Attributes:
        folder: of the run.
        best: the folder of the best model; `saps evaluate checkpoint=` takes it.
        metric: name of the watched metric.
        value: its best value; None where the run kept no model, and `best` is not there.
        parameters: number of trained weights.
    """

    folder: Path
    best: Path
    metric: str
    value: float | None
    parameters: int


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """Where a run goes on: a checkpoint and what is in it."""

    path: Path
    checkpoint: dict[str, Any]


def train(cfg: DictConfig) -> TrainResult:
    """Train a network as conf/train.yaml describes, or continue a run with `ckpt_path=last`.

    Raises:
        TrainingError: the run folder holds another run, or the run's last files are not written.
        SettingError, CompilationError: a setting can not be what it is.
        CheckpointError: there is no run to continue, or it is another one.
        DivergedError: the loss is no number any more.
        RunInterruptedError: Ctrl-C or SIGTERM, after a checkpoint.
        DataError, TokenizerError, SymbolError, BundleError: the data or the sizes do not fit.
        FeedError: batches can not be shared out or padded as `feed` asks.
        PretrainingError, FreezingError: so do the run to start from, or the freezing schedule.
        WordVectorError: the file of word vectors can not be read.
    """
    check_ranges(cfg)
    folder = Path(cfg.folder)
    start = _start(cfg, folder)
    starts_from_another = start is None and cfg.pretrained is not None
    earlier = load_pretrained(cfg.pretrained) if starts_from_another else None
    former = load_start(cfg.start_from) if start is None and cfg.start_from is not None else None
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision(cfg.matmul_precision)
    data = _read_data(cfg, start)
    identity = Identity.of(cfg, data)
    if start is not None:
        check_vocabulary(start.path, start.checkpoint, data.tokenizer, data.symbols)
        check_data(start.path, start.checkpoint, identity, data.path)
    model_config = plain_config(cfg.model)
    network = build_network(model_config, data.tokenizer, data.symbols)
    data.upward, data.sequences = network.reads_trees, network.writes_tokens
    check_monitor(cfg.monitor, network, data)
    freezing = Freezing(cfg.freezing, network)
    if start is None:
        start_from_vectors(network, data.tokenizer)
    if former is not None:
        go_on_from(former, network, data.tokenizer, data.symbols)
    if earlier is not None:
        start_from(earlier, network, data.symbols)
    module = _module(cfg, network, data)

    words = data.words()

    def save_best(progress: dict[str, Any]) -> None:
        config = {"model": model_config, "info": _provenance(cfg, data, progress)}
        bundle = Bundle(network, data.tokenizer, data.symbols, config, words)
        save_bundle(bundle, folder / BEST, half=cfg.half_precision_bundle)

    best = BestModel(cfg.monitor, save_best, cfg.patience, is_kept=(folder / BEST).is_dir)
    _prepare_folder(cfg, folder, data, is_new=not _goes_on(cfg, folder))
    _announce(cfg, network, data, start)
    files, interruption = CheckpointFiles(), Interruption()
    callbacks = [
        StepSeed(cfg.seed),
        freezing,
        FiniteLoss(folder / LAST),
        best,
        KeepsIdentity(identity),
        *([ProgressBar(data.size("train"), data.size("dev"))] if on_terminal() else []),
        SampleDecodes(data, cfg.n_samples),
        EpochReport(folder, data.size("dev")),
        Saving(folder, files, interruption, **cfg.checkpoints),
    ]
    trainer = _trainer(cfg, folder, callbacks, files)
    feed = Feed(data, **{**cfg.feed, "n_shapes": choose_shapes(cfg)})
    path = None if start is None else start.path
    with interruption.watched():
        trainer.fit(module, datamodule=feed, ckpt_path=path, weights_only=True)
    _check_files(folder, files, best)
    if best.best is None:
        _say_why_no_model(cfg, folder, start, trainer.global_step)
    else:
        _say_how_to_evaluate(folder, data)
    parameters = sum(weight.numel() for weight in network.parameters())
    return TrainResult(folder, folder / BEST, cfg.monitor, best.best, parameters)


def _start(cfg: DictConfig, folder: Path) -> _Start | None:
    """Find the checkpoint to go on from, and see whether it is this run's."""
    if not _goes_on(cfg, folder) and _holds_a_run(folder) and not cfg.overwrite:
        other = "" if cfg.ckpt_path is None else f", and {cfg.ckpt_path} is of another"
        raise TrainingError(
            f"{folder} already holds a run{other}: continue it with ckpt_path=last, keep both with "
            "name=ANOTHER, or replace it with overwrite=true"
        )
    if cfg.ckpt_path is None:
        return None
    if cfg.ckpt_path == "last":
        start = _Start(*newest_checkpoint(folder))
    else:
        path = Path(cfg.ckpt_path)
        start = _Start(path, read_checkpoint(path))
    check_settings(start.path, start.checkpoint, cfg)
    return start


def _goes_on(cfg: DictConfig, folder: Path) -> bool:
    """Tell whether the run in `folder` is continued: from elsewhere, another run begins there."""
    if cfg.ckpt_path in (None, "last"):
        return cfg.ckpt_path is not None
    return Path(cfg.ckpt_path).parent.resolve() == folder.resolve()


def _holds_a_run(folder: Path) -> bool:
    return (folder / LAST).exists() or (folder / PREVIOUS).exists()


def _read_data(cfg: DictConfig, start: _Start | None) -> TaskData:
    """Read the data, with the vocabularies of the run that is continued."""
    data: TaskData = instantiate(cfg.data, seed=cfg.seed, _convert_="all")
    if start is None:
        data.read()
    else:
        folder = start.path.parent
        data.read(Tokenizer.load(folder / TOKENIZER), SymbolTable.load(folder / SYMBOLS))
    return data


def _module(cfg: DictConfig, network: Network, data: TaskData) -> SynthesisModule:
    total_steps = cfg.trainer.max_epochs * len(data.batches("train", 0))
    module: SynthesisModule = instantiate(
        cfg.module,
        network=network,
        symbols=data.symbols,
        decoder=instantiate(cfg.decoding),
        total_steps=total_steps,
    )
    if cfg.compile is not None:
        module.compute_loss = compiled(network.loss, cfg.compile, choose_shapes(cfg))
    return module


@rank_zero_only
def _prepare_folder(cfg: DictConfig, folder: Path, data: TaskData, *, is_new: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
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
    for name in _MODEL_FILES:
        (best / name).unlink(missing_ok=True)
    if not any(best.iterdir()):
        best.rmdir()


@rank_zero_only
def _announce(cfg: DictConfig, network: Network, data: TaskData, start: _Start | None) -> None:
    """Say what is going to be trained, on what, and where it goes."""
    parameters = sum(weight.numel() for weight in network.parameters())
    logger.info("%s: %s", cfg.name, _choices(plain_config(cfg.model)))
    logger.info("%.2f million parameters", parameters / 1e6)
    sizes = data.size("train"), data.size("dev")
    logger.info("data %s: %d tasks to train on, %d to validate", data.name, *sizes)
    if start is None:
        logger.info("run folder %s", cfg.folder)
    else:
        step, epoch = start.checkpoint["global_step"], start.checkpoint["epoch"]
        logger.info("going on from %s: step %d, epoch %d", start.path, step, epoch)


def _choices(config: dict[str, Any], prefix: str = "") -> str:
    """Return a model's configuration on one line: its class, then its settings."""
    told = []
    for key, value in config.items():
        if key == "_target_":
            told.append(f"{prefix.rstrip('.')}={value.rpartition('.')[2]}".lstrip("="))
        elif isinstance(value, dict):
            told.append(_choices(value, f"{prefix}{key}."))
        elif key != "_partial_":
            told.append(f"{prefix}{key}={value}")
    return " ".join(told)


def _trainer(
    cfg: DictConfig, folder: Path, callbacks: list[Callback], files: CheckpointFiles
) -> lightning.Trainer:
    trainer: lightning.Trainer = instantiate(
        cfg.trainer,
        default_root_dir=folder,
        logger=instantiate(cfg.logger),
        callbacks=callbacks,
        plugins=[files],
        # Each epoch has batches of its own, made from the seed and its number.
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,  # the feed gives each process its share
        enable_progress_bar=False,  # ours is a callback
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    return trainer


def _check_files(folder: Path, files: CheckpointFiles, best: BestModel) -> None:
    problem = files.failure or best.failure
    if problem is not None:
        raise TrainingError(
            f"the run is over, but its last files in {folder} could not be written ({problem}): "
            "make room and repeat its end with ckpt_path=last"
        )


@rank_zero_only
def _say_how_to_evaluate(folder: Path, data: TaskData) -> None:
    has_test = any(data.path.glob("*test.jsonl*")) if data.path.is_dir() else False
    split = () if has_test else ("split=dev",)
    paths = {"checkpoint": folder / BEST, "data.path": data.path}
    logger.info("evaluate it: %s", command_line("saps evaluate", paths, *split))


@rank_zero_only
def _say_why_no_model(cfg: DictConfig, folder: Path, start: _Start | None, step: int) -> None:
    if start is not None and step == start.checkpoint["global_step"]:
        logger.warning(
            "no epoch was run, so %s holds no model: %s is already at the end of "
            "trainer.max_epochs=%d; raise trainer.max_epochs",
            *(folder, start.path, cfg.trainer.max_epochs),
        )
        return
    logger.warning(
        "no model was kept: the run ended after step %d, and no validation had a value of %s; let "
        "it validate sooner (trainer.check_val_every_n_epoch=1) or train longer "
        "(ckpt_path=last and a larger trainer.max_epochs)",
        *(step, cfg.monitor),
    )


def _provenance(cfg: DictConfig, data: TaskData, progress: dict[str, Any]) -> dict[str, Any]:
    """Tell, inside the model, where it comes from."""
    settings = plain_config(cfg)
    kept = ("seed", "data", "module", "trainer", "decoding", "pretrained", "start_from", "freezing")
    return {
        "name": cfg.name,
        "saps_version": saps.__version__,
        "data": {"name": data.name, "train": data.size("train"), "dev": data.size("dev")},
        "best": progress,
        "training": {key: settings[key] for key in kept},
    }
