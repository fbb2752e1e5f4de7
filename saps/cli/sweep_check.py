"""Mistakes in a sweep that are seen before its jobs start."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf, open_dict

from saps.cli.failure import CommandError
from saps.override import override

if TYPE_CHECKING:
    from omegaconf import DictConfig

Jobs = Sequence[Sequence[str]]


def names_of(jobs: Jobs, config: "DictConfig", loader: ConfigLoader) -> tuple[str, ...]:
    """Name each job by its values of what is swept; one of a sweep over nothing by its number."""
    given = _given(config, loader)
    fixed = {item.get_key_element() for item in given if not item.is_sweep_override()}
    swept = ([item for item in job if item.partition("=")[0] not in fixed] for job in jobs)
    return tuple(", ".join(items) or f"job {number}" for number, items in enumerate(swept))


def _given(config: "DictConfig", loader: ConfigLoader) -> list[Override]:
    """Read the overrides of the command line, in which `${seed}` is for the jobs to replace."""
    texts = OmegaConf.to_container(config.hydra.overrides.task, resolve=False)
    parser = OverridesParser.create(config_loader=loader)
    return parser.parse_overrides(cast("list[str]", texts))


def check_choices(jobs: Jobs, config: "DictConfig", loader: ConfigLoader) -> None:
    """Refuse a pattern that matches nothing, of which Hydra makes a sweep without jobs.

    Raises:
        CommandError: there is no job.
    """
    if jobs:
        return
    for given in _given(config, loader):
        if given.is_sweep_override() and not list(given.sweep_string_iterator()):
            choices = ", ".join(loader.get_group_options(given.key_or_group))
            raise CommandError(f"{given.input_line} matches none of: {choices}")
    raise CommandError("the sweep has no jobs: give a choice several values, such as seed=1,2")


def check_folders(jobs: Jobs, config: "DictConfig", loader: ConfigLoader) -> None:
    """Refuse jobs that would write into one folder.

    Raises:
        CommandError: two would; the message shows how each gets its own.
    """
    folders: dict[Path, str] = {}
    names = names_of(jobs, config, loader)
    for number, (name, overrides) in enumerate(zip(names, jobs, strict=True)):
        with _composed(number, overrides, config, loader) as job:
            folder = OmegaConf.select(job, "folder")
            if folder is None:
                return
            other = folders.setdefault(Path(folder).resolve(), name)
            if len(folders) <= number:
                told = f"the jobs {other} and {name}" if other != name else "jobs that are alike"
                raise CommandError(
                    f"{told} would both write into {folder}: give each a folder of its own, such "
                    f"as {_own_folder(folder, jobs, job)}"
                )


@contextmanager
def _composed(
    number: int, overrides: Sequence[str], config: "DictConfig", loader: ConfigLoader
) -> Iterator["DictConfig"]:
    """Compose the configuration of a job, and let it refer to Hydra's own meanwhile."""
    job = loader.load_sweep_config(config, list(overrides))
    with open_dict(job):
        job.hydra.job.num, job.hydra.job.id = number, f"job-{number}"
    state = HydraConfig.instance()
    before = state.cfg
    state.set_config(job)
    try:
        yield job
    finally:
        state.cfg = before


def _own_folder(folder: str, jobs: Jobs, job: "DictConfig") -> str:
    """Return the setting of a folder that is another for each job."""
    shared = set.intersection(*(set(overrides) for overrides in jobs))
    differing = [item for overrides in jobs for item in overrides if item not in shared]
    keys = dict.fromkeys(item.partition("=")[0].lstrip("+") for item in differing)
    told = "-".join(_reference(key, job) for key in keys) or "${hydra:job.num}"
    return shlex.quote(override("folder", f"{folder}-{told}"))


def _reference(key: str, job: "DictConfig") -> str:
    """Return what stands for a setting, or for the name of a choice."""
    return (
        f"${{hydra:runtime.choices.{key}}}" if key in job.hydra.runtime.choices else f"${{{key}}}"
    )
