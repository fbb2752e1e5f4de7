"""A task has the loss and the gradient in a batch that it has alone, in training and evaluation."""

from typing import Any

import pytest
import torch
from torch import Tensor

from saps.data.batching import Batch
from saps.model.protocols import Network
from tests.model.test_padding import _network
from tests.model.test_rows import TASKS, _batch
from tests.training.test_compilation import _dropping

CASES = [
    *((row, "arity") for row in ("saps_vh_att", "sapspre_vh_att_256", "seq2seq_att")),
    *((row, kind) for row in ("seq2tree", "autoencoder") for kind in ("arity", "predicted")),
]
CHOSEN = {text: TASKS[text] for text in [*TASKS][1:8]}  # of four forms, not all of a size


def _total(network: Network, tasks: dict[str, str]) -> list[Tensor]:
    """Return the loss summed over what a batch writes, and the gradients of that sum."""
    batch: Batch = _batch(tasks)
    assert batch.sequence is not None
    written = batch.sequence.token if network.writes_tokens else batch.tree.label
    loss: Any = network.loss(batch).total * len(written)
    return [loss.detach(), *torch.autograd.grad(loss, list(network.parameters()))]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("row", "topology"), CASES)
def test_losses_and_gradients_alone_sum_to_those_of_the_batch(
    row: str, topology: str, training: bool
) -> None:
    # Dropout draws other masks for a task alone; in evaluation it must draw none.
    network = (_network if training else _dropping)(row, topology).train(training)
    alone = [_total(network, {text: program}) for text, program in CHOSEN.items()]
    for found, parts in zip(_total(network, CHOSEN), zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(found, torch.stack(parts).sum(dim=0))
