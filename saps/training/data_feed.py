"""What a training process is fed: its share of each batch, from where a checkpoint left off."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import lightning
import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader, Dataset

from saps.data.batching import Batch, IntArray, batch_sequences
from saps.data.device_batches import (
    CountedEpoch,
    PackedBatches,
    Residence,
    ShapePlan,
    Widths,
    check_room,
)
from saps.lang import Node

if TYPE_CHECKING:
    from saps.data.data_module import EpochBatches, Split, TaskData

logger = logging.getLogger(__name__)

_N_SHAPES_ON_CPU = 16


class FeedError(ValueError):
    """There is too little for every process to have some; the message says what to do."""


def choose_shapes(cfg: DictConfig) -> int | None:
    """Return how many shapes the batches of a run are padded to; None pads none.

    Where `feed.n_shapes` is auto they are few in bfloat16 on a CPU: oneDNN, which multiplies there,
    makes code for each combination of sizes that it has not met lately, and that takes longer than
    the product. Float32 has nothing to gain, a backend of `compile` would compile each shape by
    itself, and without a last epoch nobody can say which shapes there will be.

    Raises:
        FeedError: it is neither auto, null nor a number above 0.
    """
    wanted, trainer = cfg.feed.n_shapes, cfg.trainer
    if wanted == "auto":
        in_bfloat16 = str(trainer.precision).startswith("bf16")
        has_end = trainer.max_epochs is not None and trainer.max_epochs > 0
        no_gpu = trainer.accelerator == "auto" and not torch.accelerator.is_available()
        on_cpu = trainer.accelerator == "cpu" or no_gpu
        few = on_cpu and in_bfloat16 and has_end and cfg.compile is None
        return _N_SHAPES_ON_CPU if few else None
    if wanted is not None and (type(wanted) is not int or wanted < 1):
        raise FeedError(f"feed.n_shapes={wanted}: expected auto, null or a whole number from 1")
    return wanted


def check_shares(data: "TaskData", n_ranks: int) -> None:
    """Raise a FeedError where a process would have nothing to validate on."""
    n_batches = len(data.batches("dev", 0))
    if n_batches < n_ranks:
        raise FeedError(
            f"{n_ranks} processes cannot share {n_batches} batches of the dev split: take fewer "
            "processes (trainer.devices=), a smaller data.batch_size, or a larger data.dev_limit"
        )


class Shares(Dataset[Batch]):
    """One rank's shard of each batch of an epoch.

    Together the processes train on the batches that one process would have: of each they take
    every n-th example.
    """

    def __init__(
        self, batches: "EpochBatches", rank: int, n_ranks: int, shapes: ShapePlan | None = None
    ) -> None:
        self.batches, self.rank, self.n_ranks, self.shapes = batches, rank, n_ranks, shapes

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch:
        """Make a share; where it is empty it is one example, which `weight` makes count nothing."""
        # A process without a share takes part all the same: the others wait for its gradients.
        batch = self.batches.make(index, self._part(index) or slice(0, 1))
        if self.shapes is None:
            return batch
        # As the plan counted them: augmentation may have made texts shorter since.
        longest = int(self.batches.examples.lengths[list(batch.indices)].max())
        return self.shapes.shape(longest).pad(batch)

    def plan(self) -> list[IntArray]:
        """Return which examples each share holds."""
        return [
            whole[self._part(index) or slice(0, 1)] for index, whole in enumerate(self.batches.plan)
        ]

    def weight(self, index: int) -> float:
        """Return the factor of a share's loss whose mean over processes is the whole loss.

        The loss is a mean over nodes (or tokens), so a share counts as much as it has of them.
        """
        if self.n_ranks == 1:
            return 1.0
        # DDP takes the plain mean over processes, whose shares may differ in size.
        part = self._part(index)
        whole = self._n_terms(index, slice(None))
        return 0.0 if part is None else self.n_ranks * self._n_terms(index, part) / whole

    def _part(self, index: int) -> slice | None:
        is_empty = self.rank >= len(self.batches.plan[index])
        return None if is_empty else slice(self.rank, None, self.n_ranks)

    def _n_terms(self, index: int, part: slice) -> int:
        trees = [self.batches.examples[i].tree for i in self.batches.plan[index][part].tolist()]
        if self.batches.sequences:
            return len(batch_sequences(trees, self.batches.n_labels).token)
        return sum(len(tree) for tree in trees)


def _shares(
    data: "TaskData", rank: int, n_ranks: int, shapes: ShapePlan | None, epoch: int
) -> Shares:
    """Make the shares of a training epoch of a run; a worker process may, too."""
    return Shares(data.batches("train", epoch), rank, n_ranks, shapes)


class Feed(lightning.LightningDataModule):
    """Gives Lightning the batches of a `TaskData`, to each process its own."""

    def __init__(
        self,
        data: "TaskData",
        *,
        n_workers: int = 0,
        pin: bool = False,
        resident: bool = False,
        n_shapes: int | None = None,
    ) -> None:
        """Set up for data that have been read.

        Batches are made when they are needed, or ahead by `n_workers` processes; with `pin` they
        are copied to page-locked memory, from where a GPU takes them in passing. Resident batches
        of a whole epoch are kept on the device, so that no step copies any. Training batches are
        padded to `n_shapes` shapes at most; None pads none.
        """
        super().__init__()
        self.data, self.n_workers, self.pin = data, n_workers, pin
        self.resident, self.n_shapes = resident, n_shapes
        self._shares: Shares | None = None
        self._shares_of: Callable[[int], Shares] | None = None
        self._residence: Residence | None = None
        self._dev: list[PackedBatches] = []

    def train_dataloader(self) -> CountedEpoch:
        trainer = self._trainer()
        epoch = trainer.current_epoch
        if self._shares_of is None:
            self._shares_of = self._plan_shares()
        self._shares = self._shares_of(epoch)
        if not self.resident:
            return self._loader(self._shares, len(self._shares), epoch)
        if self._residence is None:
            self._residence = Residence(
                self._shares_of,
                trainer.strategy.root_device,
                n_epochs=_n_epochs(trainer),
                n_workers=self.n_workers,
                pin=self.pin,
            )
        return CountedEpoch.resident(self._residence.epoch(epoch), epoch)

    def _plan_shares(self) -> Callable[[int], Shares]:
        trainer = self._trainer()
        place = (self.data, trainer.global_rank, trainer.world_size)
        shares_of = partial(_shares, *place, None)
        if self.n_shapes is None:
            return shares_of
        n_epochs = _n_epochs(trainer)
        if n_epochs is None:
            raise FeedError("feed.n_shapes looks at all epochs: set trainer.max_epochs")
        widths = Widths.of(self.data.encoded("train"))
        plans = (shares_of(epoch).plan() for epoch in range(n_epochs))
        shapes = ShapePlan.of(widths, plans, self.n_shapes)
        pieces, nodes = shapes.growth(widths, shares_of(0).plan())
        told = "batches have one of %d shapes, with %.0f %% more pieces and %.0f %% more nodes"
        logger.info(told, len(shapes.shapes), 100 * pieces, 100 * nodes)
        return partial(_shares, *place, shapes)

    def val_dataloader(self) -> CountedEpoch:
        trainer = self._trainer()
        check_shares(self.data, trainer.world_size)
        batches = self.data.batches("dev", 0)
        # Whole batches, in turn: there is no gradient to agree on.
        batches.plan = list(batches.plan)[trainer.global_rank :: trainer.world_size]
        if not self.resident:
            return self._loader(batches, len(batches), 0)
        if not self._dev:
            packed = PackedBatches.of(batches[number] for number in range(len(batches)))
            self._dev = [packed.to(trainer.strategy.root_device)]
        return CountedEpoch.resident(self._dev, 0)

    def teardown(self, stage: str) -> None:  # noqa: ARG002 - Lightning's
        if self._residence is not None:
            self._residence.close()

    def on_exception(self, exception: BaseException) -> None:  # noqa: ARG002
        self.teardown("fit")

    def _loader(self, batches: Dataset[Batch], length: int, epoch: int) -> CountedEpoch:
        # A worker hands batches over in shared memory, which containers are short of.
        check_room(self.n_workers)
        make = partial(
            DataLoader, batches, batch_size=None, num_workers=self.n_workers, pin_memory=self.pin
        )
        return CountedEpoch(lambda start: make(sampler=range(start, length)), length, epoch)

    def _trainer(self) -> lightning.Trainer:
        assert self.trainer is not None, "Trainer.fit(datamodule=feed) sets it"
        return self.trainer

    def weight(self, index: int) -> float:
        """Return the factor of the loss of a training batch; see `Shares`."""
        return 1.0 if self._shares is None else self._shares.weight(index)

    def global_size(self, index: int) -> int:
        """Return the examples of a training batch over all processes."""
        assert self._shares is not None, "a batch was given"
        return len(self._shares.batches.plan[index])

    def programs(self, split: "Split", indices: Sequence[int]) -> list[Node]:
        return self.data.programs(split, indices)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, *_: Any) -> Batch:
        return batch.to(device)


def _n_epochs(trainer: lightning.Trainer) -> int | None:
    """Return the number of epochs of a run, None where there is no end."""
    limit = trainer.max_epochs
    return limit if limit is not None and limit > 0 else None
