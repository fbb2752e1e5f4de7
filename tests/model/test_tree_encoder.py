"""The tree encoder, against a second implementation: one node at a time, plain loops."""

from functools import partial

import pytest
import torch

from saps.data.batching import UpwardBatch, batch_upward, encode_tree
from saps.data.symbols import SymbolTable
from saps.lang import Node, parse
from saps.model.cells.lstm import LstmCell
from saps.model.tree_encoder import (
    ChildSumTreeLstmCell,
    NaryTreeLstmCell,
    TreeEncoder,
    TreeLstmCell,
)
from tests.model.naive_tree_encoder import NaiveTreeEncoder
from tests.tasks import examples

CELLS = [NaryTreeLstmCell, ChildSumTreeLstmCell]
HIDDEN = 13
SYMBOLS = SymbolTable.of_language()


def _encoder(cell: type[TreeLstmCell]) -> TreeEncoder:
    torch.manual_seed(0)
    encoder = TreeEncoder(
        arities=SYMBOLS.arities,
        embedding_size=11,
        hidden_size=HIDDEN,
        latent_size=17,
        dropout=0.0,
        cell=partial(cell),
    )
    return encoder.double()


def _programs() -> list[Node]:
    return [example.program for example in examples()]


def _upward(*programs: Node) -> UpwardBatch:
    return batch_upward([encode_tree(program, SYMBOLS) for program in programs])


@pytest.mark.parametrize("cell", CELLS)
def test_latents_and_gradients_agree_with_plain_loops(cell: type[TreeLstmCell]) -> None:
    encoder = _encoder(cell)
    latent = encoder(_upward(*_programs()))
    naive = torch.stack(
        [NaiveTreeEncoder(encoder, SYMBOLS).latent(program) for program in _programs()]
    )
    torch.testing.assert_close(latent, naive, rtol=1e-9, atol=1e-9)

    # A weighted sum, so that no two places of z have the same gradient.
    weighted = torch.linspace(-1, 1, latent.numel(), dtype=torch.float64).view_as(latent)
    weights = list(encoder.parameters())
    for ours, theirs in zip(
        torch.autograd.grad((latent * weighted).sum(), weights),
        torch.autograd.grad((naive * weighted).sum(), weights),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
        assert ours.any()


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_gives_each_tree_the_latent_it_has_alone(cell: type[TreeLstmCell]) -> None:
    encoder = _encoder(cell)
    programs = [*_programs(), parse("a")]  # alone, most have fewer children than the largest
    latent = encoder(_upward(*programs))
    backwards = encoder(_upward(*programs[::-1])).flip(0)
    alone = torch.cat([encoder(_upward(program)) for program in programs])
    torch.testing.assert_close(latent, alone)
    torch.testing.assert_close(latent, backwards)


def test_only_the_n_ary_cell_knows_the_order_of_children() -> None:
    swapped = _upward(parse("(- a b)"), parse("(- b a)"))
    first, second = _encoder(NaryTreeLstmCell)(swapped)
    assert (first - second).abs().max() > 1e-3
    first, second = _encoder(ChildSumTreeLstmCell)(swapped)
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("cell", CELLS)
def test_a_node_with_too_many_children_is_refused(cell: type[TreeLstmCell]) -> None:
    encoder = _encoder(cell)
    encoder.cell = cell(input_size=11, hidden_size=HIDDEN, max_arity=2).double()
    encoder(_upward(parse("(+ a b)")))
    with pytest.raises(ValueError, match="a node has 3 children, the cell takes 2 at most"):
        encoder(_upward(parse("(if a b c)")))


def test_a_cell_that_is_none_for_trees_is_refused() -> None:
    with pytest.raises(ValueError, match=r"LstmCell cannot read a tree.*model/tree_lstm=nary"):
        _encoder(LstmCell)  # type: ignore[arg-type]


def test_recurrent_blocks_are_orthogonal_and_forget_gates_open() -> None:
    cell = _encoder(NaryTreeLstmCell).cell
    weights = dict(cell.named_parameters())
    assert weights["recurrent.weight"].shape == (6 * HIDDEN, 3 * HIDDEN)
    identity = torch.eye(HIDDEN, dtype=torch.float64)
    for rows in torch.split(weights["recurrent.weight"], HIDDEN):
        for block in torch.split(rows, HIDDEN, dim=1):
            torch.testing.assert_close(block @ block.T, identity, rtol=0, atol=1e-6)
    assert weights["input.bias"].view(4, HIDDEN)[:, 0].tolist() == [0, 1, 0, 0]
