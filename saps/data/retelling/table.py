"""The tables of wordings: for each task family and each condition, how people ask for it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from random import Random

from saps.data.retelling.pattern import Pattern, PatternError, expand_shared

KINDS = ("noun", "do", "ask", "that")
CONDITION_KINDS = ("adj", "post", "are", "is")
FRAME_KINDS = ("say",)
_KINDS_OF = {"=": KINDS, "~": CONDITION_KINDS, "+": FRAME_KINDS}


class TableError(ValueError):
    """A table of wordings is malformed; the message says where."""


@dataclass(slots=True)
class Wordings:
    """The patterns of one family, or of one condition, by kind.

    Kinds of a family: "noun" can stand in other texts, "do" is a command, "ask" a question, "that"
    a clause to follow "whether". Those of a condition: "adj" stands before a plural noun, "post"
    after one; "are" and "is" are its predicates.
    """

    patterns: dict[str, list[Pattern]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Pattern]:
        return self.patterns.get(kind, [])


@dataclass(frozen=True, slots=True)
class Table:
    """All wordings.

    Attributes:
        families: by the name of a family's declaration.
        conditions: by the name of a condition.
        frames: what stands around a request, by the name of the place.
    """

    families: Mapping[str, Wordings]
    conditions: Mapping[str, Wordings]
    frames: Mapping[str, Wordings]

    def frame(self, name: str, rng: Random) -> str:
        """Draw what stands in a place, its slots unfilled; "" where the table has nothing."""
        wordings = self.frames.get(name)
        return rng.choice(wordings.of("say")).draw(rng) if wordings is not None else ""

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> "Table":
        """Read tables.

        Args:
            texts: by the name of their file.

        Raises:
            TableError: a line is none of what the format has; gives file and line.
        """
        rooms: dict[str, dict[str, Wordings]] = {mark: {} for mark in _KINDS_OF}
        for name, text in texts.items():
            _read(name, text.splitlines(), rooms)
        return cls(*rooms.values())


def _read(file: str, lines: Iterable[str], rooms: Mapping[str, dict[str, Wordings]]) -> None:
    shared: dict[str, str] = {}
    current: list[Wordings] = []
    kinds: tuple[str, ...] = ()
    for number, line in _content(lines):
        try:
            if line.startswith("let "):
                name, _, value = line.removeprefix("let ").partition("=")
                shared[name.strip()] = expand_shared(value.strip(), shared)
            elif line[0] in rooms:
                kinds = _KINDS_OF[line[0]]
                names = [name.strip() for name in line[1:].split(",")]
                current = [rooms[line[0]].setdefault(name, Wordings()) for name in names]
            else:
                kind, colon, text = line.partition(":")
                if not colon or kind not in kinds or not (text.strip() or kind == "say"):
                    expected = ", ".join(kinds) or "'= FAMILY', '~ CONDITION' or '+ FRAME'"
                    raise TableError(f"expected {expected} and a colon, found {line!r}")
                pattern = Pattern.parse(text.strip(), shared)
                for wordings in current:
                    wordings.patterns.setdefault(kind, []).append(pattern)
        except (PatternError, TableError) as error:
            raise TableError(f"{file}, line {number}: {error}") from error


def _content(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


@cache
def table_texts() -> Mapping[str, str]:
    """Return the project's own tables as they are written, by file name."""
    folder = files(__package__) / "wordings"
    found = [item for item in folder.iterdir() if item.name.endswith(".txt")]
    return {
        item.name: item.read_text(encoding="utf-8") for item in sorted(found, key=lambda i: i.name)
    }


@cache
def default_table() -> Table:
    """Return the project's own tables."""
    return Table.parse(table_texts())
