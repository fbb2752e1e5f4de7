"""What Lightning trains: the loss of a step, the exact match of a validation."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from saps.data.batching import Batch
from saps.data.symbols import SymbolTable
from saps.lang import Node
from saps.model.loss import Loss
from saps.model.network import Network, Source


class _HasProgram(Protocol):
    @property
    def program(self) -> Node: ...


class Decoder(Protocol):
    """What validation asks of `saps.decoding`, which this room may not import."""

    def decode(
        self, network: Any, source: Source, symbols: SymbolTable, /
    ) -> Iterable[_HasProgram | None]: ...


class SynthesisModule(lightning.LightningModule):
    """Teacher forcing with the network's own loss; validation by greedy exact match."""

    def __init__(
        self,
        network: Network,
        *,
        symbols: SymbolTable,
        decoder: Decoder,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[..., LambdaLR],
        total_steps: int,
    ) -> None:
        super().__init__()
        self.network = network
        self.symbols = symbols
        self.decoder = decoder
        self.make_optimizer = optimizer
        self.make_schedule = schedule
        self.total_steps = total_steps
        self.compute_loss: Callable[[Batch], Loss] = network.loss

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self.compute_loss(batch)
        feed = self.trainer.datamodule  # type: ignore[attr-defined]
        # Of several processes each has a share of the batch; the mean over them is the batch's.
        weight: float = feed.weight(batch_idx)
        measures = {name: weight * value for name, value in _measures("train", loss).items()}
        size = feed.global_size(batch_idx)
        self.log_dict(measures, on_epoch=True, on_step=False, batch_size=size, sync_dist=True)
        return weight * loss.total

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        loss = self.network.loss(batch)
        source = self.network.source(batch)
        predictions = self.decoder.decode(self.network, source, self.symbols)
        programs = self.trainer.datamodule.programs("dev", batch.indices)  # type: ignore[attr-defined]
        right = [
            guess is not None and guess.program == gold
            for guess, gold in zip(predictions, programs, strict=True)
        ]
        exact = torch.tensor(right, dtype=torch.float32).mean()
        self.log_dict(validation_measures(loss, exact), batch_size=len(batch), sync_dist=True)

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        if not gradient_clip_val:  # as for Lightning, 0 is no limit
            return
        # Lightning refuses to clip for a fused optimiser, lest its gradients be scaled; only
        # float16 has them scaled.
        if self.trainer.precision == "16-mixed":
            super().configure_gradient_clipping(
                optimizer, gradient_clip_val, gradient_clip_algorithm
            )
        elif gradient_clip_algorithm == "value":
            torch.nn.utils.clip_grad_value_(self.parameters(), gradient_clip_val)
        else:
            torch.nn.utils.clip_grad_norm_(self.parameters(), gradient_clip_val)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer = self.make_optimizer(self.network.parameters())
        schedule = self.make_schedule(optimizer, total_steps=self.total_steps)
        scheduler: Any = {"scheduler": schedule, "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": scheduler}


def validation_measures(loss: Loss, exact: Tensor) -> dict[str, Tensor]:
    """Name what a validation tells: the loss, its parts, and the share of programs that match."""
    return _measures("val", loss) | {"val/exact_match": exact}


def _measures(stage: str, loss: Loss) -> dict[str, Tensor]:
    """Name the loss and its parts for the logger."""
    parts = {f"{stage}/{name}_loss": part.detach() for name, part in loss.parts.items()}
    return {f"{stage}/loss": loss.total.detach(), **parts}
