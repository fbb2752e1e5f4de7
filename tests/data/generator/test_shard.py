from collections import Counter

import pytest

from saps.data.generator.shard import Shard

TEXTS = [f"given a number a , find a plus {i}" for i in range(4_000)]


def parts(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(1, count + 1)]


def test_shard_is_read_and_printed() -> None:
    assert Shard.from_text("2/4") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"
    assert Shard(2, 4).folder == "2-of-4"


def test_the_only_part_is_the_whole() -> None:
    whole = Shard.from_text("1/1")
    assert whole == Shard()
    assert (whole.is_whole, whole.folder, whole.share(7)) == (True, "", 7)
    assert all(map(whole.holds, TEXTS))


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "-1/4", "1/0", "1.0/2", "a/b", "1/2/3"])
def test_shard_refuses_what_is_no_part(text: str) -> None:
    with pytest.raises(ValueError, match="expected i/n with i from 1 to n, such as 2/4"):
        Shard.from_text(text)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_each_text_is_of_one_part(count: int) -> None:
    owners = [[part.number for part in parts(count) if part.holds(text)] for text in TEXTS]
    assert {len(found) for found in owners} == {1}
    sizes = Counter(found[0] for found in owners)
    assert min(sizes.values()) > 0.8 * len(TEXTS) / count


@pytest.mark.parametrize("total", [0, 1, 5, 100, 10_940])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_shares_of_the_parts_are_even_and_all(total: int, count: int) -> None:
    shares = [part.share(total) for part in parts(count)]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1
