"""`--multirun`: jobs are checked before they start, report for themselves, and are summed up.

`run_sweep` composes the configuration, has Hydra's sweeper make the list of jobs and the chosen
launcher start them. Between the two stands a `_Sweep`, which checks the list; what the launcher
starts is a `Job`, of which no error leaves: its end comes back as an `Outcome`.
"""

import logging
import os
import shlex
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO, cast

from hydra import initialize_config_dir
from hydra._internal.callbacks import Callbacks  # HydraContext is made of nothing else
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import OmegaConf, open_dict

from saps.cli.console import CommandError, NamedLines, describe, log_on_stderr, report
from saps.cli.hydra_application import command_to_resume
from saps.resources import override, resource_folder

if TYPE_CHECKING:
    from omegaconf import DictConfig

logger = logging.getLogger(__name__)

Jobs = Sequence[Sequence[str]]
# Exit statuses of what was told to stop: by Ctrl-C and by SIGTERM.
STOPPED: Final = (128 + signal.SIGINT, 128 + signal.SIGTERM)
# The sweeps of which a job was stopped in this process, where the next one is not to begin.
_stopped: Final[set[str]] = set()
# The setting that says where the jobs of a command write.
_FOLDERS: Final = {"train": "folder", "evaluate": "out"}
_LOOK_S: Final = 1.0
_KILLED: Final = (
    "the process of a job was killed, as the system does when memory is short, and joblib ended "
    "the others with it: give hydra.launcher.n_jobs a smaller number"
)


