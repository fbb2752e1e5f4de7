"""The batches of an epoch on the device, while worker processes make those of the next."""

import logging
import math
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from saps.data.batching import Batch, Tensors
from saps.data.files import DataError

logger = logging.getLogger(__name__)

Key = tuple[int, int]
"""An epoch, from 0, and which of its parts."""


class _Place(NamedTuple):
    """Where the numbers of a tensor are, and its shape."""

    first: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PackedBatches(Tensors):
    """Batches whose tensors are parts of one flat buffer: one copy brings them to a device.

    Attributes:
        numbers: (X,) what is in all tensors, one after another.
        outlines: the batches, with a place in `numbers` instead of each tensor.
    """

    numbers: Tensor
    outlines: tuple[Batch, ...]

    @classmethod
    def of(cls, batches: Iterable[Batch]) -> "PackedBatches":
        """Copy batches of index tensors into one tensor."""
        tensors = [torch.empty(0, dtype=torch.int64)]
        first = 0

        def put(tensor: Tensor) -> _Place:
            nonlocal first
            place = _Place(first, tuple(tensor.shape))
            tensors.append(tensor.flatten())
            first += tensor.numel()
            return place

        outlines = tuple(batch.map(Tensor, put) for batch in batches)
        return cls(torch.cat(tensors), outlines)

    def __len__(self) -> int:
        return len(self.outlines)

    def __getitem__(self, index: int) -> Batch:
        """Return a batch; its tensors are views, so that nothing is copied or computed."""

        def view(place: _Place) -> Tensor:
            end = place.first + math.prod(place.shape)
            return self.numbers[place.first : end].view(place.shape)

        return self.outlines[index].map(_Place, view)

    @property
    def size_bytes(self) -> int:
        return self.numbers.numel() * self.numbers.element_size()


class EpochParts(Dataset[PackedBatches]):
    """Parts of all epochs, each part in one tensor, made when asked for."""

    def __init__(self, batches_of: Callable[[int], Any], n_parts: int) -> None:
        """Take what gives the batches of an epoch by number, and the parts to make of them."""
        self.batches_of = batches_of
        self.n_parts = n_parts

    def __getitem__(self, key: Key) -> PackedBatches:
        epoch, part = key
        batches = self.batches_of(epoch)
        numbers = np.array_split(np.arange(len(batches)), self.n_parts)[part]
        return PackedBatches.of(batches[number] for number in numbers.tolist())


def check_room(n_workers: int) -> None:
    """See that worker processes can be started; a loader that fails at that says little.

    Raises:
        DataError: there is no room in /dev/shm, where processes keep their locks.
    """
    try:
        locks = [multiprocessing.Lock() for _ in range(8 * n_workers)]
    except OSError as error:
        reason = f"no worker process can start ({error.strerror}); free some, or feed.n_workers=0"
        raise DataError("/dev/shm", reason) from error  # noqa: S108 - no file of ours
    del locks


class Residence:
    """Keeps the batches of one epoch on a device; worker processes make those of the next."""

    def __init__(
        self,
        batches_of: Callable[[int], Any],
        device: torch.device,
        *,
        n_epochs: int | None,
        n_workers: int,
        pin: bool,
    ) -> None:
        """Set up.

        Args:
            batches_of: see `EpochParts`.
            device: where the batches are kept.
            n_epochs: of the run, so that none is made ahead that nobody asks for; None for no end.
            n_workers: processes that make batches; 0 makes an epoch when it begins.
            pin: copy by way of page-locked memory.
        """
        check_room(n_workers)
        self._parts = EpochParts(batches_of, max(1, n_workers))
        self._device = device
        self._n_epochs = n_epochs
        self._n_workers = n_workers
        self._pin = pin
        self._epoch = -1
        self._here: list[PackedBatches] = []
        self._ahead: Iterator[PackedBatches] | None = None

    def epoch(self, number: int) -> list[PackedBatches]:
        """Return the batches of an epoch, on the device."""
        if number == self._epoch:
            return self._here
        if self._ahead is None or number != self._epoch + 1:
            self._ahead = iter(self._loader(number))
        self._here = []  # makes room on the device first
        parts = islice(self._ahead, self._parts.n_parts)
        self._here = [part.to(self._device) for part in parts]
        if self._epoch < 0:
            size_mb = sum(part.size_bytes for part in self._here) / 1e6
            logger.info("the batches of an epoch take %.0f MB on %s", size_mb, self._device)
        self._epoch = number
        return self._here

    def _loader(self, first: int) -> DataLoader[PackedBatches]:
        epochs = count(first) if self._n_epochs is None else range(first, self._n_epochs)
        keys = ((epoch, part) for epoch in epochs for part in range(self._parts.n_parts))
        return DataLoader(
            self._parts,
            batch_size=None,
            sampler=keys,
            num_workers=self._n_workers,
            # Each worker makes one part ahead: together the next epoch, and no more.
            prefetch_factor=1 if self._n_workers else None,
            pin_memory=self._pin,
        )

    def close(self) -> None:
        """Let the workers go."""
        self._ahead = None


class ResidentEpoch:
    """The batches of one epoch, in turn; a checkpoint within it knows how many were given."""

    def __init__(self, parts: list[PackedBatches], epoch: int) -> None:
        self._parts, self._epoch = parts, epoch
        self._start = self._given = 0

    def __len__(self) -> int:
        return sum(map(len, self._parts))  # of the whole epoch: Lightning counts on

    def __iter__(self) -> Iterator[Batch]:
        self._given = self._start
        places = ((part, number) for part in self._parts for number in range(len(part)))
        for part, number in islice(places, self._start, None):
            self._given += 1
            yield part[number]

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self._epoch, "given": self._given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        if state["epoch"] == self._epoch:
            self._start = state["given"]
