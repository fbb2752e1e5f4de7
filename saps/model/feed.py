"""What a training process is fed: its share of each batch, from where a checkpoint left off."""

# ruff: noqa: ARG002 - Lightning calls hooks with arguments that not all of them need

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightning
import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader, Dataset, Sampler

from saps.data.batching import Batch, IntArray
from saps.data.module import EpochBatches, Split, TaskData
from saps.data.packing import PackedBatches
from saps.data.resident import Residence, ResidentEpoch
from saps.data.sequences import batch_sequences
from saps.data.shape_plan import ShapePlan
from saps.data.widths import Widths
from saps.lang import Node

logger = logging.getLogger(__name__)


class FeedError(ValueError):
    """There is too little for every process to have some; the message says what to do."""


AUTO = "auto"
_N_SHAPES_ON_CPU = 16


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
    if wanted == AUTO:
        in_bfloat16 = str(trainer.precision).startswith("bf16")
        has_end = trainer.max_epochs is not None and trainer.max_epochs > 0
        no_gpu = trainer.accelerator == "auto" and not torch.accelerator.is_available()
        on_cpu = trainer.accelerator == "cpu" or no_gpu
        few = on_cpu and in_bfloat16 and has_end and cfg.compile is None
        return _N_SHAPES_ON_CPU if few else None
    if wanted is not None and (type(wanted) is not int or wanted < 1):
        raise FeedError(f"feed.n_shapes={wanted}: it is auto, null or a number from 1 on")
    return wanted


def check_shares(data: TaskData, n_ranks: int) -> None:
    """See that each process has something to validate on.

    Args:
        data: has been read.
        n_ranks: number of processes.

    Raises:
        FeedError: there are fewer batches.
    """
    n_batches = len(data.batches("dev", 0))
    if n_batches < n_ranks:
        raise FeedError(
            f"{n_ranks} processes can not share {n_batches} batches of the dev split: take fewer "
            "processes (trainer.devices=), a smaller data.batch_size, or a larger data.dev_limit"
        )


class Shares(Dataset[Batch]):
    """One process's shares of the batches of an epoch.

    Together the processes train on the batches that one process would have: of each they take
    every n-th example.
    """

    def __init__(
        self, batches: EpochBatches, rank: int, n_ranks: int, shapes: ShapePlan | None = None
    ) -> None:
        """Set up.

        Args:
            batches: of the epoch.
            rank: of this process, from 0.
            n_ranks: number of processes.
            shapes: to which shares are padded; None leaves them as they are.
        """
        self.batches = batches
        self.rank = rank
        self.n_ranks = n_ranks
        self.shapes = shapes

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch:
        """Make a share; where it is empty it is one example, which `weight` makes count nothing."""
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


@dataclass(frozen=True, slots=True)
class _SharesOfEpochs:
    """Makes the shares of any training epoch of a run; a worker process may hold it."""

    data: TaskData
    rank: int
    n_ranks: int
    shapes: ShapePlan | None = None

    def __call__(self, epoch: int) -> Shares:
        return Shares(self.data.batches("train", epoch), self.rank, self.n_ranks, self.shapes)


