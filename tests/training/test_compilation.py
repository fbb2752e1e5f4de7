"""Losses as compilers take them: one graph for each shape, and nothing that depends on data."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from saps.data.batching import Batch, BatchShape
from saps.model.encoder import Dropout, LockedDropout
from saps.model.protocols import Loss, Network
from saps.training.training_module import compiled
from tests.model.test_padding import CASES, _network, _roomy
from tests.model.test_rows import TASKS, _batch


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    with torch._dynamo.config.patch(allow_rnn=True, recompile_limit=8):
        yield


def _some(count: int, shape: BatchShape | None = None) -> Batch:
    return _batch(dict(list(TASKS.items())[:count]), shape)


def _dropping(experiment: str, topology: str) -> Network:
    """Return a network that drops a share everywhere where a row may drop."""
    network = _network(experiment, topology)
    for part in network.modules():
        if isinstance(part, Dropout | LockedDropout):
            part.rate = 0.3
        elif isinstance(part, nn.Dropout):
            part.p = 0.3
    return network


def _as_compiled(network: Network, batch: Batch) -> Loss:
    """Return the loss by what a compiler is given to trace, and draws the same masks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.compiler, "is_compiling", lambda: True)
        return network.loss(batch)


@pytest.mark.parametrize(
    ("experiment", "topology"), [case for case in CASES if not case[0].startswith("default_model")]
)
def test_the_loss_of_a_row_is_one_graph_dropout_included(experiment: str, topology: str) -> None:
    network = _dropping(experiment, topology)
    padded = _some(6, _roomy(_some(6)))
    whole = torch.compile(network.loss, fullgraph=True, backend="eager", dynamic=False)
    torch.manual_seed(3)
    loss = whole(padded).total
    torch.manual_seed(3)
    torch.testing.assert_close(loss, _as_compiled(network, padded).total)
    assert not torch.allclose(whole(padded).total, loss)  # masks are drawn anew


@pytest.mark.parametrize(
    ("experiment", "drops"),
    [("saps_vh_att", False), ("saps_v", True), ("seq2seq_att", False)],
)
def test_gradients_of_the_compiled_loss_are_those_of_the_plain_one(
    experiment: str, drops: bool
) -> None:
    network, batch = (_dropping if drops else _network)(experiment, "arity"), _some(5)
    whole = torch.compile(network.loss, fullgraph=True, backend="aot_eager", dynamic=False)
    found = []
    for loss in (partial(_as_compiled, network) if drops else network.loss, whole):
        network.zero_grad()
        torch.manual_seed(3)
        loss(batch).total.backward()  # type: ignore[no-untyped-call]
        found.append([weight.grad for weight in network.parameters()])
    for plain, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, plain)


class _Counter:
    """A backend that counts the graphs which it is given."""

    def __init__(self) -> None:
        self.n_graphs = 0

    def __call__(self, graph: Any, inputs: list[Tensor]) -> Callable[..., Any]:
        self.n_graphs += 1
        forward: Callable[..., Any] = graph.forward
        return forward


def test_batches_of_one_shape_are_compiled_once() -> None:
    network = _network("saps_vh_att", "arity")
    room = _roomy(_some(8))
    backend: Any = _Counter()
    loss = compiled(network.loss, backend, n_shapes=20)
    for count in (2, 5, 8):
        padded = _some(count, room)
        torch.testing.assert_close(loss(padded).total, network.loss(_some(count)).total)
    assert backend.n_graphs == 1
    loss(_some(3))
    assert backend.n_graphs == 2
    assert torch._dynamo.config.recompile_limit >= 20


@pytest.mark.parametrize("experiment", ["saps_v", "seq2seq_att"])
def test_without_shapes_batches_of_any_size_share_a_graph_but_not_those_of_other_lengths(
    experiment: str, caplog: pytest.LogCaptureFixture
) -> None:
    network = _network(experiment, "arity")
    backend: Any = _Counter()
    with caplog.at_level(logging.WARNING, "saps"):
        loss = compiled(network.loss, backend, n_shapes=None)
    assert "feed.n_shapes=8 pads the batches to eight shapes" in caplog.text
    graphs = []
    for chosen in ((3, 5, 6), (2, 3, 7, 10), (3, 5, 6, 7, 9, 10, 14), (0, 1, 4)):
        batch = _batch({text: TASKS[text] for text in ([*TASKS][place] for place in chosen)})
        torch.testing.assert_close(loss(batch).total, network.loss(batch).total)
        graphs.append((batch.text.pieces.shape[1], len(batch.tree.h_sizes), backend.n_graphs))
    assert graphs == [(9, 4, 1), (9, 4, 1), (9, 4, 1), (6, 3, 2)]
