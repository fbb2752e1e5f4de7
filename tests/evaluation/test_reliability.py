from dataclasses import replace
from math import log

import pytest

from saps.evaluation.record import Record
from saps.evaluation.reliability import N_BINS, calibration_error, reliability
from tests.evaluation.conftest import failing, make_result

PASSED, FAILED = Record.of(make_result()), Record.of(make_result(verdict=failing()))


def answer(probability: float, record: Record = PASSED) -> Record:
    return replace(record, log_prob=log(probability))


def test_answers_are_counted_by_their_probability() -> None:
    bins = reliability([answer(0.95), answer(0.99, FAILED), answer(0.11)])
    assert [part.passed.n for part in bins] == [0, 1, *[0] * 7, 2]
    assert bins[-1].confidence == pytest.approx(0.97)
    assert (bins[-1].passed.count, bins[1].passed.count) == (1, 1)


def test_certainty_is_in_the_last_bin() -> None:
    bins = reliability([replace(PASSED, log_prob=1e-9)])
    assert bins[N_BINS - 1].passed.n == 1


def test_tasks_without_an_answer_are_in_no_bin() -> None:
    bins = reliability([replace(PASSED, log_prob=None)])
    assert sum(part.passed.n for part in bins) == 0
    assert calibration_error(bins) is None


def test_calibration_error_is_the_mean_gap() -> None:
    # Ten answers at 0.85, of which eight pass: a gap of 0.05; ten at 0.25, none passes: 0.25.
    sure = [answer(0.85)] * 8 + [answer(0.85, FAILED)] * 2
    unsure = [answer(0.25, FAILED)] * 10
    assert calibration_error(reliability(sure + unsure)) == pytest.approx((0.05 + 0.25) / 2)
