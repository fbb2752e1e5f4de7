"""Which rows are started at the same moment: one that needs another comes after it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from saps.evaluation.ablation.row import Row
from saps.evaluation.ablation.settings import Settings
from saps.evaluation.ablation.state import state_of, was_killed, write_failure


@dataclass(slots=True)
class Waves:
    """Hands out the rows that are to be made, until all are done or failed.

    A launcher that loses a process stops the others too. All of them are started again, each
    alone; a row whose process dies then as well has failed.
    """

    settings: Settings
    suspects: set[str] = field(default_factory=set)

    def next(self) -> list[Row]:
        """Return rows to start side by side; nothing when all are over."""
        waiting = [row for row in self.settings.rows if not self._is_over(row)]
        names = {row.name for row in waiting}
        free = [row for row in waiting if row.needs not in names]
        return next(([row] for row in free if row.name in self.suspects), free)

    def ended(self, wave: Sequence[Row], error: Exception | None) -> None:
        """Look at what became of a wave.

        Args:
            wave: the rows that were started.
            error: what the launcher raised, if it did.

        Raises:
            Exception: `error`, if no row was begun: the launcher itself does not work.
        """
        lost = [row for row in wave if not self._is_over(row)]
        begun = [row for row in lost if was_killed(self.settings, row)]
        if error is not None and not begun and len(lost) == len(wave):
            raise error
        for row in begun if error is not None else lost:
            if row.name in self.suspects:
                write_failure(self.settings, row.name, _reason(error))
            self.suspects.add(row.name)

    def _is_over(self, row: Row) -> bool:
        return state_of(self.settings, row).stage.is_over


def _reason(error: Exception | None) -> str:
    said = "" if error is None else f" ({(str(error).splitlines() or [''])[0]})"
    return (
        f"its process ended without a result{said}; was it killed for lack of memory? Smaller "
        "batches need less: data.batch_size, evaluation.batch_size"
    )
