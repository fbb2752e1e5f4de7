"""Trees as index tensors, and the batches of an epoch."""

import numpy as np
import pytest
import torch

from saps.data.batching import (
    DOWN,
    RIGHT,
    START,
    batch_trees,
    encode_tree,
    pad_pieces,
    padding_share,
    plan_epoch,
)
from saps.data.symbols import SymbolTable
from saps.lang import parse
from tests import tasks
from tests.tasks import SENTENCES

SYMBOLS = SymbolTable.of_language()


def test_encode_tree_gives_parents_siblings_and_steps() -> None:
    tree = encode_tree(parse("(+ (- a b) c)"), SYMBOLS)
    assert [SYMBOLS.labels[i].symbol for i in tree.label] == ["+", "-", "a", "b", "c"]
    assert tree.parent.tolist() == [-1, 0, 1, 1, 0]
    assert tree.sibling.tolist() == [-1, -1, -1, 2, 1]
    assert tree.depth.tolist() == [0, 1, 2, 2, 1]
    assert tree.chain.tolist() == [0, 1, 2, 3, 2]


def test_batch_trees_lets_every_node_find_what_it_continues() -> None:
    trees = [encode_tree(parse(program), SYMBOLS) for program in SENTENCES.values()]
    batch = batch_trees(trees, len(SYMBOLS))
    assert sum(batch.h_sizes) == sum(map(len, trees)) == len(batch.label)
    slots = batch.n_slots
    place = {(int(s) // slots, int(s) % slots): i for i, s in enumerate(batch.slot)}
    step_start = np.cumsum([0, *batch.h_sizes])
    for example, tree in enumerate(trees):
        for node in range(len(tree)):
            row = place[example, node]
            assert batch.label[row] == tree.label[node]
            assert batch.example[row] == example
            sibling, parent = tree.sibling[node], tree.parent[node]
            if parent < 0:
                assert int(batch.h_kind[row]) == START
                assert int(batch.h_previous[row]) == example
                assert batch.h_label[row] == len(SYMBOLS)
                continue
            before = sibling if sibling >= 0 else parent
            assert batch.h_kind[row] == (RIGHT if sibling >= 0 else DOWN)
            assert batch.h_label[row] == tree.label[before]
            found = step_start[tree.chain[node] - 1] + int(batch.h_previous[row])
            assert found == place[example, before]


def test_batch_trees_shares_the_vertical_state_among_siblings() -> None:
    trees = [encode_tree(parse(program), SYMBOLS) for program in SENTENCES.values()]
    batch = batch_trees(trees, len(SYMBOLS))
    slots = batch.n_slots
    place = {(int(s) // slots, int(s) % slots): i for i, s in enumerate(batch.slot)}
    depth_start = np.cumsum([0, *batch.v_sizes])
    for example, tree in enumerate(trees):
        for node in range(len(tree)):
            state, parent = int(batch.v_index[place[example, node]]), tree.parent[node]
            depth = tree.depth[node]
            assert depth_start[depth] <= state < depth_start[depth + 1]
            if parent < 0:
                assert batch.v_label[state] == len(SYMBOLS)
                continue
            assert batch.v_label[state] == tree.label[parent]
            of_parent = depth_start[depth - 1] + int(batch.v_previous[state])
            assert of_parent == batch.v_index[place[example, parent]]


def test_batch_trees_gives_nodes_and_states_places_by_their_examples() -> None:
    trees = [encode_tree(parse(program), SYMBOLS) for program in SENTENCES.values()]
    batch = batch_trees(trees, len(SYMBOLS))
    for slot, n_slots, example in (
        (batch.slot, batch.n_slots, batch.example),
        (batch.v_slot, batch.n_v_slots, batch.v_example),
    ):
        assert torch.equal(slot // n_slots, example)
        assert len(set(slot.tolist())) == len(slot)
        assert int((slot % n_slots).max()) == n_slots - 1


def test_pad_pieces_puts_padding_last() -> None:
    text = pad_pieces([[5, 6, 7], [8]])
    assert text.pieces.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert text.lengths.tolist() == [3, 1]


@pytest.mark.parametrize("texts", [[], [[1], []]])
def test_pad_pieces_refuses_an_empty_text(texts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="at least one piece"):
        pad_pieces(texts)


LENGTHS = np.random.default_rng(0).integers(5, 60, size=1000)


def _plan(epoch: int, seed: int = 3) -> list[list[int]]:
    plan = plan_epoch(LENGTHS, batch_size=32, token_budget=900, seed=seed, epoch=epoch)
    return [batch.tolist() for batch in plan]


def test_an_epoch_holds_each_example_once_within_the_budget() -> None:
    plan = _plan(0)
    assert sorted(i for batch in plan for i in batch) == list(range(1000))
    assert all(len(batch) <= 32 for batch in plan)
    assert all(len(batch) * LENGTHS[batch].max() <= 900 for batch in plan)


def test_an_epoch_depends_on_seed_and_number_alone() -> None:
    assert _plan(2) == _plan(2)
    assert _plan(2) != _plan(3)
    assert _plan(2) != _plan(2, seed=4)


def test_batches_waste_little_on_padding() -> None:
    plan = [np.asarray(batch) for batch in _plan(0)]
    assert 0 < padding_share(LENGTHS, plan) < 0.1


def test_padding_share_counts_the_places_of_the_rectangles() -> None:
    lengths = np.array([1, 2, 5])
    assert padding_share(lengths, [np.array([0, 1]), np.array([2])]) == pytest.approx(1 / 9)
    assert padding_share(lengths[:0], []) == 0.0


def test_a_text_over_the_budget_stands_alone() -> None:
    plan = plan_epoch(np.array([50, 3, 4]), batch_size=8, token_budget=10, seed=0, epoch=0)
    assert sorted(sorted(batch.tolist()) for batch in plan) == [[0], [1, 2]]


def test_all_tensors_of_a_batch_are_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    # Page-locked memory needs a GPU; this stands in for it.
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self + 1)
    whole = tasks.batch(*tasks.vocabularies(), 0, 1)
    pinned = whole.pin_memory()
    assert torch.equal(pinned.text.pieces, whole.text.pieces + 1)
    assert torch.equal(pinned.tree.v_index, whole.tree.v_index + 1)
    assert (pinned.tree.h_sizes, pinned.indices) == (whole.tree.h_sizes, whole.indices)
    assert pinned.upward is None
