"""How the learning rate changes over a run."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warm_up_then_decay(
    optimizer: Optimizer, *, total_steps: int, warm_up: float, final: float
) -> LambdaLR:
    """Rise linearly from nearly nothing, then fall linearly.

    Args:
        optimizer: its learning rates are the peak.
        total_steps: optimiser steps of the whole run; beyond it the rate stays at its last value.
        warm_up: share of the steps that rise, in [0, 1).
        final: share of the peak at the end.
    """
    rising = max(1, round(warm_up * total_steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        progress = min(1.0, (step - rising) / max(1, total_steps - rising))
        return 1.0 - (1.0 - final) * progress

    return LambdaLR(optimizer, factor)
