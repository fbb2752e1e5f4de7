"""The tree decoder, against a second implementation: one node at a time, plain loops."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node
from saps.model.synthesizer import Text2Tree
from saps.model.tree_decoder import Recurrence, TreeDecoder
from tests.tasks import batch, examples, network, vocabularies

ROWS: list[tuple[Recurrence, bool]] = [(r, a) for r in ("v", "h", "vh") for a in (False, True)]
ids = [f"{r}{'-att' if a else ''}" for r, a in ROWS]


@pytest.fixture(scope="module")
def words() -> tuple[Tokenizer, SymbolTable]:
    return vocabularies()


class CellState(NamedTuple):
    h: Tensor
    c: Tensor


def _naive_step(cell: torch.nn.Module, x: Tensor, state: CellState) -> CellState:
    """Seed 000, "LSTM"."""
    weights = dict(cell.named_parameters())
    gates = weights["input.weight"] @ x + weights["input.bias"]
    i, f, g, o = (gates + weights["recurrent.weight"] @ state.h).chunk(4)
    c = torch.sigmoid(f) * state.c + torch.sigmoid(i) * torch.tanh(g)
    return CellState(torch.sigmoid(o) * torch.tanh(c), c)


class _NaiveDecoder:
    """saps.model.tree_decoder's equations, written down once more for one text."""

    def __init__(self, decoder: TreeDecoder, memory: Tensor, latent: Tensor, symbols: SymbolTable):
        self.decoder, self.memory, self.latent, self.symbols = decoder, memory, latent, symbols
        self.logits: list[Tensor] = []

    def run(self, program: Node) -> Tensor:
        """Return the logits of all nodes in pre-order, (n, K)."""
        start = self.decoder.embedding.weight[len(self.symbols)]
        vertical = horizontal = None
        if self.decoder.vertical is not None:
            vertical = self._first(self.decoder.vertical, start)
        if self.decoder.horizontal is not None:
            horizontal = self._first(self.decoder.horizontal, start + self._kind(0))
        self._visit(program, vertical, horizontal)
        return torch.stack(self.logits)

    def _first(self, chain: torch.nn.Module, x: Tensor) -> CellState:
        weights = dict(chain.named_parameters())
        h = torch.tanh(weights["from_latent.weight"] @ self.latent + weights["from_latent.bias"])
        return _naive_step(chain.get_submodule("cell"), x, CellState(h, torch.zeros_like(h)))

    def _kind(self, kind: int) -> Tensor:
        assert self.decoder.step is not None
        return self.decoder.step.weight[kind]

    def _visit(self, node: Node, vertical: CellState | None, horizontal: CellState | None) -> None:
        self.logits.append(self._score(vertical, horizontal))
        label = self.decoder.embedding.weight[self.symbols.index(node)]
        below = None
        if self.decoder.vertical is not None:
            assert vertical is not None
            below = _naive_step(self.decoder.vertical.cell, label, vertical)
        state, x, kind = horizontal, label, 1
        for child in node.children:
            if self.decoder.horizontal is not None:
                assert state is not None
                state = _naive_step(self.decoder.horizontal.cell, x + self._kind(kind), state)
            self._visit(child, below, state)
            x, kind = self.decoder.embedding.weight[self.symbols.index(child)], 2

    def _score(self, vertical: CellState | None, horizontal: CellState | None) -> Tensor:
        d = self.decoder
        q: Tensor = d.query_bias
        if d.vertical is not None and vertical is not None:
            q = q + d.vertical.to_query.weight @ vertical.h
        if d.horizontal is not None and horizontal is not None:
            q = q + d.horizontal.to_query.weight @ horizontal.h
        if d.from_latent is not None:
            q = q + d.from_latent.weight @ self.latent
        q = torch.tanh(q)
        if d.attention is not None:
            a = torch.softmax(self.memory @ d.attention.keys.weight.T @ q, dim=0)
            joined = torch.cat([a @ self.memory, q])
            q = torch.tanh(d.attention.combine.weight @ joined + d.attention.combine.bias)
        return d.to_label.weight @ q + d.to_label.bias


def _naive_logits(net: Text2Tree, words: tuple[Tokenizer, SymbolTable], index: int) -> Tensor:
    text = net.encoder(batch(*words, index).text)
    naive = _NaiveDecoder(net.decoder, text.memory[0], text.latent[0], words[1])
    return naive.run(examples()[index].program)


@pytest.mark.parametrize(("recurrence", "attention"), ROWS, ids=ids)
def test_logits_loss_and_gradients_agree_with_plain_loops(
    recurrence: Recurrence, attention: bool, words: tuple[Tokenizer, SymbolTable]
) -> None:
    net = network(*words, recurrence, attention)
    whole = batch(*words)
    logits = net(whole)
    naive = [_naive_logits(net, words, index) for index in range(len(whole))]
    for index, expected in enumerate(naive):
        rows = (whole.tree.example == index).nonzero().squeeze(1)
        pre_order = rows[whole.tree.slot[rows].argsort()]
        torch.testing.assert_close(logits[pre_order], expected, rtol=1e-9, atol=1e-9)

    gold = [
        torch.tensor([words[1].index(node) for node in example.program.preorder()])
        for example in examples()
    ]
    naive_loss = functional.cross_entropy(torch.cat(naive), torch.cat(gold))
    loss = functional.cross_entropy(logits, whole.tree.label)
    torch.testing.assert_close(loss, naive_loss)
    weights = list(net.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(loss, weights, retain_graph=True),
        torch.autograd.grad(naive_loss, weights),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("recurrence", "attention"), ROWS, ids=ids)
def test_a_batch_gives_each_example_the_logits_it_has_alone(
    recurrence: Recurrence, attention: bool, words: tuple[Tokenizer, SymbolTable]
) -> None:
    net = network(*words, recurrence, attention)
    whole = batch(*words)
    logits = net(whole)
    for index in range(len(whole)):
        rows = whole.tree.example == index
        alone = batch(*words, index)
        torch.testing.assert_close(logits[rows], net(alone))
        assert torch.equal(whole.tree.label[rows], alone.tree.label)


@pytest.mark.parametrize(("recurrence", "attention"), ROWS, ids=ids)
def test_every_parameter_gets_a_gradient(
    recurrence: Recurrence, attention: bool, words: tuple[Tokenizer, SymbolTable]
) -> None:
    net = network(*words, recurrence, attention)
    whole = batch(*words)
    functional.cross_entropy(net(whole), whole.tree.label).backward()  # type: ignore[no-untyped-call]
    idle = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


@pytest.mark.parametrize("attention", [False, True])
def test_siblings_have_the_same_scores_in_v(
    attention: bool, words: tuple[Tokenizer, SymbolTable]
) -> None:
    # In V nothing but the ancestors reaches a node, so `a` and `b` of (+ a b) can not differ.
    net = network(*words, "v", attention)
    plus = batch(*words, 0)
    scores = net(plus)
    first, second = (plus.tree.h_kind != 0).nonzero().squeeze(1)
    torch.testing.assert_close(scores[first], scores[second])


def test_an_unknown_recurrence_is_refused(words: tuple[Tokenizer, SymbolTable]) -> None:
    with pytest.raises(ValueError, match="'vertical', expected 'v', 'h' or 'vh'"):
        network(*words, "vertical")  # type: ignore[arg-type]
