"""A training run, from its configuration to its run folder.

`train` looks at everything that may be refused, then takes the folder, then trains. So what is
refused costs nothing of the run that may lie there.
"""

import functools
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import lightning
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.callbacks import ProgressBar as LightningBar
from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig, OmegaConf

import saps
from saps.model.bundle import WEIGHTS, Bundle, build_network, plain_config, save_bundle
from saps.model.protocols import Network
from saps.model.word_vectors import start_from_vectors
from saps.resources import command_line, held
from saps.training.callbacks import (
    BestModel,
    EpochReport,
    Freezing,
    ProgressBar,
    SampleDecodes,
    StepSeed,
)
from saps.training.checkpoints import (
    BEST,
    KEY,
    LAST,
    CheckpointFiles,
    RunInterruptedError,
    TrainingError,
    check_data,
    check_free,
    check_settings,
    fingerprint,
    first_line,
    go_on_if_requeued,
    goes_on,
    holds_a_run,
    keeps,
    newest_checkpoint,
    prepare_folder,
    read_checkpoint,
    vocabularies,
)
from saps.training.data_feed import Feed, check_shares, choose_shapes
from saps.training.pretraining import load_earlier, take_all, take_decoder
from saps.training.run_settings import SettingError, check_machine, check_monitor, check_ranges
from saps.training.stopping import FiniteLoss, Interruption, Saving, requeue
from saps.training.training_module import SynthesisModule, compiled

if TYPE_CHECKING:
    from saps.data.data_module import TaskData

logger = logging.getLogger(__name__)

_AFTER_AUTOENCODER = "sapspre_vh_att_256"  # of conf/experiment


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where a run left its files, and the best value of the watched metric.

    Where the run kept no model, `value` is None and the folder `best` is not there.
    """

    folder: Path
    best: Path
    metric: str
    value: float | None
    parameters: int


class _Start(NamedTuple):
    """Where a run goes on: a checkpoint and what is in it."""

    path: Path
    checkpoint: dict[str, Any]


def train(cfg: DictConfig) -> TrainResult:
    """Train a network as conf/train.yaml describes, or continue a run with `ckpt_path=last`.

    Raises:
        TrainingError: the run folder holds what the run would replace, or the run's last files
            are not written.
        FolderInUseError: another command writes into the run folder.
        SettingError, CompilationError: a setting cannot be what it is, here or at all.
        CheckpointError: there is no run to continue, or it is another one.
        DivergedError: the loss is no number any more.
        RunInterruptedError: a signal, after a checkpoint.
        DataError, TokenizerError, SymbolError, BundleError: the data or the sizes do not fit.
        FeedError: batches cannot be shared out or padded as `feed` asks.
        PretrainingError, FreezingError: so do the run to start from, or the freezing schedule.
        WordVectorError: the file of word vectors cannot be read.
    """
    # What takes no time is looked at first: a mistyped setting is told before data are read.
    check_ranges(cfg)
    check_machine(cfg)
    folder = Path(cfg.folder)
    go_on_if_requeued(cfg, folder)
    check_free(cfg, folder)
    start = _start(cfg, folder)
    data, network, belongs_to = _prepared(cfg, start)
    freezing = Freezing(cfg.freezing, network)
    module = _module(cfg, network, data)
    is_kept = (folder / BEST / WEIGHTS).is_file
    best = BestModel(cfg.monitor, _saver(cfg, network, data), cfg.patience, is_kept=is_kept)
    # Both are asked again at the end, so they are made here and not by the trainer.
    files, interruption = CheckpointFiles(), Interruption()
    callbacks = [
        *(StepSeed(cfg.seed), freezing, FiniteLoss(folder / LAST)),
        *(best, keeps(belongs_to), SampleDecodes(data, cfg.n_samples)),
        EpochReport(folder, data.size("dev")),
        Saving(folder, files, interruption, **cfg.checkpoints),
    ]
    trainer = _trainer(cfg, start, callbacks, files, data)
    check_shares(data, trainer.world_size)
    feed = Feed(data, **{**cfg.feed, "n_shapes": choose_shapes(cfg)})
    # Process 0 holds the folder for all.
    rank = rank_zero_only.rank  # type: ignore[attr-defined]
    folder.mkdir(parents=True, exist_ok=True)
    with nullcontext() if rank else held(folder):
        check_free(cfg, folder)  # another command may have been there meanwhile
        _open_loggers(trainer, cfg)
        prepare_folder(cfg, folder, data, is_new=not goes_on(cfg, folder))
        _announce(cfg, start, network, data)
        with _loggers_closed(trainer), interruption.watched():
            path = None if start is None else start.path
            trainer.fit(module, datamodule=feed, ckpt_path=path, weights_only=True)
    _say_what_came_of_it(cfg, start, trainer, files, best, data)
    parameters = sum(weight.numel() for weight in network.parameters())
    return TrainResult(folder, folder / BEST, cfg.monitor, best.best, parameters)


def _start(cfg: DictConfig, folder: Path) -> _Start | None:
    """Find the checkpoint to go on from, and see whether it is this run's."""
    if cfg.ckpt_path is None:
        return None
    if cfg.ckpt_path == "last":
        start = _Start(*newest_checkpoint(folder))
    else:
        start = _Start(Path(cfg.ckpt_path), read_checkpoint(Path(cfg.ckpt_path)))
    check_settings(start.path, start.checkpoint, cfg)
    return start


