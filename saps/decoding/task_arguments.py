"""The arguments that a partial tree may name, with what is known of their types."""

from saps.decoding.open_positions import FRESH, Key
from saps.decoding.terms import Term

Settled = tuple[Term | None, ...]


class TaskArguments:
    """Immutable; compared by identity, since each content is made once.

    Attributes:
        known: label and type, without variables, of each argument whose type is known.
        loose: labels of those whose types have variables, which the first segment of the open
            positions holds in the same order.
        spare: labels of names that an argument may yet be given; its type follows from its use.
        types: what is among `known`.
        keys: how each of the labels fills a position.
    """

    __slots__ = ("_after", "_all", "keys", "known", "loose", "spare", "types")

    def __init__(
        self,
        known: tuple[tuple[int, Term], ...],
        loose: tuple[int, ...],
        spare: tuple[int, ...],
        of_all: "dict[object, TaskArguments] | None" = None,
    ) -> None:
        self.known = known
        self.loose = loose
        self.spare = spare
        self.types = frozenset(kind for _, kind in known)
        self.keys: dict[int, Key] = dict(known)
        self.keys.update((label, -1 - place) for place, label in enumerate(loose))
        self.keys.update(dict.fromkeys(spare, FRESH))
        self._all = {} if of_all is None else of_all
        self._after: dict[tuple[int, Settled], TaskArguments] = {}

    @property
    def are_all_known(self) -> bool:
        return not self.loose and not self.spare

    def after(self, label: int, settled: Settled) -> "TaskArguments":
        """The arguments after a label was written and some types became known.

        Args:
            label: an argument's label if it was named for the first time, else any number.
            settled: for each loose one, and then for the label if it is new, its type or None.
        """
        after = self._after.get((label, settled))
        if after is None:
            after = self._after[label, settled] = self._make(label, settled)
        return after

    def _make(self, label: int, settled: Settled) -> "TaskArguments":
        named = (*self.loose, label) if label in self.spare else self.loose
        pairs = list(zip(named, settled, strict=True))
        known = [*self.known, *((name, kind) for name, kind in pairs if kind is not None)]
        known.sort(key=lambda pair: pair[0])
        loose = tuple(name for name, kind in pairs if kind is None)
        spare = tuple(name for name in self.spare if name != label)
        return intern(self._all, tuple(known), loose, spare)


def intern(
    of_all: dict[object, TaskArguments],
    known: tuple[tuple[int, Term], ...],
    loose: tuple[int, ...],
    spare: tuple[int, ...],
) -> TaskArguments:
    """Return the one object with this content."""
    found = of_all.get((known, loose, spare))
    if found is None:
        made = TaskArguments(known, loose, spare, of_all)
        found = of_all.setdefault((known, loose, spare), made)
    return found
