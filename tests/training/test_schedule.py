"""The learning rate over a run."""

from itertools import pairwise

import pytest
import torch

from saps.training.run_settings import warm_up_then_decay


def _rates(total_steps: int, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = warm_up_then_decay(optimizer, total_steps=total_steps, warm_up=0.2, final=0.1)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def test_the_rate_rises_to_its_peak_and_falls_to_its_share() -> None:
    rates = _rates(20, 21)
    assert rates[:4] == pytest.approx([0.5, 1.0, 1.5, 2.0])
    assert rates[4] == pytest.approx(2.0)
    assert all(a > b for a, b in pairwise(rates[4:]))
    assert rates[20] == pytest.approx(0.2)


def test_beyond_its_end_the_rate_stays() -> None:
    assert _rates(5, 9)[5:] == pytest.approx([0.2] * 4)


def test_a_run_of_one_step_has_a_rate() -> None:
    assert _rates(1, 1) == pytest.approx([2.0])
