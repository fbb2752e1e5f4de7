import statistics
from collections import Counter

import pytest

from saps.data.generator.expression import Pair
from saps.data.generator.split import (
    PUBLISHED_SIZES,
    held_out,
    split_by_program,
    split_of_program,
    split_sizes,
)

PROGRAMS = [f"p{i % 700}" for i in range(2_000)]
N_SYMBOLS = {f"p{i}": 1 + i % 60 for i in range(700)}


def test_split_sizes_are_the_published_ones() -> None:
    assert split_sizes(99_506) == {"train": 79_214, "dev": 9_352, "test": 10_940}
    assert sum(split_sizes(1_001).values()) == 1_001


def test_split_keeps_every_program_in_one_split() -> None:
    splits = split_by_program(PROGRAMS, N_SYMBOLS, seed=1)
    owners = {name: {PROGRAMS[i] for i in indexes} for name, indexes in splits.items()}
    assert not owners["train"] & owners["dev"]
    assert not owners["train"] & owners["test"]
    assert not owners["dev"] & owners["test"]


def test_split_loses_and_repeats_nothing() -> None:
    splits = split_by_program(PROGRAMS, N_SYMBOLS, seed=1)
    assert sorted(i for indexes in splits.values() for i in indexes) == list(range(2_000))
    sizes = split_sizes(2_000)
    for name, indexes in splits.items():
        assert indexes == sorted(indexes)
        assert len(indexes) == pytest.approx(sizes[name], abs=3)


def test_split_depends_on_the_seed_alone() -> None:
    assert split_by_program(PROGRAMS, N_SYMBOLS, 1) == split_by_program(PROGRAMS, N_SYMBOLS, 1)
    assert split_by_program(PROGRAMS, N_SYMBOLS, 1) != split_by_program(PROGRAMS, N_SYMBOLS, 2)


def test_split_draws_longer_programs_for_dev_and_test() -> None:
    programs = [f"p{i}" for i in range(20_000)]
    n_symbols = {program: 2 + i % 60 for i, program in enumerate(programs)}
    splits = split_by_program(programs, n_symbols, seed=1)
    means = {
        name: statistics.mean(n_symbols[programs[i]] for i in indexes)
        for name, indexes in splits.items()
    }
    assert means["dev"] > 1.04 * means["train"]
    assert means["dev"] > means["test"] > means["train"]


def test_split_of_a_single_program_is_all_training() -> None:
    assert split_by_program(["p1"] * 50, N_SYMBOLS, 1)["train"] == list(range(50))


def test_split_of_a_program_fills_dev_and_test_before_train() -> None:
    n_symbols = {f"p{i}": 5 + i % 40 for i in range(20_000)}
    owners = {program: split_of_program(program, n, 1) for program, n in n_symbols.items()}
    found, total = Counter(owners.values()), sum(PUBLISHED_SIZES.values())
    for name in ("dev", "test"):
        share = PUBLISHED_SIZES[name] / total
        assert share < found[name] / len(owners) < 1.2 * share
    means = {
        name: statistics.mean(n for program, n in n_symbols.items() if owners[program] == name)
        for name in found
    }
    assert means["dev"] > means["test"] > means["train"]


def test_split_of_a_program_depends_on_the_seed() -> None:
    programs = [f"p{i}" for i in range(200)]
    one, two = ([split_of_program(program, 20, seed) for program in programs] for seed in (1, 2))
    assert one == [split_of_program(program, 20, 1) for program in programs]
    assert one != two


def test_held_out_sends_a_task_where_its_pairs_belong() -> None:
    pairs = [Pair(f"outer{i}", f"inner{j}") for i in range(40) for j in range(40)]
    owners = {pair: held_out([pair], 1)[0] for pair in pairs}
    of = {name: [p for p in pairs if owners[p] == name] for name in PUBLISHED_SIZES}
    assert 0.04 < len(of["dev"]) / len(pairs) < 0.1
    assert 0.04 < len(of["test"]) / len(pairs) < 0.1
    train, dev, test = (of[name][0] for name in ("train", "dev", "test"))
    assert held_out([train, dev, test], 1) == ("test", frozenset({test}))
    assert held_out([train, dev], 1) == ("dev", frozenset({dev}))
    assert held_out([train], 1) == ("train", frozenset())
    assert held_out([], 1) == ("train", frozenset())


def test_held_out_pairs_differ_from_seed_to_seed() -> None:
    pairs = [Pair(f"outer{i}", "inner") for i in range(500)]
    one, two = ({pair for pair in pairs if held_out([pair], s)[0] == "test"} for s in (1, 2))
    assert one
    assert len(one & two) < len(one) / 2
