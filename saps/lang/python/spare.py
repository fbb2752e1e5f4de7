"""What a translation may spend on trying."""

from typing import Final

MOST_NODES: Final = 1_000


class Spare:
    """How many nodes may still be translated that were translated before.

    Some parts are tried in one form and, where that fails, translated again in another; parts of
    them likewise. Without a limit, each level of such parts doubles the work. What is tried is paid
    for by its size, so that the work is at most the size of the program and this limit.
    """

    def __init__(self) -> None:
        self._n_left = MOST_NODES

    def take(self, n_nodes: int) -> bool:
        """Set apart what it costs to translate some nodes again, if so much is left."""
        if n_nodes > self._n_left:
            return False
        self._n_left -= n_nodes
        return True

    def give_back(self, n_nodes: int) -> None:
        """Return what was taken: nothing had to be translated again."""
        self._n_left += n_nodes


class Rounds:
    """The rounds of a translation that goes from the best assumption to one that holds.

    One more round is set apart in advance: the last one, which assumes nothing and so always ends.

    Attributes:
        may_follow: another round may follow this one; if none may, nothing may be assumed.
    """

    def __init__(self, spare: Spare, n_nodes: int) -> None:
        self._spare = spare
        self._n_nodes = n_nodes
        self.may_follow = spare.take(n_nodes)

    def next(self) -> None:
        """Begin another round, the last one if there is nothing left for one after it."""
        self.may_follow = self._spare.take(self._n_nodes)

    def end(self) -> None:
        """Give back what was set apart for a round that is not needed."""
        if self.may_follow:
            self._spare.give_back(self._n_nodes)
