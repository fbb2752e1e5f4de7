from collections import Counter

import pytest

from saps.data.tasks.sharding import N_BLOCKS, Place, Shard, block_of, split_sizes

TEXTS = [f"given a number a , find a plus {i}" for i in range(20_000)]
COUNTS = [1, 2, 3, 7, N_BLOCKS]


def parts(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(1, count + 1)]


def test_shard_is_read_and_printed() -> None:
    assert Shard.from_text("2/4") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"
    assert Shard(2, 4).folder == "2-of-4"


def test_the_only_part_is_the_whole() -> None:
    whole = Shard.from_text("1/1")
    assert whole == Shard()
    assert (whole.is_whole, whole.folder, whole.blocks) == (True, "", range(N_BLOCKS))


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "-1/4", "1/0", "1.0/2", "a/b", "1/2/3"])
def test_shard_refuses_what_is_no_part(text: str) -> None:
    with pytest.raises(ValueError, match="expected i/n with i from 1 to n, such as 2/4"):
        Shard.from_text(text)


def test_shard_refuses_more_parts_than_blocks() -> None:
    reason = "shard is '1/65', but a data set has 64 blocks; make at most 64 parts"
    with pytest.raises(ValueError, match=reason):
        Shard.from_text("1/65")


def test_texts_fall_evenly_into_the_blocks() -> None:
    sizes = Counter(map(block_of, TEXTS))
    assert sizes.keys() == set(range(N_BLOCKS))
    assert max(sizes.values()) < 1.3 * len(TEXTS) / N_BLOCKS


@pytest.mark.parametrize("count", COUNTS)
def test_the_parts_have_the_blocks_in_their_order(count: int) -> None:
    blocks = [list(part.blocks) for part in parts(count)]
    assert [block for some in blocks for block in some] == list(range(N_BLOCKS))
    sizes = list(map(len, blocks))
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("size", [1, 5, 100, 99_506])
@pytest.mark.parametrize("count", COUNTS)
def test_the_quotas_of_the_parts_are_even_and_all(size: int, count: int) -> None:
    sizes = split_sizes(size)
    quotas = [part.quotas(sizes) for part in parts(count)]
    places = [place for part in quotas for place in part]
    assert sorted(places) == sorted(Place(s, b) for s in sizes for b in range(N_BLOCKS))
    for name, total in sizes.items():
        found = [n for part in quotas for place, n in part.items() if place.split == name]
        assert sum(found) == total
        assert max(found) - min(found) <= 1
