"""Many batches in one tensor, from where each is taken without a copy."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from saps.data.batching import Batch, map_parts


class _Place(NamedTuple):
    """Where the numbers of a tensor are, and its shape."""

    first: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PackedBatches:
    """Batches whose tensors are parts of one.

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

        def put(tensor: Tensor) -> Any:
            nonlocal first
            place = _Place(first, tuple(tensor.shape))
            tensors.append(tensor.flatten())
            first += tensor.numel()
            return place

        outlines = tuple(map_parts(Tensor, put, batch) for batch in batches)
        return cls(torch.cat(tensors), outlines)

    def __len__(self) -> int:
        return len(self.outlines)

    def __getitem__(self, index: int) -> Batch:
        """Return a batch; its tensors are views, so that nothing is copied or computed."""

        def view(place: _Place) -> Tensor:
            end = place.first + math.prod(place.shape)
            return self.numbers[place.first : end].view(place.shape)

        batch: Batch = map_parts(_Place, view, self.outlines[index])
        return batch

    @property
    def size_bytes(self) -> int:
        return self.numbers.numel() * self.numbers.element_size()

    def pin_memory(self) -> "PackedBatches":
        """Return a copy in page-locked memory, from where a GPU takes it in passing."""
        return replace(self, numbers=self.numbers.pin_memory())

    def to(self, device: torch.device | str) -> "PackedBatches":
        """Return the batches on a device: one copy."""
        return replace(self, numbers=self.numbers.to(device, non_blocking=True))
