"""Trees arranged from the leaves to the root."""

import torch

from saps.data.batching import ABSENT, UpwardBatch, batch_upward, encode_tree
from saps.data.symbols import SymbolTable
from saps.lang import Node, parse
from tests.tasks import examples

SYMBOLS = SymbolTable.of_language()


def _upward(*programs: Node) -> UpwardBatch:
    return batch_upward([encode_tree(program, SYMBOLS) for program in programs])


def _rebuild(batch: UpwardBatch) -> list[Node]:
    """Grow the trees again, level by level, from the batch alone."""
    leaves = iter(batch.leaf_label.tolist())
    inner = iter(zip(batch.inner_label.tolist(), batch.children.tolist(), strict=True))
    level: dict[int, Node] = {}
    for n_inner, n_leaves in zip(batch.inner_sizes, batch.leaf_sizes, strict=True):
        above = []
        for _ in range(n_inner):
            label, places = next(inner)
            present = [place for place in places if place != ABSENT]
            assert places == present + [ABSENT] * (len(places) - len(present))
            brood = tuple(level[place] for place in present)
            above.append(Node(SYMBOLS.labels[label].symbol, brood))
        above += [Node(SYMBOLS.labels[next(leaves)].symbol, ()) for _ in range(n_leaves)]
        level = dict(enumerate(above, start=1))
    return [level[place] for place in batch.roots.tolist()]


def test_the_trees_can_be_grown_again_from_the_arrangement() -> None:
    programs = [parse("a"), *(example.program for example in examples()), parse("(if a b c)")]
    batch = _upward(*programs)
    assert _rebuild(batch) == programs
    assert sum(batch.leaf_sizes) + sum(batch.inner_sizes) == sum(p.size for p in programs)
    assert len(batch.leaf_sizes) == max(program.depth for program in programs)


def test_lone_leaves_make_one_level() -> None:
    batch = _upward(parse("a"), parse("b"))
    assert (batch.inner_sizes, batch.leaf_sizes) == ((0,), (2,))
    assert batch.children.shape == (0, 0)
    assert batch.roots.tolist() == [1, 2]


def test_moving_a_batch_moves_every_tensor() -> None:
    moved = _upward(parse("(+ a b)")).to("meta")
    tensors = [moved.leaf_label, moved.inner_label, moved.children, moved.roots]
    assert {tensor.device for tensor in tensors} == {torch.device("meta")}
