"""A job of a sweep, in whatever process it runs: it reports, and its end comes back as a value."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO, cast

from saps.cli.failure import Settings, describe, report
from saps.cli.stderr_log import NamedLines, log_on_stderr

if TYPE_CHECKING:
    from omegaconf import DictConfig

logger = logging.getLogger(__name__)

# Exit statuses of what was told to stop: by Ctrl-C and by SIGTERM.
STOPPED: Final = (128 + signal.SIGINT, 128 + signal.SIGTERM)
# The sweeps of which a job was stopped in this process, where the next one is not to begin.
_stopped: Final[set[str]] = set()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        name: of the job.
        status: what it would have exited with alone; None if it was not begun.
        reason: why it failed; empty where it did not.
    """

    name: str
    status: int | None
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """What a launcher calls for each job; it travels to other processes by pickle.

    An error does not leave it: Hydra would tell of the first alone, and a process that exits would
    take others with it.

    Attributes:
        task: does the work.
        settings: of this call of the command.
        sweep: names the sweep, as no other one is.
        names: of the jobs.
        first: number of the first of them.
        side_by_side: several jobs write to one terminal.
        takes_ctrl_c: in the process of the job, as that of the sweep ignores it.
    """

    task: Callable[["DictConfig"], None]
    settings: Settings
    sweep: str
    names: tuple[str, ...]
    first: int
    side_by_side: bool
    takes_ctrl_c: bool

    def __call__(self, config: "DictConfig") -> Outcome:
        """Run the task, unless its sweep was stopped."""
        from hydra.core.hydra_config import HydraConfig

        name = self.names[HydraConfig.get().job.num - self.first]
        if self.sweep in _stopped:
            return Outcome(name, None)
        with (
            _named_lines(name) if self.side_by_side else nullcontext(),
            _ctrl_c_taken() if self.takes_ctrl_c else nullcontext(),
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
            except SystemExit as end:
                return Outcome(name, *_status_and_reason(end, warnings))
            except Exception as error:
                if is_of_submitit(error):
                    return Outcome(name, 1, words_of_submitit(error))
                return Outcome(name, report(error, self.settings), describe(error))
        return Outcome(name, 0)


def _status_and_reason(end: SystemExit, warnings: list[str]) -> tuple[int, str]:
    """Tell how a task ended that has said why itself."""
    status = end.code if isinstance(end.code, int) else int(end.code is not None)
    if status == 0 or status in STOPPED:
        return status, ""
    told = end.code if isinstance(end.code, str) else f"it ended with exit status {status}"
    return status, next(reversed(warnings), told)


def _begin_where_nothing_is(config: "DictConfig") -> None:
    """Let `ckpt_path=last` begin a run in a folder that holds none.

    The jobs of a sweep that was stopped have one command: some are done, some were not begun.
    """
    if "ckpt_path" not in config or config.ckpt_path != "last":
        return
    from saps.model.run_folder import holds_a_run

    if not holds_a_run(Path(config.folder)):
        logger.info("%s holds no checkpoint: its run begins", config.folder)
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
def _ctrl_c_taken() -> Iterator[None]:
    """Have Ctrl-C reach the job.

    The process ignores it before and after, as it was born: without a job it would die of it, and
    joblib ends all processes when one dies.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _last_warning() -> Iterator[list[str]]:
    """Collect what our rooms warn of."""
    told: list[str] = []
    handler = _Collector(told)
    logging.getLogger("saps").addHandler(handler)
    try:
        yield told
    finally:
        logging.getLogger("saps").removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, told: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.append(record.getMessage())


def is_of_submitit(error: BaseException) -> bool:
    """Tell whether submitit gives up a job, for one that its machine ended."""
    return type(error).__module__.partition(".")[0] == "submitit"


def words_of_submitit(error: BaseException) -> str:
    """Return what it says without the pages that it quotes, but with the last line of those."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join(lines[:2]).rstrip(":")
    return said if len(lines) < 3 else f"{said}; its last line: {lines[-1]}"
