"""Attentional Seq2Seq, against a second implementation: one token at a time, plain loops."""

from collections.abc import Callable
from functools import cache, partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from saps.data.batching import Marks
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node
from saps.model.attention import Layout
from saps.model.cells.cell import Cell
from saps.model.cells.gru import GruCell
from saps.model.cells.lstm import LstmCell
from saps.model.cells.peephole import PeepholeCell
from saps.model.encoder import TextEncoder
from saps.model.network import Text2Sequence
from saps.model.protocols import Step
from saps.model.sequence_decoder import BracketParser, SequenceDecoder
from saps.search.greedy import GreedyDecoder
from tests.tasks import batch, examples, vocabularies

WORDS: tuple[Tokenizer, SymbolTable] = vocabularies()
SYMBOLS = WORDS[1]
MARKS = Marks.after(len(SYMBOLS))


def _network(cell: Callable[..., Cell] = LstmCell) -> Text2Sequence:
    """Return an untrained network, in float64, without dropout; all sizes differ."""
    torch.manual_seed(0)
    encoder = partial(
        TextEncoder, embedding_size=11, hidden_size=13, n_layers=2, latent_size=17, dropout=0.0
    )
    decoder = partial(SequenceDecoder, cell=cell, embedding_size=19, hidden_size=23, dropout=0.0)
    return Text2Sequence(
        n_pieces=len(WORDS[0]), arities=SYMBOLS.arities, encoder=encoder, decoder=decoder
    ).double()


def _tokens(program: Node) -> list[int]:
    if not program.children:
        return [SYMBOLS.index(program)]
    inside = [token for child in program.children for token in _tokens(child)]
    return [MARKS.open, SYMBOLS.index(program), *inside, MARKS.close]


def _naive_logits(net: Text2Sequence, index: int) -> Tensor:
    """Return the logits of all tokens of one program, (L, W)."""
    text = net.encoder(batch(*WORDS, index).text)
    memory, latent, d = text.memory[0], text.latent[0], net.decoder
    h = torch.tanh(d.from_latent.weight @ latent + d.from_latent.bias)
    c = torch.zeros_like(h)
    fed = torch.zeros_like(h)
    logits = []
    cell = dict(d.cell.named_parameters())
    for token in [MARKS.start, *_tokens(examples()[index].program)]:
        gates = cell["input.weight"] @ d.embedding.weight[token] + cell["input.bias"]
        gates = gates + d.feed.weight @ fed + cell["recurrent.weight"] @ h
        i, f, g, o = gates.chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        a = torch.softmax(memory @ d.attention.keys.weight.T @ h, dim=0)
        combine = d.attention.combine
        fed = torch.tanh(combine.weight @ torch.cat([a @ memory, h]) + combine.bias)
        logits.append(d.to_token.weight @ fed + d.to_token.bias)
    return torch.stack(logits)


def _by_example(values: Tensor, net: Text2Sequence, *chosen: int) -> dict[int, Tensor]:
    """Sort rows of all tokens, (V, ...), by example; the tokens of each in order."""
    sequence = batch(*WORDS, *chosen).sequence
    assert sequence is not None
    row = sequence.place // len(sequence.sizes)
    example = sequence.order[row]
    return {int(i): values[example == i] for i in sequence.order}


def _logits(net: Text2Sequence, *chosen: int) -> dict[int, Tensor]:
    tasks = batch(*WORDS, *chosen)
    assert tasks.sequence is not None
    return _by_example(net.decoder(net.read(tasks.text), tasks.sequence), net, *chosen)


