"""How fast networks train: each full step beside the forward and backward of its own text encoder.

    python benchmarks/training.py --data data/generated --out FILE.json

Encoder and step take turns on the same batches, so that a busy moment hits both. Prints tables and,
with --out, writes all timings as JSON with the commit, machine and command.
"""

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import nn

from saps.data.batching import Batch
from saps.data.data_module import TaskData
from saps.model.bundle import build_network, plain_config
from saps.resources import resource_folder

EXPERIMENTS = ("saps_vh_att", "seq2seq_att", "seq2tree")
PRECISIONS = ("float32", "bf16")
# Pieces and nodes of the tasks in a batch, as a share of the way from the smallest to the largest.
SIZES = (0.05, 0.35, 0.65, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A network with its data and optimiser, ready to take steps."""

    network: Any
    data: TaskData
    optimizer: torch.optim.Optimizer
    decoder: Any

    def step(self, batch: Batch, precision: str) -> None:
        """Take a training step as `saps train` does: forward, loss, backward, clip, optimise."""
        self.optimizer.zero_grad(set_to_none=True)
        with _autocast(precision):
            total = self.network.loss(batch).total
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()

    def encode(self, batch: Batch, precision: str) -> None:
        """Run the text encoder alone, forward and backward."""
        self.optimizer.zero_grad(set_to_none=True)
        with _autocast(precision):
            state = self.network.encoder(batch.text)
        (state.memory.float().sum() + state.latent.float().sum()).backward()

    def decode(self, batch: Batch) -> list[Any]:
        self.network.eval()
        source = self.network.source(batch)
        found = list(self.decoder.decode(self.network, source, self.data.symbols))
        self.network.train()
        return found


def _autocast(precision: str) -> Any:
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


def main() -> None:
    settings = _settings()
    torch.set_num_threads(settings.threads)
    if settings.memory_of is not None:
        _print_memory(settings)
        return
    report: dict[str, Any] = {
        "command": " ".join(sys.argv),
        "commit": _commit(),
        "machine": f"{platform.platform()}, Python {platform.python_version()}",
        "threads": settings.threads,
        "ratios": [],
    }
    for experiment in settings.experiments:
        subject = _subject(experiment, settings)
        batches = _batches(subject.data, settings.batches)
        for precision in PRECISIONS:
            report["ratios"].append(_ratios(experiment, subject, batches, precision, settings))
        if experiment == settings.experiments[0]:
            report |= _details(subject, batches, settings)
    report["memory"] = [_memory(experiment) for experiment in settings.experiments]
    _show_memory(report["memory"])
    if settings.out is not None:
        settings.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="data/generated", help="a data folder")
    parser.add_argument("--experiments", nargs="+", default=list(EXPERIMENTS))
    parser.add_argument("--overrides", nargs="*", default=[], help="such as model/size=small")
    parser.add_argument("--tasks", type=int, default=8000, help="use the first so many")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--batches", type=int, default=4, help="different ones in each repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--decode-after", type=int, default=60, help="steps of training before")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write a JSON report there")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)  # what a process of its own does
    return parser.parse_args()


def _config(experiment: str, settings: argparse.Namespace) -> DictConfig:
    overrides = [
        f"experiment={experiment}",
        f"data.path={settings.data}",
        f"data.train_limit={settings.tasks}",
        "data.dev_limit=256",
        f"data.batch_size={settings.batch_size}",
        f"data.token_budget={200 * settings.batch_size}",
        *settings.overrides,
    ]
    with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return hydra.compose("train", overrides)


def _subject(experiment: str, settings: argparse.Namespace) -> Subject:
    torch.manual_seed(0)
    config = _config(experiment, settings)
    data: TaskData = instantiate(config.data, seed=config.seed, _convert_="all")
    data.read()
    network = build_network(plain_config(config.model), data.tokenizer, data.symbols).train()
    data.upward, data.sequences = network.reads_trees, network.writes_tokens
    optimizer = instantiate(config.optimizer)(network.parameters())
    return Subject(network, data, optimizer, instantiate(config.decoding))


def _batches(data: TaskData, count: int) -> list[Batch]:
    """Return full batches of an epoch, evenly from the shortest texts to the longest."""
    epoch = data.batches("train", 0)
    full = [i for i, plan in enumerate(epoch.plan) if len(plan) == data.batch_size]
    by_length = sorted(full, key=lambda i: int(epoch.examples.lengths[epoch.plan[i]].max()))
    places = np.linspace(0, len(by_length) - 1, count + 2).round().astype(int)[1:-1]
    return [epoch[by_length[place]] for place in places]


def _ratios(
    experiment: str,
    subject: Subject,
    batches: Sequence[Batch],
    precision: str,
    settings: argparse.Namespace,
) -> dict[str, Any]:
    """Time encoder and step in turn, after one turn that does not count."""
    encoder_s: list[float] = []
    step_s: list[float] = []
    for repeat in range(settings.repeats + 1):
        times = np.zeros(2)
        for batch in batches:
            times[0] += _seconds(partial(subject.encode, batch, precision))
            times[1] += _seconds(partial(subject.step, batch, precision))
        if repeat:
            encoder_s.append(float(times[0]))
            step_s.append(float(times[1]))
    ratios = [step / encoder for step, encoder in zip(step_s, encoder_s, strict=True)]
    n_examples = sum(len(batch) for batch in batches)
    speeds = [n_examples / seconds for seconds in step_s]
    print(
        f"{experiment:<14} {precision:<8} step/encoder {_spread(ratios, '.2f')}"
        f"   {_spread(speeds, '.0f')} examples/s"
    )
    return {
        "experiment": experiment,
        "precision": precision,
        "encoder_s": encoder_s,
        "step_s": step_s,
        "ratio": statistics.median(ratios),
        "examples_per_s": statistics.median(speeds),
    }


def _details(
    subject: Subject, batches: Sequence[Batch], settings: argparse.Namespace
) -> dict[str, Any]:
    """Measure what the first experiment alone is measured by."""
    return {
        "linearity": _linearity(subject, settings),
        "loader": _loader(subject, batches, settings),
        "decoding": _decoding(subject, batches, settings),
    }


def _linearity(subject: Subject, settings: argparse.Namespace) -> list[dict[str, float]]:
    """Time steps on batches of small to large tasks."""
    epoch = subject.data.batches("train", 0)
    sizes = epoch.examples.lengths + np.diff(epoch.examples.node_ends)
    order = np.argsort(sizes, kind="stable")
    rows = []
    for share in SIZES:
        first = int(share * (len(order) - settings.batch_size))
        batch = subject.data.batch("train", order[first : first + settings.batch_size].tolist())
        subject.step(batch, "float32")
        seconds = [
            _seconds(partial(subject.step, batch, "float32")) for _ in range(settings.repeats)
        ]
        pieces, nodes = int(batch.text.lengths.sum()), len(batch.tree.label)
        per_example_ms = 1000 * statistics.median(seconds) / len(batch)
        rows.append(
            {
                "pieces": pieces / len(batch),
                "nodes": nodes / len(batch),
                "per_example_ms": per_example_ms,
                "per_piece_and_node_us": 1000 * per_example_ms * len(batch) / (pieces + nodes),
            }
        )
    print("pieces  nodes  ms/example  us/(piece + node)")
    for row in rows:
        print(
            f"{row['pieces']:6.1f} {row['nodes']:6.1f} {row['per_example_ms']:11.2f} "
            f"{row['per_piece_and_node_us']:18.1f}"
        )
    return rows


def _loader(
    subject: Subject, batches: Sequence[Batch], settings: argparse.Namespace
) -> dict[str, Any]:
    """Time the making of an epoch's batches, alone."""
    epoch = subject.data.batches("train", 1)

    def make() -> None:
        for number in range(len(epoch)):
            epoch[number]

    loader = subject.data.size("train") / statistics.median(_repeat(make, settings.repeats))
    times = [_seconds(partial(subject.step, batch, "bf16")) for batch in batches]
    step = sum(map(len, batches)) / sum(times)
    print(f"loader {loader:.0f} examples/s, {loader / step:.1f} times the bf16 step's {step:.0f}")
    return {"loader_per_s": loader, "step_per_s": step, "ratio": loader / step}


def _decoding(
    subject: Subject, batches: Sequence[Batch], settings: argparse.Namespace
) -> dict[str, Any]:
    """Time greedy decoding, after a little training, so that programs have sensible sizes."""
    for batch in _endless(subject.data, settings.decode_after):
        subject.step(batch, "bf16")
    n_nodes = [len(tuple(_nodes(found))) for batch in batches for found in subject.decode(batch)]

    def decode() -> None:
        for batch in batches:
            subject.decode(batch)

    n_texts = sum(map(len, batches))
    speeds = [n_texts / seconds for seconds in _repeat(decode, settings.repeats)]
    print(
        f"greedy decoding {_spread(speeds, '.0f')} specifications/s, "
        f"{statistics.mean(n_nodes):.1f} nodes a program, after {settings.decode_after} steps"
    )
    return {"per_s": speeds, "nodes_a_program": statistics.mean(n_nodes)}


def _nodes(prediction: Any) -> Iterator[Any]:
    stack = [] if prediction is None else [prediction.program]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.children)


