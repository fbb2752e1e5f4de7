"""The few shapes that all batches of a run have, chosen before it starts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from saps.data.batch_shape import BatchShape
from saps.data.batching import IntArray
from saps.data.widths import Widths


@dataclass(frozen=True, slots=True)
class ShapePlan:
    """A shape for each class of batches; the longest text tells a batch's class.

    Attributes:
        longest: pieces of the longest text of each class, rising.
        shapes: of the classes, each with room for every batch of its class.
    """

    longest: tuple[int, ...]
    shapes: tuple[BatchShape, ...]

    @classmethod
    def of(cls, widths: Widths, epochs: Iterable[Sequence[IntArray]], n_shapes: int) -> "ShapePlan":
        """Choose shapes.

        Args:
            widths: of the tasks.
            epochs: the plans of all epochs, each from `plan_epoch`; at least one.
            n_shapes: the most shapes; the text lengths at which one ends are those that leave the
                least padding of texts in the first epoch.
        """
        longest: IntArray = np.empty(0, dtype=np.int64)
        rooms: list[IntArray] = []
        for plan in epochs:
            rows, largest = widths.of_batches(plan)
            needs = np.column_stack([[len(batch) for batch in plan], largest, rows])
            if not rooms:
                longest = _ends(largest[:, 0], n_shapes)
                longest[-1] = widths.largest[:, 0].max()
                rooms = [np.zeros_like(needs[0])] * len(longest)
            kind = np.searchsorted(longest, largest[:, 0])
            for number, room in enumerate(rooms):
                needed = needs[kind == number].max(axis=0, initial=0)
                rooms[number] = np.maximum(room, needed)
        shapes = [_shape(room, widths) for room in rooms]
        return cls(tuple(longest.tolist()), tuple(shapes))

    def shape(self, n_pieces: int) -> BatchShape:
        """Return the shape of the batches whose longest text has so many pieces."""
        return self.shapes[int(np.searchsorted(self.longest, n_pieces))]

    def growth(self, widths: Widths, plan: Sequence[IntArray]) -> tuple[float, float]:
        """Return how much padding adds to the pieces and the nodes of an epoch, as shares of both.

        Args:
            widths: of the tasks.
            plan: of an epoch for which the shapes were chosen.
        """
        shapes = [self.shape(int(widths.largest[batch, 0].max())) for batch in plan]
        n_pieces = sum(shape.n_examples * shape.n_pieces for shape in shapes)
        n_nodes = sum(sum(shape.h_sizes) for shape in shapes)
        real = widths.largest[np.concatenate(plan)].sum(axis=0)
        return n_pieces / int(real[0]) - 1, n_nodes / int(real[1]) - 1


def _ends(lengths: IntArray, n_classes: int) -> IntArray:
    """Return the last length of each class, such that lengths rounded up to them add least.

    Args:
        lengths: (b,) of batches.
        n_classes: at most; fewer where there are fewer lengths.
    """
    values, counts = np.unique(lengths, return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])
    # cost[i]: of the first i values in the classes so far; last[k][i]: where the k-th begins.
    cost = np.concatenate([[0.0], np.full(len(values), np.inf)])
    begins = []
    for _ in range(min(n_classes, len(values))):
        # Row: values up to i; column: the last class holds the values from j on.
        of_class = values[:, None] * (before[1:, None] - before[None, :-1])
        total = np.where(np.tri(len(values), dtype=bool), cost[None, :-1] + of_class, np.inf)
        begins.append(total.argmin(axis=1))
        cost = np.concatenate([[0.0], total.min(axis=1)])
    ends, end = [], len(values) - 1
    for begin in reversed(begins):
        ends.append(values[end])
        end = int(begin[end]) - 1
        if end < 0:
            break
    return np.asarray(ends[::-1], dtype=np.int64)


def _shape(room: IntArray, widths: Widths) -> BatchShape:
    n_examples, n_pieces, n_slots, n_v_slots = room[:4].tolist()
    steps = np.split(room[4:], np.cumsum(widths.columns[:-1]))
    nodes, states, leaves, inners, tokens = (np.trim_zeros(part, "b") for part in steps)
    inners = np.pad(inners, (0, len(leaves) - len(inners)))  # the deepest level has leaves alone
    return BatchShape(
        n_examples=n_examples,
        n_pieces=n_pieces,
        h_sizes=tuple(nodes.tolist()),
        v_sizes=tuple(states.tolist()),
        # Padding has a place of its own too.
        n_slots=max(n_slots, -(-int(nodes.sum()) // n_examples)),
        n_v_slots=max(n_v_slots, -(-int(states.sum()) // n_examples)),
        token_sizes=tuple(tokens.tolist()),
        leaf_sizes=tuple(leaves[::-1].tolist()),
        inner_sizes=tuple(inners[::-1].tolist()),
        n_children=widths.n_children,
    )
