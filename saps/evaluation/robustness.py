"""The measures on rewordings that keep the meaning, and the drop against the plain texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from saps.evaluation.metrics import Rate, Result, holdout_accuracy


@dataclass(frozen=True, slots=True)
class RobustnessRow:
    """One kind of rewording, on the tasks that it applies to.

    Attributes:
        kind: of the rewording.
        plain_exact_match: on the texts of these tasks as they are.
        exact_match: on the reworded texts.
        plain_accuracy: likewise.
        accuracy: likewise.
        plain_holdout_accuracy: likewise, on the tests that the search has not seen; None without
            search.
        holdout_accuracy: likewise.
    """

    kind: str
    plain_exact_match: Rate
    exact_match: Rate
    plain_accuracy: Rate
    accuracy: Rate
    plain_holdout_accuracy: Rate | None = None
    holdout_accuracy: Rate | None = None

    @property
    def n(self) -> int:
        return self.exact_match.n

    @property
    def drop(self) -> float | None:
        """Accuracy on the plain texts minus accuracy on the reworded ones; None of no task."""
        return drop(self.plain_accuracy, self.accuracy)


def drop(plain: Rate | None, reworded: Rate | None) -> float | None:
    """Return the share on plain texts minus that on reworded ones; None where one is not known."""
    if plain is None or reworded is None or plain.value is None or reworded.value is None:
        return None
    return plain.value - reworded.value


def robustness_row(
    kind: str, plain: Sequence[Result], reworded: Sequence[Result], n_seen_tests: int = 0
) -> RobustnessRow:
    """Compare results on the same tasks, plain and reworded, in the same order.

    Args:
        kind: of the rewording.
        plain: results on the texts as they are.
        reworded: on the reworded ones.
        n_seen_tests: how many tests of each task, the first ones, guided the search.
    """
    assert len(plain) == len(reworded), f"{len(plain)} tasks, {len(reworded)} rewordings"
    return RobustnessRow(
        kind,
        plain_exact_match=_exact(plain),
        exact_match=_exact(reworded),
        plain_accuracy=_passed(plain),
        accuracy=_passed(reworded),
        plain_holdout_accuracy=holdout_accuracy(plain, n_seen_tests) if n_seen_tests else None,
        holdout_accuracy=holdout_accuracy(reworded, n_seen_tests) if n_seen_tests else None,
    )


def _exact(results: Sequence[Result]) -> Rate:
    return Rate(sum(result.exact for result in results), len(results))


def _passed(results: Sequence[Result]) -> Rate:
    return Rate(sum(result.verdict.passes() for result in results), len(results))
