"""Greedy trees whose shape the topology gates decide."""

from functools import cache

import pytest
import torch

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.network import Text2Tree
from saps.search.greedy import GreedyDecoder, grow_by_gates, grow_in_waves
from saps.search.interface import Prediction
from tests.tasks import batch, examples, network, vocabularies

Words = tuple[Tokenizer, SymbolTable]
LEARNED = (0, 1, 2, 4, 9)


@pytest.fixture(scope="module")
def words() -> Words:
    return vocabularies()


@cache
def _trained() -> Text2Tree:
    words = vocabularies()
    net = network(*words, topology="predicted")
    whole = batch(*words, *LEARNED)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(60):
        optimizer.zero_grad()
        net.loss(whole).total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return net.eval()


@torch.inference_mode()
def _grow(
    net: Text2Tree, words: Words, *chosen: int, max_depth: int = 60, max_size: int = 400
) -> list[Prediction | None]:
    scorer = net.scorer(batch(*words, *chosen).text)
    return grow_by_gates(scorer, words[1], max_depth=max_depth, max_size=max_size)


def test_a_network_that_fits_its_examples_writes_them_by_its_gates(words: Words) -> None:
    found = _grow(_trained(), words, *LEARNED)
    assert [p and p.program for p in found] == [examples()[i].program for i in LEARNED]


def test_validation_decodes_by_the_gates(words: Words) -> None:
    text = batch(*words, *LEARNED).text
    found = GreedyDecoder().decode(_trained(), text, words[1])
    assert found == _grow(_trained(), words, *LEARNED)
    shut = GreedyDecoder().decode(_with_gates(words, children=-99, sibling=-99), text, words[1])
    assert all(prediction is None or prediction.program.size == 1 for prediction in shut)


def test_the_log_prob_is_that_of_teacher_forcing_and_of_a_search_by_arity(words: Words) -> None:
    net, found = _trained(), _grow(_trained(), words, *LEARNED)
    scorer = net.scorer(batch(*words, *LEARNED).text)
    with torch.inference_mode():
        by_arity = grow_in_waves(scorer, words[1], max_depth=60, max_size=400)
    for index, prediction, (wave, _) in zip(LEARNED, found, by_arity, strict=True):
        assert prediction is not None
        n_nodes = examples()[index].program.size
        taught = -net.loss(batch(*words, index)).total.item() * n_nodes
        assert prediction.log_prob == pytest.approx(taught, abs=1e-4)
        assert wave.program == prediction.program
        assert wave.log_prob == pytest.approx(prediction.log_prob, abs=1e-4)


def test_a_batch_gives_the_trees_of_its_texts_alone(words: Words) -> None:
    net = network(*words, topology="predicted", seed=3)
    together = _grow(net, words, max_depth=4, max_size=30)
    alone = [_grow(net, words, i, max_depth=4, max_size=30)[0] for i in range(len(together))]
    assert [p and p.program for p in together] == [p and p.program for p in alone]


def _with_gates(words: Words, *, children: float, sibling: float) -> Text2Tree:
    """Return a network whose gates are always as the signs say."""
    net = network(*words, topology="predicted")
    assert net.decoder.topology is not None
    with torch.no_grad():
        net.decoder.topology.gates.bias.copy_(torch.tensor([children, sibling]))
    return net


def test_shut_gates_make_lone_leaves_and_a_call_without_arguments_is_no_program(
    words: Words,
) -> None:
    net = _with_gates(words, children=-99, sibling=-99)
    leaf, call = (
        next(i for i, arity in enumerate(words[1].arities) if (arity > 0) == calls)
        for calls in (False, True)
    )
    for label, expected in ((leaf, words[1].build([leaf])), (call, None)):
        with torch.no_grad():
            net.decoder.to_label.bias.zero_()[label] = 99
        found = _grow(net, words)
        assert [p and p.program for p in found] == [expected] * len(examples())


@pytest.mark.parametrize(("children", "sibling"), [(99, 99), (99, -99), (-99, 99)])
def test_gates_that_never_shut_end_at_the_caps(
    children: float, sibling: float, words: Words
) -> None:
    net = _with_gates(words, children=children, sibling=sibling)
    assert len(_grow(net, words, max_depth=5, max_size=40)) == len(examples())


def test_a_chain_of_single_calls_stops_at_the_depth_cap(words: Words) -> None:
    net = _with_gates(words, children=99, sibling=-99)
    assert net.decoder.topology is not None
    unary, leaf = (words[1].arities.index(arity) for arity in (1, 0))
    with torch.no_grad():
        net.decoder.to_label.bias.zero_()[leaf] = 50
        net.decoder.topology.to_label.weight.zero_()[unary, 0] = 99  # the label of a call
    for prediction in _grow(net, words, max_depth=4):
        assert prediction is not None
        assert (prediction.program.depth, prediction.program.size) == (4, 4)


def test_a_decoder_without_gates_is_refused(words: Words) -> None:
    with pytest.raises(ValueError, match="no topology gates"):
        _grow(network(*words), words)
