"""The commands whose options are a composed configuration: Hydra reads their command line."""

import difflib
import functools
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from saps.cli.failure import CommandError, Settings, report
from saps.cli.stderr_log import log_on_stderr
from saps.override import override
from saps.resources import resource_folder

if TYPE_CHECKING:
    from omegaconf import DictConfig

# Whatever typer does not know is Hydra's: overrides, --help, --cfg job, --multirun.
HYDRA_CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}
# An override of each command, as an example of one.
_OVERRIDES: Final = {
    "train": "trainer.max_epochs=3",
    "evaluate": "decoding=beam",
    "ablate": "epochs=3",
    "generate": "size=1000",
}
# What those have in mind who choose as in another command.
_MEANT: Final = {
    ("evaluate", "data"): "data.path",
    ("evaluate", "model"): "checkpoint",
    ("generate", "data"): "out",
}


def run_application(
    task: Callable[["DictConfig"], None], command: str, context: typer.Context
) -> None:
    """Compose `conf/<command>.yaml` with the overrides of the command line and run `task` on it.

    Raises:
        CommandError: the configuration can not be composed, or jobs of a sweep failed.
        KeyboardInterrupt: Ctrl-C.
        SystemExit: the task failed (its error has been reported), or Hydra showed its help.
    """
    import hydra

    from saps.cli.sweep import Sweep

    settings = context.ensure_object(Settings)
    sweep = Sweep(functools.partial(_worded, task, command), command, context.args, settings)
    decorate = hydra.main(
        version_base="1.3", config_path=str(resource_folder("conf")), config_name=command
    )
    argv = [f"saps {command}", *context.args]
    with (
        _hydra_process(argv),
        log_on_stderr(),
        _configuration_errors(command),
        sweep.watched(),
    ):
        decorate(_reporting(task, command, settings))()


def _worded(task: Callable[["DictConfig"], None], command: str, config: "DictConfig") -> None:
    with _configuration_errors(command):
        task(config)


def _reporting(
    task: Callable[["DictConfig"], None], command: str, settings: Settings
) -> Callable[["DictConfig"], None]:
    """Report an error of `task` where it arises: on its way out Hydra would add to it."""

    @functools.wraps(task)
    def reporting_task(config: "DictConfig") -> None:
        try:
            _worded(task, command, config)
        except Exception as error:
            sys.exit(report(error, settings))

    return reporting_task


@contextmanager
def _configuration_errors(command: str) -> Iterator[None]:
    """Say in our words that a configuration can not be composed, read or instantiated."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__
        if isinstance(cause, OSError | ValueError) and not isinstance(
            cause, OmegaConfBaseException
        ):
            raise cause from error  # a constructor's own words, made for people
        message = _message(error, command)
        hint = f"`saps {command} --help` shows the choices"
        near = _meant_key(str(error), command) or _nearest_choice(message) or _data_path(message)
        if near is not None:
            hint = f"did you mean {near}? {hint}"
        if "Could not load 'hydra/launcher/" in message:
            hint = 'the launchers come with `pip install "saps[cluster]"`'
        raise CommandError(f"{message}\n{hint}") from error


def _meant_key(message: str, command: str) -> str | None:
    """Return the setting that is meant by a group that the command does not have."""
    found = re.search(r"Could not override '(\w+)'\. No match in the defaults list", message)
    value = re.search(r"To append to your default list use \+\w+=(.*)", message)
    if found is None or value is None or (key := _MEANT.get((command, found[1]))) is None:
        return None
    path = _path_of_choice(value[1]) if key == "data.path" else None
    return shlex.quote(override(key, path or value[1]))


def _path_of_choice(name: str) -> str | None:
    """Return the folder that `saps train data=NAME` reads."""
    from omegaconf import OmegaConf

    file = resource_folder("conf") / "data" / f"{name}.yaml"
    return str(OmegaConf.load(file).path) if file.is_file() else None


def _data_path(message: str) -> str | None:
    """Return the setting that takes a folder, for one given as a choice of `data`."""
    found = re.search(r"Could not find 'data/(.*)'", message)
    return None if found is None else shlex.quote(override("data.path", found[1]))


def _nearest_choice(message: str) -> str | None:
    """Return the choice of a group that looks like the one that Hydra could not find."""
    found = re.search(r"Could not find '(?:.*/)?([^/']+)'", message)
    _, _, listed = message.partition("Available options in ")
    if found is None:
        return None
    choices = [line.strip() for line in listed.splitlines()[1:]]
    return next(iter(difflib.get_close_matches(found[1], choices, n=1)), None)


@contextmanager
def _hydra_process(argv: list[str]) -> Iterator[None]:
    """Give Hydra its command line, and take errors from it rather than its print-outs."""
    old_argv, old_full_error = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv, os.environ["HYDRA_FULL_ERROR"] = argv, "1"
    try:
        yield
    finally:
        sys.argv = old_argv
        if old_full_error is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = old_full_error


def _message(error: Exception, command: str) -> str:
    """Join what Hydra and OmegaConf say, without the lines that only their authors need."""
    from hydra.errors import OverrideParseException

    told, cause = str(error), error.__cause__
    if cause is not None and str(cause) not in told:
        told = f"{told}\n{cause}"
    told = told.partition("\nConfig search path:")[0]
    if isinstance(error, OverrideParseException):
        example = _OVERRIDES.get(command, "key=value")
        told = f"{error.override!r} is no override, such as {example}: {told}"
    lines = [line.rstrip() for line in told.splitlines()]
    # The last would add a group that the command does not have.
    internal = ("full_key:", "object_type=", "reference_type=", "To append to your default list")
    return "\n".join(line for line in lines if line and not line.lstrip().startswith(internal))
