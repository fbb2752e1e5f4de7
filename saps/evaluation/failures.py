"""Why programs fail, by kind."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from saps.evaluation.metrics import Result
from saps.evaluation.verdict import Outcome


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Tasks that failed alike.

    Attributes:
        outcome: what became of the program.
        code: the kind of error, see `Verdict.code`; empty for a wrong value.
        n: how many tasks.
    """

    outcome: Outcome
    code: str
    n: int


def count_failures(results: Iterable[Result]) -> tuple[FailureKind, ...]:
    """Return the kinds of failure, most frequent first; their `n` sum to the tasks not passed."""
    counts = Counter(
        (result.verdict.outcome, result.verdict.code)
        for result in results
        if result.verdict.outcome is not Outcome.PASSED
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(FailureKind(outcome, code, n) for (outcome, code), n in ordered)
