"""What a training process is fed: its share of each batch, from where a checkpoint left off."""

import logging
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain, islice
from typing import TYPE_CHECKING

import lightning
import numpy as np
import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader

from saps.data.batching import Batch
from saps.data.device_batches import PackedBatches, ShapePlan
from saps.data.files import DataError

if TYPE_CHECKING:
    from saps.data.data_module import EpochBatches, TaskData

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


def check_room(n_workers: int) -> None:
    """See that worker processes can be started; a loader that fails at that says little.

    Raises:
        DataError: there is no room in /dev/shm, where processes keep their locks.
    """
    try:
        locks = [multiprocessing.Lock() for _ in range(8 * n_workers)]
    except OSError as error:
        told = f"no worker process can start ({error.strerror})"
        reason = f"{told}; free some space, or set feed.n_workers=0"
        raise DataError("/dev/shm", reason) from error  # noqa: S108 - no file of ours
    del locks


class CountedEpoch:
    """The batches of one epoch, in turn; a checkpoint within it knows how many were given."""

    def __init__(
        self, batches_from: Callable[[int], Iterable[Batch]], length: int, epoch: int
    ) -> None:
        self._batches_from, self._length, self._epoch = batches_from, length, epoch
        self._start = self._given = 0

    def __len__(self) -> int:
        return self._length  # of the whole epoch: Lightning counts on

    def __iter__(self) -> Iterator[Batch]:
        self._given = self._start
        for batch in self._batches_from(self._start):
            self._given += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self._epoch, "given": self._given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        if state["epoch"] == self._epoch:
            self._start = state["given"]


class Feed(lightning.LightningDataModule):
    """Gives Lightning the batches of a `TaskData`, to each process its own.

    Attributes:
        train: this process's batches of the epoch at hand.
    """

    train: "EpochBatches"

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
        of a whole epoch are kept on the device, so that no step copies any; the workers make the
        next epoch's meanwhile. Training batches are padded to `n_shapes` shapes at most; None pads
        none.
        """
        super().__init__()
        check_room(n_workers)
        self.data, self.n_workers, self.pin = data, n_workers, pin
        self.resident, self.n_shapes = resident, n_shapes
        self._here: list[PackedBatches] = []  # on the device
        self._dev: list[PackedBatches] = []
        # An epoch that workers make already, and what they make of it.
        self._ahead: tuple[int, Iterator[PackedBatches]] | None = None

    def train_dataloader(self) -> CountedEpoch:
        epoch = self._trainer().current_epoch
        self.train = self._batches(epoch, self._shapes)
        if not self.resident:
            return self._copied(self.train, epoch)
        self._fetch(self.train, epoch)
        return _resident(self._here, epoch)

    def _batches(self, epoch: int, shapes: ShapePlan | None = None) -> "EpochBatches":
        trainer = self._trainer()
        return self.data.batches("train", epoch, trainer.global_rank, trainer.world_size, shapes)

    @cached_property
    def _shapes(self) -> ShapePlan | None:
        """The few shapes of all training batches of the run, where they are asked for."""
        if self.n_shapes is None:
            return None
        n_epochs = _n_epochs(self._trainer())
        if n_epochs is None:
            raise FeedError("feed.n_shapes looks at all epochs: set trainer.max_epochs")
        split = self.data.encoded("train")
        plans = (self._batches(epoch).shares() for epoch in range(n_epochs))
        shapes = ShapePlan.of(split, plans, self.n_shapes)
        pieces, nodes = shapes.growth(split, self._batches(0).shares())
        told = "batches have one of %d shapes, with %.0f %% more pieces and %.0f %% more nodes"
        logger.info(told, len(shapes.shapes), 100 * pieces, 100 * nodes)
        return shapes

    def _fetch(self, batches: "EpochBatches", epoch: int) -> None:
        """Bring the batches of an epoch to the device, and have workers begin with the next."""
        trainer = self._trainer()
        device, is_first = trainer.strategy.root_device, not self._here
        at, parts = self._ahead or (None, iter(()))
        self._here = []  # makes room on the device first
        self._here = [p.to(device) for p in (parts if at == epoch else self._packed(batches))]
        if is_first:
            size_mb = sum(part.size_bytes for part in self._here) / 1e6
            logger.info("the batches of an epoch take %.0f MB on %s", size_mb, device)
        n_epochs = _n_epochs(trainer)
        self._ahead = None
        if n_epochs is None or epoch + 1 < n_epochs:
            self._ahead = epoch + 1, self._packed(self._batches(epoch + 1, self._shapes))

    def _packed(self, batches: "EpochBatches") -> Iterator[PackedBatches]:
        """Give the batches of an epoch in as many parts as there are workers, who start at once."""
        parts = np.array_split(np.arange(len(batches)), max(1, self.n_workers))
        return iter(
            DataLoader(
                batches,
                batch_sampler=[part.tolist() for part in parts],
                collate_fn=PackedBatches.of,
                num_workers=self.n_workers,
                prefetch_factor=1 if self.n_workers else None,
                pin_memory=self.pin,
            )
        )

    def val_dataloader(self) -> CountedEpoch:
        trainer = self._trainer()
        check_shares(self.data, trainer.world_size)
        batches = self.data.batches("dev", 0)
        # Whole batches, in turn: there is no gradient to agree on.
        batches.plan = list(batches.plan)[trainer.global_rank :: trainer.world_size]
        if not self.resident:
            return self._copied(batches, 0)
        if not self._dev:
            packed = PackedBatches.of(batches[number] for number in range(len(batches)))
            self._dev = [packed.to(trainer.strategy.root_device)]
        return _resident(self._dev, 0)

    def _copied(self, batches: "EpochBatches", epoch: int) -> CountedEpoch:
        make = partial(
            DataLoader, batches, batch_size=None, num_workers=self.n_workers, pin_memory=self.pin
        )
        length = len(batches)
        return CountedEpoch(lambda start: make(sampler=range(start, length)), length, epoch)

    def teardown(self, stage: str) -> None:  # noqa: ARG002 - Lightning's
        self._ahead = None  # lets the workers go

    def on_exception(self, exception: BaseException) -> None:  # noqa: ARG002
        self.teardown("fit")

    def _trainer(self) -> lightning.Trainer:
        assert self.trainer is not None, "Trainer.fit(datamodule=feed) sets it"
        return self.trainer


def _resident(parts: Sequence[PackedBatches], epoch: int) -> CountedEpoch:
    """Give the batches of an epoch that are on the device."""
    n_batches = sum(map(len, parts))
    return CountedEpoch(lambda n: islice(chain.from_iterable(parts), n, None), n_batches, epoch)


def _n_epochs(trainer: lightning.Trainer) -> int | None:
    """Return the number of epochs of a run, None where there is no end."""
    limit = trainer.max_epochs
    return limit if limit is not None and limit > 0 else None
