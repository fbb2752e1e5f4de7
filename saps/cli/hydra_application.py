"""The commands whose options are a composed configuration: Hydra reads their command line."""

import difflib
import functools
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand

from saps.cli.console import CommandError, Settings, log_on_stderr, report
from saps.resources import override, resource_folder, said_by_hydra

if TYPE_CHECKING:
    from omegaconf import DictConfig

    Task = Callable[["DictConfig"], None]

# Whatever typer does not know is Hydra's: overrides, --cfg job, --multirun.
HYDRA_CONTEXT: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
# With these, Hydra shows something and starts nothing.
_SHOWN: Final = {"--hydra-help", "--cfg", "-c", "--info", "-i", "--version"}
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
# Whatever such a setting is given, a file or folder is meant.
_PATHS: Final = (
    *("data.path", "out", "folder", "checkpoint", "ckpt_path", "pretrained", "start_from"),
    *("name", "publish", "runs"),
)


class _Completion(NamedTuple):
    """As the shells' scripts read it. Typer has a copy of click or takes click's: by version."""

    value: str
    help: str | None = None
    type: str = "plain"


class HydraCommand(TyperCommand):
    """Completes groups, choices and settings."""

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        from saps.cli.hydra_help import completions

        folder = resource_folder("conf")
        found = completions(str(ctx.info_name), folder, ctx.args, incomplete)
        return [_Completion(item) for item in found]


def run_application(task: "Task", command: str, context: typer.Context) -> None:
    """Compose `conf/<command>.yaml` with the overrides of the command line and run `task` on it.

    A CommandError says that nothing can be composed, or which jobs of a sweep failed; at the end of
    a task that failed, whose error has been reported, or of Hydra's help there is a SystemExit.
    """
    folder = resource_folder("conf")
    if {"--help", "-h"} & {*context.args}:
        from saps.cli.hydra_help import help_text

        print(help_text(command, folder))
        return
    import hydra

    settings = context.ensure_object(Settings)
    argv = [f"saps {command}", *context.args]
    with _configuration_errors(command, context.args), _hydra_process(argv), log_on_stderr():
        if {"--multirun", "-m"} & {*context.args} and not _SHOWN & {*context.args}:
            from saps.cli.sweep import run_sweep

            worded = functools.partial(_worded, task, command)
            run_sweep(worded, command, context.args, settings)
            return
        decorate = hydra.main(version_base="1.3", config_path=str(folder), config_name=command)
        decorate(_reporting(task, command, settings))()


def _worded(task: "Task", command: str, config: "DictConfig") -> None:
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    # As they were given: `${NAME}` in one of them may have no value.
    given = OmegaConf.to_container(HydraConfig.get().overrides.task)
    assert isinstance(given, list)
    with _configuration_errors(command, given):
        _read_paths(config, given)
        task(config)


def _reporting(task: "Task", command: str, settings: Settings) -> "Task":
    """Report an error of `task` where it arises: on its way out Hydra would add to it."""

    @functools.wraps(task)
    def reporting_task(config: "DictConfig") -> None:
        try:
            _worded(task, command, config)
        except Exception as error:
            sys.exit(report(error, settings))

    return reporting_task


def _read_paths(config: "DictConfig", overrides: Sequence[str]) -> None:
    """Take a file that is called 2024 for a file, and refuse what Hydra read as a list of some."""
    from omegaconf import OmegaConf

    given = dict(item.partition("=")[::2] for item in overrides)
    for key in _PATHS:
        value = OmegaConf.select(config, key, throw_on_missing=False)
        if value is None or isinstance(value, str) or key not in given:
            continue
        if OmegaConf.is_config(value):
            raise CommandError(f"{given[key]} is not a path; {_in_quotes(key, given[key])}")
        OmegaConf.update(config, key, given[key])


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


# What is wrong with a configuration, in our words, and what was meant.


