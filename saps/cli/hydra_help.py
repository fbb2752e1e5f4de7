"""What the Hydra commands tell of their configuration: help, completion, the key that was meant."""

import difflib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# What each command is for, a use of it, and one of several jobs.
PURPOSES: Final = {
    "train": (
        "Train a model; the best one lands in runs/NAME/best.",
        "saps train experiment=saps_vh_att data.path=data/short trainer.max_epochs=5",
        "saps train --multirun seed=1,2,3 'folder=runs/seed-${seed}'",
    ),
    "evaluate": (
        "Evaluate a model on a data set, and write a report.",
        "saps evaluate checkpoint=runs/saps_vh_att data.path=data/short decoding=beam",
        "saps evaluate --multirun decoding=greedy,beam data.path=data/short",
    ),
    "generate": (
        "Write a data set of generated tasks.",
        "saps generate out=data/short size=64000 max_depth=2",
        "saps generate --multirun shard=1/2,2/2 out=data/short",
    ),
    "ablate": (
        "Train and compare models that differ in one part.",
        "saps ablate data=short size=small epochs=8 rows=[saps_h,saps_vh]",
        "",  # it starts its jobs itself
    ),
}
GROUPS: Final = {
    "experiment": "all settings of one row of the published table",
    "ablation": "the rows of the table",
    "data": "which data set to read, and how",
    "model": "the network",
    "model/size": "its widths and layers",
    "model/tree_lstm": "its tree encoder's cell",
    "cell": "the recurrent cell of encoder and decoder",
    "optimizer": "the optimizer",
    "trainer": "the device, and how long to train",
    "decoding": "how to search for programs",
    "logger": "where losses and metrics are logged",
    "hydra/launcher": "how --multirun starts its jobs",
}
# The settings that people change, told with the comments that stand beside them in conf/.
SETTINGS: Final[Mapping[str, Sequence[str]]] = {
    "train": (
        *("name", "folder", "data.path", "data.batch_size", "data.train_limit", "data.dev_limit"),
        *("trainer.max_epochs", "trainer.precision", "trainer.devices"),
        *("trainer.gradient_clip_val", "optimizer.lr", "model.encoder.dropout"),
        *("model.decoder.dropout", "model.decoder.recurrence", "model.decoder.attention", "seed"),
        *("patience", "ckpt_path", "start_from", "overwrite", "n_samples", "compile"),
    ),
    "evaluate": (
        *("checkpoint", "data.path", "split", "limit", "out", "overwrite", "batch_size"),
        *("workers", "device", "as_typed", "robustness", "decoding.typed", "decoding.max_size"),
        "limits.steps",
    ),
    "generate": (
        *("out", "size", "seed", "max_depth", "split", "workers", "shard", "overwrite"),
        *("noise.dropped", "noise.swapped", "noise.synonym", "noise.typo"),
    ),
    "ablate": (
        *("data.path", "out", "rows", "size", "epochs", "autoencoder_epochs", "seeds", "train"),
        *("evaluate", "evaluation.dev_limit", "evaluation.test_limit", "evaluation.workers"),
        *("publish", "overwrite"),
    ),
}
_SETTING: Final = re.compile(r"^( *)(\w+):.*?(?: # (.*))?$", re.MULTILINE)
_OPTIONS: Final = ("--multirun", "--cfg", "--help", "--debug")


@dataclass(frozen=True)
class Configuration:
    """What a command can be told.

    Attributes:
        values: all settings with their defaults; references to others are not resolved.
        choices: what is chosen in each group, and in `groups` what can be.
        about: what settings are for, where a comment says it.
        header: what the file of the command says of itself.
    """

    values: Mapping[str, Any]
    choices: Mapping[str, str]
    groups: Mapping[str, Sequence[str]]
    about: Mapping[str, str]
    header: str


def configuration(command: str, folder: Path, given: Sequence[str] = ()) -> Configuration:
    """Compose the defaults of a command under the choices of groups among what is `given`."""
    from hydra import compose
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    # Groups decide which settings there are; a value may be the very mistake that is asked about.
    chosen = [item for item in given if (folder / item.partition("=")[0]).is_dir()]
    with _initialized(folder):
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
    return Configuration(values, choices, groups, _about(command, folder, choices), header)


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


@contextmanager
def _initialized(folder: Path) -> Iterator[None]:
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()  # of a command that has just failed
    with initialize_config_dir(str(folder), version_base="1.3"):
        yield


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


def help_text(command: str, folder: Path) -> str:
    """Return what `saps COMMAND --help` prints."""
    found = configuration(command, folder)
    purpose, example, sweep = PURPOSES[command]
    lines = [f"Usage: saps {command} [GROUP=CHOICE | KEY=VALUE]...", "", f"  {purpose}", ""]
    lines += [f"  {line}".rstrip() for line in found.header.splitlines()]
    lines += [f"  {example}", "", "Groups, with their choices:"]
    order = list(GROUPS)
    for group in sorted(found.groups, key=lambda name: order.index(name) if name in order else 99):
        options = found.groups[group]
        about = f" ({found.choices[group]} if not given)" if found.choices[group] != "None" else ""
        told = f"{group}: {', '.join(options)}"
        lines += textwrap.wrap(told, 98, initial_indent="  ", subsequent_indent="    ")
        lines.append(f"      {GROUPS.get(group, '')}{about}".rstrip())
    lines += ["", "Settings that people change, with their defaults:"]
    for key in (key for key in SETTINGS[command] if key in found.values):
        default = _written(found.values[key])
        value = "  (to be given)" if default == "???" else f"={default}"
        lines.append(f"  {f'{key}{value}':<34}  {found.about.get(key, '')}".rstrip())
    return "\n".join(
        [
            *lines,
            "",
            f"All {len(found.values)} settings: saps {command} --cfg job",
            *([f"Several values, a job each: {sweep}"] if sweep else []),
            """A value with = , [ ( ' # ~ or letters beyond ASCII in quotes: 'data.path="dàta"'""",
            f"Hydra's own options: saps {command} --hydra-help; the traceback of an error: --debug",
        ]
    )


def meant_key(key: str, command: str, found: Configuration, value: str = "") -> str | None:
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
    for name in SETTINGS.get(command, ()):
        if len(words) > 2 and f" {words}" in f" {found.about.get(name, '')}":
            return name
    ends = {name.rpartition(".")[2]: name for name in reversed(known)}
    close = difflib.get_close_matches(last, ends, n=1, cutoff=0.75)
    return ends[close[0]] if close else None


def completions(command: str, folder: Path, given: Sequence[str], typed: str) -> list[str]:
    """Return what may stand where `typed` does, behind the words that are `given`.

    Bash takes "=" for the end of a word: what is given then ends in KEY and "=", and what is
    typed begins the value.
    """
    if typed.startswith("-"):
        return [option for option in _OPTIONS if option.startswith(typed)]
    found = configuration(command, folder, given)
    key = given[-2] if len(given) > 1 and given[-1] == "=" else ""
    if key:
        return [option for option in found.groups.get(key, ()) if option.startswith(typed)]
    offered = [f"{group}={name}" for group, names in found.groups.items() for name in names]
    offered += [f"{name}={_written(value)}" for name, value in found.values.items()]
    return [item for item in offered if item.startswith(typed)]
