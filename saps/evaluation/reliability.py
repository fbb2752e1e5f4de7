"""Whether a model's probabilities mean what they say: a reliability table."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp
from typing import Final

from saps.evaluation.metrics import Rate
from saps.evaluation.record import Record

N_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose probability lies between two bounds.

    Attributes:
        low: least probability, in [0, 1].
        high: the bound above, itself in the last bin alone.
        confidence: mean probability of the answers; None where there is none.
        passed: how many of them pass all tests.
    """

    low: float
    high: float
    confidence: float | None
    passed: Rate


def reliability(records: Iterable[Record]) -> tuple[Bin, ...]:
    """Sort answers into ten bins by the probability of their tree under the model.

    Source: DeGroot & Fienberg 1983, as in Guo et al. 2017, Sec. 2. Tasks without an answer are
    in no bin.
    """
    return bins_of(
        (min(1.0, exp(record.log_prob)), record.passed)
        for record in records
        if record.log_prob is not None
    )


def bins_of(answers: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Sort answers, each a probability and whether it is right, into ten bins."""
    members: list[list[tuple[float, bool]]] = [[] for _ in range(N_BINS)]
    for probability, passed in answers:
        place = min(N_BINS - 1, int(probability * N_BINS))
        members[place].append((probability, passed))
    return tuple(
        Bin(
            low=place / N_BINS,
            high=(place + 1) / N_BINS,
            confidence=sum(p for p, _ in found) / len(found) if found else None,
            passed=Rate(sum(passed for _, passed in found), len(found)),
        )
        for place, found in enumerate(members)
    )


def calibration_error(bins: Iterable[Bin]) -> float | None:
    """Return the expected calibration error, in [0, 1]; None where there is no answer.

    Source: Guo et al. 2017, Eq. (3): |share passed - mean probability|, weighted by answers.
    """
    gaps = [
        (part.passed.n, abs(part.passed.count / part.passed.n - part.confidence))
        for part in bins
        if part.confidence is not None
    ]
    n = sum(count for count, _ in gaps)
    return sum(count * gap for count, gap in gaps) / n if n else None
