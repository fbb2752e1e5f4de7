"""A training run, from its configuration to its run folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.pytorch.callbacks import Callback
from omegaconf import DictConfig

import saps
from saps.data.module import TaskData
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.announcements import (
    announce,
    announce_going_on,
    say_what_is_next,
    say_why_no_model,
)
from saps.model.bundle import (
    SYMBOLS,
    TOKENIZER,
    WEIGHTS,
    Bundle,
    build_network,
    plain_config,
    save_bundle,
)
from saps.model.callbacks import BestModel, StepSeed
from saps.model.checkpoint import (
    LAST,
    CheckpointError,
    CheckpointFiles,
    newest_checkpoint,
    read_checkpoint,
)
from saps.model.compilation import compiled
from saps.model.continuation import go_on_from, load_start
from saps.model.divergence import FiniteLoss
from saps.model.epoch_report import EpochReport
from saps.model.feed import Feed, check_shares, choose_shapes
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
from saps.model.run_folder import BEST, holds_a_run, prepare_folder
from saps.model.samples import SampleDecodes
from saps.model.saving import Interruption, Saving
from saps.model.settings import SettingError, check_machine, check_monitor, check_ranges
from saps.model.word_vectors import start_from_vectors


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


@dataclass(frozen=True, slots=True, eq=False)
class _Others:
    """The models whose weights a run begins with, read before the data, which take longer.

    Attributes:
        former: all of whose weights are taken; None for none.
        earlier: whose decoder is taken; None for none.
    """

    former: Bundle | None = None
    earlier: Bundle | None = None

    @classmethod
    def load(cls, cfg: DictConfig) -> "_Others":
        return cls(
            former=None if cfg.start_from is None else load_start(cfg.start_from),
            earlier=None if cfg.pretrained is None else load_pretrained(cfg.pretrained),
        )

    def give_weights(self, network: Network, data: TaskData) -> None:
        """Begin with word vectors, where the encoder has them, and the weights of the others."""
        start_from_vectors(network, data.tokenizer)
        if self.former is not None:
            go_on_from(self.former, network, data.tokenizer, data.symbols)
        if self.earlier is not None:
            start_from(self.earlier, network, data.symbols)


def train(cfg: DictConfig) -> TrainResult:
    """Train a network as conf/train.yaml describes, or continue a run with `ckpt_path=last`.

    Raises:
        TrainingError: the run folder holds another run, or the run's last files are not written.
        SettingError, CompilationError: a setting can not be what it is, here or at all.
        CheckpointError: there is no run to continue, or it is another one.
        DivergedError: the loss is no number any more.
        RunInterruptedError: Ctrl-C or SIGTERM, after a checkpoint.
        DataError, TokenizerError, SymbolError, BundleError: the data or the sizes do not fit.
        FeedError: batches can not be shared out or padded as `feed` asks.
        PretrainingError, FreezingError: so do the run to start from, or the freezing schedule.
        WordVectorError: the file of word vectors can not be read.
    """
    check_ranges(cfg)
    check_machine(cfg)
    folder = Path(cfg.folder)
    start = _start(cfg, folder)
    others = _Others.load(cfg) if start is None else _Others()
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision(cfg.matmul_precision)
    data = _read_data(cfg, start)
    identity = Identity.of(cfg, data)
    if start is not None:
        check_vocabulary(start.path, start.checkpoint, data.tokenizer, data.symbols)
        check_data(start.path, start.checkpoint, identity, data.path)
    network = _network(cfg, data)
    check_monitor(cfg.monitor, network, data)
    freezing = Freezing(cfg.freezing, network)
    if start is None:
        others.give_weights(network, data)
    module = _module(cfg, network, data)
    best = _best(cfg, network, data)
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
    feed = _feed(cfg, data, trainer.world_size)
    # Only now: a run that is replaced is gone for good, so all that may be refused was looked at.
    prepare_folder(cfg, folder, data, is_new=not _goes_on(cfg, folder))
    _announce(cfg, start, network, data)
    path = None if start is None else start.path
    with interruption.watched():
        trainer.fit(module, datamodule=feed, ckpt_path=path, weights_only=True)
    _check_files(folder, files, best)
    if best.best is not None:
        say_what_is_next(folder / BEST, data, network)
    else:
        _say_why_no_model(cfg, start, trainer.global_step)
    parameters = sum(weight.numel() for weight in network.parameters())
    return TrainResult(folder, folder / BEST, cfg.monitor, best.best, parameters)


def _announce(cfg: DictConfig, start: _Start | None, network: Network, data: TaskData) -> None:
    announce(cfg, network, data)
    if start is not None:
        announce_going_on(start.path, start.checkpoint)


def _say_why_no_model(cfg: DictConfig, start: _Start | None, step: int) -> None:
    if start is None:
        say_why_no_model(cfg, None, None, step)
    else:
        say_why_no_model(cfg, start.path, start.checkpoint["global_step"], step)


def _start(cfg: DictConfig, folder: Path) -> _Start | None:
    """Find the checkpoint to go on from, and see whether it is this run's."""
    if not _goes_on(cfg, folder) and holds_a_run(folder) and not cfg.overwrite:
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


