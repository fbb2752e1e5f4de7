import pytest

from saps.evaluation.metrics import N_BINS, bins_of, calibration_error


def test_answers_are_counted_by_their_probability() -> None:
    bins = bins_of([(0.95, True), (0.99, False), (0.11, True)])
    assert [part.passed.n for part in bins] == [0, 1, *[0] * 7, 2]
    assert bins[-1].confidence == pytest.approx(0.97)
    assert (bins[-1].passed.count, bins[1].passed.count) == (1, 1)


def test_certainty_is_in_the_last_bin() -> None:
    assert bins_of([(1.0, True)])[N_BINS - 1].passed.n == 1


def test_without_an_answer_there_is_no_error() -> None:
    assert calibration_error(bins_of([])) is None


def test_calibration_error_is_the_mean_gap() -> None:
    # Ten answers at 0.85, of which eight pass: a gap of 0.05; ten at 0.25, none passes: 0.25.
    answers = [(0.85, True)] * 8 + [(0.85, False)] * 2 + [(0.25, False)] * 10
    assert calibration_error(bins_of(answers)) == pytest.approx((0.05 + 0.25) / 2)
