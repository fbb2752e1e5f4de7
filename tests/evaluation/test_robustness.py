import pytest

from saps.evaluation.metrics import Outcome, Rate, Verdict
from saps.evaluation.report import robustness_row
from saps.evaluation.report_tables import drop
from tests.evaluation.conftest import failing, make_example, make_result, passing


def test_a_row_compares_the_same_tasks() -> None:
    plain = [make_result(), make_result("(reduce a 0 max)"), make_result()]
    reworded = [make_result(), make_result("(head a)", failing()), make_result("a", failing())]
    row = robustness_row("one typo", plain, reworded)
    assert (row.plain_exact_match, row.exact_match) == (Rate(2, 3), Rate(1, 3))
    assert (row.plain_accuracy, row.accuracy) == (Rate(3, 3), Rate(1, 3))
    assert row.accuracy.n == 3
    assert drop(row.plain_accuracy, row.accuracy) == "66.67"


def test_a_search_is_judged_on_the_tests_that_it_has_not_seen() -> None:
    short = make_example(n_tests=2)
    plain = [make_result(), make_result(verdict=passing(2), example=short)]
    # The first three tests pass, which the search has seen, and no other one.
    overfit = Verdict(Outcome.WRONG, (Outcome.PASSED,) * 3 + (Outcome.WRONG,) * 7, well_typed=True)
    reworded = [make_result("a", overfit), plain[1]]
    row = robustness_row("one typo", plain, reworded, n_seen_tests=2)
    assert (row.plain_holdout_accuracy, row.holdout_accuracy) == (Rate(1, 1), Rate(0, 1))
    assert robustness_row("one typo", plain, reworded).holdout_accuracy is None


def test_a_row_needs_as_many_rewordings_as_tasks() -> None:
    with pytest.raises(AssertionError, match="1 tasks, 0 rewordings"):
        robustness_row("one typo", [make_result()], [])


def test_nothing_drops_where_nothing_was_reworded() -> None:
    row = robustness_row("one typo", [], [])
    assert drop(row.plain_accuracy, row.accuracy) == "-"
