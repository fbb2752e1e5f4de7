from collections.abc import Sequence
from dataclasses import replace

import pytest

from saps.evaluation.answering import Judge, Model
from saps.evaluation.metrics import Outcome
from saps.evaluation.report import ModelSource
from saps.lang import Limits, parse
from saps.search.interface import Prediction
from tests.evaluation.conftest import SUM, make_example

pytestmark = pytest.mark.usefixtures("judged_here")


class LengthPredictor:
    """Answers by the length of the text, and remembers the batches that it was given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def predict(self, texts: Sequence[str]) -> list[Prediction | None]:
        self.batches.append(list(texts))
        return [self.answer(len(text.split())) for text in texts]

    @staticmethod
    def answer(n_words: int) -> Prediction | None:
        if n_words == 3:
            return None
        return Prediction(SUM if n_words < 3 else parse("(len a)"), -float(n_words))


def _model(predictor: LengthPredictor) -> Model:
    return Model(predictor, ModelSource("x", "", None))


def judge(predictor: LengthPredictor, batch_size: int = 2) -> Judge:
    return Judge(_model(predictor), batch_size, Limits(), workers=1)


TEXTS = ["sum it", "now do count all", "no answer here", "sum", "count them all now please"]


def test_results_are_in_the_order_of_the_tasks() -> None:
    results = judge(LengthPredictor()).results([make_example(text=text) for text in TEXTS])
    assert [result.example.text for result in results] == TEXTS
    assert [result.log_prob for result in results] == [-2, -4, None, -1, -5]
    assert [result.exact for result in results] == [True, False, False, True, False]
    assert [result.verdict.outcome for result in results] == [
        Outcome.PASSED,
        Outcome.WRONG,
        Outcome.UNPARSABLE,
        Outcome.PASSED,
        Outcome.WRONG,
    ]
    assert all(result.gold.passes() for result in results)


def test_texts_of_like_length_share_a_batch() -> None:
    predictor = LengthPredictor()
    judge(predictor).results([make_example(text=text) for text in TEXTS])
    assert predictor.batches == [[TEXTS[3], TEXTS[0]], [TEXTS[2], TEXTS[1]], [TEXTS[4]]]


def test_a_predictor_of_typed_texts_gets_them_with_their_marks() -> None:
    typed = replace(make_example(text="what is a [ 0 ] ?"), typed="What is A[0]?")
    changed = replace(typed, text="what was a [ 0 ] ?")
    predictor = LengthPredictor()
    Judge(_model(predictor), 9, Limits(), workers=1, as_typed=True).results([typed, changed])
    judge(predictor, 9).results([typed])
    assert predictor.batches == [["What is A[0]?", "what was a [ 0 ] ?"], ["what is a [ 0 ] ?"]]


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_the_batch_size_changes_nothing(batch_size: int) -> None:
    examples = [make_example(text=text) for text in TEXTS]
    expected = judge(LengthPredictor()).results(examples)
    assert judge(LengthPredictor(), batch_size).results(examples) == expected


def test_a_predictor_that_answers_too_little_is_a_defect() -> None:
    class Short(LengthPredictor):
        def predict(self, texts: Sequence[str]) -> list[Prediction | None]:
            return super().predict(texts)[1:]

    with pytest.raises(ValueError, match="zip"):
        judge(Short()).results([make_example()])


def test_the_clock_counts_both_kinds_of_work() -> None:
    _, timing = judge(LengthPredictor()).timed_results([make_example()])
    assert timing.judging_s > timing.predicting_s > 0
    assert timing.total_s == pytest.approx(timing.predicting_s + timing.judging_s)
    assert timing.examples_per_s == pytest.approx(1 / timing.total_s)
