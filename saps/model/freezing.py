"""Parts of a network that keep their weights for the first epochs."""

from collections.abc import Mapping

import lightning
from lightning.pytorch.callbacks import Callback
from torch import nn
from torch.optim import Optimizer


class FreezingError(ValueError):
    """A freezing schedule does not fit the network."""


class Freezing(Callback):
    """Takes the gradients of frozen weights away before the optimiser sees them.

    What is frozen depends on the epoch alone, so a resumed run freezes what it would have frozen.
    The optimiser keeps no moments of a weight before its first step, and the norm that clipping
    looks at is that of the other weights.
    """

    def __init__(self, epochs: Mapping[str, int], network: nn.Module) -> None:
        """Set the schedule.

        Args:
            epochs: name of a part (`decoder`, `decoder.attention`) to the number of first epochs
                in which it is frozen. The longest name that fits a weight decides, so that
                `decoder: 2, decoder.attention: 0` leaves the attention free.
            network: has these parts.

        Raises:
            FreezingError: a number of epochs is not a whole number of at least 0, or there is no
                such part.
        """
        weights = dict(network.named_parameters())
        for part, count in epochs.items():
            _check(part, count, weights)
        self.epochs = {name: _longest_fit(name, epochs) for name in weights}
        self._weights = weights

    def on_before_optimizer_step(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,  # noqa: ARG002 - Lightning calls with all three
        optimizer: Optimizer,  # noqa: ARG002
    ) -> None:
        for name, weight in self._weights.items():
            if trainer.current_epoch < self.epochs[name]:
                weight.grad = None


def _check(part: str, count: object, weights: Mapping[str, nn.Parameter]) -> None:
    if type(count) is not int or count < 0:
        raise FreezingError(f"freezing.{part} is {count!r}, expected a number of epochs, 0 or more")
    if not any(_is_in(name, part) for name in weights):
        known = ", ".join(dict.fromkeys(name.partition(".")[0] for name in weights))
        raise FreezingError(
            f"freezing.{part}: the network has no such part; it has {known} and what is in them"
        )


def _longest_fit(name: str, epochs: Mapping[str, int]) -> int:
    fitting = [part for part in epochs if _is_in(name, part)]
    return epochs[max(fitting, key=len)] if fitting else 0


def _is_in(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")
