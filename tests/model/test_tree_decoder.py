"""The tree decoder, against a second implementation: one node at a time, plain loops."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from saps.data.batching import Batch
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node
from saps.model.network import Text2Tree, TreeScorer
from saps.model.protocols import Loss, Step
from saps.model.tree_decoder import (
    DecoderContext,
    FirstChild,
    Recurrence,
    Rows,
    Topology,
    TreeDecoder,
)
from saps.search.greedy import GreedyDecoder
from saps.search.interface import replay
from tests.model.cells import cell_choices
from tests.model.naive import LstmState, NaiveText2Tree, Position
from tests.tasks import batch, examples, network, vocabularies

Words = tuple[Tokenizer, SymbolTable]

ROWS: list[tuple[Recurrence, bool]] = [(r, a) for r in ("v", "h", "vh") for a in (False, True)]
ids = [f"{r}{'-att' if a else ''}" for r, a in ROWS]
TOPOLOGIES: tuple[Topology, ...] = ("arity", "predicted")
rows = pytest.mark.parametrize(("recurrence", "attention"), ROWS, ids=ids)
topologies = pytest.mark.parametrize("topology", TOPOLOGIES)
CHOICES = cell_choices()


@pytest.fixture(scope="module")
def words() -> Words:
    return vocabularies()


def _texts(words: Words) -> list[list[int]]:
    return words[0].encode_many([example.text for example in examples()])


def _preorder(whole: Batch, index: int) -> Tensor:
    """Return the rows of one example's nodes in pre-order."""
    found = (whole.tree.example == index).nonzero().squeeze(1)
    return found[whole.tree.slot[found].argsort()]


@rows
@topologies
def test_states_logits_loss_and_gradients_agree_with_plain_loops(
    recurrence: Recurrence, attention: bool, topology: Topology, words: Words
) -> None:
    _assert_agrees_with_plain_loops(
        network(*words, recurrence, attention, topology=topology), words
    )


@pytest.mark.parametrize(("attention", "latent_at_nodes"), [(True, True), (False, False)])
def test_z_at_the_nodes_goes_with_attention_and_both_may_be_absent(
    attention: bool, latent_at_nodes: bool, words: Words
) -> None:
    net = network(*words, "vh", attention, latent_at_nodes=latent_at_nodes)  # SAPSpre has both
    assert (net.decoder.attention is not None) == attention
    assert (net.decoder.from_latent is not None) == latent_at_nodes
    _assert_agrees_with_plain_loops(net, words)


@pytest.mark.parametrize("first_child", ["latent", "zero"])
@pytest.mark.parametrize(("recurrence", "attention"), [("h", False), ("vh", True)])
def test_a_first_child_begins_where_it_is_told_to(
    first_child: FirstChild, recurrence: Recurrence, attention: bool, words: Words
) -> None:
    net = network(*words, recurrence, attention, first_child=first_child)
    _assert_agrees_with_plain_loops(net, words)
    net.eval()
    for number in (4, 6, 9):  # and so in a search
        whole = batch(*words, number)
        with torch.inference_mode():
            gold = net(whole).log_softmax(1).gather(1, whole.tree.label[:, None]).squeeze(1)
            found = replay(net.scorer(whole.text), words[1], examples()[number].program)
        expected = pytest.approx(sorted(gold.tolist()), abs=1e-6)
        assert sorted(score.log_prob for score in found) == expected


def test_a_network_of_before_first_child_is_the_one_with_the_parents_state(words: Words) -> None:
    whole = batch(*words)
    before = network(*words)(whole)
    assert torch.equal(network(*words, first_child="parent")(whole), before)
    for other in ("latent", "zero"):
        assert not torch.equal(network(*words, first_child=other)(whole), before)


class _Placed(TreeDecoder):
    """Knows where a node stands: all that a decoder of one's own needs for it."""

    sees_places = True

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.of_depth = nn.Embedding(20, settings["hidden_size"])
        self.of_position = nn.Embedding(20, settings["embedding_size"])
        self.of_siblings = nn.Embedding(20, settings["embedding_size"])

    def _query(self, shared: Tensor, context: DecoderContext, rows: Rows) -> Tensor:
        assert rows.places is not None
        return super()._query(shared + self.of_depth(rows.places.depth), context, rows)

    def _horizontal_input(
        self, label: Tensor, kind: Tensor, context: DecoderContext, rows: Rows
    ) -> Tensor:
        assert rows.places is not None
        x = super()._horizontal_input(label, kind, context, rows)
        return x + self.of_position(rows.places.position)  # type: ignore[no-any-return]

    def _vertical_input(self, label: Tensor, context: DecoderContext, rows: Rows) -> Tensor:
        assert rows.places is not None
        x = super()._vertical_input(label, context, rows)
        return x + self.of_siblings(rows.places.n_siblings)  # type: ignore[no-any-return]


