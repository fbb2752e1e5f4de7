"""Programs explained node by node, with the bundled model."""

from dataclasses import replace

import pytest

from saps.lang import parse
from saps.synthesis.explanation import explain
from saps.synthesis.predictor import Predictor
from saps.synthesis.synthesizer import Synthesis, Synthesizer
from tests import pretrained

TEXT = "Given an array xs of numbers and a number limit, find how many of xs are above limit"


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return Synthesizer(Predictor(replace(pretrained.bundle(), kinds=None)))


def test_nodes_have_the_program_s_order_and_its_probability(synthesizer: Synthesizer) -> None:
    synthesis = synthesizer.synthesize(TEXT, best=True)
    nodes = synthesizer.explain(synthesis).nodes
    assert [node.symbol for node in nodes] == [n.symbol for n in synthesis.program.preorder()]
    product = 1.0
    for node in nodes:
        product *= node.probability
    # Other programs that compute the same add to the probability of the answer.
    assert 0 < product <= synthesis.candidates[0].probability + 1e-4
    assert nodes[0].depth == 0
    assert max(node.depth for node in nodes) == synthesis.program.depth - 1
    assert all(node.likeliest[0][1] >= node.likeliest[1][1] for node in nodes)


def test_attention_is_on_words_and_sums_to_one(synthesizer: Synthesizer) -> None:
    synthesis = synthesizer.synthesize("the sum of zyxwv and frobnications of a", best=True)
    explanation = synthesizer.explain(synthesis)
    assert synthesis.reading is not None
    assert " ".join(explanation.words) == synthesis.reading.text
    for node in explanation.nodes:
        assert node.attention is not None
        assert len(node.attention) == len(explanation.words)
        assert sum(node.attention) == pytest.approx(1, abs=1e-4)


def test_words_have_the_user_s_names(synthesizer: Synthesizer) -> None:
    explanation = synthesizer.explain(synthesizer.synthesize(TEXT, best=True))
    words = " ".join(explanation.words)
    assert words.startswith("given array xs of numbers and number limit limit ,")
    shown = {symbol for node in explanation.nodes for symbol, _ in node.likeliest}
    assert "limit" in shown
    assert not shown & {"a", "b"}


def test_an_answer_of_another_making_is_refused(synthesizer: Synthesizer) -> None:
    other = Synthesis("x", parse("a"), {"a": "int"}, "int", -1.0, "")
    with pytest.raises(ValueError, match="has no reading"):
        explain(synthesizer.predictor, other)


def test_numbers_without_labels_are_shown_as_numbers(synthesizer: Synthesizer) -> None:
    text = "Given a list of numbers xs, find the numbers in xs that are greater than 3"
    synthesis = synthesizer.synthesize(text, best=True)
    explanation = synthesizer.explain(synthesis)
    assert [node.symbol for node in explanation.nodes] == [
        node.symbol for node in synthesis.program.preorder()
    ]
    words = " ".join(explanation.words)
    assert words == "given list of numbers xs , find the numbers in xs that are greater than 3 3"
    shown = {symbol for node in explanation.nodes for symbol, _ in node.likeliest}
    assert not shown & {"a", "b"}
