"""The fit of a model's confidence."""

from dataclasses import replace
from math import exp, log
from random import Random

import pytest

from saps.synthesis.calibration import Answer, Calibration, CalibrationError, Fit, fit_answers
from saps.synthesis.faults import Factors


def _answers(n: int, sharpness: float) -> list[Answer]:
    """Answers that are right as often as their probability says, once it is sharpened."""
    rng = Random(0)
    answers = []
    for _ in range(n):
        p = rng.uniform(0.02, 0.98)
        odds = (p / (1 - p)) ** sharpness
        answers.append(Answer(log(p), rng.randint(1, 30), rng.random() < odds / (1 + odds)))
    return answers


def test_probabilities_that_are_true_stay_as_they_are() -> None:
    fit = fit_answers(_answers(20_000, 1.0))
    assert fit.scale == pytest.approx(1, abs=0.05)
    assert fit.size == pytest.approx(0, abs=0.1)
    assert fit.bias == pytest.approx(0, abs=0.2)
    for p in (0.1, 0.5, 0.9):
        assert fit.confidence(log(p), 10) == pytest.approx(p, abs=0.03)


def test_probabilities_that_claim_too_much_are_taken_back() -> None:
    fit = fit_answers(_answers(20_000, 0.5))
    assert fit.scale == pytest.approx(0.5, abs=0.05)
    assert fit.confidence(log(0.9), 10) == pytest.approx(3 / 4, abs=0.03)


def test_larger_trees_may_be_less_often_right() -> None:
    rng = Random(1)
    answers = [
        Answer(log(0.5), size, rng.random() < 2 / (2 + size))
        for size in (1, 2, 5, 10, 20)
        for _ in range(2_000)
    ]
    fit = fit_answers(answers)
    assert fit.confidence(log(0.5), 2) == pytest.approx(1 / 2, abs=0.03)
    assert fit.confidence(log(0.5), 20) == pytest.approx(1 / 11, abs=0.03)


def test_confidence_never_falls_with_the_probability() -> None:
    fit = fit_answers([Answer(log(p / 100), 3, p < 50) for p in range(1, 100)])
    confidences = [fit.confidence(-x / 10, 3) for x in range(200, -1, -1)]
    assert confidences == sorted(confidences)
    assert all(0 <= confidence <= 1 for confidence in confidences)


@pytest.mark.parametrize("is_right", [True, False])
def test_answers_of_one_kind_make_no_fit(is_right: bool) -> None:
    with pytest.raises(CalibrationError, match="needs right and wrong ones"):
        fit_answers([Answer(-1.0, 3, is_right)] * 5)


def test_answers_that_can_be_told_apart_end_too() -> None:
    fit = fit_answers([Answer(log(p / 100), 3, p > 50) for p in range(1, 100)])
    assert fit.confidence(log(0.9), 3) > 0.99 > 0.01 > fit.confidence(log(0.1), 3)


def test_a_fit_is_written_and_read_and_judges_by_its_threshold() -> None:
    fit = Fit(1.5, 0.25, -0.5)
    read = Calibration.from_json({"fit": {**fit.to_json(), "threshold": 0.75}})
    assert read == Calibration(fit, 0.75)
    z = 1.5 * 0 - 0.25 * log(8) - 0.5
    assert read.confidence(log(0.5), 8) == pytest.approx(1 / (1 + exp(-z)))
    assert [read.is_sure(c) for c in (0.74, 0.75, None)] == [False, True, None]


def test_answers_whose_arguments_were_guessed_have_a_fit_of_their_own_where_there_is_one() -> None:
    told, guessed = Fit(1, 0, 0), Fit(0.5, 0, 0)
    fields = {"fit": {**told.to_json(), "threshold": 0.5}}
    alone = Calibration.from_json(fields)
    both = Calibration.from_json({**fields, "undeclared": {"fit": guessed.to_json()}})
    assert both == Calibration(told, 0.5, guessed)
    assert both.confidence(log(0.9), 3) == alone.confidence(log(0.9), 3) == pytest.approx(0.9)
    assert both.confidence(log(0.9), 3, is_declared=False) == pytest.approx(3 / 4)
    assert alone.confidence(log(0.9), 3, is_declared=False) == pytest.approx(0.9)


def test_a_file_of_an_earlier_version_has_the_usual_factors_and_always_answers() -> None:
    fields = {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}}
    old = Calibration.from_json(fields)
    assert (old.factors, old.least) == (Factors(), 0.0)
    new = Calibration.from_json(
        {**fields, "version": 2, "least": 0.04, "factors": {"step": 1.5, "argument": 2}}
    )
    assert (new.factors, new.least) == (Factors(argument=2, step=1.5), 0.04)


def test_words_that_were_never_read_lower_the_confidence_where_they_did() -> None:
    plain = [Answer(log(0.5), 3, i % 4 > 0) for i in range(80)]
    strange = [Answer(log(0.5), 3, i % 4 == 0, 0.5) for i in range(80)]
    fit = fit_answers([*plain, *strange])
    assert fit.confidence(log(0.5), 3) == pytest.approx(0.75, abs=0.01)
    assert fit.confidence(log(0.5), 3, 0.5) == pytest.approx(0.25, abs=0.01)
    # Where they seem to help, that is chance.
    lucky = [replace(answer, unknown=0.5 - answer.unknown) for answer in [*plain, *strange]]
    assert fit_answers(lucky).unknown == 0


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"fit": 1},
        {"fit": {"scale": 1}},
        {"fit": {"scale": float("nan"), "size": 0, "bias": 0, "threshold": 0.5}},
        {"fit": {"scale": True, "size": 0, "bias": 0, "threshold": 0.5}},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 50}},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "undeclared": {}},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "undeclared": None},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "version": 3},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "least": 2},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "least": None},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "factors": {"step": -1}},
        {"fit": {"scale": 1, "size": 0, "bias": 0, "threshold": 0.5}, "factors": [1]},
    ],
)
def test_a_fit_that_is_damaged_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(CalibrationError, match="'saps calibrate' writes a new one"):
        Calibration.from_json(fields)


def test_examples_have_fits_of_their_own_and_an_older_file_has_one_for_all() -> None:
    one, several = Fit(1.0, 0.0, 1.0), Fit(1.0, 0.0, 3.0)
    calibration = Calibration(Fit(1.0, 0.0, 0.0), 0.5, examples=one, several=several)
    found = [calibration.confidence(log(0.5), 9, n_examples=n) for n in (0, 1, 2, 3)]
    assert found == pytest.approx([0.5, 1 / (1 + exp(-1)), *[1 / (1 + exp(-3))] * 2])
    older = replace(calibration, several=None)
    assert older.confidence(log(0.5), 9, n_examples=3) == found[1]
    fields = {"fit": {**one.to_json(), "threshold": 0.5}, "several": {"fit": several.to_json()}}
    assert Calibration.from_json(fields).several == several
