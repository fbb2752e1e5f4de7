"""Padded batches: the losses and gradients of the batches without padding, for every row."""

from typing import Any

import pytest
import torch

from saps.data.batching import Batch, BatchShape
from saps.model.bundle import build_network, plain_config
from saps.model.protocols import Network
from tests.model.test_rows import EXPERIMENTS, TASKS, TINY, _batch, _compose, _words

# It trains the network of default_model on other data.
SAME = ("people",)
CASES = [(name, "arity") for name in EXPERIMENTS if name not in SAME]
CASES += [("saps_vh_att", "predicted")]


def _roomy(batch: Batch) -> BatchShape:
    """Return a shape with more room than the batch needs, everywhere."""
    tree, upward, sequence = batch.tree, batch.upward, batch.sequence
    assert upward is not None
    assert sequence is not None
    n_examples = tree.n_examples + 3
    h_sizes = (*(n + 2 + i for i, n in enumerate(tree.h_sizes)), 4, 2)
    v_sizes = (*(n + 3 for n in tree.v_sizes), 2)
    token_sizes = (*(n + 3 for n in sequence.sizes), 3, 1)
    return BatchShape(
        n_examples=n_examples,
        n_pieces=batch.text.pieces.shape[1] + 4,
        h_sizes=h_sizes,
        v_sizes=v_sizes,
        n_slots=tree.n_slots + 1,
        n_v_slots=tree.n_v_slots + 2,
        token_sizes=token_sizes,
        leaf_sizes=(2, *(n + 1 for n in upward.leaf_sizes)),
        inner_sizes=(0, 1, *(n + 2 for n in upward.inner_sizes[1:])),
        n_children=upward.children.shape[1] + 1,
    )


def _network(experiment: str, topology: str) -> Network:
    torch.manual_seed(0)
    more = [f"model.decoder.topology={topology}"] if topology != "arity" else []
    config: dict[str, Any] = plain_config(_compose(f"experiment={experiment}", *TINY, *more).model)
    return build_network(config, *_words()).double()


def test_what_is_left_out_has_the_network_of_one_that_is_not() -> None:
    plain, *others = (_network(name, "arity") for name in ("default_model", *SAME))
    shapes = [{n: w.shape for n, w in network.state_dict().items()} for network in (plain, *others)]
    assert shapes == [shapes[0]] * len(shapes)


@pytest.mark.parametrize(("experiment", "topology"), CASES)
def test_padding_changes_no_loss_and_no_gradient(experiment: str, topology: str) -> None:
    network, tasks = _network(experiment, topology), dict(list(TASKS.items())[:6])
    batch = _batch(tasks)
    found = []
    for given in (batch, _batch(tasks, _roomy(batch))):
        network.zero_grad()
        loss = network.loss(given)
        loss.total.backward()  # type: ignore[no-untyped-call]
        grads = [weight.grad for weight in network.parameters()]
        found.append([loss.total.detach(), *loss.parts.values(), *grads])
    for plain, padded in zip(*found, strict=True):
        assert plain is not None
        assert padded is not None
        torch.testing.assert_close(padded, plain, rtol=0, atol=1e-6)
