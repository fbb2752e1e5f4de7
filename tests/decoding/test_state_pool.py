import torch

from saps.decoding.state_pool import StatePool


def test_rows_keep_their_states_when_others_are_dropped() -> None:
    pool = StatePool(torch.zeros(1, 2))
    rows = pool.add(torch.arange(200.0).view(100, 2))
    kept = rows[3::10]
    pool.keep([*kept, kept[0]])
    assert len(pool) == len(kept)
    more = pool.add(torch.full((5, 2), -1.0))
    assert pool.take(kept)[:, 0].tolist() == [2.0 * i for i in range(3, 100, 10)]
    assert pool.take(more).eq(-1).all()


def test_a_pool_is_crowded_when_most_of_it_is_not_needed() -> None:
    pool = StatePool(torch.zeros(100, 1))
    pool.add(torch.zeros(300, 1))
    assert not pool.is_crowded
    rows = pool.add(torch.zeros(1, 1))
    assert pool.is_crowded
    pool.keep(rows)
    assert not pool.is_crowded


def test_a_pool_may_become_empty() -> None:
    pool = StatePool(torch.zeros(3, 4))
    pool.keep([])
    assert len(pool) == 0
    [row] = pool.add(torch.ones(1, 4))
    assert pool.take([row]).tolist() == [[1.0] * 4]
