"""Whether two models differ, judged on the same tasks."""

from dataclasses import dataclass
from math import comb, sqrt

from saps.evaluation.metrics import Z_95


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """The same tasks under two models, for one property of the answers.

    Attributes:
        both: tasks on which both models have it.
        only_first: on which the first alone has it.
        only_second: on which the second alone has it.
        neither: on which none has it.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float | None:
        """The second model's share minus the first's, in [-1, 1]; None of no task."""
        return (self.only_second - self.only_first) / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `difference`; None of no task.

        Source: Agresti & Min, Statistics in Medicine 24 (2005): Wald's interval after adding one
        half to each of the four counts. Differs from it: cut at -1 and 1.
        """
        if not self.n:
            return None
        n = self.n + 2
        first, second = self.only_first + 0.5, self.only_second + 0.5
        centre = (second - first) / n
        spread = Z_95 * sqrt(first + second - (second - first) ** 2 / n) / n
        return max(-1.0, centre - spread), min(1.0, centre + spread)

    @property
    def p_value(self) -> float:
        """Two-sided exact McNemar test: how likely a split this uneven is if the models are alike.

        Source: McNemar, Psychometrika 12 (1947), with the binomial distribution itself in place
        of its normal approximation.
        """
        n_discordant = self.only_first + self.only_second
        fewer = min(self.only_first, self.only_second)
        return min(1.0, 2 * _binomial_tail(fewer, n_discordant))

    def plain(self) -> dict[str, float | int | None]:
        """Return the counts and what follows from them, for JSON."""
        low, high = self.interval or (None, None)
        return {
            "both": self.both,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "neither": self.neither,
            "difference": self.difference,
            "low": low,
            "high": high,
            "p_value": self.p_value,
        }


def _binomial_tail(k: int, n: int) -> float:
    """Return the chance of at most `k` heads in `n` tosses; exact, as Python's integers are."""
    term = total = 1
    for i in range(k):
        term = term * (n - i) // (i + 1)
        total += term
    assert term == comb(n, k)
    return total / (1 << n)
