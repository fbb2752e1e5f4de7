"""The tasks of a split as flat arrays."""

from dataclasses import fields

import numpy as np

from saps.data.batching import EncodedTree, encode_examples
from saps.data.encoded import EncodedSplit
from tests.tasks import examples, vocabularies


def test_a_split_gives_back_each_task() -> None:
    encoded = encode_examples(examples(), *vocabularies())
    split = EncodedSplit(**EncodedSplit.of(encoded).arrays())
    assert len(split) == len(encoded)
    assert split.lengths.tolist() == [len(example.pieces) for example in encoded]
    for number, example in enumerate(encoded):
        assert np.array_equal(split[number].pieces, example.pieces)
        for field in fields(EncodedTree):
            found = getattr(split[number].tree, field.name)
            assert np.array_equal(found, getattr(example.tree, field.name))


def test_a_split_without_tasks_is_empty() -> None:
    split = EncodedSplit.of([])
    assert len(split) == 0
    assert len(split.lengths) == 0
