"""Shares tasks out to train, dev and test so that no program is in two of them.

Where a task goes depends on its program and the seed alone, so that the parts of a data set agree
though they are made apart.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

from saps.data.generator.expression import Use
from saps.data.generator.readings import Pair, default_readings
from saps.lang import Node

PUBLISHED_SIZES = {"train": 79_214, "dev": 9_352, "test": 10_940}
"""Tasks of the published splits (Polosukhin & Skidanov 2018); ours have the same proportions."""

LEANING = {"dev": 0.35, "test": 0.2}
"""The published dev and test programs are longer than those of train, by 20 and 12 percent: a
program is drawn for dev with a chance in proportion to its size to the power of 0.35, for test of
0.2."""

_MEAN_WEIGHT = {"dev": 2.86, "test": 1.80}  # of the generator's programs; an estimate will do
_HEADROOM = 1.08  # dev and test fill up before train, so that little is made in vain

_HELD_OUT = {"test": 0.07, "dev": 0.065}
"""Shares of the pairs of families: a task nests some three of them, so these hold out the
published shares of tasks and a little more."""

Decision = tuple[str, frozenset[Pair]]
"""The split of a task, and the pairs of families that bring it there, if any do."""


def split_sizes(size: int) -> dict[str, int]:
    """Return how many of `size` tasks each split gets."""
    total = sum(PUBLISHED_SIZES.values())
    dev, test = (round(size * PUBLISHED_SIZES[name] / total) for name in ("dev", "test"))
    return {"train": size - dev - test, "dev": dev, "test": test}


def split_by_surface(_root: Use, program: Node, seed: int) -> Decision:
    """Decide by the hash of the program.

    Dev and test get a little more than their shares, and lean to longer programs.
    """
    uniform = _uniform(f"{seed}:split:{program}")
    for name, leaning in LEANING.items():
        share = PUBLISHED_SIZES[name] / sum(PUBLISHED_SIZES.values())
        chance = _HEADROOM * share * program.size**leaning / _MEAN_WEIGHT[name]
        if uniform <= chance:
            return name, frozenset()
        uniform -= chance
    return "train", frozenset()


def split_by_composition(root: Use, program: Node, seed: int) -> Decision | None:
    """Decide by the pairs of families that are nested, as drawn and as the program is read.

    The reading depends on the program alone, so a program goes to one split however it was drawn.
    None if it was drawn in a way that belongs elsewhere: it is no task of this data set.
    """
    readings = default_readings()
    drawn = held_out(readings.drawn_pairs(root), seed)
    read = held_out(readings.pairs(program), seed)
    return drawn if drawn[0] == read[0] else None


def held_out(pairs: Iterable[Pair], seed: int) -> Decision:
    """Return the split of a task that nests these pairs, and those that bring it there.

    A task with a pair of test goes to test, else with a pair of dev to dev, else to train. So
    train nests no pair of the others, and dev none of test.
    """
    owners = {pair: _owner(pair, seed) for pair in pairs}
    for name in _HELD_OUT:
        found = frozenset(pair for pair, owner in owners.items() if owner == name)
        if found:
            return name, found
    return "train", frozenset()


def _owner(pair: Pair, seed: int) -> str:
    uniform = _uniform(f"{seed}:pair:{pair}")
    for name, share in _HELD_OUT.items():
        if uniform <= share:
            return name
        uniform -= share
    return "train"


def _uniform(text: str) -> float:
    """Return a number above 0 and at most 1 that looks random and depends on the text alone."""
    return (int.from_bytes(sha256(text.encode()).digest()[:7]) + 1) / 256**7


RULES: dict[str, Callable[[Use, Node, int], Decision | None]] = {
    "surface": split_by_surface,
    "compositional": split_by_composition,
}
"""Name to what decides about a task: what it asks for, as drawn and as a program, and the seed."""
