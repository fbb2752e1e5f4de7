"""How long an epoch of `saps train trainer=gpu` takes, and where the time goes.

    python benchmarks/gpu_epoch.py --data data/generated --tasks 79214 --out FILE.json

Trains each variant for a few epochs, of which the last counts, with the reading of its loss and the
writing of the checkpoint before it; then profiles a few steps of a second epoch, and counts what
made the CPU wait for the device. A variant that fails is told of, and the others go on. With --cpu
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
import torch
from omegaconf import DictConfig
from torch.profiler import ProfilerActivity, profile

from saps.resources import resource_folder
from saps.training.callbacks import StepSeed
from saps.training.run import train

VARIANTS = {
    "copied": ("feed.resident=false", "feed.n_shapes=null"),
    "resident": (),  # trainer=gpu as it is
    "aot_eager": ("compile=aot_eager",),  # what cudagraphs captures, run without a capture
    "cudagraphs": ("compile=cudagraphs",),
    "reduce-overhead": ("compile=reduce-overhead",),
}
ON_GPU = ("copied", "resident", "cudagraphs", "reduce-overhead")
ON_CPU = ("copied", "resident", "aot_eager")
CPU_OVERRIDES = ("trainer.accelerator=cpu", "feed.pin=false")
# What the CPU does when it waits for the device, by the names of torch and of CUDA.
WAITS = (
    "aten::_local_scalar_dense",
    "aten::nonzero",
    "cudaStreamSynchronize",
    "cudaDeviceSynchronize",
    "cudaEventSynchronize",
    "Memcpy DtoH (Device -> Pageable)",
    "Memcpy HtoD (Pageable -> Device)",
    "Memcpy HtoD (Pinned -> Device)",
)


def main() -> None:
    settings = _settings()
    logging.basicConfig(level=logging.WARNING)
    report: dict[str, Any] = {
        "command": " ".join(sys.argv),
        "commit": _commit(),
        "machine": f"{platform.platform()}, Python {platform.python_version()}",
        "torch": torch.__version__,
        "device": "cpu" if settings.cpu else torch.cuda.get_device_name(),
        "tasks": settings.tasks,
        "variants": {},
    }
    for name in settings.variants or (ON_CPU if settings.cpu else ON_GPU):
        report["variants"][name] = found = _attempt(name, settings)
        print(_line(name, found, settings), flush=True)
        if settings.out is not None:  # after each: a machine may be taken away
            settings.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name, found in report["variants"].items():
        print(f"\n{name}\n{found.get('profile', '')}")


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="data/generated", help="a data folder")
    parser.add_argument("--experiment", default="saps_vh_att")
    parser.add_argument("--tasks", type=int, default=79_214)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=3, help="the last one counts")
    parser.add_argument("--profile-steps", type=int, default=20)
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, help="default: all that apply")
    parser.add_argument("--cpu", action="store_true", help="run the same path without a GPU")
    parser.add_argument("--overrides", nargs="*", default=[], help="such as model/size=small")
    parser.add_argument("--out", type=Path, help="write a JSON report there")
    return parser.parse_args()


def _attempt(name: str, settings: argparse.Namespace) -> dict[str, Any]:
    """Measure a variant; where it cannot run, say why."""
    torch._dynamo.reset()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measure(name, settings, Path(folder))
    except Exception as error:  # whatever a compiler raises
        return {"failure": f"{type(error).__name__}: {error}"}


def _measure(name: str, settings: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if not settings.cpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    train(_config(name, settings, folder / "epochs", f"trainer.max_epochs={settings.epochs}"))
    rows = _rows(folder / "epochs" / "metrics.csv")
    n_steps = int(float(rows[-1]["step"])) // settings.epochs
    found = {
        "epoch_s": float(rows[-1]["seconds"]),
        "first_epoch_s": float(rows[0]["seconds"]),
        "steps": n_steps,
        "train_loss": [float(row["train/loss"]) for row in rows],
        "peak_mb": None if settings.cpu else torch.cuda.max_memory_allocated() / 1e6,
    }
    return found | _profile(name, settings, folder / "profile", n_steps)


def _config(name: str, settings: argparse.Namespace, folder: Path, *more: str) -> DictConfig:
    overrides = [
        f"experiment={settings.experiment}",
        "trainer=gpu",
        *(CPU_OVERRIDES if settings.cpu else ()),
        f"folder={folder}",
        f"data.path={settings.data}",
        f"data.train_limit={settings.tasks}",
        f"data.batch_size={settings.batch_size}",
        f"data.token_budget={200 * settings.batch_size}",
        "+trainer.limit_val_batches=0",
        *VARIANTS[name],
        *settings.overrides,
        *more,
    ]
    with hydra.initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return hydra.compose("train", overrides)


def _profile(name: str, settings: argparse.Namespace, folder: Path, n_steps: int) -> dict[str, Any]:
    """Profile steps of a second epoch, when all shapes have been seen and compiled."""
    activities = [ProfilerActivity.CPU, *([] if settings.cpu else [ProfilerActivity.CUDA])]
    profiler = profile(activities=activities)
    count = min(settings.profile_steps, n_steps - 1)
    limit = f"+trainer.max_steps={n_steps + count + 1}"
    with _profiled(profiler, first=n_steps, count=count):
        train(_config(name, settings, folder, "trainer.max_epochs=2", limit))
    events = profiler.key_averages()
    order = "self_cpu_time_total" if settings.cpu else "self_cuda_time_total"
    waits = {event.key: event.count / count for event in events if event.key in WAITS}
    table = str(events.table(sort_by=order, row_limit=25))
    return {"profiled_steps": count, "waits_a_step": waits, "profile": table}


@contextmanager
def _profiled(profiler: profile, *, first: int, count: int) -> Iterator[None]:
    """Let a profiler look at `count` steps of what is trained within, from step `first` on."""
    before = StepSeed.on_train_batch_start

    def on_train_batch_start(self: StepSeed, trainer: Any, *rest: Any) -> None:
        if trainer.global_step == first:
            profiler.start()
        elif trainer.global_step == first + count:
            profiler.stop()
        before(self, trainer, *rest)

    StepSeed.on_train_batch_start = on_train_batch_start  # type: ignore[method-assign]
    try:
        yield
    finally:
        StepSeed.on_train_batch_start = before  # type: ignore[method-assign]


def _line(name: str, found: dict[str, Any], settings: argparse.Namespace) -> str:
    if "failure" in found:
        return f"{name:<16} failed: {found['failure'].splitlines()[0]}"
    waits = ", ".join(f"{key} {count:.2g}" for key, count in found["waits_a_step"].items())
    return (
        f"{name:<16} {settings.tasks} examples in {found['epoch_s']:.1f} s "
        f"(the first epoch {found['first_epoch_s']:.1f} s), "
        f"{settings.tasks / found['epoch_s']:.0f} examples/s, "
        f"{1000 * found['epoch_s'] / found['steps']:.1f} ms a step; a step: {waits or 'no wait'}"
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]  # whichever git is there
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
