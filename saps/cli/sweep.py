"""`--multirun`: what is checked before the jobs start, and what is told when all are over."""

import shlex
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import OmegaConf

from saps.cli.failure import CommandError, Settings
from saps.cli.sweep_check import check_choices, check_folders, names_of
from saps.cli.sweep_job import STOPPED, Job, Outcome, is_of_submitit, words_of_submitit

if TYPE_CHECKING:
    from omegaconf import DictConfig


@dataclass(eq=False)
class Sweep:
    """The jobs of one command.

    Attributes:
        task: of a job.
        command: such as "train".
        arguments: of the command, as given.
        settings: of this call of the command.
        outcomes: of the jobs that are over.
        logs: folder where jobs that have no terminal write; None if they have this one.
    """

    task: Callable[["DictConfig"], None]
    command: str
    arguments: Sequence[str]
    settings: Settings
    outcomes: list[Outcome] = field(default_factory=list)
    logs: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take over what Hydra starts meanwhile, and tell at the end how it went.

        Raises:
            CommandError: jobs failed.
            KeyboardInterrupt, SystemExit: they were stopped, by Ctrl-C or SIGTERM.
        """
        chosen = Plugins.instantiate_launcher

        def instantiate_launcher(
            plugins: Plugins,
            hydra_context: HydraContext,
            task_function: TaskFunction,
            config: "DictConfig",
        ) -> Launcher:
            launcher = chosen(plugins, hydra_context, task_function, config)
            ours = _Launcher(self, launcher)
            ours.setup(hydra_context=hydra_context, task_function=task_function, config=config)
            return ours

        # All sweepers call it; Hydra takes no launcher from a package of ours.
        Plugins.instantiate_launcher = instantiate_launcher  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            Plugins.instantiate_launcher = chosen  # type: ignore[method-assign]
        self._end()

    @property
    def stopped_with(self) -> int | None:
        """The exit status of a job that was stopped; None where none was."""
        return next((job.status for job in self.outcomes if job.status in STOPPED), None)

    def _end(self) -> None:
        told = "\n".join([*self._failures(), *self._rest(), *self._how_to_go_on()])
        if self.stopped_with is None and any(job.status for job in self.outcomes):
            raise CommandError(told)
        if self.stopped_with is None:
            if self.logs is not None:
                print(f"{len(self.outcomes)} jobs done: see {self.logs}", file=sys.stderr)
            return
        print(told, file=sys.stderr)
        if self.stopped_with == STOPPED[0]:
            raise KeyboardInterrupt
        sys.exit(self.stopped_with)

    def told_of_a_loss(self, told: str) -> str:
        """Return the message for a launcher that gave up, and its jobs' outcomes with it."""
        return "\n".join([told, *self._how_to_go_on()])

    def _failures(self) -> list[str]:
        failed = [job for job in self.outcomes if job.status and job.status not in STOPPED]
        if not failed:
            return []
        told = [f"{len(failed)} of {len(self.outcomes)} jobs failed:"]
        for job in failed:
            reason = job.reason.replace("\n", "\n    ")
            told.append(f"  {job.name}: {reason}")
        return told

    def _rest(self) -> list[str]:
        """Tell which jobs were stopped or not begun."""
        kinds = {
            "stopped": [job.name for job in self.outcomes if job.status in STOPPED],
            "not begun": [job.name for job in self.outcomes if job.status is None],
        }
        n_jobs = len(self.outcomes)
        return [
            f"{len(names)} of {n_jobs} jobs {kind}: {'; '.join(names)}"
            for kind, names in kinds.items()
            if names and n_jobs > 1
        ]

    def _how_to_go_on(self) -> list[str]:
        if self.command != "train":
            return []
        given = [(word, word.lstrip("+~").partition("=")[0]) for word in self.arguments]
        kept = [word for word, key in given if key not in ("ckpt_path", "overwrite")]
        command = shlex.join(["saps", self.command, *kept, "ckpt_path=last"])
        return [f"all that is not done goes on, or begins, with: {command}"]


class _Launcher(Launcher):
    """The launcher that was chosen, with ours around it."""

    def __init__(self, sweep: Sweep, launcher: Launcher) -> None:
        self._sweep, self._chosen = sweep, launcher

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,  # noqa: ARG002 - each launch has a job of its own
        config: "DictConfig",
    ) -> None:
        self._context, self._config = hydra_context, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        loader = self._context.config_loader
        check_choices(job_overrides, self._config, loader)
        names = names_of(job_overrides, self._config, loader)
        if self._sweep.stopped_with is not None:  # in the batch of jobs before this one
            self._sweep.outcomes.extend(Outcome(name, None) for name in names)
            return []
        if self._sweep.command == "train":
            check_folders(job_overrides, self._config, loader)
        returns = self._launch(job_overrides, initial_job_idx, names)
        self._sweep.outcomes.extend(returned.return_value for returned in returns)
        return returns

    def _launch(
        self, job_overrides: Sequence[Sequence[str]], first: int, names: tuple[str, ...]
    ) -> Sequence[JobReturn]:
        sweep = self._sweep
        side_by_side = type(self._chosen).__name__ == "JoblibLauncher"
        job = Job(
            task=sweep.task,
            settings=sweep.settings,
            sweep=sweep.id,
            names=names,
            first=first,
            side_by_side=side_by_side,
            takes_ctrl_c=side_by_side and _takes_ctrl_c(),
        )
        self._chosen.setup(hydra_context=self._context, task_function=job, config=self._config)
        sweep.logs = OmegaConf.select(self._config, "hydra.launcher.submitit_folder")
        if sweep.logs is not None:
            print(f"the jobs write into {sweep.logs}, %j being their numbers", file=sys.stderr)
        try:
            with _ctrl_c_ignored() if job.takes_ctrl_c else nullcontext():
                return self._chosen.launch(job_overrides, first)
        except KeyboardInterrupt:
            if sweep.logs is not None:
                told = "not waiting any more; jobs on Slurm go on, and scancel ends them"
                print(told, file=sys.stderr)
            raise
        except BrokenProcessPool as error:
            raise CommandError(sweep.told_of_a_loss(_KILLED)) from error
        except Exception as error:
            if not is_of_submitit(error):
                raise
            told = f"a job has no result, its siblings go on: {words_of_submitit(error)}"
            raise CommandError(sweep.told_of_a_loss(told)) from error


_KILLED: Final = (
    "the process of a job was killed, as the system does when memory is short, and joblib ended "
    "the others with it: give hydra.launcher.n_jobs a smaller number"
)


def _takes_ctrl_c() -> bool:
    """Tell whether Ctrl-C is ours to leave to the jobs; `nohup` ignores it for all."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGINT) != signal.SIG_IGN


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Wait for the jobs that get Ctrl-C as well: joblib would kill them while they save.

    Processes that start meanwhile ignore it, too, until they have a job.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
