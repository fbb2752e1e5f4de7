"""Partial trees as searches hold them: what is written, how likely it is, where its states are."""

from dataclasses import dataclass

from saps.decoding.partial_tree import PartialTree


class Row:
    """Where a state lies in the pool; the pool changes `index` when it moves the state."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


@dataclass(slots=True, eq=False)
class Hypothesis:
    """A partial tree of one text, or a complete one; immutable but for `row`.

    Attributes:
        example: number of the text.
        tree: the constraint's view of it; knows where the next node goes.
        labels: of the nodes written so far, in pre-order.
        rows: of the states that these nodes were labelled from.
        log_prob: of these labels, natural log.
        row: of the state of the next node; None until it is computed, and of a complete tree.
    """

    example: int
    tree: PartialTree
    labels: tuple[int, ...]
    rows: tuple[Row, ...]
    log_prob: float
    row: Row | None

    @property
    def complete(self) -> bool:
        return self.tree.complete

    def needed_rows(self) -> list[Row]:
        """Return the rows that some continuation of the tree still needs."""
        needed = [self.rows[number] for number in self.tree.open_nodes()]
        if self.row is not None:
            needed.append(self.row)
        elif self.rows:
            needed.append(self.rows[-1])
        return needed
