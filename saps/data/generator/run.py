"""Writes a data set: OUT/train.jsonl, dev.jsonl, test.jsonl and metadata.json."""

import logging
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from saps.data.algolisp import format_example
from saps.data.generator.catalogue import default_catalogue
from saps.data.generator.collector import Collector, Made
from saps.data.generator.composer import Shape
from saps.data.generator.folder import check_folder, made_folder, write_folder
from saps.data.generator.noise import Noise
from saps.data.generator.settings import Settings
from saps.data.generator.shard import Place, Shard
from saps.data.generator.split import split_sizes
from saps.data.generator.task import Task, TaskMaker
from saps.data.parallel import map_in_order
from saps.data.progress import data_progress

if TYPE_CHECKING:
    from omegaconf import DictConfig

_CHUNK = 200  # draws that a worker makes at a time
_MAX_FRUITLESS = 400  # chunks without one new task, after which the grammar has no more to say

_REMEDY = "give out= another name, or overwrite=true to replace it"

Work = tuple[int, frozenset[Place]]
"""The number of a chunk, and the places that tasks are still wanted for."""

logger = logging.getLogger(__name__)


def generate(cfg: "DictConfig") -> Path:
    """Write the data set that `conf/generate.yaml` describes; return its folder."""
    return generate_dataset(
        out=cfg.out,
        size=cfg.size,
        seed=cfg.seed,
        workers=cfg.workers,
        max_depth=cfg.max_depth,
        noise=Noise(**cfg.noise),
        split=cfg.split,
        shard=cfg.shard,
        overwrite=cfg.overwrite,
    )


def generate_dataset(
    out: str | Path,
    size: int,
    *,
    seed: int = 1,
    workers: int | None = None,
    max_depth: int = 4,
    noise: Noise | None = None,
    split: str = "surface",
    shard: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a data set and return its folder.

    Args:
        out: the folder; files of the same set in it are replaced when all is done, not before.
        size: tasks in all, shared out in the published proportions.
        seed: same seed, same bytes, whatever the number of workers.
        workers: processes; None for one a core.
        max_depth: how deep families nest.
        noise: spoils texts; None for not at all.
        split: "surface" or "compositional", see `Settings`.
        shard: "2/4" for the second of four parts, which goes to a folder of its own inside
            `out`; None for the whole. The parts one after another are the whole, byte for byte.
        overwrite: replace a data set of other settings that the folder holds.

    Raises:
        DataError: the folder holds a data set of other settings, or can not be written to.
        OSError: the folder can not be made or written.
        ValueError: a setting is out of its range, or the grammar has too few tasks to say.
    """
    if not str(out):
        raise ValueError("out is empty; give a folder, such as data/generated")
    part = Shard() if shard is None else Shard.from_text(str(shard))
    settings = Settings(size, seed, max_depth, noise or Noise(), split, part)
    folder = Path(out) / part.folder
    if Path(out).is_file():
        raise ValueError(f"out is {out}, which is a file; give a folder")
    if type(overwrite) is not bool:
        raise ValueError(f"overwrite is {overwrite!r}, expected true or false")
    check_folder(folder, settings.metadata(0, {}), _REMEDY, overwrite=overwrite)
    with made_folder(folder):  # a path that can not be written is known at once
        collector = _collect(settings, workers)
        _write(folder, settings, collector)
    logger.info("%d tasks in %s", collector.n_tasks, folder)
    return folder


def _collect(settings: Settings, workers: int | None) -> Collector:
    collector = Collector(settings.quotas)
    n_fruitless = 0
    with data_progress() as progress:
        bar = progress.add_task("tasks", total=sum(settings.quotas.values()))
        work = _work(collector)
        for chunk in map_in_order(partial(_make_chunk, settings), work, workers):
            before = collector.n_tasks
            for made in chunk:
                collector.add(made)
            progress.update(bar, completed=collector.n_tasks)
            n_fruitless = n_fruitless + 1 if collector.n_tasks == before else 0
            if n_fruitless == _MAX_FRUITLESS:
                raise ValueError(_too_few(settings, collector))
    return collector


def _work(collector: Collector) -> Iterator[Work]:
    """Yield chunks until the collector is full.

    Workers compute ahead, so they may make what the collector then refuses; what they leave out
    it would refuse as well. Their number therefore changes nothing.
    """
    for number in count():
        if collector.is_full:
            return
        yield number, collector.wanted


def _too_few(settings: Settings, collector: Collector) -> str:
    missing = Counter(place.split for place in collector.wanted)
    names = ", ".join(name for name in split_sizes(0) if missing[name])
    return (
        f"only {collector.n_tasks} different tasks found at max_depth={settings.max_depth}, too "
        f"few for {names}; ask for a smaller size or nest deeper"
    )


def _make_chunk(settings: Settings, work: Work) -> list[Made]:
    number, wanted = work
    maker = TaskMaker(
        default_catalogue(),
        Shape(max_depth=settings.max_depth),
        settings.seed,
        settings.noise,
        settings.split,
        wanted,
    )
    tasks = map(maker.make, range(number * _CHUNK, (number + 1) * _CHUNK))
    return [_made(task) for task in tasks if task is not None]


def _made(task: Task) -> Made:
    return Made(
        text=task.example.text,
        program=str(task.example.program),
        place=task.place,
        line=format_example(task.example).encode(),
        held_out=frozenset(map(str, task.held_out)),
    )


def _write(folder: Path, settings: Settings, collector: Collector) -> None:
    splits = {name: collector.lines(name) for name in split_sizes(0)}
    write_folder(
        folder, splits, lambda: settings.metadata(collector.n_programs, collector.held_out)
    )
