"""Which model of a run is the best."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from saps.training.callbacks import BestModel


def _watched(best: BestModel, metric: str, *values: float, losses: Sequence[float] = ()) -> bool:
    """Validate with these values in turn; tell whether the run was told to end."""
    trainer: Any = SimpleNamespace(
        sanity_checking=False,
        is_global_zero=True,
        current_epoch=0,
        global_step=0,
        should_stop=False,
        callback_metrics={},
    )
    module: Any = nn.Linear(1, 1)
    for number, value in enumerate(values):
        trainer.callback_metrics[metric] = value
        if losses:
            trainer.callback_metrics["val/loss"] = losses[number]
        best.on_validation_end(trainer, module)
    return bool(trainer.should_stop)


@pytest.mark.parametrize(
    ("metric", "kept"),
    [
        ("val/loss", [3.0, 2.0, 1.0]),
        ("val/topology_loss", [3.0, 2.0, 1.0]),
        ("val/exact_match", [3.0, 5.0]),
    ],
)
def test_a_loss_is_better_when_smaller_and_all_else_when_larger(
    metric: str, kept: list[float]
) -> None:
    saved: list[dict[str, Any]] = []
    best = BestModel(metric, saved.append)
    _watched(best, metric, 3.0, 2.0, 5.0, 1.0, 1.0)
    assert [progress["value"] for progress in saved] == kept
    assert best.best == kept[-1]


def test_a_model_with_weights_that_are_no_numbers_is_not_kept() -> None:
    saved: list[dict[str, Any]] = []
    best = BestModel("val/exact_match", saved.append)
    module: Any = nn.Linear(2, 2)
    with torch.no_grad():
        module.weight[0, 1] = float("nan")
    trainer: Any = SimpleNamespace(sanity_checking=False, callback_metrics={best.monitor: 0.5})
    best.on_validation_end(trainer, module)
    assert (saved, best.best) == ([], None)


def test_patience_waits_for_a_smaller_loss() -> None:
    def ends(*values: float) -> bool:
        return _watched(BestModel("val/loss", lambda _: None, 2), "val/loss", *values)

    assert not ends(3.0, 2.0, 1.0, 0.5)
    assert ends(1.0, 2.0, 3.0)


def test_of_models_with_the_same_value_the_one_with_the_smaller_loss_is_kept() -> None:
    saved: list[dict[str, Any]] = []
    best, metric = BestModel("val/exact_match", saved.append, patience=2), "val/exact_match"
    values, losses = [0.0, 0.0, 0.0, 0.25, 0.25], [3.0, 2.0, 2.5, 9.0, 8.0]
    assert not _watched(best, metric, *values, losses=losses)
    assert len(saved) == 4
    again = BestModel(metric, saved.append, patience=2)
    again.load_state_dict(best.state_dict())
    assert _watched(again, metric, 0.25, 0.0, losses=[8.0, 1.0])
    assert len(saved) == 4


def test_nan_is_never_the_best() -> None:
    best = BestModel("val/loss", lambda _: None)
    _watched(best, "val/loss", float("nan"))
    assert best.best is None
    _watched(best, "val/loss", 2.0, float("nan"))
    assert best.best == 2.0


@pytest.mark.parametrize(
    ("state", "is_kept", "expected"),
    [
        pytest.param({"best": 0.5, "n_worse": 1}, True, (0.5, 1), id="older"),
        pytest.param({"best": -1.0, "n_worse": 0}, True, (None, 0), id="older-without-value"),
        pytest.param({"best": 0.5, "n_worse": 1}, False, (None, 0), id="model-is-elsewhere"),
        pytest.param(
            {"monitor": "val/exact_match", "best": 0.5, "n_worse": 1},
            True,
            (None, 0),
            id="another-metric",
        ),
    ],
)
def test_a_value_without_a_model_of_this_run_is_forgotten(
    state: dict[str, Any], is_kept: bool, expected: tuple[float | None, int]
) -> None:
    best = BestModel("val/loss", lambda _: None, is_kept=lambda: is_kept)
    best.load_state_dict(state)
    assert (best.best, best.n_worse) == expected


def test_a_run_that_goes_on_knows_its_best() -> None:
    best, again = (BestModel("val/loss", lambda _: None) for _ in range(2))
    _watched(best, "val/loss", 1.0, 2.0)
    again.load_state_dict(best.state_dict())
    assert (again.best, again.n_worse) == (1.0, 1)