def _read_data(cfg: DictConfig, start: _Start | None) -> TaskData:
    """Read the data, with the vocabularies of the run that is continued."""
    data: TaskData = instantiate(cfg.data, seed=cfg.seed, _convert_="all")
    if start is None:
        data.read()
    else:
        folder = start.path.parent
        data.read(*_vocabularies(folder))
    return data


def _vocabularies(folder: Path) -> tuple[Tokenizer, SymbolTable]:
    try:
        return Tokenizer.load(folder / TOKENIZER), SymbolTable.load(folder / SYMBOLS)
    except (OSError, ValueError) as error:
        copies = all((folder / BEST / name).is_file() for name in (TOKENIZER, SYMBOLS))
        remedy = (
            f"{folder / BEST} has copies of {TOKENIZER} and {SYMBOLS}; put them into {folder}"
            if copies
            else "put the run's own file back, or start anew with overwrite=true"
        )
        raise CheckpointError(f"the run can not go on: {error}; {remedy}") from error


def _network(cfg: DictConfig, data: TaskData) -> Network:
    """Make the network, and have the batches hold what it reads and writes."""
    network = build_network(plain_config(cfg.model), data.tokenizer, data.symbols)
    data.upward, data.sequences = network.reads_trees, network.writes_tokens
    return network


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


def _trainer(
    cfg: DictConfig, folder: Path, callbacks: list[Callback], files: CheckpointFiles
) -> lightning.Trainer:
    with _refusals("logger"):
        logger = instantiate(cfg.logger)
    with _refusals("trainer"):
        trainer: lightning.Trainer = instantiate(
            cfg.trainer,
            default_root_dir=folder,
            logger=logger,
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


def _feed(cfg: DictConfig, data: TaskData, n_ranks: int) -> Feed:
    check_shares(data, n_ranks)
    return Feed(data, **{**cfg.feed, "n_shapes": choose_shapes(cfg)})


@contextmanager
def _refusals(group: str) -> Iterator[None]:
    """Say in which group of settings there is one that Lightning does not take."""
    try:
        yield
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise SettingError(f"{group}: Lightning refuses these settings: {cause}") from error


def _check_files(folder: Path, files: CheckpointFiles, best: BestModel) -> None:
    problem = files.failure or best.failure
    if problem is not None:
        raise TrainingError(
            f"the run is over, but its last files in {folder} could not be written ({problem}): "
            "make room and repeat its end with ckpt_path=last"
        )


def _best(cfg: DictConfig, network: Network, data: TaskData) -> BestModel:
    is_kept = (Path(cfg.folder) / BEST / WEIGHTS).is_file
    return BestModel(cfg.monitor, _saver(cfg, network, data), cfg.patience, is_kept=is_kept)


def _saver(cfg: DictConfig, network: Network, data: TaskData) -> Callable[[dict[str, Any]], None]:
    """Return what writes the network as it is into the run folder, as its best model."""
    words = data.words()

    def save_best(progress: dict[str, Any]) -> None:
        config = {"model": plain_config(cfg.model), "info": _provenance(cfg, data, progress)}
        bundle = Bundle(network, data.tokenizer, data.symbols, config, words)
        save_bundle(bundle, Path(cfg.folder) / BEST, half=cfg.half_precision_bundle)

    return save_best


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
