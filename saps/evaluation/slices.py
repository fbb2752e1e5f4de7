"""The measures by what a task is like, and by how sure the model is of its answer."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from saps.data.example import Example
from saps.evaluation.metrics import Rate, Result
from saps.lang import Node


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

    Attributes:
        name: of the property, `depth`.
        title: the same for people, with the unit.
        rows: of the values that occur, in ascending order; families by their number of tasks.
    """

    name: str
    title: str
    rows: tuple[SliceRow, ...]


@dataclass(frozen=True, slots=True)
class _Bins:
    """Bins of whole numbers: from each edge to the next, the last one open."""

    edges: tuple[int, ...]

    def place(self, number: int) -> int:
        return max(0, bisect_right(self.edges, number) - 1)

    def label(self, place: int) -> str:
        low = self.edges[place]
        if place + 1 == len(self.edges):
            return f"{low}+"
        high = self.edges[place + 1] - 1
        return str(low) if low == high else f"{low}-{high}"


# Fixed, so that the rows of two reports are the same rows.
_DEPTHS: Final = _Bins(tuple(range(1, 16)))
_TENS: Final = _Bins((1, *range(10, 101, 10)))
NO_FAMILY: Final = "(none named)"


def slice_all(results: Sequence[Result]) -> tuple[Slice, ...]:
    """Part the tasks by target depth, program length, text length, siblings, and family."""

    def parted(number: Callable[[Example], int]) -> Iterator[tuple[int, Result]]:
        return ((number(result.example), result) for result in results)

    return (
        _binned("depth", "target depth, levels", _DEPTHS, parted(lambda e: e.program.depth)),
        _binned(
            "program_length", "target length, symbols", _TENS, parted(lambda e: e.program.size)
        ),
        _binned("text_length", "text length, words", _TENS, parted(lambda e: len(e.text.split()))),
        by_siblings(results),
        by_family(results),
    )


def _binned(name: str, title: str, bins: _Bins, numbered: Iterable[tuple[int, Result]]) -> Slice:
    parts: defaultdict[int, list[Result]] = defaultdict(list)
    for number, result in numbered:
        parts[bins.place(number)].append(result)
    rows = (_row(bins.label(place), parts[place]) for place in sorted(parts))
    return Slice(name, title, tuple(rows))


def by_siblings(results: Iterable[Result]) -> Slice:
    """Part the tasks by whether the target has two siblings that differ.

    A decoder without the horizontal state gives all children of a node the same label, so it is
    right on no task of the second row.
    """
    alike: list[Result] = []
    differing: list[Result] = []
    for result in results:
        (differing if has_differing_siblings(result.example.program) else alike).append(result)
    parts = {"all alike": alike, "two differ": differing}
    rows = tuple(_row(label, part) for label, part in parts.items() if part)
    return Slice("siblings", "siblings in the target", rows)


def has_differing_siblings(program: Node) -> bool:
    """Whether two children of one node are different trees."""
    return any(
        child != node.children[0] for node in program.preorder() for child in node.children[1:]
    )


def by_family(results: Iterable[Result]) -> Slice:
    """Part the tasks by their outermost family, the largest first."""
    parts: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        parts[family_of(result)].append(result)
    ordered = sorted(parts.items(), key=lambda item: (-len(item[1]), item[0]))
    return Slice("family", "task family", tuple(_row(name, part) for name, part in ordered))


def family_of(result: Result) -> str:
    """Return the name of the task's outermost family."""
    return result.example.nodes[0] if result.example.nodes else NO_FAMILY


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
