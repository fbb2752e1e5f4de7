"""From text to a checked program, with the bundled model and with made-up predictions."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

import saps
from saps.decoding.prediction import Prediction
from saps.decoding.predictor import Predictor
from saps.decoding.synthesizer import Synthesis, SynthesisError, Synthesizer
from saps.lang import AlgoLispError, parse
from saps.model.bundle import load_bundle

TEXT = "given an array of numbers a and a number b , find how many elements of a are greater than b"


class _Parrot(Predictor):
    """Answers each text with the program that the text is."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        self.batches.append(len(texts))
        return [Prediction(parse(text), -0.5) for text in texts]


@pytest.fixture
def parrot() -> _Parrot:
    return _Parrot()


def test_a_synthesis_has_program_types_and_python(parrot: _Parrot) -> None:
    found = Synthesizer(parrot).synthesize("(reduce (filter a (partial1 b >)) 0 +)")
    assert dict(found.arguments) == {"a": "int[]", "b": "int"}
    assert (found.return_type, found.log_prob) == ("int", -0.5)
    assert found.run({"a": [3, 8, 1], "b": 2}) == 11
    namespace: dict[str, Any] = {}
    exec(found.python, namespace)  # the text is our own, made from a checked tree
    assert namespace["program"]([3, 8, 1], 2) == 11


def test_to_json_is_json_and_complete(parrot: _Parrot) -> None:
    found = Synthesizer(parrot).synthesize("(len a)").to_json()
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {
        "text",
        "program",
        "short_tree",
        "args",
        "return_type",
        "log_prob",
        "python",
    }
    assert (found["program"], found["short_tree"]) == ("(len a)", ["len", "a"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no word in it"),
        (" \n\t ", "no word in it"),
        ("🦊 !!", "no word in it"),
        ("word " * 10_000, r"10000 words, at most 400"),
    ],
)
def test_a_text_that_is_no_specification_is_refused(
    text: str, message: str, parrot: _Parrot
) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        Synthesizer(parrot).synthesize(text)
    assert caught.value.text == text
    assert parrot.batches == []


def test_an_ill_typed_program_is_refused_and_shown(parrot: _Parrot) -> None:
    with pytest.raises(
        SynthesisError, match=r"does not type-check: \(strlen \(len a\)\)"
    ) as caught:
        Synthesizer(parrot).synthesize("(strlen (len a))")
    assert caught.value.program == parse("(strlen (len a))")


def test_many_texts_are_answered_in_order_around_those_that_fail(parrot: _Parrot) -> None:
    texts = ["(len a)", "", "(strlen a)", "(strlen (len a))", "(+ a b)"]
    answers = list(Synthesizer(parrot).synthesize_many(texts, batch_size=2))
    kinds = [isinstance(answer, Synthesis) for answer in answers]
    assert kinds == [True, False, True, False, True]
    assert [answer.text for answer in answers] == texts
    assert parrot.batches == [1, 2, 1]


def test_run_reports_a_missing_input(parrot: _Parrot) -> None:
    found = Synthesizer(parrot).synthesize("(+ a b)")
    with pytest.raises(AlgoLispError, match="b"):
        found.run({"a": 1})


def test_the_bundled_model_answers_the_readme_s_sentence() -> None:
    found = saps.Synthesizer.load().synthesize(TEXT)
    assert found.run({"a": [3, 8, 1], "b": 2}) == 2


def test_prediction_does_not_depend_on_the_batch() -> None:
    texts = [TEXT, "given a number a , find a squared", "given a string b , find its length"]
    predictor = Predictor(load_bundle(), batch_size=2)
    together = predictor.predict(texts)
    for text, prediction in zip(texts, together, strict=True):
        alone = predictor.predict([text])[0]
        assert alone is not None
        assert prediction is not None
        assert alone.program == prediction.program
        assert alone.log_prob == pytest.approx(prediction.log_prob, abs=1e-4)
