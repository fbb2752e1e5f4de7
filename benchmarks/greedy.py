"""What makes greedy decoding of texts that the model does not understand fast, each by itself.

    python benchmarks/greedy.py --data data/generated/test.jsonl       # a minute or two, idle

Each way decodes the same tasks, in turn, as often as asked; constraints are forgotten in between.
Prints the seconds of each and how many times as fast as the first it is, and how many programs
differ from the first's, and writes runs/benchmarks/greedy.json. The first ways are in processor
time of one process with one thread; the last, of two processes, is wall time.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch

from saps.data.algolisp import read_examples
from saps.evaluation.answering import Batch, write_programs
from saps.search import greedy
from saps.search.beam import Harvest, grow_beams
from saps.search.greedy import grow_greedily
from saps.search.interface import Expansion, Hypothesis
from saps.search.request import Request
from saps.synthesis.predictor import Predictor

ROOT = Path(__file__).parents[1]


def by_masks(expansion: Expansion, roots: Sequence[Hypothesis]) -> list[Any]:
    """Grow with a mask of all labels at each node: a beam of one."""
    harvests = {root.example: Harvest(1) for root in roots}
    grow_beams(expansion, roots, harvests, width=1)
    return [
        SimpleNamespace(example=number, labels=labels, log_prob=log_prob)
        for number, harvest in harvests.items()
        for labels, log_prob in harvest.best()
    ]


def decode(
    predictor: Predictor,
    grow: Callable[..., list[Any]],
    n_writers: int,
    batches: Sequence[Batch],
) -> list[str]:
    """Return the programs of all texts."""
    predictor.batch_size = len(batches[0].texts)
    with patch.object(greedy, "grow_greedily", grow):
        answers = list(write_programs(predictor, batches, n_writers))
    return ["" if a is None else str(a.program) for some in answers for a in some]


def in_batches(tasks: Sequence[tuple[str, Request]], size: int) -> list[Batch]:
    chunks = [tasks[start : start + size] for start in range(0, len(tasks), size)]
    return [Batch([text for text, _ in some], [known for _, known in some]) for some in chunks]


def read_tasks(path: Path, limit: int) -> list[tuple[str, Request]]:
    """Read texts, by length, with what an evaluation lets a greedy search know."""
    examples = islice(read_examples(path), limit)
    tasks = [(e.text, Request(e.arguments, e.return_type)) for e in examples]
    return sorted(tasks, key=lambda task: len(task[0].split()))


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of greedy decoding.")
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--data", type=Path, default=ROOT / "data/sample.jsonl")
    parser.add_argument("--texts", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/benchmarks/greedy.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    predictor = Predictor.load(options.model)
    tasks = read_tasks(options.data, options.texts)
    small, large = in_batches(tasks, 64), in_batches(tasks, 256)
    ways = {
        "whole masks, batches of 64": (partial(decode, predictor, by_masks, 1), small),
        "by rank, batches of 64": (partial(decode, predictor, grow_greedily, 1), small),
        "by rank, batches of 256": (partial(decode, predictor, grow_greedily, 1), large),
        "the same in two processes": (partial(decode, predictor, grow_greedily, 2), large),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    programs: dict[str, list[str]] = {}
    for _ in range(options.repeats):
        for name, (way, batches) in ways.items():
            clock = time.perf_counter if "processes" in name else time.process_time
            start = clock()
            programs[name] = way(batches)
            spent[name].append(clock() - start)
    first = next(iter(ways))
    record: dict[str, object] = {
        "machine": platform.platform(),
        "load": os.getloadavg(),
        "n": len(tasks),
    }
    for name, seconds in spent.items():
        n_other = sum(a != b for a, b in zip(programs[name], programs[first], strict=True))
        times = median(spent[first]) / median(seconds)
        print(f"{name:<28} {median(seconds):8.2f} s  x {times:.2f}  {n_other} differ")
        record[name] = {"seconds": seconds, "times": times, "n_other": n_other}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
