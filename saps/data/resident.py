"""The batches of an epoch on the device, while those of the next are made."""

import logging
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from saps.data.batching import Batch
from saps.data.packing import PackedBatches

logger = logging.getLogger(__name__)

Key = tuple[int, int]
"""An epoch, from 0, and which of its parts."""


class EpochParts(Dataset[PackedBatches]):
    """Parts of all epochs, each part in one tensor, made when asked for."""

    def __init__(self, batches_of: Callable[[int], Any], n_parts: int) -> None:
        """Set up.

        Args:
            batches_of: returns the batches of an epoch; has a length and gives each by number.
            n_parts: of an epoch, for so many processes to make at the same time.
        """
        self.batches_of = batches_of
        self.n_parts = n_parts

    def __getitem__(self, key: Key) -> PackedBatches:
        epoch, part = key
        batches = self.batches_of(epoch)
        numbers = np.array_split(np.arange(len(batches)), self.n_parts)[part]
        return PackedBatches.of(batches[number] for number in numbers.tolist())


class _Keys(Sampler[Key]):
    """All parts of all epochs from one on, in their order."""

    def __init__(self, first: int, last: int | None, n_parts: int) -> None:
        self.first, self.last, self.n_parts = first, last, n_parts

    def __iter__(self) -> Iterator[Key]:
        epochs = count(self.first) if self.last is None else range(self.first, self.last)
        return ((epoch, part) for epoch in epochs for part in range(self.n_parts))


class Residence:
    """Keeps the batches of one epoch on a device.

    Worker processes make the next epoch meanwhile, augmentation and padding included; it comes in
    one copy for each of them when it begins. So a step copies nothing, and what an epoch holds
    depends on the seed and its number, whoever made it.
    """

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
            device: where the batches go.
            n_epochs: of the run; beyond it nothing is made ahead. None for no end.
            n_workers: processes that make batches; 0 makes an epoch when it begins.
            pin: copy by way of page-locked memory.
        """
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
        return DataLoader(
            self._parts,
            batch_size=None,
            sampler=_Keys(first, self._n_epochs, self._parts.n_parts),
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
