"""What the processes of a run decide together."""

import lightning
import torch
import torch.distributed


class Agreement:
    """Tells all processes the largest number that one of them says.

    They meet on the CPU, whatever the network is trained on: nobody waits for a GPU.
    """

    def __init__(self) -> None:
        self._group: torch.distributed.ProcessGroup | None = None

    def largest(self, trainer: lightning.Trainer, *numbers: int) -> tuple[int, ...]:
        """Return the largest of each number over all processes, each of which must call this."""
        if trainer.world_size == 1:
            return numbers
        if self._group is None:
            self._group = torch.distributed.new_group(backend="gloo")
        said = torch.tensor(numbers)
        torch.distributed.all_reduce(said, torch.distributed.ReduceOp.MAX, self._group)
        return tuple(said.tolist())
