"""Shares tasks out to train, dev and test so that no program is in two of them."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import log

PUBLISHED_SIZES = {"train": 79_214, "dev": 9_352, "test": 10_940}
"""Tasks of the published splits (Polosukhin & Skidanov 2018); ours have the same proportions."""

LEANING = {"dev": 0.35, "test": 0.2}
"""The published dev and test programs are longer than those of train, by 20 and 12 percent: a
program is drawn for dev with a weight of its size to the power of 0.35, for test of 0.2."""


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
        digest = sha256(f"{salt}:{program}".encode()).digest()
        uniform = (int.from_bytes(digest[:7]) + 1) / 256**7  # above 0
        return float(-log(uniform) / n_symbols[program] ** leaning)

    return sorted(programs, key=key)
