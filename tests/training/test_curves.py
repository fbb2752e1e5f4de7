"""The picture of a run's learning curves."""

from math import nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure

from saps.training.callbacks import EpochReport, draw_curves


def _row(epoch: int, exact: float) -> dict[str, float]:
    counts = {"val/exact_match": exact, "val/n_exact": exact * 200, "val/n": 200.0}
    return {"epoch": float(epoch), "train/loss": 1.0 / (epoch + 1), "val/loss": 1.0, **counts}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [_row(0, 0.1), _row(1, 0.4), _row(2, 0.3)],
            "best exact match: 0.4000 (80/200) in epoch 1",
        ),
        # `check_val_every_n_epoch=2`: an epoch without a validation has no exact match.
        ([_row(0, nan), _row(1, 0.25)], "best exact match: 0.2500 (50/200) in epoch 1"),
        ([_row(0, nan)], "no validation yet"),
    ],
)
def test_the_title_names_the_best_exact_match(
    rows: list[dict[str, float]], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []
    save = Figure.savefig

    def keep_titles(figure: Figure, *args: object, **options: object) -> None:
        titles.extend(axes.get_title(loc="left") for axes in figure.axes)
        save(figure, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", keep_titles)
    draw_curves(rows, tmp_path / "curves.png")
    assert titles == ["", told]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_an_epoch_that_was_interrupted_counts_what_came_before(tmp_path: Path) -> None:
    trainer: Any = SimpleNamespace(
        callback_metrics={},
        current_epoch=0,
        global_step=3,
        optimizers=[SimpleNamespace(param_groups=[{"lr": 0.1}])],
        loggers=[],
        is_global_zero=False,
    )
    report, again = EpochReport(tmp_path, 1), EpochReport(tmp_path, 1)
    report.on_train_start()
    report._began -= 60.0
    again.load_state_dict(report.state_dict())
    again.on_train_start()
    again.on_train_epoch_end(trainer)
    again.on_train_epoch_end(trainer)
    assert [row["seconds"] > 59.0 for row in again.rows] == [True, False]
