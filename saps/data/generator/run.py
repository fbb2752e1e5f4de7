"""Writes a data set: OUT/train.jsonl, dev.jsonl, test.jsonl and metadata.json."""

import json
import logging
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import saps
from saps.data.algolisp import format_example, write_lines
from saps.data.generator.catalogue import default_catalogue
from saps.data.generator.collector import UNDECIDED, Collector, Made
from saps.data.generator.composer import Shape
from saps.data.generator.expression import Pair
from saps.data.generator.noise import Noise
from saps.data.generator.shard import Shard
from saps.data.generator.split import (
    RULES,
    held_out,
    split_by_program,
    split_of_program,
    split_sizes,
)
from saps.data.generator.task import Task, TaskMaker
from saps.data.parallel import map_in_order
from saps.data.progress import data_progress

if TYPE_CHECKING:
    from omegaconf import DictConfig

GENERATOR_VERSION = "1"
"""Changes whenever the same seed would give other bytes."""

_CHUNK = 200  # draws that a worker makes at a time
_MAX_FRUITLESS = 200  # chunks without one new task, after which the grammar has no more to say

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the bytes of a data set, apart from the generator's version.

    Attributes:
        size: tasks in all.
        seed: two data sets of different seeds have little in common.
        max_depth: families nested in one another, from 1 to 4.
        noise: rates at which words of the texts are spoilt.
        split: "surface" keeps each program in one split; "compositional" keeps pairs of
            families out of train besides.
        shard: which part of the set to make.
    """

    size: int
    seed: int = 1
    max_depth: int = 4
    noise: Noise = field(default_factory=Noise)
    split: str = "surface"
    shard: Shard = field(default_factory=Shard)

    def __post_init__(self) -> None:
        for name in ("size", "seed", "max_depth"):
            if type(getattr(self, name)) is not int:  # a configuration may hold anything
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected a whole number")
        if self.size < 1:
            raise ValueError(f"size is {self.size}, expected at least 1")
        if not 1 <= self.max_depth <= 4:
            raise ValueError(f"max_depth is {self.max_depth}, expected 1 to 4")
        if self.split not in RULES:
            raise ValueError(f"split is {self.split!r}, expected {' or '.join(RULES)}")
        if self.split == "compositional" and self.max_depth == 1:
            raise ValueError("split=compositional holds out nestings; it needs max_depth=2 or more")
        if self.shard.count > self.size:
            raise ValueError(f"shard is {self.shard}, more parts than the {self.size} tasks")

    @property
    def is_split_at_once(self) -> bool:
        """Whether each task tells its split; else all are collected first and then split."""
        return self.split == "compositional" or not self.shard.is_whole

    @property
    def quotas(self) -> dict[str, int]:
        """How many tasks to collect for each split."""
        if not self.is_split_at_once:
            return {UNDECIDED: self.size}
        return {name: self.shard.share(n) for name, n in split_sizes(self.size).items()}


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
) -> Path:
    """Write a data set and return its folder.

    Args:
        out: the folder; files of that name in it are replaced when all is done, not before.
        size: tasks in all, shared out in the published proportions.
        seed: same seed, same bytes, whatever the number of workers.
        workers: processes; None for one a core.
        max_depth: how deep families nest.
        noise: spoils texts; None for not at all.
        split: "surface" or "compositional", see `Settings`.
        shard: "2/4" for the second of four parts, which goes to a folder of its own inside
            `out`; None for the whole. The parts together have `size` tasks, no text twice.

    Raises:
        OSError: the folder can not be made or written.
        ValueError: a setting is out of its range, or the grammar has too few tasks to say.
    """
    part = Shard() if shard is None else Shard.from_text(str(shard))
    settings = Settings(size, seed, max_depth, noise or Noise(), split, part)
    folder = Path(out) / part.folder
    if Path(out).is_file():
        raise ValueError(f"out is {out}, which is a file; give a folder")
    folder.mkdir(parents=True, exist_ok=True)  # a path that can not be written is known at once
    return _write(folder, settings, _collect(settings, workers))


def _collect(settings: Settings, workers: int | None) -> Collector:
    collector = Collector(settings.quotas)
    n_fruitless = 0
    with data_progress() as progress:
        bar = progress.add_task("tasks", total=sum(settings.quotas.values()))
        for chunk in map_in_order(partial(_make_chunk, settings), count(), workers):
            before = len(collector.lines)
            for made in chunk:
                collector.add(made)
            progress.update(bar, completed=len(collector.lines))
            if collector.is_full:
                return collector
            n_fruitless = n_fruitless + 1 if len(collector.lines) == before else 0
            if n_fruitless == _MAX_FRUITLESS * settings.shard.count:
                break
    raise ValueError(
        f"only {len(collector.lines)} different tasks found at max_depth={settings.max_depth}; "
        "ask for a smaller size or nest deeper"
    )


def _make_chunk(settings: Settings, number: int) -> list[Made]:
    shape = Shape(max_depth=settings.max_depth)
    maker = TaskMaker(default_catalogue(), shape, settings.seed, settings.noise, settings.shard)
    indexes = range(number * _CHUNK, (number + 1) * _CHUNK)
    tasks = (maker.make(index) for index in indexes)
    return [_made(task, settings) for task in tasks if task is not None]


def _made(task: Task, settings: Settings) -> Made:
    program, n_symbols = str(task.example.program), task.example.program.size
    split, pairs = UNDECIDED, frozenset[Pair]()
    if settings.split == "compositional":
        split, pairs = held_out(task.pairs, settings.seed)
    elif settings.is_split_at_once:
        split = split_of_program(program, n_symbols, settings.seed)
    line = format_example(task.example).encode()
    return Made(task.example.text, program, n_symbols, line, split, frozenset(map(str, pairs)))


def _split(settings: Settings, collector: Collector) -> dict[str, list[int]]:
    if settings.is_split_at_once:
        return {name: collector.members(name) for name in settings.quotas}
    return split_by_program(collector.programs, collector.n_symbols, settings.seed)


def _write(out: Path, settings: Settings, collector: Collector) -> Path:
    splits = _split(settings, collector)
    staging = Path(tempfile.mkdtemp(dir=out, prefix=".generating."))
    try:
        for name, indexes in splits.items():
            lines = (collector.lines[index].decode() for index in indexes)
            write_lines(staging / f"{name}.jsonl", lines)
        sizes = {name: len(indexes) for name, indexes in splits.items()}
        write_lines(staging / "metadata.json", [_metadata(settings, sizes, collector)])
        for name in (*(f"{split}.jsonl" for split in splits), "metadata.json"):
            (staging / name).replace(out / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    logger.info("%d tasks in %s", len(collector.lines), out)
    return out


def _metadata(settings: Settings, sizes: dict[str, int], collector: Collector) -> str:
    fields: dict[str, Any] = {
        "generator_version": GENERATOR_VERSION,
        "saps_version": saps.__version__,
        "split": settings.split,
        "size": settings.size,
        "seed": settings.seed,
        "max_depth": settings.max_depth,
        "noise": asdict(settings.noise),
        "sizes": sizes,
        "programs": len(collector.n_symbols),
    }
    if not settings.shard.is_whole:
        fields["shard"] = str(settings.shard)
    if settings.split == "compositional":
        pairs = {name: sorted(found) for name, found in collector.held_out.items() if found}
        fields["held_out_pairs"] = dict(sorted(pairs.items()))
    return json.dumps(fields, indent=2)
