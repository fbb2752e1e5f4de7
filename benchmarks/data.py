"""How long it takes to load tasks with and without the cache, and to make batches of them.

    python benchmarks/data.py --out FILE.json    (data: saps generate out=data/generated)

Prints a table and, with --out, writes all timings as JSON with the commit, machine and command.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from saps.data.batching import padding_share
from saps.data.data_module import TaskData
from saps.resources import resource_folder

DEV_SHARE = 0.1


def main() -> None:
    settings = _settings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _collect(settings.source, folder, settings.size)
        config = _config(folder)
        without = _timings(lambda: _read(config, None), settings.repeats)
        _read(config, folder / "cache")
        cached = _timings(lambda: _read(config, folder / "cache"), settings.repeats)
        data = _read(config, folder / "cache")
        batching = _timings(lambda: _one_epoch(data), settings.repeats)
        report = {
            "command": " ".join(sys.argv),
            "commit": _commit(),
            "machine": f"{platform.platform()}, Python {platform.python_version()}",
            "tasks": settings.size,
            "without_cache_s": without,
            "cached_s": cached,
            "ratio": statistics.median(without) / statistics.median(cached),
            "train_tasks": data.size("train"),
            "epoch_s": batching,
            "examples_per_s": data.size("train") / statistics.median(batching),
            "padding_share": _padding(data),
        }
    _show(report)
    if settings.out is not None:
        settings.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--source", type=Path, default=Path("data/generated"), help="a data folder")
    parser.add_argument("--size", type=int, default=100_000, help="tasks, in both splits together")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, help="write a JSON report there")
    return parser.parse_args()


def _collect(source: Path, folder: Path, size: int) -> None:
    """Write two splits of `size` tasks together; those of the source are repeated if too few."""
    lines: list[bytes] = []
    for split in ("train", "dev", "test"):
        lines += (source / f"{split}.jsonl").read_bytes().splitlines(keepends=True)
    n_dev = int(size * DEV_SHARE)
    chosen = islice(cycle(lines), size)
    (folder / "dev.jsonl").write_bytes(b"".join(islice(chosen, n_dev)))
    (folder / "train.jsonl").write_bytes(b"".join(chosen))


def _config(folder: Path) -> DictConfig:
    """Compose the settings of `saps train`, with the whole development split."""
    with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return hydra.compose("train", ["data.dev_limit=null", f"data.path={folder}"])


def _read(config: DictConfig, cache: Path | None) -> TaskData:
    place = None if cache is None else str(cache)
    data: TaskData = instantiate(config.data, seed=config.seed, cache=place, _convert_="all")
    data.read()
    return data


def _one_epoch(data: TaskData) -> None:
    batches = data.batches("train", 0)
    for number in range(len(batches)):
        batches[number]


def _padding(data: TaskData) -> float:
    batches = data.batches("train", 0)
    return padding_share(batches.examples.lengths, batches.plan)


def _timings(run: Callable[[], object], repeats: int) -> list[float]:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]  # whichever git is there
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _show(report: dict[str, Any]) -> None:
    for title, key in (
        ("load without the cache", "without_cache_s"),
        ("load from the cache", "cached_s"),
        ("batches of an epoch", "epoch_s"),
    ):
        seconds = report[key]
        print(
            f"{title:<24} median {statistics.median(seconds):7.2f} s, "
            f"{min(seconds):.2f} to {max(seconds):.2f} in {len(seconds)} repeats"
        )
    print(f"{report['tasks']} tasks: the cache is {report['ratio']:.1f} times as fast")
    print(f"loader: {report['examples_per_s']:.0f} examples/s, {report['train_tasks']} an epoch")
    print(f"padding: {100 * report['padding_share']:.2f} % of the pieces")


if __name__ == "__main__":
    main()