@contextmanager
def _configuration_errors(command: str, given: Sequence[str] = ()) -> Iterator[None]:
    """Say in our words that a configuration cannot be composed, read or instantiated."""
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
        message = "\n".join(said_by_hydra(error, _OVERRIDES.get(command, "key=value")))
        hint = _hint(error, message, command, given)
        unknown = r"Could not override '([^']+)'\.\nKey '[^']+' is not in struct"
        told = re.sub(unknown, r"there is no setting \1", message)
        raise CommandError(f"{told}\n{hint}") from error


def _hint(error: Exception, message: str, command: str, given: Sequence[str]) -> str:
    from hydra.errors import OverrideParseException

    if "Could not load 'hydra/launcher/" in message:
        return 'the launchers come with `pip install "saps[cluster]"`'
    comma = re.search(r"Ambiguous value for argument '(.*)'", message)
    if isinstance(error, OverrideParseException) or comma:
        text = str(comma[1] if comma else getattr(error, "override", ""))
        key, is_setting, value = text.partition("=")
        if is_setting and re.fullmatch(r"[+~]{0,2}[\w./@]+", key):
            return _in_quotes(key, value)
    if found := _interpolated(error, given):
        return found
    near = (
        _meant_setting(str(error), command)
        or _nearest_choice(message)
        or _nearest_key(message, command, given)
    )
    hint = f"`saps {command} --help` shows the choices"
    return hint if near is None else f"did you mean {near}? {hint}"


def _in_quotes(key: str, value: str) -> str:
    """Say how a value is given that Hydra would read as something else."""
    value = str(Path(value).expanduser()) if value.startswith("~/") else value
    return f"as one value, it is written: {shlex.quote(override(key, value))}"


def _interpolated(error: Exception, given: Sequence[str]) -> str | None:
    """Say what `${` does in a value, if one that was given made the error."""
    from omegaconf import errors

    kinds = (errors.GrammarParseError, errors.InterpolationResolutionError)
    item = next((item for item in given if "${" in item), "")
    if not item or not isinstance(error, kinds):
        return None
    key, _, value = item.partition("=")
    return "${NAME} is the value of another setting; " + _in_quotes(key, value.strip("\"'"))


def _meant_setting(message: str, command: str) -> str | None:
    """Return the setting that is meant by a group that the command does not have."""
    from omegaconf import OmegaConf

    found = re.search(r"Could not override '(\w+)'\. No match in the defaults list", message)
    value = re.search(r"To append to your default list use \+\w+=(.*)", message)
    if found is None or value is None or (key := _MEANT.get((command, found[1]))) is None:
        return None
    file = resource_folder("conf") / "data" / f"{value[1]}.yaml"
    # What `saps train data=NAME` reads is meant here, too.
    is_choice = key == "data.path" and file.is_file()
    return shlex.quote(override(key, str(OmegaConf.load(file).path) if is_choice else value[1]))


def _nearest_choice(message: str) -> str | None:
    """Return the choice of a group that looks like the one that Hydra could not find."""
    found = re.search(r"Could not find '(?:.*/)?([^/']+)'", message)
    _, _, listed = message.partition("Available options in ")
    choices = [line.strip() for line in listed.splitlines()[1:]]
    near = difflib.get_close_matches("" if found is None else found[1], choices, n=1)
    if near or (found := re.search(r"Could not find 'data/(.*)'", message)) is None:
        return next(iter(near), None)
    return shlex.quote(override("data.path", found[1]))  # a folder, given as a choice of `data`


def _nearest_key(message: str, command: str, given: Sequence[str]) -> str | None:
    """Return the setting that looks like one that is none."""
    from saps.cli.hydra_help import configuration, meant_key

    found = re.search(r"Could not override '([^']+)'", message)
    if found is None:
        return None
    key = found[1]
    value = next((v for k, _, v in (item.partition("=") for item in given) if k == key), "")
    meant = meant_key(key, command, configuration(command, resource_folder("conf"), given), value)
    # Lightning has many settings that no file of ours names; Hydra adds them where it is told to.
    is_lightnings = meant is None and command == "train" and key.startswith("trainer.")
    return shlex.quote(f"+{key}={value}") if is_lightnings else meant
