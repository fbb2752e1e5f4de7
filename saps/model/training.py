"""A training run, from its configuration to its run folder."""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from hydra.utils import instantiate
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO
from omegaconf import DictConfig, OmegaConf

import saps
from saps.data.module import TaskData
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import SYMBOLS, TOKENIZER, Bundle, build_network, plain_config, save_bundle
from saps.model.callbacks import BestModel, EpochLine, ProgressBar, StepSeed
from saps.model.freezing import Freezing
from saps.model.module import SynthesisModule
from saps.model.pretraining import load_pretrained, start_from
from saps.model.word_vectors import start_from_vectors

logger = logging.getLogger(__name__)

LAST = "last.ckpt"


class TrainingError(ValueError):
    """A run can not start or go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where a run left its files, and the best value of the watched metric.

    Attributes:
        folder: of the run.
        best: the folder of the best model; `saps evaluate checkpoint=` takes it.
        metric: name of the watched metric.
        value: its best value.
        parameters: number of trained weights.
    """

    folder: Path
    best: Path
    metric: str
    value: float
    parameters: int


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there, so none is ever half written."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        draft = Path(path).with_suffix(".part")
        super().save_checkpoint(checkpoint, draft, storage_options)
        draft.replace(path)


def train(cfg: DictConfig) -> TrainResult:
    """Train a network as conf/train.yaml describes, or continue a run with `ckpt_path=last`.

    Raises:
        TrainingError: the run folder holds another run, or there is none to continue.
        DataError, TokenizerError, SymbolError, BundleError: the data or the sizes do not fit.
        PretrainingError, FreezingError: so do the run to start from, or the freezing schedule.
        WordVectorError: the file of word vectors can not be read.
    """
    folder = Path(cfg.folder)
    resume = _checkpoint_to_continue(cfg, folder)
    starts_from_another = resume is None and cfg.pretrained is not None
    earlier = load_pretrained(cfg.pretrained) if starts_from_another else None
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    data = _read_data(cfg, folder, resume)
    model_config = plain_config(cfg.model)
    network = build_network(model_config, data.tokenizer, data.symbols)
    data.upward, data.sequences = network.reads_trees, network.writes_tokens
    freezing = Freezing(cfg.freezing, network)
    if resume is None:
        start_from_vectors(network, data.tokenizer)
    if earlier is not None:
        start_from(earlier, network, data.symbols)
    parameters = sum(weight.numel() for weight in network.parameters())
    logger.info("%s: %.2f million parameters, run folder %s", cfg.name, parameters / 1e6, folder)
    module = _module(cfg, network, data)

    def save_best(progress: dict[str, Any]) -> None:
        config = {"model": model_config, "info": _provenance(cfg, data, progress)}
        bundle = Bundle(network, data.tokenizer, data.symbols, config)
        save_bundle(bundle, folder / "best", half=cfg.half_precision_bundle)

    best = BestModel(cfg.monitor, save_best)
    if resume is None:
        _start_folder(cfg, folder, data)
    callbacks = [StepSeed(cfg.seed), freezing, best, EpochLine(data.size("train"))]
    trainer = _trainer(cfg, folder, callbacks)
    trainer.fit(module, datamodule=data, ckpt_path=resume, weights_only=True)
    return TrainResult(folder, folder / "best", cfg.monitor, best.best, parameters)


def _checkpoint_to_continue(cfg: DictConfig, folder: Path) -> Path | None:
    last = folder / LAST
    if cfg.ckpt_path is None:
        if last.exists() and not cfg.overwrite:
            raise TrainingError(
                f"{folder} already holds a run: continue it with ckpt_path=last, keep both with "
                "name=ANOTHER, or replace it with overwrite=true"
            )
        return None
    path = last if cfg.ckpt_path == "last" else Path(cfg.ckpt_path)
    if not path.is_file():
        raise TrainingError(f"no checkpoint at {path}: start the run without ckpt_path")
    return path


def _read_data(cfg: DictConfig, folder: Path, resume: Path | None) -> TaskData:
    """Read the data, with the vocabularies of the run that is continued."""
    data: TaskData = instantiate(cfg.data, seed=cfg.seed, _convert_="all")
    if resume is None:
        data.read()
    else:
        data.read(Tokenizer.load(folder / TOKENIZER), SymbolTable.load(folder / SYMBOLS))
    return data


def _module(cfg: DictConfig, network: torch.nn.Module, data: TaskData) -> SynthesisModule:
    total_steps = cfg.trainer.max_epochs * len(data.batches("train", 0))
    module: SynthesisModule = instantiate(
        cfg.module,
        network=network,
        symbols=data.symbols,
        decoder=instantiate(cfg.decoding),
        total_steps=total_steps,
    )
    return module


def _start_folder(cfg: DictConfig, folder: Path, data: TaskData) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LAST).unlink(missing_ok=True)
    OmegaConf.save(cfg, folder / "config.yaml", resolve=True)
    data.tokenizer.save(folder / TOKENIZER)
    data.symbols.save(folder / SYMBOLS)


def _trainer(cfg: DictConfig, folder: Path, callbacks: list[Callback]) -> lightning.Trainer:
    # With nothing to rank, the one file is replaced at the end of each epoch.
    last = ModelCheckpoint(
        dirpath=folder,
        filename=Path(LAST).stem,
        save_top_k=1,
        monitor=None,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
    )
    progress: list[Callback] = [ProgressBar()] if sys.stderr.isatty() else []
    trainer: lightning.Trainer = instantiate(
        cfg.trainer,
        default_root_dir=folder,
        logger=instantiate(cfg.logger),
        callbacks=[*callbacks, *progress, last],
        plugins=[AtomicCheckpointIO()],
        # Each epoch has batches of its own, made from the seed and its number.
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=bool(progress),
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    return trainer


def _provenance(cfg: DictConfig, data: TaskData, progress: dict[str, Any]) -> dict[str, Any]:
    """Tell, inside the model, where it comes from."""
    settings = plain_config(cfg)
    kept = ("seed", "data", "module", "trainer", "decoding", "pretrained", "freezing")
    return {
        "name": cfg.name,
        "saps_version": saps.__version__,
        "data": {"name": data.name, "train": data.size("train"), "dev": data.size("dev")},
        "best": progress,
        "training": {key: settings[key] for key in kept},
    }
