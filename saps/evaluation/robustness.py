"""The measures on rewordings that keep the meaning, and the drop against the plain texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from saps.evaluation.metrics import Rate, Result


@dataclass(frozen=True, slots=True)
class RobustnessRow:
    """One kind of rewording, on the tasks that it applies to.

    Attributes:
        kind: of the rewording.
        plain_exact_match: on the texts of these tasks as they are.
        exact_match: on the reworded texts.
        plain_accuracy: likewise.
        accuracy: likewise.
    """

    kind: str
    plain_exact_match: Rate
    exact_match: Rate
    plain_accuracy: Rate
    accuracy: Rate

    @property
    def n(self) -> int:
        return self.exact_match.n

    @property
    def drop(self) -> float | None:
        """Accuracy on the plain texts minus accuracy on the reworded ones; None of no task."""
        plain, reworded = self.plain_accuracy.value, self.accuracy.value
        return None if plain is None or reworded is None else plain - reworded


def robustness_row(kind: str, plain: Sequence[Result], reworded: Sequence[Result]) -> RobustnessRow:
    """Compare results on the same tasks, plain and reworded, in the same order."""
    assert len(plain) == len(reworded), f"{len(plain)} tasks, {len(reworded)} rewordings"
    return RobustnessRow(
        kind,
        plain_exact_match=_exact(plain),
        exact_match=_exact(reworded),
        plain_accuracy=_passed(plain),
        accuracy=_passed(reworded),
    )


def _exact(results: Sequence[Result]) -> Rate:
    return Rate(sum(result.exact for result in results), len(results))


def _passed(results: Sequence[Result]) -> Rate:
    return Rate(sum(result.verdict.passes() for result in results), len(results))
