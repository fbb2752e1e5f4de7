"""Many batches in one tensor."""

import pickle
from dataclasses import fields, is_dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any

import torch
from torch import Tensor

from saps.data.device_batches import PackedBatches
from tests.tasks import batch, vocabularies


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if not is_dataclass(value):
        return []
    return [tensor for part in fields(value) for tensor in _tensors(getattr(value, part.name))]


def test_packed_batches_are_the_batches() -> None:
    words = vocabularies()
    batches = [batch(*words), batch(*words, 3, 1), batch(*words, 7)]
    packed = PackedBatches.of(batches)
    assert len(packed) == 3
    assert packed.size_bytes == 8 * sum(t.numel() for b in batches for t in _tensors(b))
    for found, expected in zip(packed, batches, strict=True):
        assert found.indices == expected.indices
        assert (found.tree.h_sizes, found.upward) == (expected.tree.h_sizes, None)
        ours, theirs = _tensors(found), _tensors(expected)
        assert len(ours) == len(theirs) > 15
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_a_batch_is_taken_without_a_copy() -> None:
    packed = PackedBatches.of([batch(*vocabularies(), 0, 1)])
    first, again = (_tensors(next(iter(one))) for one in (packed, packed.to("cpu")))
    storage = packed.numbers.untyped_storage().data_ptr()
    assert {tensor.untyped_storage().data_ptr() for tensor in first + again} == {storage}


def test_batches_cross_to_another_process_by_value() -> None:
    # In /dev/shm, where torch puts tensors for another process, there may be no room.
    packed = PackedBatches.of([batch(*vocabularies(), 0, 1)])
    for value in (packed, batch(*vocabularies(), 3)):
        sent = bytes(ForkingPickler.dumps(value))
        assert b"torch_" not in sent.lower()
        found = pickle.loads(sent)
        assert all(map(torch.equal, _tensors(found), _tensors(value)))
