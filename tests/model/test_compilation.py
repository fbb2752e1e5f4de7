"""Losses as compilers take them: one graph for each shape, and nothing that depends on data."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from saps.data.batching import Batch
from saps.model.compilation import compiled
from tests.model.test_padding import CASES, _network, _roomy
from tests.model.test_rows import TASKS, _batch


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    with torch._dynamo.config.patch(allow_rnn=True, recompile_limit=8):
        yield


def _some(count: int) -> Batch:
    return _batch(dict(list(TASKS.items())[:count]))


@pytest.mark.parametrize(("experiment", "topology"), CASES)
def test_the_loss_of_a_row_is_one_graph(experiment: str, topology: str) -> None:
    network, batch = _network(experiment, topology), _some(6)
    padded = _roomy(batch).pad(batch)
    whole = torch.compile(network.loss, fullgraph=True, backend="eager", dynamic=False)
    torch.testing.assert_close(whole(padded).total, network.loss(batch).total)


@pytest.mark.parametrize("experiment", ["saps_vh_att", "seq2seq_att"])
def test_gradients_of_the_compiled_loss_are_those_of_the_plain_one(experiment: str) -> None:
    network, batch = _network(experiment, "arity"), _some(5)
    whole = torch.compile(network.loss, fullgraph=True, backend="aot_eager", dynamic=False)
    found = []
    for loss in (network.loss, whole):
        network.zero_grad()
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
        batch = _some(count)
        torch.testing.assert_close(loss(room.pad(batch)).total, network.loss(batch).total)
    assert backend.n_graphs == 1
    loss(_some(3))
    assert backend.n_graphs == 2
    assert torch._dynamo.config.recompile_limit >= 20
