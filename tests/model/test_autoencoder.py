"""Programs through one vector and back."""

import random
from collections.abc import Sequence
from functools import partial

import pytest
import torch
from torch import Tensor

from saps.data.batching import Batch, batch_trees, batch_upward, encode_tree, pad_pieces
from saps.data.symbols import SymbolTable
from saps.lang import Node, parse
from saps.model.bundle import Bundle, BundleError
from saps.model.network import Autoencoder
from saps.model.tree_decoder import Topology, TreeDecoder
from saps.model.tree_encoder import (
    ChildSumTreeLstmCell,
    NaryTreeLstmCell,
    TreeEncoder,
    TreeLstmCell,
)
from saps.search.greedy import GreedyDecoder
from saps.synthesis.predictor import Predictor
from tests.model.naive import NaiveText2Tree
from tests.model.naive_tree_encoder import NaiveTreeEncoder
from tests.tasks import examples, vocabularies

SYMBOLS = SymbolTable.of_language()


def _batch(*programs: Node) -> Batch:
    trees = [encode_tree(program, SYMBOLS) for program in programs]
    text = pad_pieces([[1]] * len(trees))  # not read
    indices = tuple(range(len(trees)))
    return Batch(text, batch_trees(trees, len(SYMBOLS)), indices, batch_upward(trees))


def _autoencoder(
    width: int,
    cell: type[TreeLstmCell] = NaryTreeLstmCell,
    *,
    topology: Topology = "arity",
    attention: bool = False,
) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(
        n_pieces=5,
        arities=SYMBOLS.arities,
        encoder=partial(
            TreeEncoder,
            embedding_size=width - 2,
            hidden_size=width,
            latent_size=width + 3,
            dropout=0.0,
            cell=cell,
        ),
        decoder=partial(
            TreeDecoder,
            embedding_size=width - 3,
            hidden_size=width + 1,
            recurrence="vh",
            topology=topology,
            attention=attention,
            latent_at_nodes=True,
            step_embedding=True,
            dropout=0.0,
        ),
    )


def _programs(count: int) -> list[Node]:
    """Return different programs: those of the tasks, then arithmetic drawn at random."""
    generator = random.Random(0)
    operators = {"+": 2, "-": 2, "*": 2, "min": 2, "square": 1, "if": 3}

    def draw(depth: int) -> str:
        if depth == 0 or generator.random() < 0.2:
            return generator.choice(["a", "b", "c", "0", "1", "2"])
        name, arity = generator.choice(list(operators.items()))
        return f"({' '.join([name, *(draw(depth - 1) for _ in range(arity))])})"

    programs = {example.program: None for example in examples()}
    while len(programs) < count:
        programs[parse(draw(3))] = None
    return list(programs)[:count]


class _NaiveAutoencoder(NaiveText2Tree):
    """Reads program number i where a text is [i]."""

    def __init__(self, network: Autoencoder, programs: Sequence[Node]) -> None:
        super().__init__(network, SYMBOLS)  # type: ignore[arg-type]
        self.encoder = NaiveTreeEncoder(network.encoder, SYMBOLS)
        self.programs = programs

    def read(self, pieces: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        return [], self.encoder.latent(self.programs[pieces[0]])


@pytest.mark.parametrize("topology", ["arity", "predicted"])
@pytest.mark.parametrize("cell", [NaryTreeLstmCell, ChildSumTreeLstmCell])
def test_loss_and_gradients_agree_with_plain_loops(
    cell: type[TreeLstmCell], topology: Topology
) -> None:
    programs = _programs(12)
    network = _autoencoder(7, cell, topology=topology).double()
    loss = network.loss(_batch(*programs)).total
    naive = _NaiveAutoencoder(network, programs)
    naive_loss = naive.loss([[number] for number in range(len(programs))], programs)
    torch.testing.assert_close(loss, naive_loss, rtol=1e-9, atol=1e-9)
    weights = list(network.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(loss, weights), torch.autograd.grad(naive_loss, weights), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)
        assert ours.any()


def test_64_programs_are_reproduced_exactly_from_their_latents_alone() -> None:
    programs = _programs(64)
    batch = _batch(*programs)
    network = _autoencoder(64)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        network.loss(batch).total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    network.eval()
    predictions = GreedyDecoder().decode(network, network.source(batch), SYMBOLS)
    assert [p.program for p in predictions if p is not None] == programs


def test_a_batch_gives_each_program_the_logits_it_has_alone() -> None:
    programs = _programs(12)
    network = _autoencoder(7).double()
    whole = _batch(*programs)
    logits = network(whole)
    for index, program in enumerate(programs):
        torch.testing.assert_close(logits[whole.tree.example == index], network(_batch(program)))


def test_the_greedy_decoders_steps_sum_to_the_teacher_forced_log_probability() -> None:
    network = _autoencoder(7).double()
    source = network.source(_batch(*_programs(4)))
    decoder = GreedyDecoder(max_depth=5, max_size=30)
    predictions = [p for p in decoder.decode(network, source, SYMBOLS) if p is not None]
    written = _batch(*(p.program for p in predictions))
    logits = network.decoder(network.read(source), written.tree)
    log_prob = logits.float().log_softmax(dim=1).gather(1, written.tree.label[:, None]).squeeze(1)
    sums = torch.zeros(4).index_add_(0, written.tree.example, log_prob)
    expected = torch.tensor([p.log_prob for p in predictions])
    torch.testing.assert_close(sums, expected)


def test_a_decoder_with_attention_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sees z alone.*model\.decoder\.attention=false"):
        _autoencoder(7, attention=True)


def test_a_model_that_reads_programs_is_refused_where_texts_are_given() -> None:
    bundle = Bundle(_autoencoder(7), vocabularies()[0], SYMBOLS, {})
    with pytest.raises(BundleError, match="is Autoencoder, which reads programs, not texts"):
        Predictor(bundle)


def test_a_batch_without_trees_to_read_is_refused() -> None:
    batch = _batch(parse("a"))
    texts_alone = Batch(batch.text, batch.tree, batch.indices)
    with pytest.raises(ValueError, match="the batch holds no trees to read"):
        _autoencoder(7).loss(texts_alone)
