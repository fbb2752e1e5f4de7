"""The commands whose options are a composed configuration: Hydra reads their command line."""

import difflib
import functools
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import typer
from typer.core import TyperCommand

from saps.cli.console import CommandError, log_on_stderr, report
from saps.resources import override, resource_folder, said_by_hydra

if TYPE_CHECKING:
    from omegaconf import DictConfig

    Task = Callable[["DictConfig"], None]

# Whatever typer does not know is Hydra's: overrides, --cfg job, --multirun.
HYDRA_CONTEXT: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
# With these, Hydra shows something and starts nothing.
_SHOWN: Final = {"--hydra-help", "--cfg", "-c", "--info", "-i", "--version"}
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
        found = _completions(str(ctx.info_name), ctx.args, incomplete)
        return [_Completion(item) for item in found]


def run_application(task: "Task", command: str, context: typer.Context) -> None:
    """Compose `conf/<command>.yaml` with the overrides of the command line and run `task` on it.

    A CommandError says that nothing can be composed, or which jobs of a sweep failed; at the end of
    a task that failed, whose error has been reported, or of Hydra's help there is a SystemExit.
    """
    if {"--help", "-h"} & {*context.args}:
        print(help_text(command))
        return
    import hydra

    folder, debug = str(resource_folder("conf")), context.ensure_object(dict).get("debug", False)
    # Where Hydra reads its command line; and it is to raise errors rather than print them.
    sys.argv, os.environ["HYDRA_FULL_ERROR"] = [f"saps {command}", *context.args], "1"
    with _configuration_errors(command, context.args), log_on_stderr():
        if {"--multirun", "-m"} & {*context.args} and not _SHOWN & {*context.args}:
            from saps.cli.sweep import run_sweep

            worded = functools.partial(_worded, task, command)
            run_sweep(worded, command, context.args, debug)
            return

        @hydra.main(version_base="1.3", config_path=folder, config_name=command)
        @functools.wraps(task)
        def reporting_task(config: "DictConfig") -> None:
            try:
                _worded(task, command, config)
            except Exception as error:  # reported here: on its way out Hydra would add to it
                sys.exit(report(error, debug))

        reporting_task()


def command_to_resume(given: Sequence[str]) -> str:
    """Return the command that goes on with what `saps train` with these words has begun."""
    # What a run that goes on is not told again.
    of_the_start = ("ckpt_path", "overwrite")
    kept = [item for item in given if item.lstrip("+~").partition("=")[0] not in of_the_start]
    return shlex.join(["saps", "train", *kept, "ckpt_path=last"])


def _worded(task: "Task", command: str, config: "DictConfig") -> None:
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    # As they were given: `${NAME}` in one of them may have no value.
    given = OmegaConf.to_container(HydraConfig.get().overrides.task)
    assert isinstance(given, list)
    with _configuration_errors(command, given):
        _read_paths(config, given)
        task(config)


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
        *_, example = help_texts()["commands"][command]["example"].split()
        message = "\n".join(said_by_hydra(error, example))
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
    return f"to give it as one value, write: {shlex.quote(override(key, value))}"


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
    found = re.search(r"Could not override '([^']+)'", message)
    if found is None:
        return None
    key = found[1]
    value = next((v for k, _, v in (item.partition("=") for item in given) if k == key), "")
    meant = meant_key(key, command, configuration(command, given), value)
    # Lightning has many settings that no file of ours names; Hydra adds them where it is told to.
    is_lightnings = meant is None and command == "train" and key.startswith("trainer.")
    return shlex.quote(f"+{key}={value}") if is_lightnings else meant


# What the commands tell of their configuration: help, completion, the key that was meant.

_SETTING: Final = re.compile(r"^( *)(\w+):.*?(?: # (.*))?$", re.MULTILINE)
_OPTIONS: Final = ("--multirun", "--cfg", "--help", "--debug")


@dataclass(frozen=True)
class _Configuration:
    """What a command can be told.

    These are the defaults of all settings, references to others unresolved, what is chosen in each
    group and, in `groups`, what can be. `about` says what settings are for, where a comment does,
    and `header` is what the file of the command says of itself.
    """

    values: Mapping[str, Any]
    choices: Mapping[str, str]
    groups: Mapping[str, Sequence[str]]
    about: Mapping[str, str]
    header: str


def configuration(command: str, given: Sequence[str] = ()) -> _Configuration:
    """Compose the defaults of a command under the choices of groups among what is `given`."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    folder = resource_folder("conf")
    # Groups decide which settings there are; a value may be the very mistake that is asked about.
    chosen = [item for item in given if (folder / item.partition("=")[0]).is_dir()]
    GlobalHydra.instance().clear()  # of a command that has just failed
    with initialize_config_dir(str(folder), version_base="1.3"):
        try:
            config = compose(command, overrides=chosen, return_hydra_config=True)
        except HydraException:
            config = compose(command, return_hydra_config=True)
        loader = GlobalHydra.instance().config_loader()
        plain: Any = OmegaConf.to_container(config, resolve=False)
        choices = {
            group: str(choice)
            for group, choice in config.hydra.runtime.choices.items()
            if not group.startswith("hydra/") or group == "hydra/launcher"
        }
        groups = {group: loader.get_group_options(group) for group in choices}
    values = dict(_flat({key: value for key, value in plain.items() if key != "hydra"}))
    header = str(plain["hydra"]["help"]["header"])
    header = "" if "powered by Hydra" in header else header
    return _Configuration(values, choices, groups, _about(command, folder, choices), header)


def _about(command: str, folder: Path, choices: Mapping[str, str]) -> dict[str, str]:
    """Return the comments beside settings, by the settings' dotted names."""
    found: dict[str, str] = {}
    for group, choice in choices.items():
        # A choice that builds on another one has that one's comments: its own come last.
        files = sorted((folder / group).glob("*.yaml"), key=lambda file: file.stem == choice)
        for file in files:
            found |= dict(_comments(file, f"{group}."))
    return found | dict(_comments(folder / f"{command}.yaml", ""))