def run_sweep(
    task: Callable[["DictConfig"], None], command: str, arguments: Sequence[str], debug: bool
) -> None:
    """Run `task`, which must pickle, on the configuration of each job; tell at the end how it went.

    Raises:
        CommandError: the sweep has no jobs or a folder for two of them, or jobs failed.
        KeyboardInterrupt, SystemExit: they were stopped, by Ctrl-C or SIGTERM.
    """
    overrides = [word for word in arguments if word not in ("--multirun", "-m")]
    if options := [word for word in overrides if word.startswith("-")]:
        raise CommandError(f"{options[0]}: a sweep takes only overrides, such as seed=1,2")
    with initialize_config_dir(str(resource_folder("conf")), job_name=command, version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        config = loader.load_configuration(command, overrides, run_mode=RunMode.MULTIRUN)
        config.hydra.mode = RunMode.MULTIRUN
        HydraConfig.instance().set_config(config)
        sweeper = Plugins.instance().instantiate_sweeper(
            hydra_context=HydraContext(loader, Callbacks(config)), task_function=task, config=config
        )
        # Put in here, as Hydra itself makes no launcher that is not of its own packages.
        assert sweeper.launcher is not None, "a sweeper that is set up has one"
        sweep = _Sweep(sweeper.launcher, config, loader, task, command, arguments, debug)
        sweeper.launcher = sweep
        sweeper.sweep(arguments=sweep.given)
    sweep.end()


@dataclass
class _Sweep(Launcher):
    """The jobs of one command, for the launcher that was `chosen`, with our checks before it."""

    chosen: Launcher
    config: "DictConfig"
    loader: ConfigLoader
    task: Callable[["DictConfig"], None]
    command: str
    arguments: Sequence[str]
    debug: bool
    # A name that no other sweep has.
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    outcomes: list["Outcome"] = field(default_factory=list)
    # The folder where jobs that have no terminal write; None if they have this one.
    logs: str | None = None

    @property
    def given(self) -> list[str]:
        """The overrides of the command line, in which `${seed}` is for the jobs to replace."""
        texts = OmegaConf.to_container(self.config.hydra.overrides.task, resolve=False)
        return cast("list[str]", texts)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: "DictConfig"
    ) -> None:
        raise NotImplementedError("the sweeper has set up the chosen one")

    def launch(self, job_overrides: Jobs, initial_job_idx: int) -> Sequence[JobReturn]:
        names = self._names_of(job_overrides)
        if self._stopped_with is not None:  # in the batch of jobs before this one
            self.outcomes += [Outcome(name, None) for name in names]
            return []
        if (setting := _FOLDERS.get(self.command)) is not None:
            self._check_folders(job_overrides, names, setting)
        returns = self._launch(job_overrides, initial_job_idx, names)
        self.outcomes += [returned.return_value for returned in returns]
        return returns

    def _launch(self, jobs: Jobs, first: int, names: Sequence[str]) -> Sequence[JobReturn]:
        side_by_side = type(self.chosen).__name__ == "JoblibLauncher"
        # Ctrl-C is ours to leave to the jobs; `nohup` ignores it for all.
        takes_ctrl_c = side_by_side and signal.getsignal(signal.SIGINT) != signal.SIG_IGN
        job = Job(
            *(self.task, self.debug, self.key, tuple(names), first),
            *(side_by_side, takes_ctrl_c, os.getpid()),
        )
        context = HydraContext(self.loader, Callbacks(self.config))
        self.chosen.setup(hydra_context=context, task_function=job, config=self.config)
        self.logs = OmegaConf.select(self.config, "hydra.launcher.submitit_folder")
        if self.logs is not None:
            print(f"the jobs write into {self.logs}; %j is a job's number", file=sys.stderr)
        try:
            # joblib would kill jobs that get Ctrl-C while they save.
            with _sigint(signal.SIG_IGN) if takes_ctrl_c else nullcontext():
                return self.chosen.launch(jobs, first)
        except KeyboardInterrupt:
            if self.logs is not None:
                told = "no longer waiting; jobs on Slurm continue, and scancel ends them"
                print(told, file=sys.stderr)
            raise
        except BrokenProcessPool as error:
            raise CommandError("\n".join([_KILLED, *self._how_to_go_on()])) from error
        except Exception as error:
            if not _is_of_submitit(error):
                raise
            told = f"a job has no result, the others continue: {words_of_submitit(error)}"
            raise CommandError("\n".join([told, *self._how_to_go_on()])) from error

    # Mistakes in a sweep that are seen before its jobs start.

    def _names_of(self, jobs: Jobs) -> list[str]:
        """Name each job by its values of what is swept; of a sweep over nothing by its number.

        A pattern that matches nothing is refused: Hydra would make a sweep without jobs of it.
        """
        given = OverridesParser.create(config_loader=self.loader).parse_overrides(self.given)
        for item in given if not jobs else ():
            if item.is_sweep_override() and not list(item.sweep_string_iterator()):
                choices = ", ".join(self.loader.get_group_options(item.key_or_group))
                raise CommandError(f"{item.input_line} matches none of: {choices}")
        if not jobs:
            raise CommandError("the sweep has no jobs: give a choice several values: seed=1,2")
        fixed = {item.get_key_element() for item in given if not item.is_sweep_override()}
        swept = ([word for word in job if word.partition("=")[0] not in fixed] for job in jobs)
        return [", ".join(words) or f"job {number}" for number, words in enumerate(swept)]

    def _check_folders(self, jobs: Jobs, names: Sequence[str], setting: str) -> None:
        """Refuse jobs that would write into one folder; the message shows how each has its own."""
        folders: dict[Path, str] = {}
        for number, (name, overrides) in enumerate(zip(names, jobs, strict=True)):
            with self._composed(number, overrides) as job:
                chosen = OmegaConf.select(job, setting)
                if chosen is None:
                    return  # these jobs write nowhere
                folder = str(chosen)
                other = folders.setdefault(Path(folder).resolve(), name)
                if len(folders) <= number:
                    alike = (
                        f"the jobs {other} and {name}" if other != name else "two identical jobs"
                    )
                    raise CommandError(
                        f"{alike} would both write into {folder}: give each a folder of its own, "
                        f"such as {_own_folder(setting, folder, jobs, job)}"
                    )

    @contextmanager
    def _composed(self, number: int, overrides: Sequence[str]) -> Iterator["DictConfig"]:
        """Compose the configuration of a job, and let it refer to Hydra's own meanwhile."""
        job = self.loader.load_sweep_config(self.config, list(overrides))
        with open_dict(job):
            job.hydra.job.num, job.hydra.job.id = number, f"job-{number}"
        state = HydraConfig.instance()
        before = state.cfg
        state.set_config(job)
        try:
            yield job
        finally:
            state.cfg = before

    # What is told when all jobs are over.

    @property
    def _stopped_with(self) -> int | None:
        """The exit status of a job that was stopped; None where none was."""
        return next((job.status for job in self.outcomes if job.status in STOPPED), None)

    def end(self) -> None:
        """Tell of the jobs that failed, were stopped or not begun; end as the first of these."""
        n_jobs, told = len(self.outcomes), []
        failed = [job for job in self.outcomes if job.status and job.status not in STOPPED]
        if failed:
            told.append(f"{len(failed)} of {n_jobs} jobs failed:")
        told += [f"  {job.name}: {job.reason}".replace("\n", "\n    ") for job in failed]
        for kind, names in (
            ("stopped", [job.name for job in self.outcomes if job.status in STOPPED]),
            ("not begun", [job.name for job in self.outcomes if job.status is None]),
        ):
            if names and n_jobs > 1:
                told.append(f"{len(names)} of {n_jobs} jobs {kind}: {'; '.join(names)}")
        told += self._how_to_go_on()
        if self._stopped_with is None:
            if failed:
                raise CommandError("\n".join(told))
            if self.logs is not None:
                print(f"{n_jobs} jobs done: see {self.logs}", file=sys.stderr)
            return
        print("\n".join(told), file=sys.stderr)
        if self._stopped_with == STOPPED[0]:
            raise KeyboardInterrupt
        sys.exit(self._stopped_with)

    def _how_to_go_on(self) -> list[str]:
        """Return the line with the command that does what is not done, if there is one."""
        if self.command != "train":
            return []
        return [f"to finish the rest: {command_to_resume(self.arguments)}"]


