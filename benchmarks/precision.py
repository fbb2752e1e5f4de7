"""Exact match of the same small runs in float32 and in bfloat16 autocast: the mean difference.

    python benchmarks/precision.py --data data/short --seeds 1 2 3 4 5 6 7 8

Every seed gives a pair of runs at the small width (`model/size=small`), with the same weights to
start from and the same batches, judged on the whole development split after the last epoch. The
difference is shown with its 95 % interval (Student's t over the seeds): bfloat16 trains to within
a point where all of the interval lies between -1 and 1.

    python benchmarks/precision.py --data data/flat --fit 2500 --tasks 5000 --epochs 40

judges on the first 2,500 training tasks instead. Which unseen tasks a small network gets right is a
matter of chance, several points a seed; how well it fits what it saw is not.

Runs stay in --folder. What is there and whole is not run again, what was stopped goes on, so more
seeds can be added later with the same command.
"""

import argparse
import csv
import logging
import math
import statistics
import sys
from itertools import islice
from pathlib import Path

import hydra
import torch
from omegaconf import DictConfig

from saps.resources import resource_folder
from saps.training.checkpoints import LAST
from saps.training.run import train

PRECISIONS = ("32-true", "bf16-mixed")
# Student's t at 97.5 %, for 1 to 30 degrees of freedom; beyond, the normal's 1.96 is near enough.
T_QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def main() -> None:
    settings = _settings()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.set_num_threads(settings.threads)
    if settings.fit is not None:
        settings.data = _seen(settings)
    differences = []
    for seed in settings.seeds:
        rows = [_last_epoch(seed, precision, settings) for precision in PRECISIONS]
        one, other = (100 * float(row["val/exact_match"]) for row in rows)
        differences.append(other - one)
        counts = "  ".join(
            f"{precision} {row['val/n_exact']}/{row['val/n']} {float(row['examples_per_s']):.0f}/s"
            for precision, row in zip(PRECISIONS, rows, strict=True)
        )
        print(f"seed {seed}  {counts}  difference {other - one:+.2f} points", flush=True)
    print(_summary(differences))


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="data/short", help="a data folder")
    parser.add_argument("--experiment", default="saps_vh_att")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 9)))
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=20_000, help="use the first so many")
    parser.add_argument("--fit", type=int, help="judge on the first so many training tasks")
    parser.add_argument("--folder", type=Path, default=Path("runs/precision"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--overrides", nargs="*", default=[], help="the same ones for a folder")
    return parser.parse_args()


def _seen(settings: argparse.Namespace) -> Path:
    """Write a data folder whose development tasks are training tasks; return it."""
    folder: Path = settings.folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", settings.tasks), ("dev", settings.fit)):
        with (Path(settings.data) / "train.jsonl").open(encoding="utf-8") as lines:
            (folder / f"{split}.jsonl").write_text("".join(islice(lines, count)), encoding="utf-8")
    return folder


def _last_epoch(seed: int, precision: str, settings: argparse.Namespace) -> dict[str, str]:
    """Return the metrics of a run's last epoch; train what is missing of it."""
    name = f"{settings.experiment}-{settings.tasks}-{settings.epochs}-{precision}-{seed}"
    folder = settings.folder / name
    if not _is_whole(_rows(folder), settings):
        train(_config(seed, precision, folder, settings))
    rows = _rows(folder)
    if not _is_whole(rows, settings):
        sys.exit(f"{folder}: stopped before its last epoch; the same command goes on")
    return rows[-1]


def _is_whole(rows: list[dict[str, str]], settings: argparse.Namespace) -> bool:
    """Tell whether the last epoch is there; it is the only one that is judged."""
    return bool(rows) and int(rows[-1]["epoch"]) == settings.epochs - 1


def _config(seed: int, precision: str, folder: Path, settings: argparse.Namespace) -> DictConfig:
    overrides = [
        f"experiment={settings.experiment}",
        "model/size=small",
        f"seed={seed}",
        f"trainer.precision={precision}",
        f"trainer.max_epochs={settings.epochs}",
        f"trainer.check_val_every_n_epoch={settings.epochs}",
        f"data.path={settings.data}",
        f"data.train_limit={settings.tasks}",
        "data.dev_limit=null",
        f"folder={folder}",
        "n_samples=0",
        *(["ckpt_path=last"] if (folder / LAST).exists() else []),
        *settings.overrides,
    ]
    with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return hydra.compose("train", overrides)


def _rows(folder: Path) -> list[dict[str, str]]:
    path = folder / "metrics.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _summary(differences: list[float]) -> str:
    mean, count = statistics.mean(differences), len(differences)
    told = f"bfloat16 - float32: {mean:+.2f} points, mean of {count} seeds"
    if count == 1:
        return f"{told}; an interval takes at least two"
    quantile = T_QUANTILES[count - 2] if count - 2 < len(T_QUANTILES) else 1.96
    half = quantile * statistics.stdev(differences) / math.sqrt(count)
    verdict = "is not shown"
    if max(abs(mean - half), abs(mean + half)) < 1:
        verdict = "is shown"
    elif mean - half > 1 or mean + half < -1:
        verdict = "is refuted"
    return f"{told}, 95 % from {mean - half:+.2f} to {mean + half:+.2f}: within a point {verdict}"


if __name__ == "__main__":
    main()
