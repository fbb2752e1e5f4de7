from saps.evaluation.metrics import FailureKind, Outcome, count_failures
from tests.evaluation.conftest import failing, make_result, mixed_results


def test_failures_are_counted_by_outcome_and_code() -> None:
    results = [*mixed_results(), make_result("(head a)", failing(Outcome.ERROR, code="empty"))]
    kinds = count_failures(results)
    assert kinds[0] == FailureKind(Outcome.ERROR, "empty", 2)
    assert sum(kind.n for kind in kinds) == len(results) - 1


def test_passed_programs_are_no_failures() -> None:
    assert count_failures([make_result("(reduce a 0 max)")]) == ()
