"""The loss of a training step, compiled or captured as `compile=` says."""

import logging
from collections.abc import Callable
from typing import Any

import torch

from saps.data.batching import Batch
from saps.model.loss import Loss

logger = logging.getLogger(__name__)


class CompilationError(ValueError):
    """`compile` names neither a backend nor a mode; the message lists them."""


# What torch.compile calls a mode of its backend inductor.
_MODES = ("reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def check_choice(choice: object) -> None:
    """See that torch knows a value of `compile`; it would not before the first step.

    Raises:
        CompilationError: it does not.
    """
    # Those that torch keeps for its own authors can be used, but are no advice.
    if choice in _MODES or choice in torch._dynamo.list_backends(exclude_tags=()):
        return
    known = ", ".join([*torch._dynamo.list_backends(), *_MODES])
    raise CompilationError(f"compile={choice}: expected one of {known}, or null")


def compiled(
    loss: Callable[[Batch], Loss], choice: str, n_shapes: int | None
) -> Callable[[Batch], Loss]:
    """Compile a network's loss with its gradient.

    Args:
        loss: of a network.
        choice: a backend of torch.compile, or a mode of inductor.
        n_shapes: batches have so many shapes at most, and each is compiled by itself, which
            captured steps (`cudagraphs`, `reduce-overhead`) need; None where batches have any
            shape: then the length of the texts and the numbers of steps are still constants, since
            torch takes an encoder's layer apart into columns, and a run has more of them than torch
            compiles.
    """
    torch._dynamo.config.allow_rnn = True  # else every layer of the encoder breaks the graph
    how: dict[str, Any] = {"mode": choice} if choice in _MODES else {"backend": choice}
    if n_shapes is None:
        logger.warning(
            "compile=%s without feed.n_shapes: texts of each length, and trees of each number of "
            "steps, are compiled by themselves, and after %d of them torch compiles no more; "
            "feed.n_shapes=8 pads the batches to eight shapes",
            *(choice, torch._dynamo.config.recompile_limit),
        )
        return torch.compile(loss, dynamic=True, **how)
    # In training and in evaluation; beyond its limit torch would compile no more shapes.
    limit = max(torch._dynamo.config.recompile_limit, 2 * n_shapes)
    torch._dynamo.config.recompile_limit = limit
    return torch.compile(loss, dynamic=False, **how)
