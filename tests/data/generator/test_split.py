import statistics

import pytest

from saps.data.generator.split import split_by_program, split_sizes

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
