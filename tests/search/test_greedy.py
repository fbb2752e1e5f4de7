"""Greedy decoding."""

from functools import cache

import pytest
import torch
from torch.nn import functional

from saps.data.example import Example
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import infer_signature
from saps.model.network import Text2Tree
from saps.model.tree_decoder import Recurrence
from saps.search.beam import Harvest, grow_beams
from saps.search.greedy import GreedyDecoder, grow_greedily
from saps.search.interface import Constraint, Expansion, ShapeConstraint
from saps.search.mask import TypedConstraint
from saps.search.request import Request
from tests.tasks import batch, examples, network, vocabularies

Words = tuple[Tokenizer, SymbolTable]


@pytest.fixture(scope="module")
def words() -> Words:
    return vocabularies()


# A sum, two chains, a reduction, a lambda: enough shapes, and quick to learn by heart.
LEARNED = (0, 1, 2, 4, 9)


@cache
def _trained(recurrence: Recurrence, attention: bool) -> Text2Tree:
    words = vocabularies()
    net = network(*words, recurrence, attention)
    whole = batch(*words, *LEARNED)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(90):
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(whole), whole.tree.label)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return net.eval()


def learned() -> list[Example]:
    return [examples()[i] for i in LEARNED]


@pytest.fixture
def trained() -> Text2Tree:
    return _trained("vh", True)


@pytest.mark.parametrize(("recurrence", "attention"), [("vh", True), ("h", True), ("vh", False)])
def test_a_network_that_fits_its_examples_decodes_them(
    recurrence: Recurrence, attention: bool, words: Words
) -> None:
    net = _trained(recurrence, attention)
    found = GreedyDecoder().decode(net, batch(*words, *LEARNED).text, words[1])
    assert [p and p.program for p in found] == [example.program for example in learned()]


def test_v_is_right_on_no_program_with_two_different_siblings(words: Words) -> None:
    found = GreedyDecoder().decode(_trained("v", True), batch(*words, *LEARNED).text, words[1])
    right = [p and p.program == e.program for p, e in zip(found, learned(), strict=True)]
    # Only chains of single children are in V's reach: (square a) and (strlen a).
    unary = [all(len(n.children) < 2 for n in e.program.preorder()) for e in learned()]
    assert right == unary


def test_log_prob_is_the_teacher_forced_one(trained: Text2Tree, words: Words) -> None:
    whole = batch(*words, *LEARNED)
    found = GreedyDecoder().decode(trained, whole.text, words[1])
    gold = trained(whole).log_softmax(1).gather(1, whole.tree.label[:, None]).squeeze(1)
    expected = torch.zeros(len(whole), dtype=torch.float64)
    expected.index_add_(0, whole.tree.example, gold.detach())
    assert [p and p.log_prob for p in found] == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_batch_gives_the_trees_of_its_texts_alone(words: Words) -> None:
    net = network(*words)  # untrained, so that the trees are wild
    decoder = GreedyDecoder(max_depth=6, max_size=40)
    together = decoder.decode(net, batch(*words).text, words[1])
    for index, prediction in enumerate(together):
        alone = decoder.decode(net, batch(*words, index).text, words[1])[0]
        assert alone is not None
        assert prediction is not None
        assert alone.program == prediction.program
        assert alone.log_prob == pytest.approx(prediction.log_prob)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("max_depth", "max_size"), [(1, 50), (4, 50), (30, 12), (60, 400)])
def test_trees_are_well_formed_and_within_the_caps(
    seed: int, max_depth: int, max_size: int, words: Words
) -> None:
    net = network(*words, seed=seed)
    with torch.no_grad():  # leaves are made unlikely, so that only the caps end a tree
        arities = torch.tensor(words[1].arities)
        net.decoder.to_label.bias.add_(3.0 * arities)
    decoder = GreedyDecoder(max_depth, max_size)
    for prediction in decoder.decode(net, batch(*words).text, words[1]):
        assert prediction is not None
        assert prediction.program.depth <= max_depth
        assert prediction.program.size <= max_size
        for node in prediction.program.preorder():
            words[1].index(node)  # raises where the number of children is not the label's
    assert max_size == 400 or max_depth == 1 or prediction.program.size > 3  # type: ignore[union-attr]


@pytest.mark.parametrize("caps", [(0, 5), (5, 0)])
def test_caps_below_one_are_refused(caps: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        GreedyDecoder(*caps)


# Nothing is known, or types that few labels have: then much of what is likeliest is refused.
REQUESTS = (Request(), Request({"a": "int[]", "b": "string"}, "bool[]"), Request({}, "int"))


@pytest.mark.parametrize(("max_depth", "max_size"), [(60, 80), (5, 300), (60, 14), (3, 6)])
@pytest.mark.parametrize("made", [TypedConstraint, ShapeConstraint])
def test_the_likeliest_allowed_labels_are_those_of_whole_masks(
    made: type[TypedConstraint | ShapeConstraint], max_depth: int, max_size: int, words: Words
) -> None:
    net = network(*words, seed=max_size)
    with torch.inference_mode():
        net.decoder.to_label.weight.mul_(6.0)
        net.decoder.to_label.bias.add_(torch.tensor(words[1].arities))
        scorer = net.eval().scorer(batch(*words).text)
        known = [REQUESTS[number % 3] for number in range(scorer.n_examples)]

        def constraint() -> Constraint:
            return made(words[1], max_depth=max_depth, max_size=max_size)

        masked = Expansion(scorer, constraint())
        harvests = {number: Harvest(1) for number in range(scorer.n_examples)}
        grow_beams(masked, masked.roots(known), harvests, width=1)
        expansion = Expansion(scorer, constraint())
        found = grow_greedily(expansion, expansion.roots(known))
    expected = [(number, *best) for number, h in harvests.items() for best in h.best()]
    assert sorted((h.example, h.labels, h.log_prob) for h in found) == expected


def test_a_hopeless_tree_is_ended_long_before_the_caps(words: Words) -> None:
    net = network(*words, seed=80)
    with torch.inference_mode():
        net.decoder.to_label.weight.mul_(6.0)
        net.decoder.to_label.bias.add_(torch.tensor(words[1].arities))
        scorer = net.eval().scorer(batch(*words).text)
        known = [REQUESTS[number % 3] for number in range(scorer.n_examples)]
        constraint = TypedConstraint(words[1], max_depth=60, max_size=200)
        grown = []
        for arities in (None, words[1].arities):
            expansion = Expansion(scorer, constraint)
            found = grow_greedily(expansion, expansion.roots(known), arities)
            grown.append({tree.example: tree for tree in found})
    sizes = [0, 0]
    for number, whole in grown[0].items():
        ended = grown[1][number]
        infer_signature(words[1].build(ended.labels), known[number].arguments, known[number].result)
        if whole.log_prob > -50:
            assert ended.labels == whole.labels
        else:
            assert ended.labels[:5] == whole.labels[:5]  # the same until it is hopeless
            sizes = [sizes[0] + len(whole.labels), sizes[1] + len(ended.labels)]
    assert sizes[0] > 1_000
    assert sizes[1] < sizes[0] / 2