@pytest.mark.parametrize("first_child", ["parent", "zero"])
def test_a_decoder_that_sees_places_writes_in_a_search_what_it_learns(
    first_child: FirstChild, words: Words
) -> None:
    net = network(*words, decoder=_Placed, first_child=first_child).eval()
    for number, example in enumerate(examples()):
        whole = batch(*words, number)
        with torch.inference_mode():
            gold = net(whole).log_softmax(1).gather(1, whole.tree.label[:, None]).squeeze(1)
            found = replay(net.scorer(whole.text), words[1], example.program)
        expected = pytest.approx(sorted(gold.tolist()), abs=1e-6)
        assert sorted(score.log_prob for score in found) == expected


def test_places_are_those_of_the_trees(words: Words) -> None:
    whole, decoder = batch(*words), network(*words).decoder
    places, _ = decoder._places(whole.tree)
    for index, example in enumerate(examples()):
        found = torch.stack([places.depth, places.position, places.n_siblings], dim=1)
        assert found[_preorder(whole, index)].tolist() == _stands(example.program)


def _stands(node: Node, depth: int = 0, position: int = 0, among: int = 1) -> list[list[int]]:
    rows = [[depth, position, among]]
    for number, child in enumerate(node.children):
        rows += _stands(child, depth + 1, number, len(node.children))
    return rows


