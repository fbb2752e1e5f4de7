"""Changes of a text that are noted."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Other words for a part of a text.

    Attributes:
        start: place of the part's first character.
        end: place after its last one.
        new: what is said instead.
    """

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A text with its changes.

    Attributes:
        text: after them.
        changes: what was read as what, in the order of the text.
    """

    text: str
    changes: tuple[tuple[str, str], ...] = ()

    def then(self, edits: Iterable[Edit]) -> "Edited":
        """Apply edits that do not overlap, in the order of the text."""
        pieces: list[str] = []
        changes = list(self.changes)
        done = 0
        for edit in edits:
            old = self.text[edit.start : edit.end]
            pieces += [self.text[done : edit.start], edit.new]
            done = edit.end
            if old.strip() != edit.new.strip():
                changes.append((old.strip(), edit.new.strip()))
        return Edited("".join([*pieces, self.text[done:]]), tuple(changes))
