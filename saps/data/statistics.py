"""What a set of tasks is like: lengths, depths, words, symbols, families."""

import statistics
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from saps.data.example import Example
from saps.english.vocabulary import SYMBOLS, published_words


@dataclass
class Statistics:
    """Counts over the tasks of one split, or of several.

    Attributes:
        text_lengths: tokens of a text, to how many texts; the other counters likewise.
        families: in how many tasks each family occurs.
        programs: different programs.
    """

    text_lengths: Counter[int] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    program_lengths: Counter[int] = field(default_factory=Counter)
    n_arguments: Counter[int] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    symbols: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    return_types: Counter[str] = field(default_factory=Counter)
    programs: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, examples: Iterable[Example]) -> "Statistics":
        found = cls()
        for example in examples:
            words = example.text.split(" ")
            found.words.update(words)
            found.text_lengths[len(words)] += 1
            found.depths[example.program.depth] += 1
            found.program_lengths[example.program.size] += 1
            found.n_arguments[len(example.arguments)] += 1
            found.symbols.update(node.symbol for node in example.program.preorder())
            found.families.update(set(example.nodes))
            found.return_types[example.return_type] += 1
            found.programs.add(str(example.program))
        return found

    def __add__(self, other: "Statistics") -> "Statistics":
        both = Statistics()
        for one in (self, other):
            for name, counted in vars(one).items():
                getattr(both, name).update(counted)  # a Counter adds, a set unites
        return both

    @property
    def tasks(self) -> int:
        return self.text_lengths.total()

    @property
    def published_words_used(self) -> int:
        """How many of the published words occur."""
        return sum(word in self.words for word in published_words())

    @property
    def outside_words(self) -> Counter[str]:
        """The words that no published text has."""
        known = set(published_words())
        return Counter({word: n for word, n in self.words.items() if word not in known})

    @property
    def outside_symbols(self) -> Counter[str]:
        """The symbols that no published program has."""
        return Counter({s: n for s, n in self.symbols.items() if s not in SYMBOLS})

    def to_json(self) -> dict[str, Any]:
        tasks = self.tasks
        return {
            "tasks": tasks,
            "programs": len(self.programs),
            "text_length": mean(self.text_lengths),
            "program_depth": mean(self.depths),
            "program_length": mean(self.program_lengths),
            "published_words_used": self.published_words_used,
            "published_words": len(published_words()),
            "outside_words_share": share(self.outside_words.total(), self.words.total()),
            "outside_words": dict(self.outside_words.most_common(20)),
            "outside_symbols": dict(self.outside_symbols),
            "families": len(self.families),
            "largest_families": {f: share(n, tasks) for f, n in self.families.most_common(10)},
            "arguments": {str(n): self.n_arguments[n] for n in sorted(self.n_arguments)},
            "return_types": dict(self.return_types.most_common()),
        }


def mean(counts: Counter[int]) -> float:
    """Return the mean of what a counter counted; 0 of nothing."""
    return statistics.fmean(counts, counts.values()) if counts else 0.0


def share(part: int, whole: int) -> float:
    """Return part of whole; 0 of nothing."""
    return part / whole if whole else 0.0


def data_progress(*, transient: bool = False) -> Progress:
    """Return a bar that counts tasks and estimates the time left, where a person sees stderr."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=transient,
        disable=not sys.stderr.isatty(),
    )
