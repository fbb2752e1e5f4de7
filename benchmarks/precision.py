"""Exact match of the same small run in float32 and in bfloat16 autocast, side by side.

    python benchmarks/precision.py --data data/short --epochs 8

A run takes the small width (`model/size=small`); the difference should be within a point.
"""

import argparse
import csv
import logging
import tempfile
from pathlib import Path

import hydra
from omegaconf import DictConfig

from saps.model.training import train
from saps.resources import resource_folder

PRECISIONS = ("32-true", "bf16-mixed")


def main() -> None:
    settings = _settings()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for precision in PRECISIONS:
            folder = Path(name) / precision
            result = train(_config(settings, folder, precision))
            found[precision] = result.value
            print(f"{precision:<12} exact match {_best(folder)}, {_speed(folder):.0f} examples/s")
    one, other = (100 * found[precision] for precision in PRECISIONS)
    print(f"difference {abs(one - other):.2f} points")


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="data/short", help="a data folder")
    parser.add_argument("--experiment", default="saps_vh_att")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=20_000, help="use the first so many")
    parser.add_argument("--overrides", nargs="*", default=[])
    return parser.parse_args()


def _config(settings: argparse.Namespace, folder: Path, precision: str) -> DictConfig:
    overrides = [
        f"experiment={settings.experiment}",
        "model/size=small",
        f"trainer.precision={precision}",
        f"trainer.max_epochs={settings.epochs}",
        f"data.path={settings.data}",
        f"data.train_limit={settings.tasks}",
        f"folder={folder}",
        "n_samples=0",
        *settings.overrides,
    ]
    with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return hydra.compose("train", overrides)


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _best(folder: Path) -> str:
    best = max(_rows(folder), key=lambda row: float(row["val/exact_match"]))
    share = 100 * float(best["val/exact_match"])
    return f"{share:.2f} % ({best['val/n_exact']}/{best['val/n']}) in epoch {best['epoch']}"


def _speed(folder: Path) -> float:
    return float(_rows(folder)[-1]["examples_per_s"])


if __name__ == "__main__":
    main()
