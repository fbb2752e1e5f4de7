from math import comb

import pytest

from saps.evaluation.compare_reports import PairedCounts


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        pytest.param(0, 0, 1.0, id="never-apart"),
        pytest.param(5, 5, 1.0, id="even"),
        pytest.param(0, 1, 1.0, id="one"),
        pytest.param(0, 6, 0.03125, id="six-to-nothing"),
        pytest.param(1, 9, 22 / 1024, id="one-to-nine"),
        # 2 * sum(comb(180, i) for i in range(60)) / 2**180
        pytest.param(59, 121, 4.434e-06, id="many"),
    ],
)
def test_p_value_is_the_exact_binomial_one(
    only_first: int, only_second: int, p_value: float
) -> None:
    counts = PairedCounts(7, only_first, only_second, 9)
    assert counts.p_value == pytest.approx(p_value, rel=1e-3)
    assert PairedCounts(0, only_second, only_first, 0).p_value == counts.p_value


@pytest.mark.parametrize("n", [1, 2, 7, 20])
def test_p_value_is_the_weight_of_what_is_at_least_as_uneven(n: int) -> None:
    for k in range(n + 1):
        uneven = [i for i in range(n + 1) if abs(i - n / 2) >= abs(k - n / 2)]
        weight = sum(comb(n, i) for i in uneven) / 2**n
        assert PairedCounts(0, k, n - k, 0).p_value == pytest.approx(weight)


def test_p_value_of_thousands_of_tasks_is_no_trouble() -> None:
    assert PairedCounts(0, 5_000, 5_940, 0).p_value < 1e-15
    assert PairedCounts(0, 0, 10_940, 0).p_value == 0.0


def test_difference_is_second_minus_first() -> None:
    counts = PairedCounts(both=50, only_first=5, only_second=15, neither=30)
    assert counts.n == 100
    assert counts.difference == pytest.approx(0.1)
    low, high = counts.interval or (0, 0)
    # by hand: n* = 102, b* = 15.5, c* = 5.5
    assert (low, high) == pytest.approx((0.0121, 0.1840), abs=5e-4)


@pytest.mark.parametrize("n", [1, 10, 1_000])
def test_interval_stays_within_what_a_difference_can_be(n: int) -> None:
    low, high = PairedCounts(0, 0, n, 0).interval or (9, 9)
    assert 0 < high <= 1
    assert low > -1
    assert PairedCounts(0, n, 0, 0).interval == pytest.approx((-high, -low))


def test_no_task_makes_no_difference() -> None:
    nothing = PairedCounts(0, 0, 0, 0)
    assert (nothing.difference, nothing.interval, nothing.p_value) == (None, None, 1.0)
