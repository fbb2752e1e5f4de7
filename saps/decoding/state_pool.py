"""The states of many partial trees in one tensor.

Sizes: R rows, S numbers in a state.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from saps.decoding.hypothesis import Row


class StatePool:
    """Holds states; those who need one hold its `Row`.

    Room doubles when it runs out. `keep` drops all that nobody needs, so that the memory is bounded
    by the partial trees alive and their depth, not by the number of steps.
    """

    def __init__(self, states: Tensor) -> None:
        """Start with states, (R, S), in rows 0 to R - 1."""
        self._states = states
        self._size = len(states)
        self.n_kept = len(states)

    def __len__(self) -> int:
        return self._size

    @property
    def is_crowded(self) -> bool:
        """Whether there are four times as many states as were needed last."""
        return self._size > 4 * max(self.n_kept, 64)

    def first_rows(self) -> list[Row]:
        """Return the rows of the states that the pool was made with, before any is added."""
        return [Row(index) for index in range(self._size)]

    def add(self, states: Tensor) -> list[Row]:
        """Store states, (R, S)."""
        start, end = self._size, self._size + len(states)
        if end > len(self._states):
            grown = self._states.new_empty(max(2 * len(self._states), end), states.shape[1])
            grown[:start] = self._states[:start]
            self._states = grown
        self._states[start:end] = states
        self._size = end
        return [Row(index) for index in range(start, end)]

    def take(self, rows: Sequence[Row]) -> Tensor:
        """Return the states at R rows, (R, S)."""
        places = torch.tensor([row.index for row in rows], device=self._states.device)
        return self._states.index_select(0, places)

    def keep(self, rows: Iterable[Row]) -> None:
        """Drop all states but those at these rows, and tell the rows where theirs are now."""
        needed = list({id(row): row for row in rows}.values())
        self._states = self.take(needed) if needed else self._states[:0]
        for index, row in enumerate(needed):
            row.index = index
        self._size = self.n_kept = len(needed)
