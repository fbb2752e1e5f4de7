"""Shares tasks out to train, dev and test so that no program is in two of them.

A whole data set is collected first and then split. Parts that are made apart, and splits that
hold out compositions, decide for each task by itself, from the seed and the task alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from math import log

from saps.data.generator.expression import Pair

RULES = ("surface", "compositional")

PUBLISHED_SIZES = {"train": 79_214, "dev": 9_352, "test": 10_940}
"""Tasks of the published splits (Polosukhin & Skidanov 2018); ours have the same proportions."""

LEANING = {"dev": 0.35, "test": 0.2}
"""The published dev and test programs are longer than those of train, by 20 and 12 percent: a
program is drawn for dev with a weight of its size to the power of 0.35, for test of 0.2."""

_MEAN_WEIGHT = {"dev": 2.86, "test": 1.80}  # of the generator's programs; an estimate will do
_HEADROOM = 1.08  # dev and test fill up before train, so that little is made in vain

_HELD_OUT = {"test": 0.07, "dev": 0.065}
"""Shares of the pairs of families: a task nests some three of them, so these hold out the
published shares of tasks and a little more."""


def split_sizes(size: int) -> dict[str, int]:
    """Return how many of `size` tasks each split gets."""
    total = sum(PUBLISHED_SIZES.values())
    dev, test = (round(size * PUBLISHED_SIZES[name] / total) for name in ("dev", "test"))
    return {"train": size - dev - test, "dev": dev, "test": test}


def split_by_program(
    programs: Sequence[str], n_symbols: Mapping[str, int], seed: int
) -> dict[str, list[int]]:
    """Return the indexes of the tasks of each split, ascending.

    Args:
        programs: the surface form of each task's program; equal ones stay together.
        n_symbols: the size of each program.
        seed: decides, together with the program alone, what goes where.
    """
    groups: dict[str, list[int]] = {}
    for index, program in enumerate(programs):
        groups.setdefault(program, []).append(index)
    sizes = split_sizes(len(programs))
    splits: dict[str, list[int]] = {"train": [], "dev": [], "test": []}
    for name in ("dev", "test"):
        for program in _drawn(groups, n_symbols, f"{seed}:{name}", LEANING[name]):
            if len(splits[name]) + len(groups[program]) <= sizes[name]:
                splits[name] += groups.pop(program)
            if len(splits[name]) == sizes[name]:
                break
    splits["train"] = [index for group in groups.values() for index in group]
    return {name: sorted(indexes) for name, indexes in splits.items()}


def _drawn(
    programs: Mapping[str, object], n_symbols: Mapping[str, int], salt: str, leaning: float
) -> list[str]:
    """Return the programs in random order, those of more weight earlier.

    Source: Efraimidis & Spirakis 2006, weighted sampling without replacement, in logarithms.
    """

    def key(program: str) -> float:
        return float(-log(_uniform(f"{salt}:{program}")) / n_symbols[program] ** leaning)

    return sorted(programs, key=key)


def split_of_program(program: str, n_symbols: int, seed: int) -> str:
    """Return where a program goes, which is the same in every part of a data set.

    The splits get a little more than the published shares for dev and test, and lean likewise.
    """
    uniform = _uniform(f"{seed}:split:{program}")
    for name, leaning in LEANING.items():
        share = PUBLISHED_SIZES[name] / sum(PUBLISHED_SIZES.values())
        chance = _HEADROOM * share * n_symbols**leaning / _MEAN_WEIGHT[name]
        if uniform <= chance:
            return name
        uniform -= chance
    return "train"


def held_out(pairs: Iterable[Pair], seed: int) -> tuple[str, frozenset[Pair]]:
    """Return the split of a task that nests these families, and the pairs that bring it there.

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
