import threading
import time
from collections.abc import Sequence
from concurrent.futures import wait

import pytest

from saps.serve.batcher import Batcher


class _Doubler:
    """Doubles numbers, refuses negative ones, and waits before its first batch if told to."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.entered = threading.Event()
        self.may_go = threading.Event()

    def __call__(self, key: str, items: Sequence[int]) -> list[int]:
        self.batches.append((key, list(items)))
        self.entered.set()
        assert self.may_go.wait(10)
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [2 * item for item in items]


@pytest.fixture
def doubler() -> _Doubler:
    return _Doubler()


@pytest.fixture
def batcher(doubler: _Doubler) -> Batcher[str, int, int]:
    """A batcher that is at a first batch, item 0, until the doubler may go."""
    made: Batcher[str, int, int] = Batcher(doubler, max_batch=4, max_wait_s=0.001)
    made.submit("x", 0)
    assert doubler.entered.wait(10)
    return made


def test_items_that_gather_during_a_batch_share_the_next_in_order(
    doubler: _Doubler, batcher: Batcher[str, int, int]
) -> None:
    futures = [batcher.submit("x", i) for i in range(1, 7)]
    doubler.may_go.set()
    assert [future.result(10) for future in futures] == [2, 4, 6, 8, 10, 12]
    assert [items for _, items in doubler.batches] == [[0], [1, 2, 3, 4], [5, 6]]


def test_a_batch_of_several_lets_the_next_wait_for_more_and_a_batch_of_one_does_not() -> None:
    doubler = _Doubler()
    batcher: Batcher[str, int, int] = Batcher(doubler, max_batch=2, max_wait_s=60.0)
    doubler.may_go.set()
    assert batcher.submit("x", 1).result(10) == 2  # nothing to wait for
    assert batcher.submit("x", 2).result(10) == 4
    doubler.may_go.clear()
    doubler.entered.clear()
    first = batcher.submit("x", 3)
    assert doubler.entered.wait(10)
    pair = [batcher.submit("x", i) for i in (4, 5)]
    doubler.may_go.set()
    assert [future.result(10) for future in (first, *pair)] == [6, 8, 10]
    alone = batcher.submit("x", 6)
    time.sleep(0.05)
    assert not alone.done()  # waits for a second one
    assert [batcher.submit("x", 7).result(10), alone.result(10)] == [14, 12]
    assert [items for _, items in doubler.batches] == [[1], [2], [3], [4, 5], [6, 7]]
    batcher.close()


def test_items_of_different_keys_do_not_share_a_batch(
    doubler: _Doubler, batcher: Batcher[str, int, int]
) -> None:
    futures = [batcher.submit(key, i) for i, key in enumerate("xyxy", start=1)]
    doubler.may_go.set()
    assert [future.result(10) for future in futures] == [2, 4, 6, 8]
    assert doubler.batches[1:] == [("x", [1, 3]), ("y", [2, 4])]


def test_an_item_that_fails_fails_alone(doubler: _Doubler, batcher: Batcher[str, int, int]) -> None:
    futures = [batcher.submit("x", i) for i in (1, -1, 3)]
    doubler.may_go.set()
    wait(futures, 10)
    assert [str(future.exception()) for future in futures] == ["None", "negative", "None"]
    assert [futures[0].result(), futures[2].result()] == [2, 6]
    assert batcher.submit("x", 5).result(10) == 10  # the thread goes on


def test_an_item_cancelled_before_its_batch_is_dropped(
    doubler: _Doubler, batcher: Batcher[str, int, int]
) -> None:
    futures = [batcher.submit("x", i) for i in (1, 2, 3)]
    assert futures[1].cancel()
    doubler.may_go.set()
    assert [futures[0].result(10), futures[2].result(10)] == [2, 6]
    assert doubler.batches[1:] == [("x", [1, 3])]


def test_closing_ends_the_thread_and_cancels_what_is_queued(
    doubler: _Doubler, batcher: Batcher[str, int, int]
) -> None:
    queued = batcher.submit("x", 1)
    assert batcher.n_queued == 1
    batcher.close()
    doubler.may_go.set()
    batcher._thread.join(10)
    assert not batcher._thread.is_alive()
    assert queued.cancelled()
    assert doubler.batches == [("x", [0])]


def test_a_batch_with_a_result_too_few_fails_rather_than_hangs() -> None:
    with_fault: Batcher[str, int, int] = Batcher(lambda _k, _i: [], max_batch=4, max_wait_s=0.001)
    with pytest.raises(RuntimeError, match="0 results for a batch of 1"):
        with_fault.submit("x", 1).result(10)
    with_fault.close()