def _prepared(cfg: DictConfig, start: _Start | None) -> "tuple[TaskData, Network, dict[str, Any]]":
    """Read the data, make the network with its first weights, and say what the run belongs to."""
    # The models with whose weights a run begins, before the data, which take longer to read.
    former, earlier = (
        load_earlier(cfg, key) if start is None else None for key in ("start_from", "pretrained")
    )
    lightning.seed_everything(cfg.seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision(cfg.matmul_precision)
    data: TaskData = instantiate(cfg.data, seed=cfg.seed, _convert_="all")
    data.read(*(() if start is None else vocabularies(start.path.parent)))
    belongs_to = fingerprint(cfg, data)
    if start is not None:
        check_data(start.path, start.checkpoint, belongs_to, data.path)
    # The sizes of its layers follow from the vocabularies, so the data come first.
    network = build_network(plain_config(cfg.model), data.tokenizer, data.symbols)
    data.upward, data.sequences = network.reads_trees, network.writes_tokens
    check_monitor(cfg.monitor, network, data)
    if start is None:
        start_from_vectors(network, data.tokenizer)
    if former is not None:
        take_all(former, network, data.tokenizer, data.symbols)
    if earlier is not None:
        take_decoder(earlier, network, data.symbols)
    return data, network, belongs_to


def _module(cfg: DictConfig, network: Network, data: "TaskData") -> SynthesisModule:
    # Called by us: Hydra would take a decoder that is a dataclass for a configuration.
    module: SynthesisModule = instantiate(cfg.module, _partial_=True)(
        network=network,
        symbols=data.symbols,
        decoder=instantiate(cfg.decoding),
        total_steps=cfg.trainer.max_epochs * len(data.batches("train", 0)),
    )
    if cfg.compile is not None:
        module.compute_loss = compiled(network.loss, cfg.compile, choose_shapes(cfg))
    return module


def _saver(cfg: DictConfig, network: Network, data: "TaskData") -> Callable[[dict[str, Any]], None]:
    """Return what writes the network as it is into the run folder, as its best model."""
    # Once, and not each time that a model is better.
    words, settings = data.words(), plain_config(cfg)
    kept = ("seed", "data", "module", "trainer", "decoding", "pretrained", "start_from", "freezing")
    info = {  # tells, inside the model, where it comes from
        "name": cfg.name,
        "saps_version": saps.__version__,
        "data": {"name": data.name, "train": data.size("train"), "dev": data.size("dev")},
        "training": {key: settings[key] for key in kept},
    }

    def save_best(progress: dict[str, Any]) -> None:
        config = {"model": settings["model"], "info": info | {"best": progress}}
        bundle = Bundle(network, data.tokenizer, data.symbols, config, words)
        save_bundle(bundle, Path(cfg.folder) / BEST, half=cfg.half_precision_bundle)

    return save_best


# The trainer: ours, with the callbacks, plugins and loggers that the user asks for.


def _trainer(
    cfg: DictConfig,
    start: _Start | None,
    callbacks: list[Callback],
    files: CheckpointFiles,
    data: "TaskData",
) -> lightning.Trainer:
    with _refusals("logger"):
        own_logger = instantiate(cfg.logger, **_same_run_of_wandb(cfg, start))
    with _refusals("trainer"):
        theirs = _made_parts(cfg.trainer, "callbacks", Callback)
        has_bar = any(isinstance(callback, LightningBar) for callback in theirs)
        if sys.stderr.isatty() and not has_bar and cfg.trainer.get("enable_progress_bar", True):
            theirs.append(ProgressBar(data.size("train"), data.size("dev")))
        trainer: lightning.Trainer = instantiate(
            {"enable_model_summary": False, **cfg.trainer, "callbacks": None, "plugins": None},
            # Not the run folder: Lightning would take what Slurm's signal had left there once.
            default_root_dir=Path(cfg.folder) / "logs",
            logger=own_logger,
            # `Saving` comes last: a checkpoint holds what the others have made of the epoch.
            callbacks=[*callbacks[:-1], *theirs, callbacks[-1]],
            plugins=[files, *_made_parts(cfg.trainer, "plugins", object)],
            # Each epoch has batches of its own, made from the seed and its number.
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,  # the feed gives each process its share
            enable_progress_bar=has_bar,  # else ours is a callback
            num_sanity_val_steps=0,
        )
    return trainer


def _made_parts(trainer: DictConfig, key: str, kind: type) -> list[Any]:
    """Return `trainer.callbacks` or `.plugins`: a list, or a mapping as in Lightning's template."""
    given = trainer.get(key)
    if given is None:
        return []
    if isinstance(given, DictConfig):
        given = [given] if "_target_" in given else list(given.values())
    listed = [given] if isinstance(given, str) else given
    made = [part if isinstance(part, str) else instantiate(part) for part in listed]
    for part in made:
        if OmegaConf.is_config(part) or not isinstance(part, kind):
            raise SettingError(
                f"trainer.{key}: expected classes of Lightning, such as "
                f"'+trainer.{key}=[{{_target_: ...}}]', found {part}"
            )
    return made


def _same_run_of_wandb(cfg: DictConfig, start: _Start | None) -> dict[str, Any]:
    """Have a run that goes on be one run in wandb too."""
    if start is None or not cfg.logger or cfg.logger.get("id", "") is not None:
        return {}
    # A run that begins elsewhere from a checkpoint is another one, and gets an id of its own.
    known = start.checkpoint[KEY].get("logger")
    return {"id": known} if isinstance(known, str) and goes_on(cfg, Path(cfg.folder)) else {}


@contextmanager
def _refusals(group: str) -> Iterator[None]:
    """Say in which group of settings there is one that Lightning does not take."""
    try:
        yield
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise SettingError(f"{group}: Lightning refuses these settings: {cause}") from error


def _open_loggers(trainer: lightning.Trainer, cfg: DictConfig) -> None:
    """Start the loggers, tell them the settings, and have a full disk cost their files alone.

    Raises:
        SettingError: one cannot start, as wandb without a key or a network.
    """
    for each in trainer.loggers:
        try:
            _ = each.experiment  # type: ignore[attr-defined]
            each.log_hyperparams(plain_config(cfg))
        except OSError as error:
            logger.warning("%s: %s: training continues", type(each).__name__, first_line(error))
        except Exception as error:
            name = type(each).__name__
            hint = (
                "; log in with 'wandb login', or train with logger.offline=true and upload later "
                "with 'wandb sync'"
                if name == "WandbLogger"
                else ""
            )
            raise SettingError(f"logger: {name} cannot start: {first_line(error)}{hint}") from error
        # TensorBoard and CSV write at every step; a full disk would raise out of each.
        for method in ("log_metrics", "log_hyperparams", "save", "finalize"):
            setattr(each, method, _forgiving(getattr(each, method)))


@contextmanager
def _loggers_closed(trainer: lightning.Trainer) -> Iterator[None]:
    """Tell Slurm and wandb, at the end, what they have to know of a run."""
    try:
        yield
    except RunInterruptedError as stop:
        requeue(stop)
        raise
    finally:
        for each in trainer.loggers:
            if type(each).__name__ == "WandbLogger":  # else the next run would go into it
                each.experiment.finish()  # type: ignore[attr-defined]


def _forgiving(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a warning of a file that cannot be written, said once."""
    was_told = False

    @functools.wraps(method)
    def forgiving(*arguments: Any, **named: Any) -> Any:
        nonlocal was_told
        try:
            return method(*arguments, **named)
        except OSError as error:
            if not was_told:
                logger.warning("the logger cannot write (%s): training continues", error)
            was_told = True

    return forgiving


# What a run says of itself, at its start and at its end.


@rank_zero_only
def _announce(cfg: DictConfig, start: _Start | None, network: Network, data: "TaskData") -> None:
    """Say what is going to be trained, on what, and where it goes."""
    parameters = sum(weight.numel() for weight in network.parameters())
    logger.info("%s: %s", cfg.name, choices(plain_config(cfg.model)))
    logger.info("%.2f million parameters", parameters / 1e6)
    sizes = data.size("train"), data.size("dev")
    logger.info("data %s: %d tasks to train on, %d to validate", data.name, *sizes)
    logger.info("run folder %s", cfg.folder)
    if start is not None:
        step, epoch = start.checkpoint["global_step"], start.checkpoint["epoch"]
        logger.info("resuming from %s: step %d, epoch %03d", start.path, step, epoch)


def choices(config: Mapping[str, Any], prefix: str = "") -> str:
    """Return a model's configuration on one line: its class, then its settings."""
    name = str(config.get("_target_", "")).rpartition(".")[2]
    told = [f"{prefix.rstrip('.')}={name}".lstrip("=")] if name else []
    for key, value in config.items():
        if isinstance(value, Mapping):
            told.append(choices(value, f"{prefix}{key}."))
        elif key not in ("_target_", "_partial_"):
            told.append(f"{prefix}{key}={value}")
    return " ".join(told)


def _say_what_came_of_it(
    cfg: DictConfig,
    start: _Start | None,
    trainer: lightning.Trainer,
    files: CheckpointFiles,
    best: BestModel,
    data: "TaskData",
) -> None:
    folder = Path(cfg.folder)
    problem = files.failure or best.failure
    if problem is not None:
        remedy = "free some disk space and redo its end with ckpt_path=last"
        if not holds_a_run(folder):
            is_kept = (folder / BEST).is_dir()
            remedy = (
                "there is no checkpoint to continue from, so free some disk space and train again, "
                "under another name= or with overwrite=true"
                + (f"; its best model is whole, in {folder / BEST}" if is_kept else "")
            )
        raise TrainingError(
            f"the run is over, but its last files in {folder} could not be written ({problem}): "
            + remedy
        )
    profiler: Any = trainer.profiler  # type: ignore[attr-defined]
    if cfg.trainer.get("profiler") is not None and (told := profiler.summary()):
        logger.info("%s", told)
    if best.best is not None:
        network: Any = trainer.lightning_module.network
        say_what_is_next(folder / BEST, data, network)
    elif start is not None and trainer.global_step == start.checkpoint["global_step"]:
        logger.warning(
            "no epoch was run, so %s holds no model: %s is already at the end of "
            "trainer.max_epochs=%d; raise trainer.max_epochs",
            *(folder, start.path, cfg.trainer.max_epochs),
        )
    else:
        logger.warning(
            "no model was kept: the run ended after step %d, and no validation had a value of %s; "
            "validate sooner (trainer.check_val_every_n_epoch=1) or train longer "
            "(ckpt_path=last and a larger trainer.max_epochs)",
            *(trainer.global_step, cfg.monitor),
        )


@rank_zero_only
def say_what_is_next(best: Path, data: "TaskData", network: Network) -> None:
    """Give the command that judges the best model, or that trains with what it has learned."""
    if network.reads_trees:
        given = {"pretrained": best.parent, "data.path": data.path}
        logger.info(
            "it reads programs, not texts; train a model of the same sizes whose decoder starts as "
            "its own: %s",
            command_line(f"saps train experiment={_AFTER_AUTOENCODER}", given),
        )
        return
    has_test = any(data.path.glob("*test.jsonl*"))
    paths = {"checkpoint": best, "data.path": data.path}
    line = command_line("saps evaluate", paths, *(() if has_test else ("split=dev",)))
    logger.info("evaluate it: %s", line)
