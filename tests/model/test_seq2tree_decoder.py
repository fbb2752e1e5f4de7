"""Seq2Tree, against a second implementation: one node at a time, plain loops."""

from functools import cache, partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node
from saps.model.cells.gru import GruCell
from saps.model.encoder import TextEncoder
from saps.model.network import Text2Tree
from saps.model.protocols import Step
from saps.model.seq2tree_decoder import Seq2TreeDecoder
from saps.model.tree_decoder import Topology
from saps.search.greedy import GreedyDecoder
from tests.tasks import batch, examples, vocabularies

WORDS: tuple[Tokenizer, SymbolTable] = vocabularies()
SYMBOLS = WORDS[1]


def _network(
    *, reset_after: bool = True, topology: Topology = "arity", wide: bool = False
) -> Text2Tree:
    """Return an untrained network, in float64, without dropout; all sizes differ."""
    torch.manual_seed(0)
    cell = partial(GruCell, reset_after=reset_after)
    encoder = partial(
        TextEncoder,
        cell=cell,
        embedding_size=11,
        hidden_size=29 if wide else 13,
        n_layers=1,
        latent_size=17,
        dropout=0.0,
    )
    decoder = partial(
        Seq2TreeDecoder,
        cell=cell,
        embedding_size=37 if wide else 19,
        hidden_size=41 if wide else 23,
        dropout=0.0,
        topology=topology,
    )
    return Text2Tree(
        n_pieces=len(WORDS[0]), arities=SYMBOLS.arities, encoder=encoder, decoder=decoder
    ).double()


class _Naive:
    """The decoder's equations, written down once more for one text."""

    def __init__(self, net: Text2Tree, index: int) -> None:
        text = net.encoder(batch(*WORDS, index).text)
        self.weights = dict(net.decoder.named_parameters())
        self.memory, self.latent = text.memory[0], text.latent[0]
        self.logits: list[Tensor] = []
        self.of_gates: list[Tensor] = []  # -log p of a node's shape

    def run(self, program: Node) -> Tensor:
        """Return the logits of all nodes in pre-order, (n, K), told of the shape if predicted."""
        start = self._context(len(SYMBOLS))
        states = [
            self._step(chain, start, self._first(chain)) for chain in ("vertical", "horizontal")
        ]
        self._visit(program, *states, has_next=False)
        return torch.stack(self.logits)

    def _first(self, chain: str) -> Tensor:
        w = self.weights
        return torch.tanh(
            w[f"{chain}.from_latent.weight"] @ self.latent + w[f"{chain}.from_latent.bias"]
        )

    def _context(self, label: int) -> Tensor:
        w = self.weights
        x = w["embedding.weight"][label]
        a = torch.softmax(torch.stack([m @ w["look.keys.weight"].T @ x for m in self.memory]), 0)
        r = sum(share * m for share, m in zip(a, self.memory, strict=True))
        return torch.tanh(w["look.combine.weight"] @ torch.cat([r, x]) + w["look.combine.bias"])

    def _step(self, chain: str, x: Tensor, h: Tensor) -> Tensor:
        cell = {
            name.removeprefix(f"{chain}.cell."): value
            for name, value in self.weights.items()
            if name.startswith(f"{chain}.cell.")
        }
        xr, xz, xn = (cell["input.weight"] @ x + cell["input.bias"]).chunk(3)
        ur, uz, un = cell["recurrent.weight"].chunk(3)
        r, z = torch.sigmoid(xr + ur @ h), torch.sigmoid(xz + uz @ h)
        if "candidate_bias" in cell:
            n = torch.tanh(xn + r * (un @ h + cell["candidate_bias"]))
        else:
            n = torch.tanh(xn + un @ (r * h))
        return z * h + (1 - z) * n

    def _visit(self, node: Node, vertical: Tensor, horizontal: Tensor, *, has_next: bool) -> None:
        w = self.weights
        h = w["vertical.to_query.weight"] @ vertical + w["horizontal.to_query.weight"] @ horizontal
        logits = w["to_label.weight"] @ h + w["to_label.bias"]
        if "topology.gates.weight" in w:
            gates = torch.sigmoid(w["topology.gates.weight"] @ h + w["topology.gates.bias"])
            for number, is_open in enumerate((bool(node.children), has_next)):
                if is_open:
                    logits = logits + w["topology.to_label.weight"][:, number]
                self.of_gates.append(-torch.log(gates[number] if is_open else 1 - gates[number]))
        self.logits.append(logits)
        x = self._context(SYMBOLS.index(node))
        below, state = self._step("vertical", x, vertical), horizontal
        for number, child in enumerate(node.children):
            state = self._step("horizontal", x, state)
            self._visit(child, below, state, has_next=number + 1 < len(node.children))
            x = self._context(SYMBOLS.index(child))