def _own_folder(setting: str, folder: str, jobs: Jobs, job: "DictConfig") -> str:
    """Return the setting of a folder that is another for each job."""
    shared = set.intersection(*(set(overrides) for overrides in jobs))
    differing = [item for overrides in jobs for item in overrides if item not in shared]
    keys = dict.fromkeys(item.partition("=")[0].lstrip("+") for item in differing)
    choices = job.hydra.runtime.choices
    references = (
        f"${{hydra:runtime.choices.{key}}}" if key in choices else f"${{{key}}}" for key in keys
    )
    told = "-".join(references) or "${hydra:job.num}"
    return shlex.quote(override(setting, f"{folder}-{told}", is_literal=False))


@contextmanager
def _sigint(handler: signal.Handlers | Callable[..., object]) -> Iterator[None]:
    """Answer Ctrl-C in another way meanwhile; processes that start then inherit it."""
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# A job of a sweep, in whatever process it runs: it reports, and its end comes back as a value.


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the job `name` ended: what it would have exited with alone, None if it was not begun."""

    name: str
    status: int | None
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """What a launcher calls for each job; it travels to other processes by pickle.

    An error does not leave it: Hydra would tell of the first alone, and a process that exits would
    take others with it.
    """

    task: Callable[["DictConfig"], None]
    debug: bool
    # Names the sweep, as no other one is.
    sweep: str
    names: tuple[str, ...]
    # The number of the job that has the first of these names.
    first: int
    # Several jobs write to one terminal.
    side_by_side: bool
    # In the process of the job, as that of the sweep ignores it.
    takes_ctrl_c: bool
    # The process of the sweep.
    parent: int

    def __call__(self, config: "DictConfig") -> Outcome:
        """Run the task, unless its sweep was stopped."""
        name = self.names[HydraConfig.get().job.num - self.first]
        if self.sweep in _stopped:
            return Outcome(name, None)
        # The process ignores Ctrl-C without a job, as it was born: it would die of it, and joblib
        # ends all processes when one dies.
        with (
            _named_lines(name) if self.side_by_side else nullcontext(),
            _sigint(signal.default_int_handler) if self.takes_ctrl_c else nullcontext(),
            _ended_with(self.parent),
            log_on_stderr(),
        ):
            outcome = self._run(config, name)
        if outcome.status in STOPPED:
            _stopped.add(self.sweep)
        return outcome

    def _run(self, config: "DictConfig", name: str) -> Outcome:
        with _last_warning() as warnings:
            try:
                _begin_where_nothing_is(config)
                self.task(config)
            except KeyboardInterrupt:
                if self.takes_ctrl_c:  # one more would end the process, and the sweep with it
                    signal.signal(signal.SIGINT, signal.SIG_IGN)
                return Outcome(name, STOPPED[0])
            except SystemExit as end:  # of a task that has said why itself
                status = end.code if isinstance(end.code, int) else 1
                plain = f"it ended with exit status {status}"
                return Outcome(name, status, next(reversed(warnings), plain))
            except Exception as error:
                if _is_of_submitit(error):
                    return Outcome(name, 1, words_of_submitit(error))
                return Outcome(name, report(error, self.debug), describe(error))
        return Outcome(name, 0)


@contextmanager
def _ended_with(parent: int) -> Iterator[None]:
    """Tell this process to end when the one of its sweep has, if it is a child of that.

    A sweep that is killed can not stop its jobs, and the same command, given again, would find
    their folders in use.
    """
    if os.getppid() != parent:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_S):
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()
    if os.getppid() != parent:  # joblib's process would wait for the next job
        sys.stderr.flush()
        os._exit(STOPPED[1])


def _begin_where_nothing_is(config: "DictConfig") -> None:
    """Let `ckpt_path=last` begin a run in a folder that holds none.

    The jobs of a sweep that was stopped have one command: some are done, some were not begun.
    """
    if "ckpt_path" not in config or config.ckpt_path != "last":
        return
    from saps.training.checkpoints import holds_a_run

    if not holds_a_run(Path(config.folder)):
        logger.info("%s holds no checkpoint: its run starts from the beginning", config.folder)
        config.ckpt_path = None


@contextmanager
def _named_lines(name: str) -> Iterator[None]:
    """Have each line on stderr begin with the job's name."""
    stream = NamedLines(sys.stderr, name)
    try:
        with redirect_stderr(cast("TextIO", stream)):
            yield
    finally:
        stream.end()


@contextmanager
def _last_warning() -> Iterator[list[str]]:
    """Collect what our rooms warn of."""
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("saps").addHandler(handler)
    try:
        yield told
    finally:
        logging.getLogger("saps").removeHandler(handler)


def _is_of_submitit(error: BaseException) -> bool:
    """Tell whether submitit gives up a job, for one that its machine ended."""
    return type(error).__module__.partition(".")[0] == "submitit"


def words_of_submitit(error: BaseException) -> str:
    """Return what it says without the pages that it quotes, but with the last line of those."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join(lines[:2]).rstrip(":")
    return said if len(lines) < 3 else f"{said}; its last line: {lines[-1]}"
