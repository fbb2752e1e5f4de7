"""How many requests are let in."""

from collections.abc import Iterator
from contextlib import contextmanager

from saps.serve.errors import busy


class Gate:
    """Counts the requests of a kind that are not answered yet, and refuses one too many.

    Attributes:
        n_inside: requests that are being served or wait for it.
    """

    def __init__(self, what: str, max_inside: int) -> None:
        self._what = what
        self._max_inside = max_inside
        self.n_inside = 0

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Stay inside for a while.

        Raises:
            ServiceError: too many are inside.
        """
        if self.n_inside >= self._max_inside:
            raise busy(self._what, self.n_inside)
        self.n_inside += 1
        try:
            yield
        finally:
            self.n_inside -= 1
