"""What a row is made with, and its making: looked at before anything is made, then in waves."""

import copy
import functools
import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from saps.data.algolisp import find_split, read_examples
from saps.data.files import read_lines
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.evaluation.ablation.ablation_folder import (
    WORKING,
    failure_of,
    forget_failure,
    goes_on,
    is_trained,
    state_of,
    write_failure,
)
from saps.evaluation.ablation.ablation_settings import SIZES, SPLITS, AblationError, Row, Settings
from saps.evaluation.evaluation_settings import EvaluationError, usable_device
from saps.evaluation.evaluation_settings import Settings as EvaluationSettings
from saps.evaluation.report import ReportError, folder_digest, load_report
from saps.model.bundle import PRETRAINED, TOKENIZER, build_network, plain_config
from saps.resources import resource_folder, said_by_hydra
from saps.training.callbacks import Freezing
from saps.training.checkpoints import (
    CONFIG,
    FREE_DATA_SETTINGS,
    KEY,
    LAST,
    CheckpointError,
    RunInterruptedError,
    first_difference,
    holds_a_run,
    read_checkpoint,
    split_digest,
)
from saps.training.run_settings import SettingError, check_machine, check_ranges

logger = logging.getLogger(__name__)

_LOG: Final = "log.txt"
_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


def inspect(settings: Settings, *, are_made_here: bool) -> None:
    """Look at the folder, the data and the configuration of every row; nothing is written.

    The devices of this machine are tried where rows `are_made_here`.

    Raises:
        AblationError: the folder or a run folder holds something else, a setting of a row does not
            exist or cannot be what it is, there is no such device, or there are too few tasks.
        DataError: a split is missing or damaged, or a task has no tests.
    """
    is_kept = goes_on(settings)
    configs = {row.name: _checked(settings, row) for row in settings.rows if not row.model_of}
    for row in settings.rows:
        if row.judged and row.seed == settings.seeds[0]:
            with _wrong_in(row, "judged", f"evaluate= and table.{row.group}.evaluate"):
                for split in SPLITS:
                    read = EvaluationSettings.read(evaluate_config(settings, row, split))
                instantiate(dict(read.decoding))
    _check_sizes(settings)
    if are_made_here:
        try:
            check_machine(next(iter(configs.values())))
            usable_device(settings.choices.evaluation.device)
        except (SettingError, EvaluationError) as error:
            told = re.sub(r"\bdevice=", "evaluation.device=", str(error))
            raise AblationError(f"no row can be made on this machine: {told}") from error
    if is_kept or not settings.owns_runs:
        for name, cfg in configs.items():
            check_run(settings, settings.row(name), cfg)
    for split in SPLITS:  # for their errors alone, before hours are spent on training
        tasks = read_examples(find_split(settings.data_path, split))
        for _ in islice(tasks, settings.choices.evaluation.limit(split)):
            pass


def _checked(settings: Settings, row: Row) -> DictConfig:
    """Compose what trains a row, and make its network once."""
    with _wrong_in(row, "trained", f"size=, train= and table.{row.group}.train"):
        _check_effect(settings, row)
        cfg = train_config(settings, row)
        check_ranges(cfg)
        if row.seed == settings.seeds[0]:  # under another seed it is the same network
            instantiate(cfg.data, seed=cfg.seed, _convert_="all")
            tokenizer, symbols = Tokenizer.load(PRETRAINED / TOKENIZER), SymbolTable.of_language()
            Freezing(cfg.freezing, build_network(plain_config(cfg.model), tokenizer, symbols))
    return cfg


def _check_effect(settings: Settings, row: Row) -> None:
    """Refuse settings of a row that those of all rows stand in for, or that would end it early."""
    for override in (*row.train, *settings.choices.train):
        key, _, value = override.lstrip("+~").partition("=")
        if key == "patience" and value != "null":
            raise AblationError(
                f"{override} would end rows early, and all rows have the same epochs: leave it "
                "out; the best epoch of each is the one that is judged"
            )
        if key.partition(".")[0].partition("@")[0] in settings.shared:
            alone = f", or +table.{row.group}.lr={value} for this row" * (key == "optimizer.lr")
            raise AblationError(
                f"{override} has no effect there, {key} is the same in every row: give it to "
                f"saps ablate itself{alone}"
            )


@contextmanager
def _wrong_in(row: Row, done: str, keys: str) -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise AblationError(
            f"{row.title} cannot be {done}: {reason_of(error)}; look at {keys}"
        ) from error


