"""The measures of a model, as pure functions over what became of its programs."""

import statistics
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isclose, sqrt
from types import MappingProxyType
from typing import Final, TypeVar

from saps.data.example import Example
from saps.lang import FUNCTIONS, Node

Key = TypeVar("Key")

# What became of one program when it was checked and run on the tests of its task.


class Outcome(StrEnum):
    """What became of a program. Of a set of programs, the counts of these sum to its size."""

    UNPARSABLE = "unparsable"
    """The model gave no tree."""
    ILL_TYPED = "ill-typed"
    """The tree does not type-check at the declared types, and does not pass all tests either."""
    ERROR = "error"
    """The first test that fails is one on which the program raises."""
    LIMIT = "limit"
    """The first test that fails is one on which the program uses up a limit."""
    WRONG = "wrong"
    """The first test that fails is one on which the program gives another value."""
    PASSED = "passed"
    """All tests pass."""


CRASH: Final = "crash"
"""Code of a program that ended the process it ran in."""
HANG: Final = "hang"
"""Code of a program that was still running long after its limits."""
INTERNAL: Final = "internal"
"""Code of a program on which the interpreter itself failed: a defect of SAPS."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one program.

    Attributes:
        outcome: of the whole.
        tests: of each test, in order: error, limit, wrong or passed. Nothing runs when there is
            no tree, or one that cannot be compiled: then none is passed.
        well_typed: whether the program type-checks at the declared types; False also where a
            crash left that open.
        code: the kind of error behind `outcome`, a `code` of `saps.lang.errors` or one of this
            module; empty for wrong and passed.
        got: what the first test that fails gave, a value or an error, for people.
    """

    outcome: Outcome
    tests: tuple[Outcome, ...]
    well_typed: bool
    code: str = ""
    got: str = ""

    @property
    def n_passed(self) -> int:
        return self.tests.count(Outcome.PASSED)

    def passes(self, first: int = 0) -> bool:
        """Whether the tests from `first` on all pass; False when there are none."""
        tests = self.tests[first:]
        return bool(tests) and all(test is Outcome.PASSED for test in tests)

    @classmethod
    def of_failure(cls, outcome: Outcome, n_tests: int, code: str) -> "Verdict":
        """Return the verdict on a program that ran on no test."""
        each = Outcome.LIMIT if outcome is Outcome.LIMIT else Outcome.ERROR
        return cls(outcome, (each,) * n_tests, well_typed=False, code=code)


Z_95: Final = 1.959963984540054
"""The two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Result:
    """A task, what the model answered, and how both programs fared on the task's tests.

    `verdict` is on the `predicted` program, `gold` on the task's own. Where the model gave no tree,
    `predicted` and its `log_prob` (natural) are None.
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

    `count` of them have the property; not a whole number where each thing is itself a share.
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


# Two-sided 95 % quantiles of Student's t distribution, from one degree of freedom on.
_T_95: Final = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of a share or of a difference over seeds.

    `difference` is the mean, in [-1, 1], and `interval` its 95 % interval, Student's, for seeds are
    few: at least two.
    """

    difference: float
    interval: tuple[float, float]
    n_seeds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return that of at least two values in [-1, 1]."""
        n, mean = len(values), statistics.mean(values)
        # Few seeds: the normal quantile would make the interval a third of what it is.
        freedom = n - 1
        # Beyond the table: the first terms of the quantile's expansion in 1 / freedom.
        t = _T_95[freedom - 1] if freedom <= len(_T_95) else Z_95 + (Z_95**3 + Z_95) / 4 / freedom
        half = t * statistics.stdev(values) / sqrt(n)
        return cls(mean, (max(-1.0, mean - half), min(1.0, mean + half)), n)

    def plain(self) -> dict[str, float | int]:
        """Return what ablation.json holds."""
        low, high = self.interval
        return {"difference": self.difference, "low": low, "high": high, "seeds": self.n_seeds}


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

    The first `n_seen_tests` tests of each task guided the search.
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
    wordings = _parted(results, lambda example: example.program)
    # A program with a hundred wordings counts as much as one with a single wording.
    total = sum(sum(r.exact for r in alike) / len(alike) for alike in wordings.values())
    # A sum of n shares of 1 may come out above n by rounding.
    whole = round(total)
    return Rate(whole if isclose(total, whole, abs_tol=1e-9) else total, len(wordings))


def cleaned(results: Iterable[Result]) -> list[Result]:
    """Return the tasks whose own program passes their tests."""
    return [result for result in results if result.gold.passes()]


# Why programs fail, by kind.


@dataclass(frozen=True, slots=True)
class FailureKind:
    """So many tasks that failed alike: see `Verdict.code`."""

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


# Where predicted trees part from their targets: symbols taken for one another.

NO_TREE: Final = "(no tree)"


@dataclass(frozen=True, slots=True)
class Confusion:
    """A symbol of targets, and what predictions had in its place.

    A function as a value and the same function called are two symbols: `+` and `(+ ...)`.
    """

    gold: str
    predicted: str
    n_places: int
    n_tasks: int


def count_confusions(results: Iterable[Result], limit: int) -> tuple[Confusion, ...]:
    """Return the most frequent confusions.

    Both trees are read from their roots. Where the symbols differ, that pair is counted and what
    lies below is not looked at: it answers another question.
    """
    places: Counter[tuple[str, str]] = Counter()
    tasks: Counter[tuple[str, str]] = Counter()
    for result in results:
        pairs = Counter(differences(result.example.program, result.predicted))
        places.update(pairs)
        tasks.update(pairs.keys())
    ordered = sorted(places, key=lambda pair: (-tasks[pair], -places[pair], pair))
    return tuple(Confusion(*pair, places[pair], tasks[pair]) for pair in ordered[:limit])


