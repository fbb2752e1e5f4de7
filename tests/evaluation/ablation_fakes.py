"""An ablation whose trainings and evaluations are made up, so that tests of the rest are quick."""

import copy
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from saps.evaluation import evaluate
from saps.evaluation.ablation import making
from saps.evaluation.ablation.ablation_folder import locked, prepare
from saps.evaluation.ablation.ablation_settings import Row, Settings
from saps.evaluation.evaluate import make_report
from saps.evaluation.metrics import Result, Verdict
from saps.evaluation.report import (
    DataSource,
    ModelSource,
    Provenance,
    Timing,
    folder_digest,
    format_records,
)
from saps.resources import resource_folder
from saps.training import run
from saps.training.callbacks import write_table
from tests.evaluation.conftest import failing, make_example, make_result, passing
from tests.tasks import write_data

TASKS = (
    make_example("(strlen a)", "the length of a"),
    make_example("(reduce a 0 +)", "the sum of a"),
    make_example("(reduce a 0 max)", "the largest of a"),
    make_example("(+ a b)", "a plus b"),
)


def compose_ablate(tmp_path: Path, *overrides: str) -> DictConfig:
    """Compose `conf/ablate.yaml` for ten tasks, whose data are written if they are not there."""
    data = tmp_path / "data"
    if not data.exists():
        write_data(data)
    cfg = _composed("ablate", ("epochs=2", *overrides))
    for key, default, place in (
        ("data.path", "data/generated", data),
        ("out", "runs/ablation", tmp_path / "out"),
    ):
        if OmegaConf.select(cfg, key) == default:
            OmegaConf.update(cfg, key, str(place))
    return cfg


@functools.cache
def _composed_once(command: str, overrides: tuple[str, ...]) -> DictConfig:
    if GlobalHydra.instance().is_initialized():  # under the command itself
        return compose(command, list(overrides))
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose(command, list(overrides))


def _composed(command: str, overrides: Sequence[str]) -> DictConfig:
    """Compose what was not composed before: that is most of the time of these tests."""
    return copy.deepcopy(_composed_once(command, tuple(overrides)))


def read_settings(tmp_path: Path, *overrides: str) -> Settings:
    return Settings.read(compose_ablate(tmp_path, *overrides))


@dataclass
class Lab:
    """What was trained and judged, and what is to go wrong.

    Attributes:
        trained: the configuration of each training, in order.
        judged: row and split of each evaluation, in order.
        raises: what the training of a row raises, by the row's name.
        solved: how many of the four tasks a row's model solves, by the row's name; else three.
    """

    trained: list[DictConfig] = field(default_factory=list)
    judged: list[tuple[str, str]] = field(default_factory=list)
    raises: dict[str, BaseException] = field(default_factory=dict)
    solved: dict[str, int] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [cfg.name for cfg in self.trained]

    def train(self, cfg: DictConfig) -> None:
        self.trained.append(cfg)
        if cfg.name in self.raises:
            raise self.raises[cfg.name]
        write_run(cfg)

    def evaluate(self, cfg: DictConfig) -> None:
        folder = Path(cfg.out)
        row = folder.parent.name
        self.judged.append((row, cfg.split))
        write_report(cfg, results(self.solved.get(row, 3), cfg.limit))


def install_lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Have rows be trained and judged by a `Lab`."""
    made = Lab()
    monkeypatch.setattr(run, "train", made.train)
    monkeypatch.setattr(evaluate, "evaluate", made.evaluate)
    monkeypatch.setattr(making, "_compose", _composed)
    return made


def write_run(cfg: DictConfig, n_epochs: int | None = None) -> None:
    """Leave what a training leaves, after all of its epochs or the first `n_epochs`."""
    folder = Path(cfg.folder)
    (folder / "best").mkdir(parents=True, exist_ok=True)
    info = {"info": {"data": {"train": cfg.data.train_limit or 10}}}
    (folder / "best" / "config.json").write_text(json.dumps(info))
    (folder / "last.ckpt").touch()
    OmegaConf.save(cfg, folder / "config.yaml", resolve=True)
    epochs = range(cfg.trainer.max_epochs if n_epochs is None else n_epochs)
    rows = [
        {"epoch": e, "val/exact_match": 0.1 * (e + 1), "examples_per_s": 50.0 + e, "seconds": 30.0}
        for e in epochs
    ]
    write_table(rows, folder / "metrics.csv")


def results(n_solved: int, limit: int | None = None) -> list[Result]:
    """Return the tasks of which the first so many are solved."""
    made = []
    for number, task in enumerate(TASKS[:limit]):
        verdict: Verdict = passing() if number < n_solved else failing()
        predicted = str(task.program) if number < n_solved else "(head a)"
        made.append(make_result(predicted, verdict, task))
    return made


def write_report(cfg: DictConfig, found: Sequence[Result]) -> None:
    """Leave what an evaluation leaves and others read."""
    checkpoint = Path(cfg.checkpoint)
    n_seen = cfg.decoding.get("n_examples", 0)
    provenance = Provenance(
        *("2026-01-01T00:00:00+00:00", "0", ""),
        DataSource(cfg.data.name, f"{cfg.split}.jsonl", "0", cfg.split, cfg.limit),
        ModelSource(str(checkpoint), folder_digest(checkpoint), 1_000_000),
        *({}, {}, n_seen),
    )
    report = make_report(provenance, Timing(1.0, 1.0, 2.0, 5.0), found)
    folder = Path(cfg.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report.to_json()))
    (folder / "predictions.jsonl").write_text("".join(format_records(found)))


def make_all(settings: Settings) -> None:
    """Make every row in order, as the command does with Hydra's own launcher."""

    def start(rows: Sequence[Row]) -> None:
        for row in rows:
            making.make_row(settings, row.name)

    with locked(settings):
        prepare(settings)
        making.make_in_waves(settings, start)