def _check_sizes(settings: Settings) -> None:
    """Refuse a row that would be trained on fewer tasks than it says."""
    limited = [row for row in settings.rows if row.train_limit is not None]
    if not limited:
        return
    file = find_split(settings.data_path, "train")
    n_tasks, limit = sum(1 for _ in read_lines(file)), settings.data["train_limit"]
    kept = "" if limit is None else f", of which data.train_limit={limit} keeps the first"
    sizes = settings.sections.get(SIZES, ())
    for row in limited:
        # The last row of the learning curve has all tasks that the others may have.
        whole = settings.row(sizes[-1]).train_limit if row.group in sizes else None
        most = min(n for n in (n_tasks, limit, whole) if n is not None)
        if row.train_limit is not None and row.train_limit > most:
            key = SIZES if row.group in sizes else f"table.{row.group}"
            raise AblationError(
                f"{row.title}: {file} holds {n_tasks:,} tasks{kept}; give {key} at most {most:,}, "
                "or more tasks"
            )


def reason_of(error: BaseException) -> str:
    """Return the reason of an error in one line; errors that are no message are named."""
    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        return reason_of(error.__cause__)  # Hydra's own first line says where, and not why
    if isinstance(error, HydraException | OmegaConfBaseException):
        joined = ""
        for line in said_by_hydra(error, "cell=gru"):  # an indented one is an item of a list
            clause, is_first_item = line.strip().rstrip("."), joined.endswith(":")
            between = " " if is_first_item else ", " if line[0].isspace() else "; "
            joined = f"{joined}{between}{clause}" if joined else clause
        return joined
    first, *others = str(error).splitlines() or [""]
    if first.endswith(":") and others:
        first = f"{first} {others[0].strip()}"
    if isinstance(error, ValueError | OSError):
        return first or type(error).__name__
    return f"{type(error).__name__}: {first}"


# Making one row: its training, or what is left of it, and its evaluations.


def make_row(settings: Settings, name: str) -> None:
    """Train a row and judge it, from where it was left; a failure is written down, not raised.

    Raises:
        KeyboardInterrupt: Ctrl-C; the run has a checkpoint then.
    """
    row, folder = settings.row(name), settings.row_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    forget_failure(settings, name)
    mark = folder / WORKING  # one that outlives its process tells that it was killed
    mark.touch()
    with _said_to(folder / _LOG):
        try:
            _make(settings, row)
        except RunInterruptedError as stop:
            raise KeyboardInterrupt from stop
        except Exception as error:
            logger.warning("%s failed: %s", row.title, reason_of(error))
            logger.debug("", exc_info=error)
            write_failure(settings, name, reason_of(error))
        finally:
            mark.unlink(missing_ok=True)


def _make(settings: Settings, row: Row) -> None:
    from saps.evaluation.evaluate import evaluate  # looking at rows needs neither of the two

    if row.needs is not None and not is_trained(settings, settings.row(row.needs)):
        reason = failure_of(settings, row.needs)
        why = "is not trained" if reason is None else f"failed ({reason})"
        raise AblationError(f"needs {row.needs}, which {why}")
    if row.model_of is None:
        _train(settings, row)
    for split in SPLITS if row.judged else ():
        is_there = settings.report_file(row, split).exists()
        if not is_there or why_outdated(settings, row, split) is not None:
            evaluate(evaluate_config(settings, row, split))


def _train(settings: Settings, row: Row) -> None:
    from saps.training.run import train

    cfg = train_config(settings, row)
    folder = settings.run_folder(row.name)
    check_run(settings, row, cfg)
    if is_trained(settings, row):
        return
    if holds_a_run(folder):
        # A run goes on as `saps train` would have it go on, with its checks.
        cfg.ckpt_path = "last"
    else:
        # Killed before its first checkpoint, it may have left a best model, which is its own.
        cfg.overwrite = (folder / "best").exists()
        note_start(settings, row)
    try:
        train(cfg)
    except CheckpointError as error:
        raise AblationError(f"{error}; remove {folder} to train the row anew") from error


@contextmanager
def _said_to(path: Path) -> Iterator[None]:
    """Have what is logged and printed go to a file; what is on the terminal tells of the whole."""
    saps, lightning = logging.getLogger("saps"), logging.getLogger("lightning.pytorch")
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter(_FORMAT))
    state = HydraConfig.instance()
    quiet: list[logging.Logger | logging.Handler] = [saps, lightning, *saps.handlers]
    with ExitStack() as stack:
        stack.callback(file.close)
        for each in quiet:
            stack.callback(each.setLevel, each.level)
            each.setLevel(logging.WARNING)
        stack.callback(setattr, state, "cfg", state.cfg)
        state.cfg = None  # a report would take the line of this command for that of saps evaluate
        saps.setLevel(logging.DEBUG)
        saps.addHandler(file)
        stack.callback(saps.removeHandler, file)
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module=r"lightning\.pytorch")
        stack.enter_context(redirect_stdout(file.stream))
        yield


