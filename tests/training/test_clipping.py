"""How a run clips its gradients."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from saps.training.training_module import SynthesisModule


def _clipped(value: float | None, algorithm: str | None = None) -> list[float]:
    """Return gradients of 3 and 4 after clipping."""
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([3.0, 4.0])
    module: Any = SimpleNamespace(
        trainer=SimpleNamespace(precision="32-true"), parameters=lambda: [weight]
    )
    optimizer = torch.optim.SGD([weight], lr=1.0)
    SynthesisModule.configure_gradient_clipping(module, optimizer, value, algorithm)
    return list(weight.grad.tolist())


def test_the_norm_is_clipped_unless_each_gradient_is_to_be_by_itself() -> None:
    assert _clipped(1.0) == pytest.approx([0.6, 0.8], rel=1e-5)
    assert _clipped(1.0, "norm") == pytest.approx([0.6, 0.8], rel=1e-5)
    assert _clipped(3.5, "value") == [3.0, 3.5]


@pytest.mark.parametrize("value", [None, 0, 0.0])
def test_null_and_zero_clip_nothing(value: float | None) -> None:
    assert _clipped(value) == [3.0, 4.0]