class _From(Sampler[int]):
    """The numbers of an epoch's batches, without those that a resumed run has seen."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.start = 0

    def __len__(self) -> int:
        return self.length  # of the whole epoch: Lightning counts on from where it was

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.length))


class EpochLoader(DataLoader[Any]):
    """The batches of one epoch; a checkpoint within it knows how many were given."""

    def __init__(
        self, batches: Dataset[Batch], length: int, epoch: int, *, n_workers: int, pin: bool
    ) -> None:
        """Set up.

        Args:
            batches: made when asked for.
            length: their number.
            epoch: counted from 0.
            n_workers: processes that make batches ahead; 0 makes each when it is needed.
            pin: copy batches to page-locked memory, from where a GPU takes them in passing.
        """
        self._from, self._epoch, self._given = _From(length), epoch, 0
        super().__init__(
            batches, batch_size=None, sampler=self._from, num_workers=n_workers, pin_memory=pin
        )

    def __iter__(self) -> Any:
        return self._count(super().__iter__())

    def _count(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        self._given = self._from.start
        for batch in batches:
            self._given += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self._epoch, "given": self._given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        if state["epoch"] == self._epoch:
            self._from.start = state["given"]


class Feed(lightning.LightningDataModule):
    """Gives Lightning the batches of a `TaskData`, to each process its own."""

    def __init__(
        self,
        data: TaskData,
        *,
        n_workers: int = 0,
        pin: bool = False,
        resident: bool = False,
        n_shapes: int | None = None,
    ) -> None:
        """Set up.

        Args:
            data: has been read.
            n_workers: see `EpochLoader` and `Residence`.
            pin: likewise.
            resident: keep the batches of a whole epoch on the device, so that no step copies any.
            n_shapes: pad the training batches to so many shapes at most; None pads none.
        """
        super().__init__()
        self.data = data
        self.n_workers = n_workers
        self.pin = pin
        self.resident = resident
        self.n_shapes = n_shapes
        self._shares: Shares | None = None
        self._shares_of: _SharesOfEpochs | None = None
        self._residence: Residence | None = None
        self._dev: list[PackedBatches] = []

    def train_dataloader(self) -> EpochLoader | ResidentEpoch:
        epoch = self._trainer().current_epoch
        if self._shares_of is None:
            self._shares_of = self._plan_shares()
        self._shares = self._shares_of(epoch)
        if not self.resident:
            return self._loader(self._shares, len(self._shares), epoch)
        if self._residence is None:
            self._residence = self._reside(self._shares_of)
        return ResidentEpoch(self._residence.epoch(epoch), epoch)

    def _plan_shares(self) -> _SharesOfEpochs:
        trainer = self._trainer()
        shares_of = _SharesOfEpochs(self.data, trainer.global_rank, trainer.world_size)
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
        return replace(shares_of, shapes=shapes)

    def _reside(self, shares_of: _SharesOfEpochs) -> Residence:
        trainer = self._trainer()
        return Residence(
            shares_of,
            trainer.strategy.root_device,
            n_epochs=_n_epochs(trainer),
            n_workers=self.n_workers,
            pin=self.pin,
        )

    def val_dataloader(self) -> EpochLoader | ResidentEpoch:
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
        return ResidentEpoch(self._dev, 0)

    def teardown(self, stage: str) -> None:
        if self._residence is not None:
            self._residence.close()

    def on_exception(self, exception: BaseException) -> None:
        self.teardown("fit")

    def _loader(self, batches: Dataset[Batch], length: int, epoch: int) -> EpochLoader:
        return EpochLoader(batches, length, epoch, n_workers=self.n_workers, pin=self.pin)

    def _trainer(self) -> lightning.Trainer:
        if self.trainer is None:
            raise RuntimeError("a feed gives batches to a trainer: Trainer.fit(datamodule=feed)")
        return self.trainer

    def weight(self, index: int) -> float:
        """Return the factor of the loss of a training batch; see `Shares`."""
        return 1.0 if self._shares is None else self._shares.weight(index)

    def global_size(self, index: int) -> int:
        """Return the examples of a training batch over all processes."""
        if self._shares is None:
            raise RuntimeError("no batch was given yet")
        return len(self._shares.batches.plan[index])

    def programs(self, split: Split, indices: Sequence[int]) -> list[Node]:
        return self.data.programs(split, indices)

    def transfer_batch_to_device(
        self,
        batch: Batch,
        device: torch.device,
        dataloader_idx: int,
    ) -> Batch:
        return batch.to(device)


def _n_epochs(trainer: lightning.Trainer) -> int | None:
    """Return the number of epochs of a run, None where there is no end."""
    limit = trainer.max_epochs
    return limit if limit is not None and limit > 0 else None