def _comments(file: Path, prefix: str) -> Iterator[tuple[str, str]]:
    text = file.read_text(encoding="utf-8")
    if text.startswith("# @package _global_"):
        prefix = ""
    above: list[tuple[int, str]] = []
    for indent, key, comment in _SETTING.findall(text):
        above = [one for one in above if one[0] < len(indent)] + [(len(indent), key)]
        if comment:
            yield prefix + ".".join(name for _, name in above), comment


def _flat(values: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if above and not (isinstance(values, dict) and values):
        yield above, values
        return
    for key, value in values.items():
        if key not in ("_target_", "_partial_"):
            yield from _flat(value, f"{above}.{key}" if above else str(key))


def _written(value: Any) -> str:
    """Return a value as one would type it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return str(value)


@functools.cache
def help_texts() -> dict[str, Any]:
    """Read help.yaml: by command and by group what they are for."""
    from omegaconf import OmegaConf

    content = OmegaConf.load(Path(__file__).with_name("help.yaml"))
    # Not resolved: `${seed}` is part of an example.
    return cast("dict[str, Any]", OmegaConf.to_container(content))


def help_text(command: str) -> str:
    """Return what `saps COMMAND --help` prints."""
    found = configuration(command)
    texts, groups = help_texts()["commands"][command], help_texts()["groups"]
    lines = [
        f"Usage: saps {command} [GROUP=CHOICE | KEY=VALUE]...",
        "",
        f"  {texts['purpose']}",
        "",
    ]
    lines += [f"  {line}".rstrip() for line in found.header.splitlines()]
    lines += [f"  {texts['example']}", "", "Groups, with their choices:"]
    order = list(groups)
    for group in sorted(found.groups, key=lambda name: order.index(name) if name in order else 99):
        options = found.groups[group]
        about = f" ({found.choices[group]} if not given)" if found.choices[group] != "None" else ""
        told = f"{group}: {', '.join(options)}"
        lines += textwrap.wrap(told, 98, initial_indent="  ", subsequent_indent="    ")
        lines.append(f"      {groups.get(group, '')}{about}".rstrip())
    lines += ["", "Settings that people change, with their defaults:"]
    for key in (key for key in texts["settings"] if key in found.values):
        default = _written(found.values[key])
        value = "  (to be given)" if default == "???" else f"={default}"
        lines.append(f"  {f'{key}{value}':<34}  {found.about.get(key, '')}".rstrip())
    lines += ["", f"All {len(found.values)} settings: saps {command} --cfg job"]
    if "several" in texts:
        lines.append(f"Several values, one job each: {texts['several']}")
    lines += [
        """Quote a value with = , [ ( ' # ~ or letters beyond ASCII: 'data.path="dàta"'""",
        f"Hydra's own options: saps {command} --hydra-help; the traceback of an error: --debug",
    ]
    return "\n".join(lines)


def meant_key(key: str, command: str, found: _Configuration, value: str = "") -> str | None:
    """Return the setting or group that is most like one that does not exist.

    First a group that has `value` as a choice (`modle=saps`), then those that end alike (`lr` for
    `optimizer.lr`), then those that are spelt alike, then those whose description has its words
    (`learning_rate` for `optimizer.lr`).
    """
    groups = [group for group, choices in found.groups.items() if value in choices]
    if close := difflib.get_close_matches(key, groups, n=1):
        return close[0]
    known = [*found.values, *found.groups]
    known += {name.rpartition(".")[0] for name in found.values if "." in name}
    # People know what a setting is called, and not where it stands.
    last = key.rpartition(".")[2]
    ending = [name for name in known if name.rpartition(".")[2] == last]
    if ending:
        return max(ending, key=lambda name: difflib.SequenceMatcher(None, name, key).ratio())
    if close := difflib.get_close_matches(key, known, n=1, cutoff=0.75):
        return close[0]
    words = last.replace("_", " ")
    for name in help_texts()["commands"].get(command, {}).get("settings", ()):
        if len(words) > 2 and f" {words}" in f" {found.about.get(name, '')}":
            return str(name)
    ends = {name.rpartition(".")[2]: name for name in reversed(known)}
    close = difflib.get_close_matches(last, ends, n=1, cutoff=0.75)
    return ends[close[0]] if close else None


def _completions(command: str, given: Sequence[str], typed: str) -> list[str]:
    """Return what may stand where `typed` does, behind the words that are `given`.

    Bash takes "=" for the end of a word: what is given then ends in KEY and "=", and what is
    typed begins the value.
    """
    if typed.startswith("-"):
        return [option for option in _OPTIONS if option.startswith(typed)]
    found = configuration(command, given)
    key = given[-2] if len(given) > 1 and given[-1] == "=" else ""
    if key:
        return [option for option in found.groups.get(key, ()) if option.startswith(typed)]
    offered = [f"{group}={name}" for group, names in found.groups.items() for name in names]
    offered += [f"{name}={_written(value)}" for name, value in found.values.items()]
    return [item for item in offered if item.startswith(typed)]
