"""How far an ablation is, in one line, and how long it will take; read from files alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from saps.evaluation.ablation.settings import Settings
from saps.evaluation.ablation.state import RowState, Stage, state_of


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ablation is.

    Attributes:
        states: of each row, in order.
        epochs: of each row in all.
        done_before: epochs that earlier commands had made of each row.
    """

    states: tuple[RowState, ...]
    epochs: tuple[int, ...]

    @classmethod
    def read(cls, settings: Settings) -> "Progress":
        states = tuple(state_of(settings, row) for row in settings.rows)
        epochs = [0 if row.model_of else settings.epochs_of(row) for row in settings.rows]
        return cls(states, tuple(epochs))

    @property
    def n_over(self) -> int:
        return sum(state.stage.is_over for state in self.states)

    @property
    def share(self) -> float:
        """Of all epochs, how many are made."""
        made = sum(map(_n_made, self.states, self.epochs))
        return made / max(1, sum(self.epochs))

    def seconds_left(self) -> float | None:
        """Estimate the time left of training; None before the first epoch is over.

        A row that has not begun is taken to be as fast as the others are on average.
        """
        known = {state.row.name: pace for state in self.states if (pace := _pace(state))}
        if not known:
            return None
        average = sum(known.values()) / len(known)
        left = [
            (epochs - _n_made(state, epochs)) * known.get(state.row.name, average)
            for state, epochs in zip(self.states, self.epochs, strict=True)
        ]
        at_work = sum(state.stage in (Stage.TRAINING, Stage.JUDGING) for state in self.states)
        return sum(left) / max(1, at_work)

    def changes(self, before: "Progress | None") -> list[RowState]:
        """Return the rows that are further than they were."""
        seen = {} if before is None else {state.row.name: state for state in before.states}
        return [state for state in self.states if _differs(state, seen.get(state.row.name))]


def _differs(state: RowState, before: RowState | None) -> bool:
    if before is None:
        return state.stage in (Stage.TRAINING, Stage.JUDGING)
    return (state.stage, len(state.epochs)) != (before.stage, len(before.epochs))


def _n_made(state: RowState, epochs: int) -> int:
    return epochs if state.stage.is_over else min(len(state.epochs), epochs)


def _pace(state: RowState) -> float:
    """Return seconds an epoch; 0 where none is known."""
    seconds = [epoch["seconds"] for epoch in state.epochs if "seconds" in epoch]
    return sum(seconds) / len(seconds) if seconds else 0.0


def progress_lines(settings: Settings, now: Progress, before: Progress | None) -> Sequence[str]:
    """Return a line for each row that is further than it was, with how far the whole is."""
    left = now.seconds_left()
    whole = f"{now.n_over} of {len(now.states)} rows, {100 * now.share:.0f} %"
    if left is not None and now.n_over < len(now.states):
        whole += f", about {_duration(left)} left"
    return [f"[{whole}] {_tell(settings, state)}" for state in now.changes(before)]


def _tell(settings: Settings, state: RowState) -> str:
    number = settings.rows.index(state.row) + 1
    title = f"row {number}, {state.row.title}"
    if state.stage is Stage.FAILED:
        return f"{title}: failed: {state.reason}"
    if state.stage is not Stage.TRAINING:
        return f"{title}: {state.stage}"
    n_epochs = settings.epochs_of(state.row)
    if not state.epochs:
        return f"{title}: training, epoch 1 of {n_epochs}"
    exact = state.epochs[-1].get("val/exact_match")
    value = "" if exact is None else f", exact match on validation {100 * exact:.1f} %"
    return f"{title}: epoch {len(state.epochs)} of {n_epochs} is over{value}"


def _duration(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
