"""The few shapes of a run's batches."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from saps.data.batching import NO_LABEL, Batch, ShapeError
from saps.data.data_module import TaskData
from saps.data.device_batches import ShapePlan, _ends
from tests.tasks import write_data

N_EPOCHS = 4


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TaskData:
    tasks = TaskData(
        name="ours",
        path=str(write_data(tmp_path_factory.mktemp("data"))),
        vocabulary_size=200,
        batch_size=4,
        token_budget=60,
        train_limit=None,
        dev_limit=None,
        filler_dropout={"text_rate": 0.5, "word_rate": 0.5},
        seed=3,
    )
    tasks.read()
    tasks.upward = tasks.sequences = True
    return tasks


def _plan(data: TaskData, n_shapes: int) -> ShapePlan:
    epochs = (data.batches("train", epoch).plan for epoch in range(N_EPOCHS))
    return ShapePlan.of(data.encoded("train"), epochs, n_shapes)


def _sizes(value: Any) -> list[Any]:
    """Return all that a compiler would take for another shape."""
    if isinstance(value, Tensor):
        return [tuple(value.shape)]
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((f.name, getattr(value, f.name)) for f in fields(value))
        return [size for name, part in parts if name != "indices" for size in _sizes(part)]
    return [value]


def _all_batches(data: TaskData, plan: ShapePlan | None = None) -> list[Batch]:
    epochs = [data.batches("train", epoch, shapes=plan) for epoch in range(N_EPOCHS)]
    return [epoch[number] for epoch in epochs for number in range(len(epoch))]


@pytest.mark.parametrize("n_shapes", [1, 2, 3])
def test_a_run_has_no_more_shapes_than_asked_for(data: TaskData, n_shapes: int) -> None:
    plan = _plan(data, n_shapes)
    found = set()
    for batch, padded in zip(_all_batches(data), _all_batches(data, plan), strict=True):
        assert padded.indices == batch.indices
        found.add(repr(_sizes(padded)))
    assert len(found) <= n_shapes
    assert len(plan.shapes) == n_shapes
    assert len({repr(_sizes(batch)) for batch in _all_batches(data)}) > 3


def test_a_shape_is_as_narrow_as_its_batches_allow(data: TaskData) -> None:
    (shape,) = _plan(data, 1).shapes
    batches = _all_batches(data)
    for name in ("h_sizes", "v_sizes"):
        sizes = [getattr(batch.tree, name) for batch in batches]
        widest = [max(s[i] for s in sizes if i < len(s)) for i in range(max(map(len, sizes)))]
        assert list(getattr(shape, name)) == widest
    tokens = [b.sequence.sizes for b in batches if b.sequence is not None]
    assert shape.token_sizes[0] == shape.n_examples == 4
    assert len(shape.token_sizes) == max(map(len, tokens))
    leaves = [b.upward.leaf_sizes for b in batches if b.upward is not None]
    assert shape.leaf_sizes[-1] == max(sizes[-1] for sizes in leaves)
    assert shape.n_pieces == int(data.encoded("train").lengths.max())


def test_growth_is_the_share_of_padding_in_an_epoch(data: TaskData) -> None:
    plan, epoch = _plan(data, 2), data.batches("train", 0)
    pieces, nodes = plan.growth(data.encoded("train"), epoch.plan)
    batches = [epoch[number] for number in range(len(epoch))]
    lengths = data.encoded("train").lengths
    padded = _all_batches(data, plan)[: len(batches)]
    n_pieces = sum(batch.text.pieces.numel() for batch in padded)
    assert pieces == pytest.approx(n_pieces / lengths.sum() - 1)
    n_nodes, real = (sum(len(b.tree.label) for b in some) for some in (padded, batches))
    assert nodes == pytest.approx(n_nodes / real - 1)


def test_what_is_real_stays_and_the_rest_has_no_label(data: TaskData) -> None:
    plan, batch = _plan(data, 1), _all_batches(data)[1]
    padded = _all_batches(data, plan)[1]
    real = padded.tree.label != NO_LABEL
    for name in ("label", "h_label", "h_kind", "h_previous", "shape"):
        assert torch.equal(getattr(padded.tree, name)[real], getattr(batch.tree, name))
    for slot, n_slots, example in (
        (padded.tree.slot, padded.tree.n_slots, padded.tree.example),
        (padded.tree.v_slot, padded.tree.n_v_slots, padded.tree.v_example),
    ):
        assert len(set(slot.tolist())) == len(slot)
        assert int(slot.max()) < padded.tree.n_examples * n_slots
        assert torch.equal(slot // n_slots, example)
    assert torch.equal(padded.tree.example[real], batch.tree.example)
    assert padded.text.lengths.tolist()[: len(batch)] == batch.text.lengths.tolist()
    assert padded.sequence is not None
    assert batch.sequence is not None
    tokens = padded.sequence.token
    assert tokens[tokens != NO_LABEL].tolist() == batch.sequence.token.tolist()


def test_a_batch_that_does_not_fit_is_refused(data: TaskData) -> None:
    small = ShapePlan.of(data.encoded("train"), [[np.array([1])]], 1)
    with pytest.raises(ShapeError, match=r"a batch has \d+ .*, its shape has room for \d+"):
        data.batches("train", 0, shapes=small)[0]


def test_classes_end_where_padding_is_least() -> None:
    lengths = np.array([3, 4, 4, 20, 21, 40])
    assert _ends(lengths, 3).tolist() == [4, 21, 40]
    assert _ends(lengths, 1).tolist() == [40]
    assert _ends(lengths, 9).tolist() == [3, 4, 20, 21, 40]
