"""The measures by what a task is like: its depth, its length, its family."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

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
    return (
        _binned("depth", "target depth, levels", _DEPTHS, results, _depth),
        _binned("program_length", "target length, symbols", _TENS, results, _program_length),
        _binned("text_length", "text length, words", _TENS, results, _text_length),
        by_siblings(results),
        by_family(results),
    )


def _depth(result: Result) -> int:
    return result.example.program.depth


def _program_length(result: Result) -> int:
    return result.example.program.size


def _text_length(result: Result) -> int:
    return len(result.example.text.split())


def _binned(
    name: str,
    title: str,
    bins: _Bins,
    results: Iterable[Result],
    number: Callable[[Result], int],
) -> Slice:
    parts: defaultdict[int, list[Result]] = defaultdict(list)
    for result in results:
        parts[bins.place(number(result))].append(result)
    return Slice(
        name, title, tuple(_row(bins.label(place), parts[place]) for place in sorted(parts))
    )


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
    return tuple(sorted(rows, key=_upper_end)[:limit])


def _upper_end(row: SliceRow) -> tuple[float, str]:
    interval = row.exact_match.interval
    assert interval is not None, "a row has at least one task"
    return interval[1], row.label


def _row(label: str, results: Sequence[Result]) -> SliceRow:
    n = len(results)
    return SliceRow(
        label,
        exact_match=Rate(sum(result.exact for result in results), n),
        accuracy=Rate(sum(result.verdict.passes() for result in results), n),
    )
