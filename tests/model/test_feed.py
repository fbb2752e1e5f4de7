"""What each process of a run is fed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hydra.utils import instantiate

from saps.data.module import TaskData
from saps.model.feed import Feed, FeedError, Shares
from tests.model.tiny_run import compose_tiny


@pytest.fixture
def data(tmp_path: Path) -> TaskData:
    cfg = compose_tiny(tmp_path, "data.cache=null")
    tasks: TaskData = instantiate(cfg.data, seed=1, _convert_="all")
    tasks.read()
    return tasks


def fed(data: TaskData, rank: int, n_ranks: int) -> Feed:
    feed = Feed(data)
    trainer: Any = SimpleNamespace(global_rank=rank, world_size=n_ranks, current_epoch=0)
    feed.trainer = trainer
    return feed


@pytest.mark.parametrize("n_ranks", [1, 2, 3])
def test_shares_of_a_batch_are_the_batch(data: TaskData, n_ranks: int) -> None:
    batches = data.batches("train", 0)
    parts = [Shares(batches, rank, n_ranks) for rank in range(n_ranks)]
    for number, whole in enumerate(batches.plan):
        indices = [i for part in parts if part.weight(number) for i in part[number].indices]
        assert sorted(indices) == sorted(whole.tolist())
        assert sum(part.weight(number) for part in parts) == pytest.approx(n_ranks)


def test_dev_batches_are_shared_out(data: TaskData) -> None:
    whole = [batch.indices for batch in fed(data, 0, 1).val_dataloader()]
    assert len(whole) > 1
    shared = [fed(data, rank, 2).val_dataloader() for rank in range(2)]
    assert sorted(b.indices for loader in shared for b in loader) == sorted(whole)


def test_more_processes_than_dev_batches_are_refused(data: TaskData) -> None:
    n_batches = len(data.batches("dev", 0))
    with pytest.raises(FeedError, match=rf"{n_batches + 1} processes .* {n_batches} batches"):
        fed(data, 0, n_batches + 1).val_dataloader()
