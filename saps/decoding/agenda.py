"""The queue of partial trees of one text, by log-probability: best-first search, exactly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, nsmallest

from saps.decoding.hypothesis import Hypothesis


@dataclass(slots=True, eq=False)
class Branch:
    """A partial tree whose next node was scored, and those labels that are still to be tried.

    Attributes:
        tree: the partial tree.
        log_probs: of the whole tree with each label that is allowed, the best first.
        labels: of the same length.
    """

    tree: Hypothesis
    log_probs: Sequence[float]
    labels: Sequence[int]


@dataclass(slots=True, eq=False)
class Candidate:
    """A partial tree with its next label, not yet taken up.

    Attributes:
        branch: the tree without that label.
        rank: which of the branch's labels it is.
        tree: with that label; made when it is needed.
        hopeless: whether nothing good can come of `tree`.
        grown: its own branch, once its next node was scored.
    """

    branch: Branch
    rank: int
    tree: Hypothesis | None = None
    hopeless: bool = False
    grown: Branch | None = None

    @property
    def log_prob(self) -> float:
        return self.branch.log_probs[self.rank]

    @property
    def label(self) -> int:
        return self.branch.labels[self.rank]


class Agenda:
    """A queue of candidates. Of a branch only the best label left is in it.

    So the queue grows by at most one a label taken, and gives the same order as one that holds
    all labels of all branches: the others of a branch are no likelier. Of equals, the one that
    came first is first.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Candidate]] = []
        self._n_pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, branch: Branch, rank: int = 0) -> None:
        """Add the branch's label of a rank, if it has that many."""
        if rank < len(branch.labels):
            candidate = Candidate(branch, rank)
            self._n_pushed += 1
            heappush(self._heap, (-candidate.log_prob, self._n_pushed, candidate))

    def pop(self) -> Candidate:
        """Take the most likely candidate; the next one of its branch takes its place."""
        candidate = heappop(self._heap)[2]
        self.push(candidate.branch, candidate.rank + 1)
        return candidate

    def first(self, n: int) -> list[Candidate]:
        """Return the n most likely candidates, the best first, without taking them."""
        return [candidate for _, _, candidate in nsmallest(n, self._heap)]

    def trees(self) -> Iterator[Hypothesis]:
        """Yield all partial trees that candidates continue, or were made of candidates."""
        for _, _, candidate in self._heap:
            yield candidate.branch.tree
            if candidate.grown is not None:
                yield candidate.grown.tree
