from random import Random

import pytest

from saps.evaluation.metrics import (
    Measures,
    Outcome,
    Rate,
    Verdict,
    cleaned,
    measure,
    passes_half,
    rate_per_program,
    wilson,
)
from tests.evaluation.conftest import (
    failing,
    make_example,
    make_result,
    mixed_results,
    passing,
)
from tests.evaluation.naive import recount


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # Newcombe 1998, table I, method 3
        pytest.param(81, 263, 0.2553, 0.3662, id="newcombe-81-263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="newcombe-15-148"),
        pytest.param(0, 20, 0.0, 0.1611, id="newcombe-0-20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="newcombe-1-29"),
        pytest.param(20, 20, 0.8389, 1.0, id="all"),
    ],
)
def test_wilson_gives_published_intervals(count: int, n: int, low: float, high: float) -> None:
    assert wilson(count, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("n", [1, 3, 17, 10_940])
def test_wilson_mirrors_when_the_property_is_negated(n: int) -> None:
    for count in range(0, n + 1, max(1, n // 7)):
        low, high = wilson(count, n)
        assert wilson(n - count, n) == pytest.approx((1 - high, 1 - low))
        assert 0 <= low <= count / n <= high <= 1


@pytest.mark.parametrize(("count", "n"), [(3, 2), (-1, 2)])
def test_rate_refuses_a_count_outside_of_its_set(count: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"{count} in {n}"):
        Rate(count, n)


def test_rate_of_nothing_has_no_value() -> None:
    assert (Rate(0, 0).value, Rate(0, 0).interval) == (None, None)


def test_measures_agree_with_a_count_by_hand() -> None:
    measures = measure(mixed_results())
    assert measures.exact_match == Rate(1, 5)
    assert measures.accuracy == Rate(1, 5)
    assert measures.accuracy_50p == Rate(2, 5)
    assert measures.gold_accuracy == Rate(3, 5)
    assert measures.well_typed == Rate(3, 5)
    assert measures.well_formed == Rate(4, 5)
    assert measures.n_programs == 2
    assert measures.exact_match_per_program.count == pytest.approx(1 / 3)
    assert dict(measures.outcomes) == {
        Outcome.UNPARSABLE: 1,
        Outcome.ILL_TYPED: 1,
        Outcome.ERROR: 1,
        Outcome.LIMIT: 0,
        Outcome.WRONG: 1,
        Outcome.PASSED: 1,
    }


@pytest.mark.parametrize("seed", range(5))
def test_measures_agree_with_the_naive_recount(seed: int) -> None:
    rng = Random(seed)
    results = [rng.choice(mixed_results()) for _ in range(rng.randrange(1, 60))]
    measures = measure(results)
    for name, count in recount(results).items():
        assert getattr(measures, name).count == pytest.approx(count), name
    assert sum(measures.outcomes.values()) == len(results)


def test_measures_of_no_task_are_all_empty() -> None:
    measures = measure([])
    assert measures.exact_match.value is None
    assert set(measures.outcomes.values()) == {0}


def test_measures_refuse_outcomes_that_do_not_sum_to_n() -> None:
    good = measure(mixed_results())
    fields = {name: getattr(good, name) for name in Measures.__dataclass_fields__}
    with pytest.raises(AssertionError, match="do not sum to 5"):
        Measures(**{**fields, "outcomes": {**good.outcomes, Outcome.WRONG: 7}})


@pytest.mark.parametrize(
    ("n_passed", "n_tests", "half"),
    [(5, 10, True), (4, 10, False), (1, 1, True), (0, 1, False), (1, 2, True), (1, 3, False)],
)
def test_half_needs_two_tests_or_all(n_passed: int, n_tests: int, half: bool) -> None:
    verdict = (
        passing(1) if (n_passed, n_tests) == (1, 1) else failing(n_passed=n_passed, n_tests=n_tests)
    )
    assert passes_half(verdict) is half


def test_a_verdict_without_tests_passes_nothing() -> None:
    verdict = Verdict(Outcome.WRONG, (), well_typed=True)
    assert not verdict.passes()
    assert not passes_half(verdict)


def test_holdout_accuracy_counts_the_tests_that_search_has_not_seen() -> None:
    later_fails = Verdict(
        Outcome.WRONG, (Outcome.PASSED,) * 3 + (Outcome.WRONG,) * 7, well_typed=True
    )
    only_seen_fail = Verdict(
        Outcome.WRONG, (Outcome.WRONG,) * 3 + (Outcome.PASSED,) * 7, well_typed=True
    )
    results = [make_result(verdict=v) for v in (passing(), later_fails, only_seen_fail)]
    assert measure(results, n_seen_tests=3).holdout_accuracy == Rate(2, 3)
    assert measure(results).holdout_accuracy is None


def test_tasks_without_a_test_left_do_not_count_for_holdout_accuracy() -> None:
    results = [make_result(verdict=passing(5)), make_result(), make_result(verdict=failing())]
    assert measure(results, n_seen_tests=5).holdout_accuracy == Rate(1, 2)
    assert measure(results, n_seen_tests=9).holdout_accuracy == Rate(1, 2)
    assert measure(results, n_seen_tests=50).holdout_accuracy == Rate(0, 0)


def test_per_program_rate_weighs_programs_and_not_wordings() -> None:
    many = [make_result() for _ in range(9)]
    other = make_example("(reduce a 0 max)")
    one = make_result("(head a)", failing(), other)
    assert rate_per_program([*many, one]).value == pytest.approx(0.5)


def test_per_program_rate_survives_rounding() -> None:
    # three wordings each, all exact: 1/3 + 1/3 + 1/3 must not exceed 1
    examples = [make_example(f"(+ {i} {j})") for i in range(10) for j in range(10)]
    results = [make_result(str(e.program), example=e) for e in examples for _ in range(3)]
    assert rate_per_program(results) == Rate(100, 100)


def test_cleaned_keeps_the_tasks_whose_own_program_passes() -> None:
    assert [result.gold.passes() for result in cleaned(mixed_results())] == [True] * 3