def differences(gold: Node, predicted: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the labels of both trees wherever they first differ on a way down."""
    if predicted is None:
        yield label_of(gold), NO_TREE
        return
    # A stack of our own: trees of a model may be deeper than Python recurses.
    stack = [(gold, predicted)]
    while stack:
        left, right = stack.pop()
        if left == right:
            continue
        if (left.symbol, len(left.children)) != (right.symbol, len(right.children)):
            yield label_of(left), label_of(right)
            continue
        stack.extend(zip(left.children, right.children, strict=True))


def label_of(node: Node) -> str:
    """Spell a node's label; a call of what may also be a value shows that it is one."""
    if node.children and (node.symbol in FUNCTIONS or node.symbol == "self"):
        return f"({node.symbol} ...)"
    return node.symbol


# The measures by what a task is like, and by how sure the model is of its answer.


@dataclass(frozen=True, slots=True)
class SliceRow:
    """The tasks that are alike in one respect."""

    label: str
    exact_match: Rate
    accuracy: Rate

    @property
    def n(self) -> int:
        return self.exact_match.n


@dataclass(frozen=True, slots=True)
class Slice:
    """All tasks, parted by one property; the rows' `n` sum to the number of tasks.

    `title` is the property for people, with the unit. There are rows of the values that occur, in
    ascending order; families by their number of tasks.
    """

    name: str
    title: str
    rows: tuple[SliceRow, ...]


# The edges of bins of whole numbers: from each to the next, the last bin open. They are fixed, so
# that the rows of two reports are the same rows.
_DEPTHS: Final = tuple(range(1, 16))
_TENS: Final = (1, *range(10, 101, 10))
NO_FAMILY: Final = "(none named)"


def slice_all(results: Sequence[Result]) -> tuple[Slice, ...]:
    """Part the tasks by target depth, program length, text length, siblings, and family."""
    return (
        _binned("depth", "target depth, levels", _DEPTHS, results, lambda e: e.program.depth),
        _binned(
            "program_length", "target length, symbols", _TENS, results, lambda e: e.program.size
        ),
        _binned("text_length", "text length, words", _TENS, results, lambda e: len(e.text.split())),
        by_siblings(results),
        by_family(results),
    )


def _binned(
    name: str,
    title: str,
    edges: Sequence[int],
    results: Iterable[Result],
    number: Callable[[Example], int],
) -> Slice:
    def label(place: int) -> str:
        if place + 1 == len(edges):
            return f"{edges[place]}+"
        low, high = edges[place], edges[place + 1] - 1
        return str(low) if low == high else f"{low}-{high}"

    parts = _parted(results, lambda example: max(0, bisect_right(edges, number(example)) - 1))
    return Slice(name, title, tuple(_row(label(place), parts[place]) for place in sorted(parts)))


def by_siblings(results: Iterable[Result]) -> Slice:
    """Part the tasks by whether the target has two siblings that differ.

    A decoder without the horizontal state gives all children of a node the same label, so it is
    right on no task of the second row.
    """
    parts = _parted(results, lambda example: has_differing_siblings(example.program))
    labels = {False: "all alike", True: "two differ"}
    rows = tuple(_row(labels[differ], parts[differ]) for differ in sorted(parts))
    return Slice("siblings", "siblings in the target", rows)


def has_differing_siblings(program: Node) -> bool:
    """Whether two children of one node are different trees."""
    return any(
        child != node.children[0] for node in program.preorder() for child in node.children[1:]
    )


def by_family(results: Iterable[Result]) -> Slice:
    """Part the tasks by their outermost family, the largest first."""
    parts = _parted(results, lambda example: next(iter(example.nodes), NO_FAMILY))
    ordered = sorted(parts.items(), key=lambda item: (-len(item[1]), item[0]))
    return Slice("family", "task family", tuple(_row(name, part) for name, part in ordered))


def _parted(results: Iterable[Result], key: Callable[[Example], Key]) -> dict[Key, list[Result]]:
    parts: defaultdict[Key, list[Result]] = defaultdict(list)
    for result in results:
        parts[key(result.example)].append(result)
    return parts


def hardest(families: Slice, limit: int, min_n: int) -> tuple[SliceRow, ...]:
    """Return the families of at least `min_n` tasks that are solved least.

    By the upper end of the interval of exact match: a small family must be clearly hard.
    """
    rows = [row for row in families.rows if row.n >= min_n]
    # A row has at least one task, so it has an interval.
    ends = [((row.exact_match.interval or (0.0, 0.0))[1], row.label, row) for row in rows]
    return tuple(row for *_, row in sorted(ends, key=lambda end: end[:2])[:limit])


def _row(label: str, results: Sequence[Result]) -> SliceRow:
    n = len(results)
    return SliceRow(
        label,
        exact_match=Rate(sum(result.exact for result in results), n),
        accuracy=Rate(sum(result.verdict.passes() for result in results), n),
    )


# Whether probabilities mean what they say: answers parted by how sure the model is of them.

N_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose probability lies between two bounds.

    The bound above, `high`, is itself in the last bin alone. `confidence` is the mean probability
    of the answers, None where there is none.
    """

    low: float
    high: float
    confidence: float | None
    passed: Rate


def bins_of(answers: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Sort answers, each a probability and whether it is right, into ten bins.

    Source: DeGroot & Fienberg 1983, as in Guo et al. 2017, Sec. 2.
    """
    members: list[list[tuple[float, bool]]] = [[] for _ in range(N_BINS)]
    for probability, passed in answers:
        # A probability of 1 belongs to the last bin, whose upper bound it is.
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
