"""What each process of a run is fed."""

from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hydra.utils import instantiate

from saps.data.batching import Batch
from saps.data.data_module import TaskData
from saps.training.data_feed import Feed, FeedError, choose_shapes
from tests.training.tiny_run import compose_tiny


@pytest.fixture
def data(tmp_path: Path) -> TaskData:
    cfg = compose_tiny(tmp_path, "data.cache=null")
    tasks: TaskData = instantiate(cfg.data, seed=1, _convert_="all")
    tasks.read()
    return tasks


def fed(data: TaskData, rank: int, n_ranks: int, **settings: Any) -> Feed:
    feed = Feed(data, **settings)
    trainer: Any = SimpleNamespace(
        global_rank=rank,
        world_size=n_ranks,
        current_epoch=0,
        max_epochs=3,
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
    )
    feed.trainer = trainer
    return feed


def epochs(feed: Feed, *numbers: int) -> list[list[Batch]]:
    found = []
    for number in numbers:
        feed.trainer.current_epoch = number  # type: ignore[misc, union-attr]
        found.append(list(feed.train_dataloader()))
    return found


def content(batch: Batch) -> list[Any]:
    tree = batch.tree
    tensors = (batch.text.pieces, batch.text.lengths, tree.label, tree.h_previous, tree.v_slot)
    return [batch.indices, tree.h_sizes, *(tensor.tolist() for tensor in tensors)]


@pytest.mark.parametrize("n_ranks", [1, 2, 3])
def test_shares_of_a_batch_are_the_batch(data: TaskData, n_ranks: int) -> None:
    batches = data.batches("train", 0)
    parts = [data.batches("train", 0, rank, n_ranks) for rank in range(n_ranks)]
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


@pytest.mark.parametrize("n_workers", [0, 2])
@pytest.mark.parametrize("n_shapes", [None, 2])
def test_batches_that_live_on_the_device_are_those_of_the_loader(
    data: TaskData, n_workers: int, n_shapes: int | None
) -> None:
    plain = epochs(fed(data, 1, 2, n_shapes=n_shapes), 0, 1, 2)
    feed = fed(data, 1, 2, n_shapes=n_shapes, resident=True, n_workers=n_workers)
    # The second epoch is asked for twice, as a run that validates does; the last is gone back to.
    resident = epochs(feed, 0, 1, 1, 2)
    again = epochs(feed, 0)
    feed.teardown("fit")
    for number, epoch in zip((0, 1, 1, 2), resident, strict=True):
        assert [content(b) for b in epoch] == [content(b) for b in plain[number]]
    assert [content(b) for b in again[0]] == [content(b) for b in plain[0]]
    assert len({b.text.pieces.untyped_storage().data_ptr() for b in resident[0]}) <= max(
        1, n_workers
    )


def test_a_resident_epoch_goes_on_from_where_a_checkpoint_left_it(data: TaskData) -> None:
    loader = fed(data, 0, 1, resident=True).train_dataloader()
    whole = [content(batch) for batch in loader]
    given = islice(iter(loader), 2)
    assert [content(batch) for batch in given] == whole[:2]
    state = loader.state_dict()
    assert state == {"epoch": 0, "given": 2}
    resumed = fed(data, 0, 1, resident=True).train_dataloader()
    resumed.load_state_dict(state)
    assert [content(batch) for batch in resumed] == whole[2:]
    assert len(resumed) == len(whole)
    resumed.load_state_dict({"epoch": 1, "given": 1})  # of another epoch: nothing to leave out
    assert [content(batch) for batch in resumed] == whole[2:]


def test_dev_batches_live_on_the_device_too(data: TaskData) -> None:
    plain = [content(batch) for batch in fed(data, 0, 1).val_dataloader()]
    feed = fed(data, 0, 1, resident=True, n_shapes=1)
    assert [content(batch) for batch in feed.val_dataloader()] == plain
    first = next(iter(feed.val_dataloader())).text.pieces.data_ptr()
    assert next(iter(feed.val_dataloader())).text.pieces.data_ptr() == first


@pytest.mark.parametrize("n_ranks", [1, 3])
def test_the_shares_of_all_epochs_have_few_shapes(data: TaskData, n_ranks: int) -> None:
    for rank in range(n_ranks):
        feed = fed(data, rank, n_ranks, n_shapes=2)
        shapes = {
            (batch.text.pieces.shape, batch.tree.h_sizes, batch.tree.v_sizes, batch.tree.n_slots)
            for epoch in epochs(feed, 0, 1, 2)
            for batch in epoch
        }
        assert len(shapes) <= 2


def test_shapes_need_a_number_of_epochs(data: TaskData) -> None:
    feed = fed(data, 0, 1, n_shapes=2)
    feed.trainer.max_epochs = -1  # type: ignore[misc, union-attr]
    with pytest.raises(FeedError, match=r"set trainer\.max_epochs"):
        feed.train_dataloader()


ON_CPU_IN_BF16 = ("trainer.precision=bf16-mixed",)


@pytest.mark.parametrize(
    ("overrides", "n_shapes"),
    [
        ((), None),
        (ON_CPU_IN_BF16, 16),
        ((*ON_CPU_IN_BF16, "compile=eager"), None),
        ((*ON_CPU_IN_BF16, "trainer.max_epochs=-1"), None),
        ((*ON_CPU_IN_BF16, "trainer.accelerator=gpu"), None),
        ((*ON_CPU_IN_BF16, "feed.n_shapes=null"), None),
        (("trainer=gpu",), 8),
        (("feed.n_shapes=3",), 3),
    ],
)
def test_batches_have_few_shapes_where_each_new_one_costs(
    overrides: tuple[str, ...], n_shapes: int | None, tmp_path: Path
) -> None:
    assert choose_shapes(compose_tiny(tmp_path, *overrides)) == n_shapes


@pytest.mark.parametrize(("has_gpu", "n_shapes"), [(False, 16), (True, None)])
def test_shapes_where_lightning_chooses_the_device(
    has_gpu: bool, n_shapes: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: has_gpu)
    overrides = ("trainer=ddp", *ON_CPU_IN_BF16, "trainer.accelerator=auto")
    assert choose_shapes(compose_tiny(tmp_path, *overrides)) == n_shapes


@pytest.mark.parametrize("wrong", ["many", "0", "1.5", "true"])
def test_a_number_of_shapes_that_is_none_is_refused(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"feed\.n_shapes=\S+: expected auto, null or a"):
        choose_shapes(compose_tiny(tmp_path, f"feed.n_shapes={wrong}"))
