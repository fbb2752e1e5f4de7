"""A tree decoder as searches use it."""

import pytest
import torch

from saps.model.tree_decoder import Recurrence
from saps.search.interface import Expansion, ShapeConstraint, replay
from tests.tasks import batch, examples, network, vocabularies


@pytest.mark.parametrize("recurrence", ["v", "h", "vh"])
@pytest.mark.parametrize("attention", [True, False])
def test_node_by_node_scores_are_the_teacher_forced_ones(
    recurrence: Recurrence, attention: bool
) -> None:
    words = vocabularies()
    net = network(*words, recurrence, attention).eval()
    for number, example in enumerate(examples()):
        whole = batch(*words, number)
        with torch.inference_mode():
            gold = net(whole).log_softmax(1).gather(1, whole.tree.label[:, None]).squeeze(1)
            scores = replay(net.scorer(whole.text), words[1], example.program)
        # The network's nodes stand in another order, that of the chain.
        expected = sorted(gold.tolist())
        assert sorted(score.log_prob for score in scores) == pytest.approx(expected, abs=1e-5)
        assert [s.label.symbol for s in scores] == [n.symbol for n in example.program.preorder()]
        for score in scores:
            assert (score.attention is None) is not attention
            assert sum(score.attention or (1.0,)) == pytest.approx(1.0)
            assert len(score.likeliest) == 5
            assert score.likeliest[0][1] >= score.log_prob


def test_hypotheses_of_many_texts_in_any_order_are_scored_as_if_alone() -> None:
    words = vocabularies()
    net = network(*words).eval()
    shape = ShapeConstraint(words[1], max_depth=9, max_size=99)
    with torch.inference_mode():
        together = Expansion(net.scorer(batch(*words).text), shape)
        roots = together.roots(None)
        order = [7, 2, 7, 0, 2, 7]
        labels = [3, 5, 8, 13, 2, 30]  # all have children
        grown = [
            together.extend(roots[text], label, 0.0)
            for text, label in zip(order, labels, strict=True)
        ]
        together.advance(grown)
        found = together.scores(grown).log_probs
        for row, (text, label) in enumerate(zip(order, labels, strict=True)):
            alone = Expansion(net.scorer(batch(*words, text).text), shape)
            tree = alone.extend(alone.roots(None)[0], label, 0.0)
            alone.advance([tree])
            expected = alone.scores([tree]).log_probs[0]
            assert torch.allclose(found[row], expected, atol=1e-6)
