"""The measures of a model, as pure functions over what became of its programs."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose, sqrt
from types import MappingProxyType
from typing import Final

from saps.data.example import Example
from saps.evaluation.verdict import Outcome, Verdict
from saps.lang import Node

Z_95: Final = 1.959963984540054
"""The two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Result:
    """A task, what the model answered, and how both programs fared on the task's tests.

    Attributes:
        example: the task.
        predicted: the model's program, or None where it gave no tree.
        log_prob: of the prediction, natural log; None where it gave none.
        verdict: on the model's program.
        gold: on the task's own program.
    """

    example: Example
    predicted: Node | None
    log_prob: float | None
    verdict: Verdict
    gold: Verdict

    @property
    def exact(self) -> bool:
        """Whether the predicted tree equals the target tree, symbol by symbol."""
        return self.predicted == self.example.program


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of `n` things.

    Attributes:
        count: how many have the property; not a whole number where each thing is itself a share.
        n: of how many.
    """

    count: float
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.n:
            raise ValueError(f"a rate of {self.count} in {self.n}")

    @property
    def value(self) -> float | None:
        """The share, in [0, 1]; None of nothing."""
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson interval; None of nothing."""
        return wilson(self.count, self.n) if self.n else None


def wilson(count: float, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return the score interval of a binomial share.

    Where `count` sums shares in [0, 1] rather than noughts and ones it is wider than needed:
    their variance is at most p (1 - p).

    Source: Wilson 1927, as method 3 of Newcombe, Statistics in Medicine 17 (1998), without
    continuity correction.
    """
    p = count / n
    centre = p + z * z / (2 * n)
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The ends are exact for 0 of n and n of n, where rounding would leave them off by 1e-17.
    low = 0.0 if count == 0 else (centre - spread) / scale
    high = 1.0 if count == n else (centre + spread) / scale
    return low, high


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of a set of tasks.

    Attributes:
        n: tasks.
        n_programs: distinct target programs among them.
        exact_match: the predicted tree is the target tree.
        accuracy: the predicted program passes all tests.
        accuracy_50p: it passes all tests, or there are at least two and it passes half or more.
        holdout_accuracy: it passes all tests that the search has not seen, of the tasks that have
            such a test; None without search.
        gold_accuracy: the target program itself passes all tests.
        well_formed: the model gave a tree.
        well_typed: the tree type-checks at the declared types.
        exact_match_per_program: `exact_match` over the wordings of a target program, averaged
            over the distinct target programs.
        outcomes: how many tasks ended how; all outcomes are there.
    """

    n: int
    n_programs: int
    exact_match: Rate
    accuracy: Rate
    accuracy_50p: Rate
    holdout_accuracy: Rate | None
    gold_accuracy: Rate
    well_formed: Rate
    well_typed: Rate
    exact_match_per_program: Rate
    outcomes: Mapping[Outcome, int]

    def __post_init__(self) -> None:
        assert sum(self.outcomes.values()) == self.n, f"{self.outcomes} do not sum to {self.n}"
        assert self.outcomes[Outcome.PASSED] == self.accuracy.count


def measure(results: Sequence[Result], n_seen_tests: int = 0) -> Measures:
    """Count over all tasks, never over those alone that decoded.

    Args:
        results: any number, none included.
        n_seen_tests: how many tests of each task, the first ones, guided the search.
    """

    def rate(holds: Callable[[Result], bool]) -> Rate:
        return Rate(sum(map(holds, results)), len(results))

    counts = Counter(result.verdict.outcome for result in results)
    per_program = rate_per_program(results)
    return Measures(
        n=len(results),
        n_programs=per_program.n,
        exact_match=rate(lambda result: result.exact),
        accuracy=rate(lambda result: result.verdict.passes()),
        accuracy_50p=rate(lambda result: passes_half(result.verdict)),
        holdout_accuracy=holdout_accuracy(results, n_seen_tests) if n_seen_tests else None,
        gold_accuracy=rate(lambda result: result.gold.passes()),
        well_formed=rate(lambda result: result.verdict.outcome is not Outcome.UNPARSABLE),
        well_typed=rate(lambda result: result.verdict.well_typed),
        exact_match_per_program=per_program,
        outcomes=MappingProxyType({outcome: counts[outcome] for outcome in Outcome}),
    )


def holdout_accuracy(results: Iterable[Result], n_seen_tests: int) -> Rate:
    """Count the tasks that have a test left: of the others nothing is known, so none has failed."""
    judged = [result for result in results if len(result.verdict.tests) > n_seen_tests]
    return Rate(sum(result.verdict.passes(n_seen_tests) for result in judged), len(judged))


def passes_half(verdict: Verdict) -> bool:
    """50p: all tests pass, or there are at least two and half or more pass."""
    n_tests = len(verdict.tests)
    return verdict.passes() or (n_tests >= 2 and 2 * verdict.n_passed >= n_tests)


def rate_per_program(results: Iterable[Result]) -> Rate:
    """Average exact match over distinct target programs: many wordings share one."""
    wordings: defaultdict[Node, list[bool]] = defaultdict(list)
    for result in results:
        wordings[result.example.program].append(result.exact)
    total = sum(sum(exact) / len(exact) for exact in wordings.values())
    # A sum of n shares of 1 may come out above n by rounding.
    whole = round(total)
    return Rate(whole if isclose(total, whole, abs_tol=1e-9) else total, len(wordings))


def cleaned(results: Iterable[Result]) -> list[Result]:
    """Return the tasks whose own program passes their tests."""
    return [result for result in results if result.gold.passes()]
