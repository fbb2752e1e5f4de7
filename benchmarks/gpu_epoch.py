"""How long an epoch of `saps train trainer=gpu` takes, and where the time goes.

    python benchmarks/gpu_epoch.py --data data/generated --tasks 79214 --out FILE.json

Trains two epochs, of which the second counts, then a few steps under torch's profiler. With --cpu
the same path runs on a CPU, at a size to be given by overrides (`model/size=small`).
"""

import argparse
import csv
import json
import logging
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import hydra
import torch
from omegaconf import DictConfig
from torch.profiler import ProfilerActivity, profile

from saps.model.training import train
from saps.resources import resource_folder

ON_CPU = ("trainer.accelerator=cpu", "feed.pin=false")


def main() -> None:
    settings = _settings()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(_config(settings, folder / "epochs", "trainer.max_epochs=2"))
        row = _last_row(folder / "epochs" / "metrics.csv")
        table = _profile(settings, folder / "profile")
    report = {
        "command": " ".join(sys.argv),
        "commit": _commit(),
        "machine": f"{platform.platform()}, Python {platform.python_version()}",
        "device": "cpu" if settings.cpu else torch.cuda.get_device_name(),
        "examples_per_s": float(row["examples_per_s"]),
        "epoch_s": settings.tasks / float(row["examples_per_s"]),
        "profile": table,
    }
    print(table)
    print(
        f"{report['device']}: {settings.tasks} examples in {report['epoch_s']:.1f} s, "
        f"{report['examples_per_s']:.0f} examples/s"
    )
    if settings.out is not None:
        settings.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="data/generated", help="a data folder")
    parser.add_argument("--experiment", default="saps_vh_att")
    parser.add_argument("--tasks", type=int, default=79_214)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--profile-steps", type=int, default=20)
    parser.add_argument("--cpu", action="store_true", help="run the same path without a GPU")
    parser.add_argument("--overrides", nargs="*", default=[], help="such as model/size=small")
    parser.add_argument("--out", type=Path, help="write a JSON report there")
    return parser.parse_args()


def _config(settings: argparse.Namespace, folder: Path, *more: str) -> DictConfig:
    overrides = [
        f"experiment={settings.experiment}",
        "trainer=gpu",
        *(ON_CPU if settings.cpu else ()),
        f"folder={folder}",
        f"data.path={settings.data}",
        f"data.train_limit={settings.tasks}",
        f"data.batch_size={settings.batch_size}",
        f"data.token_budget={200 * settings.batch_size}",
        "+trainer.limit_val_batches=0",
        *settings.overrides,
        *more,
    ]
    with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return hydra.compose("train", overrides)


def _profile(settings: argparse.Namespace, folder: Path) -> str:
    """Return where the time of a few steps goes, as a table."""
    activities = [ProfilerActivity.CPU, *([] if settings.cpu else [ProfilerActivity.CUDA])]
    steps = f"+trainer.max_steps={settings.profile_steps}"
    with profile(activities=activities) as profiler:
        train(_config(settings, folder, "trainer.max_epochs=1", steps))
    order = "self_cpu_time_total" if settings.cpu else "self_cuda_time_total"
    return str(profiler.key_averages().table(sort_by=order, row_limit=25))


def _last_row(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[-1]


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]  # whichever git is there
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
