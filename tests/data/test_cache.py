"""Arrays that are kept in a folder."""

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from saps.data import encoded as cache_module
from saps.data.encoded import Arrays, Cache, cache_key

KEY = cache_key("ours")


class Maker:
    """Makes arrays of one value, and counts how often."""

    def __init__(self, value: int = 7) -> None:
        self.value = value
        self.calls = 0

    def __call__(self) -> Arrays:
        self.calls += 1
        return {"table": np.full((2, 3), self.value, np.int32), "ends": np.arange(4)}


def _value(arrays: Arrays) -> int:
    assert arrays["table"].shape == (2, 3)
    assert arrays["table"].dtype == np.int32
    assert arrays["ends"].tolist() == [0, 1, 2, 3]
    return int(arrays["table"].max())


def test_arrays_are_made_once_and_come_back(tmp_path: Path) -> None:
    maker = Maker()
    values = [_value(Cache(tmp_path / "new").get("train", KEY, maker)) for _ in range(3)]
    assert values == [7, 7, 7]
    assert maker.calls == 1


def test_another_key_is_another_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert _value(cache.get("train", KEY, Maker(1))) == 1
    assert _value(cache.get("train", cache_key("theirs"), Maker(2))) == 2
    assert _value(cache.get("train", KEY, Maker(3))) == 1


def test_no_folder_keeps_nothing() -> None:
    maker = Maker()
    cache = Cache(None)
    assert [_value(cache.get("train", KEY, maker)) for _ in range(2)] == [7, 7]
    assert maker.calls == 2


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:20], id="cut-in-the-checksum"),
        pytest.param(lambda content: content[:-1], id="cut"),
        pytest.param(lambda content: content + b"\0", id="too-long"),
        pytest.param(lambda content: bytes([content[0] ^ 1]) + content[1:], id="checksum"),
        pytest.param(lambda content: content[:50] + b"?" + content[51:], id="header"),
        pytest.param(lambda content: content[:-9] + b"\x55" + content[-8:], id="numbers"),
    ],
)
def test_a_damaged_entry_is_made_anew(
    damage: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Cache(tmp_path).get("train", KEY, Maker(1))
    (path,) = tmp_path.iterdir()
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    maker = Maker(1)
    assert _value(Cache(tmp_path).get("train", KEY, maker)) == 1
    assert maker.calls == 1
    assert "damaged" in caplog.text
    assert path.read_bytes() == sound


def test_the_entry_of_another_key_does_not_pass_under_this_name(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.get("train", KEY, Maker(1))
    (path,) = tmp_path.iterdir()
    cache.get("train", cache_key("theirs"), Maker(2))
    (other,) = set(tmp_path.iterdir()) - {path}
    other.replace(path)
    assert _value(cache.get("train", KEY, Maker(1))) == 1


def test_a_folder_that_can_not_be_made_costs_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "cache")
    with caplog.at_level(logging.WARNING, logger="saps"):
        assert _value(cache.get("train", KEY, Maker(1))) == 1
        assert _value(cache.get("dev", KEY, Maker(2))) == 2
    assert len(caplog.records) == 1
    assert "cannot be written (Not a directory)" in caplog.text


def test_an_entry_that_can_not_be_opened_costs_the_cache_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Cache(tmp_path).get("train", KEY, Maker(1))
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.mkdir()  # also for the superuser, who may read everything else
    assert _value(Cache(tmp_path).get("train", KEY, Maker(2))) == 2
    assert "cannot be read" in caplog.text
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_making_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Arrays:
        raise ValueError("no such task")

    with pytest.raises(ValueError, match="no such task"):
        Cache(tmp_path).get("train", KEY, fail)
    assert list(tmp_path.iterdir()) == []


def test_two_that_make_the_same_entry_at_once_do_no_harm(tmp_path: Path) -> None:
    def make_while_another_finishes() -> Arrays:
        assert _value(Cache(tmp_path).get("train", KEY, Maker())) == 7
        return Maker()()

    assert _value(Cache(tmp_path).get("train", KEY, make_while_another_finishes)) == 7
    assert len(list(tmp_path.iterdir())) == 1


def test_two_that_write_and_read_at_once_see_whole_entries(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Each deletes the entry now and then, so that the other is writing while this one reads.
    expected = np.arange(100_000)

    def race(_: int) -> int:
        for turn in range(40):
            arrays = Cache(tmp_path).get("train", "0" * 64, lambda: {"numbers": expected})
            assert (arrays["numbers"] == expected).all()
            if turn % 3 == 0:
                for path in tmp_path.glob("*.saps-cache"):
                    path.unlink(missing_ok=True)
        return turn

    with ThreadPoolExecutor(2) as racers:
        assert list(racers.map(race, range(2))) == [39, 39]
    assert "damaged" not in caplog.text


def test_entries_used_longest_ago_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "KEPT", 2)
    cache = Cache(tmp_path)
    keys = [cache_key(number) for number in range(3)]
    for age, key in ((300, keys[0]), (200, keys[1])):
        before = set(tmp_path.iterdir())
        cache.get("train", key, Maker())
        (path,) = set(tmp_path.iterdir()) - before
        os.utime(path, (time.time() - age,) * 2)
    cache.get("train", keys[0], Maker())  # which makes it the younger of the two
    cache.get("train", keys[2], Maker())
    makers = [Maker(), Maker()]
    cache.get("train", keys[0], makers[0])
    cache.get("train", keys[1], makers[1])
    assert [maker.calls for maker in makers] == [0, 1]


def test_drafts_of_killed_processes_are_swept_up_after_a_day(tmp_path: Path) -> None:
    old, young, strange = (tmp_path / name for name in (".a.part", ".b.part", "notes.txt"))
    for path in (old, young, strange):
        path.write_text("")
    for path in (old, strange):
        os.utime(path, (time.time() - 90_000,) * 2)
    Cache(tmp_path).get("train", KEY, Maker())
    assert [path.exists() for path in (old, young, strange)] == [False, True, True]


def test_the_key_tells_its_parts_apart() -> None:
    keys = [cache_key("ab", "c"), cache_key("a", "bc"), cache_key("abc"), cache_key("ab", None)]
    assert len(set(keys)) == 4
    assert cache_key("ab", 3) == cache_key(b"ab", "3")


def test_the_key_changes_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache_key("ab")
    monkeypatch.setattr("saps.data.encoded.code_version", lambda: "of another day")
    assert cache_key("ab") != before