def test_logits_loss_and_gradients_agree_with_plain_loops() -> None:
    net = _network()
    naive = [_naive_logits(net, index) for index in range(len(examples()))]
    for index, logits in _logits(net).items():
        torch.testing.assert_close(logits, naive[index], rtol=1e-9, atol=1e-9)
    gold = [torch.tensor([*_tokens(task.program), MARKS.end]) for task in examples()]
    naive_loss = functional.cross_entropy(torch.cat(naive), torch.cat(gold))
    loss = net.loss(batch(*WORDS)).total
    torch.testing.assert_close(loss, naive_loss)
    weights = list(net.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(loss, weights), torch.autograd.grad(naive_loss, weights), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("cell", [LstmCell, GruCell])  # a scan by hand, and steps
def test_a_batch_gives_each_example_the_logits_it_has_alone(
    cell: Callable[..., Cell], training: bool
) -> None:
    net = _network(cell).train(training)
    for index, logits in _logits(net).items():
        torch.testing.assert_close(logits, _logits(net, index)[0])


@pytest.mark.parametrize("cell", [LstmCell, GruCell, PeepholeCell])
def test_tokens_fed_one_by_one_give_the_same_logits_with_any_cell(
    cell: Callable[..., Cell],
) -> None:
    net = _network(cell)
    for index, task in enumerate(examples()):
        context = net.read(batch(*WORDS, index).text)
        state, logits = net.decoder.start(context), []
        layout = Layout.one_each(1, torch.device("cpu"))
        for token in [*_tokens(task.program), MARKS.end]:
            logits.append(net.decoder.score(state)[0])
            state = net.decoder.advance(state, torch.tensor([token]), context, layout)
        torch.testing.assert_close(_logits(net, index)[0], torch.stack(logits))


def test_a_loss_in_bfloat16_is_near_that_in_32_bits_and_every_weight_learns() -> None:
    net, tasks = _network().float(), batch(*WORDS)
    expected = net.loss(tasks).total
    with torch.autocast("cpu", torch.bfloat16):
        loss = net.loss(tasks).total
    torch.testing.assert_close(loss.float(), expected, rtol=0.01, atol=0.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("cell", [LstmCell, GruCell, PeepholeCell])
def test_every_parameter_gets_a_gradient(cell: Callable[..., Cell]) -> None:
    net = _network(cell)
    net.loss(batch(*WORDS)).total.backward()  # type: ignore[no-untyped-call]
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_a_batch_without_tokens_is_refused() -> None:
    tasks = batch(*WORDS)
    with pytest.raises(ValueError, match="sequences=True"):
        _network().loss(type(tasks)(tasks.text, tasks.tree, tasks.indices))


@cache
def _trained() -> Text2Sequence:
    torch.manual_seed(0)
    encoder = partial(
        TextEncoder, embedding_size=32, hidden_size=32, n_layers=1, latent_size=32, dropout=0.0
    )
    decoder = partial(SequenceDecoder, embedding_size=32, hidden_size=64, dropout=0.0)
    net = Text2Sequence(
        n_pieces=len(WORDS[0]), arities=SYMBOLS.arities, encoder=encoder, decoder=decoder
    )
    tasks = batch(*WORDS)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(110):
        optimizer.zero_grad()
        net.loss(tasks).total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    return net.eval()


def test_a_network_that_fits_its_examples_writes_them() -> None:
    net = _trained()
    found = GreedyDecoder().decode(net, batch(*WORDS).text, SYMBOLS)
    assert [p and p.program for p in found] == [task.program for task in examples()]
    # Their log-probabilities are those under teacher forcing, marks included.
    for index, logits in _logits(net).items():
        gold = torch.tensor([*_tokens(examples()[index].program), MARKS.end])
        expected = -functional.cross_entropy(logits, gold, reduction="sum").item()
        prediction = found[index]
        assert prediction is not None
        assert prediction.log_prob == pytest.approx(expected, abs=1e-4)


def test_a_text_is_written_alone_as_in_a_batch() -> None:
    net = _trained()
    texts = batch(*WORDS).text
    together = net.write(texts, max_depth=60, max_size=400)
    for index, answer in enumerate(together):
        alone = net.write(batch(*WORDS, index).text, max_depth=60, max_size=400)[0]
        assert alone is not None
        assert answer is not None
        assert alone.labels == answer.labels
        assert alone.log_prob == pytest.approx(answer.log_prob, abs=1e-4)


def test_what_is_no_program_is_none_and_ends_at_once() -> None:
    found = GreedyDecoder().decode(_network(), batch(*WORDS).text, SYMBOLS)
    assert found == [None] * len(examples())


def test_a_program_beyond_the_caps_is_given_up() -> None:
    net = _trained()
    sizes = [task.program.size for task in examples()]
    found = GreedyDecoder(max_size=6).decode(net, batch(*WORDS).text, SYMBOLS)
    assert [p is not None for p in found] == [size <= 6 for size in sizes]
    depths = [task.program.depth for task in examples()]
    found = GreedyDecoder(max_depth=3).decode(net, batch(*WORDS).text, SYMBOLS)
    assert [p is not None for p in found] == [depth <= 3 for depth in depths]


def _scorer_log_prob(net: Text2Sequence, index: int) -> float:
    """Sum the scorer's log-probabilities along a program, as a search walks through it."""
    scorer = net.scorer(batch(*WORDS, index).text)
    nodes = list(examples()[index].program.preorder())
    example, yes = torch.zeros(1, dtype=torch.long), torch.ones(1, dtype=torch.bool)
    state, total, open_children = scorer.start(), 0.0, []
    for position, node in enumerate(nodes):
        scores = scorer.scores(state, example, is_last=yes)
        torch.testing.assert_close(scores.log_probs.exp().sum(dim=1), torch.ones(1))
        assert scores.attention is not None
        torch.testing.assert_close(scores.attention.sum(dim=1), torch.ones(1).double())
        label = torch.tensor([SYMBOLS.index(node)])
        total += scores.log_probs[0, label].item()
        if position + 1 == len(nodes):
            break
        n_closed = 0
        open_children.append(len(node.children))
        while open_children[-1] == 0:  # the node is complete, and so may be those above it
            open_children.pop()
            open_children[-1] -= 1
            n_closed += open_children[-1] == 0
        is_down = torch.zeros(1, dtype=torch.bool)  # of no use to this network
        step = Step(state, label, state, label, is_down, torch.tensor([n_closed]), example)
        state = scorer.advance(step)
    return total


def _forced_log_prob(net: Text2Sequence, index: int) -> float:
    """Sum log-probabilities under teacher forcing, shared among the tokens that can follow."""
    tokens = [*_tokens(examples()[index].program), MARKS.end]
    is_call = torch.tensor([*(arity > 0 for arity in SYMBOLS.arities), False, False, False])
    leaf_or_open = ~is_call
    leaf_or_open[[MARKS.close, MARKS.end]] = False
    total = 0.0
    before = MARKS.start
    for logits, token in zip(_logits(net, index)[0], tokens, strict=True):
        if token not in (MARKS.close, MARKS.end):
            allowed = is_call if before == MARKS.open else leaf_or_open
            total += logits.masked_fill(~allowed, -torch.inf).log_softmax(0)[token].item()
        before = token
    return total


@pytest.mark.parametrize("index", range(len(examples())))
def test_a_program_s_log_prob_is_the_sum_of_the_scorer_s(index: int) -> None:
    net = _network()
    expected = _forced_log_prob(net, index)
    assert _scorer_log_prob(net, index) == pytest.approx(expected, abs=1e-4)


def test_a_search_finds_well_formed_programs_even_with_an_untrained_network() -> None:
    net = _network()
    decoder = GreedyDecoder(max_depth=5, max_size=30, typed=False)
    for (prediction,) in decoder.search(net.scorer(batch(*WORDS).text), SYMBOLS):
        assert prediction.program.depth <= 5
        for node in prediction.program.preorder():
            SYMBOLS.index(node)  # raises where the number of children is not the label's


def test_a_search_of_a_trained_network_finds_what_it_learned() -> None:
    net = _trained()
    found = GreedyDecoder(typed=False).search(net.scorer(batch(*WORDS).text), SYMBOLS)
    assert [p.program for (p,) in found] == [task.program for task in examples()]


def _reads(tokens: list[int], max_depth: int = 9, max_size: int = 9) -> bool:
    parser = BracketParser(SYMBOLS.arities, max_depth=max_depth, max_size=max_size)
    for token in tokens:
        parser.read(token)
    return parser.ended


def _label(symbol: str, arity: int) -> int:
    return SYMBOLS.index(Node(symbol, (Node("a", ()),) * arity))


A, PLUS, PLUS_VALUE = _label("a", 0), _label("+", 2), _label("+", 0)
OPEN, CLOSE, END, _ = MARKS


@pytest.mark.parametrize(
    ("tokens", "right"),
    [
        ([A, END], True),
        ([OPEN, PLUS, A, A, CLOSE, END], True),
        ([OPEN, PLUS, A, OPEN, PLUS, A, A, CLOSE, CLOSE, END], True),
        ([A, END, A, CLOSE], True),  # what follows the end does not count
        ([END], False),
        ([A, A, END], False),
        ([PLUS, A, A, END], False),
        ([OPEN, A, CLOSE, END], False),
        ([OPEN, PLUS_VALUE, CLOSE, END], False),
        ([OPEN, PLUS, A, CLOSE, END], False),
        ([OPEN, PLUS, A, A, A, CLOSE, END], False),
        ([OPEN, PLUS, A, A, END], False),
        ([OPEN, OPEN, PLUS, A, A, CLOSE, CLOSE, END], False),
        ([OPEN, PLUS, A, A, CLOSE, CLOSE, END], False),
        ([OPEN, PLUS, A, A, CLOSE, A, END], False),
        ([CLOSE, A, END], False),
    ],
)
def test_the_parser_takes_programs_alone(tokens: list[int], right: bool) -> None:
    assert _reads(tokens) is right


def test_the_parser_keeps_to_the_caps() -> None:
    tokens = [OPEN, PLUS, A, OPEN, PLUS, A, A, CLOSE, CLOSE, END]
    assert _reads(tokens, max_depth=3, max_size=5)
    assert not _reads(tokens, max_depth=2, max_size=5)
    assert not _reads(tokens, max_depth=3, max_size=4)