def _endless(data: TaskData, count: int) -> Iterator[Batch]:
    epoch = data.batches("train", 2)
    for number in range(count):
        yield epoch[number % len(epoch)]


def _memory(experiment: str) -> dict[str, Any]:
    """Take two steps in a process of its own and ask for its largest memory."""
    command = [sys.executable, *sys.argv, "--memory-of", experiment]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    memory: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return memory


def _print_memory(settings: argparse.Namespace) -> None:
    subject = _subject(settings.memory_of, settings)
    before = _peak_mb()
    # The largest batch of the epoch, twice: the second step has the optimiser's moments.
    epoch = subject.data.batches("train", 0)
    places = [len(plan) * int(epoch.examples.lengths[plan].max()) for plan in epoch.plan]
    batch = epoch[int(np.argmax(places))]
    for _ in range(2):
        subject.step(batch, "float32")
    found = {
        "experiment": settings.memory_of,
        "before_mb": before,
        "peak_mb": _peak_mb(),
        "examples": len(batch),
        "pieces": batch.text.pieces.shape[1],
    }
    print(json.dumps(found))


def _peak_mb() -> float:
    """Return the largest memory that this process had; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("the peak of memory is read from /proc, which this system lacks")
    return int(found[1]) / 1024


def _show_memory(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        print(
            f"{row['experiment']:<14} peak memory {row['peak_mb']:.0f} MB, of it "
            f"{row['before_mb']:.0f} MB before the first step; the largest batch: "
            f"{row['examples']} texts of up to {row['pieces']} pieces"
        )


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _repeat(run: Callable[[], object], repeats: int) -> list[float]:
    return [_seconds(run) for _ in range(repeats)]


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]  # whichever git is there
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
