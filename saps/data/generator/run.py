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
from saps.data.generator.collector import Collector, Made
from saps.data.generator.composer import Shape
from saps.data.generator.noise import Noise
from saps.data.generator.split import split_by_program
from saps.data.generator.task import TaskMaker
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
    """

    size: int
    seed: int = 1
    max_depth: int = 4
    noise: Noise = field(default_factory=Noise)

    def __post_init__(self) -> None:
        for name in ("size", "seed", "max_depth"):
            if type(getattr(self, name)) is not int:  # a configuration may hold anything
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected a whole number")
        if self.size < 1:
            raise ValueError(f"size is {self.size}, expected at least 1")
        if not 1 <= self.max_depth <= 4:
            raise ValueError(f"max_depth is {self.max_depth}, expected 1 to 4")


def generate(cfg: "DictConfig") -> Path:
    """Write the data set that `conf/generate.yaml` describes; return its folder."""
    return generate_dataset(
        out=cfg.out,
        size=cfg.size,
        seed=cfg.seed,
        workers=cfg.workers,
        max_depth=cfg.max_depth,
        noise=Noise(**cfg.noise),
    )


def generate_dataset(
    out: str | Path,
    size: int,
    *,
    seed: int = 1,
    workers: int | None = None,
    max_depth: int = 4,
    noise: Noise | None = None,
) -> Path:
    """Write a data set and return its folder.

    Args:
        out: the folder; files of that name in it are replaced when all is done, not before.
        size: tasks in all, shared out in the published proportions.
        seed: same seed, same bytes, whatever the number of workers.
        workers: processes; None for one a core.
        max_depth: how deep families nest.
        noise: spoils texts; None for not at all.

    Raises:
        OSError: the folder can not be made or written.
        ValueError: a setting is out of its range, or the grammar has too few tasks to say.
    """
    settings = Settings(size, seed, max_depth, noise or Noise())
    folder = Path(out)
    if folder.is_file():
        raise ValueError(f"out is {folder}, which is a file; give a folder")
    folder.mkdir(parents=True, exist_ok=True)  # a path that can not be written is known at once
    return _write(folder, settings, _collect(settings, workers))


def _collect(settings: Settings, workers: int | None) -> Collector:
    collector = Collector(settings.size)
    n_fruitless = 0
    with data_progress() as progress:
        bar = progress.add_task("tasks", total=settings.size)
        for chunk in map_in_order(partial(_make_chunk, settings), count(), workers):
            before = len(collector.lines)
            for made in chunk:
                collector.add(made)
            progress.update(bar, completed=len(collector.lines))
            if collector.is_full:
                return collector
            n_fruitless = n_fruitless + 1 if len(collector.lines) == before else 0
            if n_fruitless == _MAX_FRUITLESS:
                break
    raise ValueError(
        f"only {len(collector.lines)} different tasks found at max_depth={settings.max_depth}; "
        "ask for a smaller size or nest deeper"
    )


def _make_chunk(settings: Settings, number: int) -> list[Made]:
    shape = Shape(max_depth=settings.max_depth)
    maker = TaskMaker(default_catalogue(), shape, settings.seed, settings.noise)
    indexes = range(number * _CHUNK, (number + 1) * _CHUNK)
    examples = (maker.make(index) for index in indexes)
    return [
        Made(
            text=example.text,
            program=str(example.program),
            n_symbols=example.program.size,
            line=format_example(example).encode(),
        )
        for example in examples
        if example is not None
    ]


def _write(out: Path, settings: Settings, collector: Collector) -> Path:
    splits = split_by_program(collector.programs, collector.n_symbols, settings.seed)
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
    logger.info("%d tasks in %s", settings.size, out)
    return out


def _metadata(settings: Settings, sizes: dict[str, int], collector: Collector) -> str:
    fields: dict[str, Any] = {
        "generator_version": GENERATOR_VERSION,
        "saps_version": saps.__version__,
        "split": "surface",
        **asdict(settings),
        "sizes": sizes,
        "programs": len(collector.n_symbols),
    }
    return json.dumps(fields, indent=2)
