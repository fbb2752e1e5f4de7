"""Patterns of English, and the text files that hold them."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Generic, TypeAlias, TypeVar

# Patterns of English: one line that stands for many ways to say one thing, drawn one at a time.
#
# `<a|b>` is a choice, `[a]` is said or not, `$NAME` another pattern, `{X}` what fills slot X,
# `{X!}` the same where only a name reads well. Unlike the generator's wordings, a pattern is
# never written out in full: it may stand for millions of texts.

_MARK = re.compile(r"([<>\[\]|])")
_SHARED = re.compile(r"\$([A-Z_0-9]+)")
SLOT = re.compile(r"\{(\w+)(!?)\}")
_CLOSES = {"<": ">", "[": "]"}


class PatternError(ValueError):
    """A pattern is malformed; the message quotes it."""


# A pattern taken apart: texts and choices one after another; a choice is its options.
_Sequence: TypeAlias = "list[str | tuple[_Sequence, ...]]"


@dataclass(frozen=True)
class Pattern:
    """One line of a table.

    Its brackets are looked at when it is read, and taken apart when it is first drawn from: a run
    draws from few lines of many.

    Attributes:
        source: as it was written, the shared patterns filled in.
        slots: all that a text of it can name.
    """

    source: str
    slots: frozenset[str]

    @classmethod
    def parse(cls, text: str, shared: Mapping[str, str] | None = None) -> "Pattern":
        """Read a pattern; `shared` says what `$NAME` stands for.

        Raises:
            PatternError: an unknown `$NAME`, or a bracket that is never closed or opened.
        """
        source = expand_shared(text, shared or {})
        _check_brackets(source)
        return cls(source, frozenset(name for name, _ in SLOT.findall(source)))

    def draw(self, rng: Random) -> str:
        """Return one text, its slots still as `{X}`."""
        return _draw(self._root, rng)

    @cached_property
    def _root(self) -> _Sequence:
        return _sequence(deque(token for token in _MARK.split(self.source) if token))


def _draw(sequence: _Sequence, rng: Random) -> str:
    return "".join(p if isinstance(p, str) else _draw(rng.choice(p), rng) for p in sequence)


def _sequence(tokens: deque[str]) -> _Sequence:
    """Take tokens up to the end of an option."""
    parts: _Sequence = []
    while tokens and tokens[0] not in (">", "]", "|"):
        part = tokens.popleft()
        if part not in _CLOSES:
            parts.append(part)
            continue
        options = [_sequence(tokens)]
        while tokens.popleft() == "|":
            options.append(_sequence(tokens))
        parts.append((*options, []) if part == "[" else tuple(options))
    return parts


def _check_brackets(source: str) -> None:
    opened: list[str] = []
    for mark in _MARK.findall(source):
        if mark in _CLOSES:
            opened.append(mark)
        elif not opened:
            raise PatternError(f"{source!r}: '{mark}' stands outside of any bracket")
        elif mark == "|":
            if opened[-1] == "[":
                raise PatternError(
                    f"{source!r}: '|' stands in [...]; write <a|b|> for an optional one"
                )
        elif _CLOSES[opened.pop()] != mark:
            raise PatternError(f"{source!r}: '{mark}' closes a bracket of the other kind")
    if opened:
        raise PatternError(f"{source!r}: '{opened[-1]}' is never closed")


def expand_shared(text: str, shared: Mapping[str, str]) -> str:
    """Return the text with each `$NAME` replaced.

    Raises:
        PatternError: a name is unknown.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in shared:
            raise PatternError(f"{text!r}: {match[0]} is not defined above; add 'let {match[1]} ='")
        return shared[match[1]]

    return _SHARED.sub(value, text)


def entry_lines(
    file: str, text: str, error: type[ValueError]
) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield the lines of a table but for comments and definitions, `let NAME = PATTERN`.

    Yields:
        Where the line is, the line, and what is defined above it.
    """
    shared: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        place = f"{file}, line {number}"
        if line.startswith("let "):
            name, _, value = line.removeprefix("let ").partition("=")
            try:
                shared[name.strip()] = expand_shared(value.strip(), shared)
            except PatternError as fault:
                raise error(f"{place}: {fault}") from fault
        elif line and not line.startswith("#"):
            yield place, line, shared


def texts_of(package: str, folder: str) -> dict[str, str]:
    """Return the text files of a folder of a package, by name in alphabetical order."""
    found = [item for item in (files(package) / folder).iterdir() if item.name.endswith(".txt")]
    found.sort(key=lambda item: item.name)
    return {item.name: item.read_text(encoding="utf-8") for item in found}


T = TypeVar("T")


class Weighted(Generic[T]):
    """Things to draw from, by their weights."""

    def __init__(self, things: Sequence[T], weights: Iterable[float]) -> None:
        self.things = things
        self._sums = list(accumulate(weights))  # once, and not for every draw

    def __len__(self) -> int:
        return len(self.things)

    def draw(self, rng: Random) -> T:
        return rng.choices(self.things, cum_weights=self._sums)[0]