def _assert_agrees_with_plain_loops(net: Text2Tree, words: Words) -> None:
    naive = NaiveText2Tree(net, words[1], net.decoder.first_child_from)
    whole, texts, programs = batch(*words), _texts(words), [e.program for e in examples()]
    logits = net(whole)
    gates = net.decoder.scores(net.read(whole.text), whole.tree).gates
    states = _states(net, whole)
    for index, (pieces, program) in enumerate(zip(texts, programs, strict=True)):
        chosen, positions = _preorder(whole, index), naive.grow(pieces, program)
        expected = torch.stack([position.logits for position in positions])
        torch.testing.assert_close(logits[chosen], expected, rtol=0, atol=1e-9)
        for name, state in states.items():
            torch.testing.assert_close(state[chosen], _naive_states(positions, name))
        if gates is not None:
            expected = torch.stack([p.gates for p in positions if p.gates is not None])
            torch.testing.assert_close(gates[chosen], expected, rtol=0, atol=1e-9)

    loss, naive_loss = net.loss(whole).total, naive.loss(texts, programs)
    torch.testing.assert_close(loss, naive_loss, rtol=0, atol=1e-9)
    weights = list(net.parameters())
    ours = torch.autograd.grad(loss, weights)
    for found, expected in zip(ours, torch.autograd.grad(naive_loss, weights), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


def _states(net: Text2Tree, whole: Batch) -> dict[str, Tensor]:
    """Return the states of all nodes, (N, S), of each chain that the decoder has."""
    decoder, tree, context = net.decoder, whole.tree, net.read(whole.text)
    states = {}
    if decoder.vertical is not None:
        x, start = decoder.embedding(tree.v_label), decoder.vertical.start(context.latent)
        by_parent = decoder.vertical.scan(x, tree.v_previous, tree.v_sizes, start)
        states["vertical"] = by_parent[tree.v_index]
    if (
        decoder.horizontal is not None
        and decoder.step is not None
        and decoder.first_child_from == "parent"
    ):
        x = decoder.embedding(tree.h_label) + decoder.step(tree.h_kind)
        start = decoder.horizontal.start(context.latent)
        states["horizontal"] = decoder.horizontal.scan(x, tree.h_previous, tree.h_sizes, start)
    return states


def _naive_states(positions: list[Position], name: str) -> Tensor:
    states: list[LstmState] = [getattr(position, name) for position in positions]
    return torch.stack([torch.cat(state) for state in states])


@pytest.mark.parametrize("name", CHOICES)
@topologies
def test_a_batch_gives_each_example_the_logits_it_has_alone(
    name: str, topology: Topology, words: Words
) -> None:
    cell, layer = CHOICES[name]
    net = network(*words, topology=topology, cell=cell, layer=layer)
    whole = batch(*words)
    order = (7, 2, 9, 0, 4)
    shuffled = batch(*words, *order)
    for training in (True, False):
        net.train(training)
        logits, mixed = net(whole), net(shuffled)
        for place, index in enumerate(order):
            alone = batch(*words, index)
            expected = net(alone)[_preorder(alone, 0)]
            torch.testing.assert_close(logits[_preorder(whole, index)], expected)
            torch.testing.assert_close(mixed[_preorder(shuffled, place)], expected)


@pytest.mark.parametrize("name", CHOICES)
@topologies
def test_every_parameter_gets_a_gradient_whatever_the_cell(
    name: str, topology: Topology, words: Words
) -> None:
    cell, layer = CHOICES[name]
    assert _idle(network(*words, topology=topology, cell=cell, layer=layer), words) == []


@rows
def test_every_parameter_of_a_row_gets_a_gradient(
    recurrence: Recurrence, attention: bool, words: Words
) -> None:
    assert _idle(network(*words, recurrence, attention), words) == []


def _idle(net: Text2Tree, words: Words) -> list[str]:
    """Return the parameters without a gradient."""
    net.loss(batch(*words)).total.backward()  # type: ignore[no-untyped-call]
    return [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]


@rows
@topologies
def test_the_log_probability_of_a_tree_is_the_sum_of_its_steps(
    recurrence: Recurrence, attention: bool, topology: Topology, words: Words
) -> None:
    net = network(*words, recurrence, attention, topology=topology)
    for index in (0, 6, 9):
        alone, program = batch(*words, index), examples()[index].program
        scorer = TreeScorer(net.decoder, net.read(alone.text))
        steps = _sum_of_steps(scorer, program, words[1], scorer.start(), is_last=True)
        taught = -net.loss(alone).total * program.size
        torch.testing.assert_close(steps, taught.float(), rtol=1e-5, atol=1e-5)


def _sum_of_steps(
    scorer: TreeScorer, node: Node, symbols: SymbolTable, state: Tensor, *, is_last: bool
) -> Tensor:
    """Add up what a search would, going down a tree."""
    example, label = torch.tensor([0]), torch.tensor([symbols.index(node)])
    scores = scorer.scores(state, example, is_last=torch.tensor([is_last]))
    total = scores.log_probs[0, label[0]]
    anchor, anchor_label, is_down = state, label, True
    for number, child in enumerate(node.children):
        step = Step(
            last_state=anchor,
            last_label=anchor_label,
            anchor_state=anchor,
            anchor_label=anchor_label,
            is_down=torch.tensor([is_down]),
            n_closed=torch.tensor([0]),
            example=example,
        )
        anchor, is_down = scorer.advance(step), False
        anchor_label = torch.tensor([symbols.index(child)])
        last = number + 1 == len(node.children)
        total = total + _sum_of_steps(scorer, child, symbols, anchor, is_last=last)
    return total


@rows
def test_what_gates_grow_greedily_has_the_log_probability_of_teacher_forcing(
    recurrence: Recurrence, attention: bool, words: Words
) -> None:
    net = network(*words, recurrence, attention, topology="predicted").float()
    chosen = (0, 1, 2, 3)  # one or two arguments
    tasks, programs = batch(*words, *chosen), [examples()[index].program for index in chosen]
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        net.loss(tasks).total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found = GreedyDecoder().decode(net.eval(), tasks.text, words[1])
    right = 0
    for index, prediction, program in zip(chosen, found, programs, strict=True):
        if prediction is not None and prediction.program == program:
            taught = -net.loss(batch(*words, index)).total.item() * program.size
            assert prediction.log_prob == pytest.approx(taught, abs=1e-4)
            right += 1
    assert right >= (2 if recurrence == "v" else 4)  # V writes no two siblings that differ


def test_the_shape_of_a_batch_is_that_of_its_trees(words: Words) -> None:
    whole = batch(*words)
    shape = whole.tree.shape
    for index, example in enumerate(examples()):
        assert shape[_preorder(whole, index)].tolist() == _shape(example.program)


def _shape(node: Node, *, has_next: bool = False) -> list[list[float]]:
    rows = [[float(len(node.children) > 0), float(has_next)]]
    for number, child in enumerate(node.children):
        rows += _shape(child, has_next=number + 1 < len(node.children))
    return rows


def test_the_shape_of_a_call_with_two_arguments(words: Words) -> None:
    alone = batch(*words, 0).tree
    assert alone.shape.tolist() == [[1, 0], [0, 1], [0, 0]]


def test_log_probs_of_a_predicted_shape_leave_room_for_ill_formed_trees(words: Words) -> None:
    net = network(*words, topology="predicted")
    text = batch(*words).text
    scorer = TreeScorer(net.decoder, net.read(text))
    example = torch.arange(len(text.lengths))
    for is_last in (False, True):
        scores = scorer.scores(
            scorer.start(), example, is_last=torch.full_like(example, is_last) > 0
        )
        mass = scores.log_probs.exp().sum(dim=1)
        assert (mass > 0).all()
        assert (mass < 1).all()


def test_the_parts_of_a_loss_add_up_to_it(words: Words) -> None:
    loss: Loss = network(*words, topology="predicted").loss(batch(*words))
    assert set(loss.parts) == {"label", "topology"}
    torch.testing.assert_close(sum(loss.parts.values()), loss.total)
    assert network(*words).loss(batch(*words)).parts == {}


@pytest.mark.parametrize("attention", [False, True])
def test_siblings_have_the_same_scores_in_v(attention: bool, words: Words) -> None:
    # In V nothing but the ancestors reaches a node, so `a` and `b` of (+ a b) cannot differ.
    net = network(*words, "v", attention)
    plus = batch(*words, 0)
    scores = net(plus)
    first, second = (plus.tree.h_kind != 0).nonzero().squeeze(1)
    torch.testing.assert_close(scores[first], scores[second])


def test_unknown_choices_are_refused(words: Words) -> None:
    with pytest.raises(ValueError, match="'vertical', expected 'v', 'h' or 'vh'"):
        network(*words, "vertical")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'gates', expected 'arity' or 'predicted'"):
        network(*words, topology="gates")  # type: ignore[arg-type]
