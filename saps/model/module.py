"""What Lightning trains: the loss of a step, the exact match of a validation."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from saps.data.batching import Batch, TextBatch
from saps.data.symbols import SymbolTable
from saps.lang import Node
from saps.model.synthesizer import Text2Tree


class _HasProgram(Protocol):
    @property
    def program(self) -> Node: ...


class Decoder(Protocol):
    """What validation asks of `saps.decoding`, which this room may not import."""

    def decode(
        self, network: Text2Tree, text: TextBatch, symbols: SymbolTable
    ) -> Iterable[_HasProgram]: ...


class SynthesisModule(lightning.LightningModule):
    """Teacher forcing with the mean cross-entropy per node; validation by greedy exact match."""

    def __init__(
        self,
        network: Text2Tree,
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

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = functional.cross_entropy(self.network(batch), batch.tree.label)
        self.log("train/loss", loss, on_epoch=True, on_step=False, batch_size=len(batch))
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        loss = functional.cross_entropy(self.network(batch), batch.tree.label)
        predictions = self.decoder.decode(self.network, batch.text, self.symbols)
        programs = self.trainer.datamodule.programs("dev", batch.indices)  # type: ignore[attr-defined]
        right = [guess.program == gold for guess, gold in zip(predictions, programs, strict=True)]
        exact = torch.tensor(right, dtype=torch.float32).mean()
        measures = {"val/loss": loss, "val/exact_match": exact}
        self.log_dict(measures, prog_bar=True, batch_size=len(batch))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer = self.make_optimizer(self.network.parameters())
        schedule = self.make_schedule(optimizer, total_steps=self.total_steps)
        scheduler: Any = {"scheduler": schedule, "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": scheduler}
