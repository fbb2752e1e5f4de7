import statistics
from collections import Counter

from saps.data.tasks.composer import Pair
from saps.data.tasks.sharding import (
    PUBLISHED_SIZES,
    held_out,
    split_by_composition,
    split_by_surface,
    split_sizes,
)
from saps.lang import Node, parse
from tests.data.tasks.uses import use

ROOT = use("length", X="a")  # by surface, what was drawn does not matter


def test_split_sizes_are_the_published_ones() -> None:
    assert split_sizes(99_506) == {"train": 79_214, "dev": 9_352, "test": 10_940}
    assert sum(split_sizes(1_001).values()) == 1_001


def programs(n: int) -> list[Node]:
    return [parse(f"(f{i} {' '.join(['a'] * (4 + i % 40))})") for i in range(n)]


def test_split_by_surface_fills_dev_and_test_before_train() -> None:
    owners = {program: split_by_surface(ROOT, program, 1)[0] for program in programs(3_000)}
    found, total = Counter(owners.values()), sum(PUBLISHED_SIZES.values())
    for name in ("dev", "test"):
        share = PUBLISHED_SIZES[name] / total
        assert share < found[name] / len(owners) < 1.2 * share
    means = {
        name: statistics.mean(program.size for program in owners if owners[program] == name)
        for name in found
    }
    assert means["dev"] > means["test"] > means["train"]


def test_split_by_surface_depends_on_the_seed() -> None:
    one, two = ([split_by_surface(ROOT, p, seed) for p in programs(200)] for seed in (1, 2))
    assert one == [split_by_surface(ROOT, program, 1) for program in programs(200)]
    assert one != two


def test_split_by_composition_is_told_by_the_program() -> None:
    # the same program, drawn in two ways: whichever is refused, they go to one split
    program = parse("(len (filter a is_prime))")
    ways = [use("length", X=use("filter_prime", X="a")), use("number_of_prime", X="a")]
    assert [way.node() for way in ways] == [program, program]
    splits = set()
    n_refused = 0
    for seed in range(60):
        decisions = [split_by_composition(way, program, seed) for way in ways]
        owner = held_out([Pair("length", "filter")], seed)[0]
        in_train = ("train", frozenset[Pair]())
        assert decisions == [in_train if owner == "train" else None, in_train]
        n_refused += decisions[0] is None
        splits.add(owner)
    assert splits == {"train", "dev", "test"}
    assert n_refused < 20


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
