"""Examples a second of training with batches as they are, and padded to few shapes.

    python benchmarks/shapes.py --data data/generated

In bfloat16 a CPU makes code for each new combination of sizes, so that what counts is how many
sizes a run meets, which a benchmark of a few batches over and over does not show. Here whole runs
train for --epochs epochs, in turn, and the last epoch counts; the ratio is that of neighbours.
"""

import argparse
import csv
import logging
import statistics
import tempfile
from pathlib import Path

import hydra
import torch

from saps.resources import resource_folder
from saps.training.run import train

CHOICES = ("null", "auto")


def main() -> None:
    settings = _settings()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.set_num_threads(settings.threads)
    for size in settings.sizes:
        speeds = [
            [_speed(size, choice, settings) for choice in CHOICES] for _ in range(settings.repeats)
        ]
        for choice, found in zip(CHOICES, zip(*speeds, strict=True), strict=True):
            print(f"{size}  feed.n_shapes={choice}  {_told(found)} examples/s")
        print(f"{size}  ratio  {_told([after / before for before, after in speeds])}", flush=True)


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="data/generated", help="a data folder")
    parser.add_argument("--experiment", default="saps_vh_att")
    parser.add_argument("--sizes", nargs="+", default=["small", "paper"], help="of the model")
    parser.add_argument("--precision", default="bf16-mixed")
    parser.add_argument("--tasks", type=int, default=6_400, help="use the first so many")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _speed(size: str, n_shapes: str, settings: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory() as folder:
        overrides = [
            f"experiment={settings.experiment}",
            f"model/size={size}",
            f"trainer.precision={settings.precision}",
            f"trainer.max_epochs={settings.epochs}",
            f"trainer.check_val_every_n_epoch={settings.epochs}",
            f"data.path={settings.data}",
            f"data.train_limit={settings.tasks}",
            "data.dev_limit=64",
            f"feed.n_shapes={n_shapes}",
            f"folder={folder}/run",
            "n_samples=0",
        ]
        with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
            train(hydra.compose("train", overrides))
        with (Path(folder) / "run/metrics.csv").open(encoding="utf-8", newline="") as file:
            return float(list(csv.DictReader(file))[-1]["examples_per_s"])


def _told(values: "list[float] | tuple[float, ...]") -> str:
    return f"{statistics.median(values):.4g} ({min(values):.4g} to {max(values):.4g})"


if __name__ == "__main__":
    main()