@pytest.mark.parametrize(
    ("reset_after", "topology"), [(True, "arity"), (False, "arity"), (True, "predicted")]
)
def test_logits_loss_and_gradients_agree_with_plain_loops(
    reset_after: bool, topology: Topology
) -> None:
    net = _network(reset_after=reset_after, topology=topology)
    whole = batch(*WORDS)
    logits = net(whole)
    loops = [_Naive(net, index) for index in range(len(whole))]
    naive = [loop.run(task.program) for loop, task in zip(loops, examples(), strict=True)]
    for index, expected in enumerate(naive):
        rows = (whole.tree.example == index).nonzero().squeeze(1)
        pre_order = rows[whole.tree.slot[rows].argsort()]
        torch.testing.assert_close(logits[pre_order], expected, rtol=1e-9, atol=1e-9)
    gold = [SYMBOLS.index(node) for task in examples() for node in task.program.preorder()]
    naive_loss = functional.cross_entropy(torch.cat(naive), torch.tensor(gold))
    of_gates = [loss for loop in loops for loss in loop.of_gates]
    assert len(of_gates) == (0 if topology == "arity" else 2 * len(gold))
    naive_loss = naive_loss + sum(of_gates) / len(gold)
    loss = net.loss(whole).total
    torch.testing.assert_close(loss, naive_loss)
    weights = list(net.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(loss, weights), torch.autograd.grad(naive_loss, weights), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("topology", ["arity", "predicted"])
def test_a_batch_gives_each_example_the_logits_it_has_alone(
    topology: Topology, training: bool
) -> None:
    net = _network(topology=topology).train(training)
    whole = batch(*WORDS)
    logits = net(whole)
    for index in range(len(whole)):
        alone = net(batch(*WORDS, index))
        torch.testing.assert_close(logits[whole.tree.example == index], alone)


@pytest.mark.parametrize("topology", ["arity", "predicted"])
def test_every_parameter_gets_a_gradient(topology: Topology) -> None:
    net = _network(topology=topology)
    net.loss(batch(*WORDS)).total.backward()  # type: ignore[no-untyped-call]
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_steps_of_a_search_look_at_the_text_of_their_own_example() -> None:
    # A batch's rows come in any order, several for one text.
    net = _network()
    context = net.read(batch(*WORDS).text)
    example, label = torch.tensor([7, 2, 7, 0]), torch.tensor([1, 5, 9, 1])
    roots = net.decoder.start(context)[example]
    for is_down in (True, False):
        together = net.decoder.advance(_step(roots, label, example, is_down), context)
        for row in range(len(example)):
            alone = net.read(batch(*WORDS, int(example[row])).text)
            first = torch.zeros(1, dtype=torch.long)
            step = _step(net.decoder.start(alone), label[row : row + 1], first, is_down)
            torch.testing.assert_close(together[row], net.decoder.advance(step, alone)[0])


def _step(state: Tensor, label: Tensor, example: Tensor, is_down: bool) -> Step:
    down = torch.full_like(label, is_down).bool()
    return Step(state, label, state, label, down, torch.zeros_like(label), example)


@cache
def _trained() -> Text2Tree:
    net = _network(wide=True)
    whole = batch(*WORDS)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(120):
        optimizer.zero_grad()
        net.loss(whole).total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    return net.eval()


def test_a_network_that_fits_its_examples_decodes_them() -> None:
    net, whole = _trained(), batch(*WORDS)
    found = GreedyDecoder().decode(net, whole.text, SYMBOLS)
    assert [p and p.program for p in found] == [task.program for task in examples()]
    gold = net(whole).log_softmax(1).gather(1, whole.tree.label[:, None]).squeeze(1)
    expected = torch.zeros(len(whole), dtype=torch.float64)
    expected.index_add_(0, whole.tree.example, gold.detach())
    assert [p and p.log_prob for p in found] == pytest.approx(expected.tolist(), abs=1e-5)