def make_in_waves(settings: Settings, start: Callable[[Sequence[Row]], None]) -> None:
    """Make all rows: `start` makes some side by side; one that needs another comes after it.

    A launcher that loses a process stops the others too. All of them are started again, those
    that had begun each alone; a row whose process dies then as well has failed.

    Raises:
        Exception: of `start`, if no row was begun: the launcher itself does not work.
    """
    suspects: set[str] = set()
    while waiting := [row for row in settings.rows if not state_of(settings, row).stage.is_over]:
        names = {row.name for row in waiting}
        free = [row for row in waiting if row.needs not in names]
        wave = next(([row] for row in free if row.name in suspects), free)
        error = None
        try:
            start(wave)
        except Exception as raised:  # of the launcher: a row's own are written down
            error = raised
        lost = [row for row in wave if not state_of(settings, row).stage.is_over]
        begun = [row for row in lost if (settings.row_folder(row.name) / WORKING).exists()]
        if error is not None and not begun and len(lost) == len(wave):
            raise error
        # A wave that was lost as a whole tells of no culprit: those that had begun are suspects.
        for row in begun if error is not None else lost:
            if row.name in suspects:
                said = "" if error is None else f" ({(str(error).splitlines() or [''])[0]})"
                write_failure(
                    settings,
                    row.name,
                    f"its process ended without a result{said}; was it killed for lack of memory? "
                    "Smaller batches need less: data.batch_size, evaluation.batch_size",
                )
            suspects.add(row.name)


# What `saps train` and `saps evaluate` get for a row, and whether what lies there was made so.

# What decides the trained model. The rest says where it lies and how it is computed.
_DECISIVE: Final = (
    *("seed", "model", "optimizer", "data", "trainer", "module", "monitor", "patience"),
    *("decoding", "freezing", "start_from", "matmul_precision", "half_precision_bundle"),
)
_FREE: Final = {
    "data": FREE_DATA_SETTINGS,
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
        if row.lr is not None:
            cfg.optimizer.lr = row.lr
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
    cfg.data.path, cfg.data.name = str(settings.data_path), str(settings.data["name"])
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
    path = settings.data_path
    is_same = Path(str(saved.data.path)).resolve() == path.resolve()
    if is_same and settings.owns_runs:  # settings.json has the digests of these data
        return None
    try:
        there = dict(read_checkpoint(folder / LAST)[KEY]["data"])
    except (CheckpointError, KeyError):  # a run that is over may have lost its checkpoint
        return None if is_same else f"data.path is {saved.data.path} there and {path} here"
    changed = (split for split, digest in there.items() if split_digest(path, split) != digest)
    return next((f"its {split} split is not that of {path}" for split in changed), None)


def note_start(settings: Settings, row: Row) -> None:
    """Write down which model a row that is about to be trained starts from."""
    if row.starts_from is not None:
        text = json.dumps({"sha256": _digest_of(settings.run_folder(row.starts_from) / "best")})
        (settings.row_folder(row.name) / _START).write_text(text + "\n", encoding="utf-8")


def _other_start(settings: Settings, row: Row) -> str | None:
    """Tell that the run that a row started from was made anew since; None where nobody noted it."""
    if row.starts_from is None:
        return None
    there = None
    with suppress(OSError, ValueError, KeyError, TypeError):
        text = (settings.row_folder(row.name) / _START).read_text(encoding="utf-8")
        there = json.loads(text)["sha256"]
    if there in (None, _digest_of(settings.run_folder(row.starts_from) / "best")):
        return None
    return f"it did not start from the model that {row.starts_from} has now"


def _digest_of(model: Path) -> str | None:
    return folder_digest(model) if model.is_dir() else None


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
    limit = f"evaluation.{split}_limit"
    there = {"decoding": made.decoding, "limits": made.limits, "as_typed": made.as_typed}
    here = {"decoding": asked.decoding, "limits": asdict(asked.limits), "as_typed": asked.as_typed}
    there, here = {**there, limit: made.data.limit}, {**here, limit: asked.limit}
    if found := first_difference(there, here, only_there=True):
        return "{} was {} and is {} now".format(found.name, *found.told)
    is_same = made.model.sha256 == _digest_of(settings.model_folder(row))
    return None if is_same else "its model is another one now"


def remove_outdated(settings: Settings) -> Iterator[str]:
    """Remove the reports that will not do, so that their rows are judged again; say why."""
    for row in settings.rows:
        found = ((split, why_outdated(settings, row, split)) for split in SPLITS if row.judged)
        told = [(split, reason) for split, reason in found if reason is not None]
        for split, _ in told:
            settings.report_file(row, split).unlink()
        if told:
            yield f"{row.title} is judged again: {told[0][1]}"
