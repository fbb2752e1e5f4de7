"""What Lightning trains: the loss of a step, the exact match of a validation."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from saps.data.batching import Batch
from saps.data.symbols import SymbolTable
from saps.model.protocols import Loss, Network

if TYPE_CHECKING:
    from saps.search.greedy import GreedyDecoder

logger = logging.getLogger(__name__)

# What torch.compile calls a mode of its backend inductor.
_MODES = ("reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


class SynthesisModule(lightning.LightningModule):
    """Teacher forcing with the network's own loss; validation by greedy exact match."""

    def __init__(
        self,
        network: Network,
        *,
        symbols: SymbolTable,
        decoder: "GreedyDecoder",
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
        batches = self.trainer.datamodule.train  # type: ignore[attr-defined]
        # Of several processes each has a share of the batch; the mean over them is the batch's.
        weight: float = batches.weight(batch_idx)
        measures = {name: weight * value for name, value in _measures("train", loss).items()}
        size = len(batches.plan[batch_idx])  # over all processes
        self.log_dict(measures, on_epoch=True, on_step=False, batch_size=size, sync_dist=True)
        return weight * loss.total

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        loss = self.network.loss(batch)
        source = self.network.source(batch)
        # Decoded, and not the likeliest label at each gold node: exact match is of whole programs.
        predictions = self.decoder.decode(self.network, source, self.symbols)
        programs = self.trainer.datamodule.data.programs("dev", batch.indices)  # type: ignore[attr-defined]
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
    parts = {f"{stage}/{name}_loss": part.detach() for name, part in loss.parts.items()}
    return {f"{stage}/loss": loss.total.detach(), **parts}


class CompilationError(ValueError):
    """`compile` names neither a backend nor a mode; the message lists them."""


def check_compile(choice: object) -> None:
    """See that torch knows a value of `compile`; it would not before the first step.

    Raises:
        CompilationError: it does not.
    """
    # Those that torch keeps for its own authors can be used, but are no advice.
    if choice in _MODES or choice in torch._dynamo.list_backends(exclude_tags=()):
        return
    known = ", ".join([*torch._dynamo.list_backends(), *_MODES])
    raise CompilationError(f"compile={choice}: expected one of {known}, or null")


def compiled(
    loss: Callable[[Batch], Loss], choice: str, n_shapes: int | None
) -> Callable[[Batch], Loss]:
    """Compile a network's loss with its gradient, by a backend of torch.compile or its mode.

    Batches have at most `n_shapes` shapes, each of which is compiled by itself, as captured steps
    (`cudagraphs`, `reduce-overhead`) need it. None is any shape: the length of the texts and the
    numbers of steps are constants even then, since torch takes an encoder's layer apart into
    columns, and a run has more of them than torch compiles.
    """
    torch._dynamo.config.allow_rnn = True  # else every layer of the encoder breaks the graph
    how: dict[str, Any] = {"mode": choice} if choice in _MODES else {"backend": choice}
    if n_shapes is None:
        logger.warning(
            "compile=%s without feed.n_shapes: each length of text, and each number of steps of a "
            "tree, is compiled separately, and after %d of them torch stops compiling; "
            "feed.n_shapes=8 pads the batches to eight shapes",
            *(choice, torch._dynamo.config.recompile_limit),
        )
        return torch.compile(loss, dynamic=True, **how)
    # In training and in evaluation; beyond its limit torch would compile no more shapes.
    limit = max(torch._dynamo.config.recompile_limit, 2 * n_shapes)
    torch._dynamo.config.recompile_limit = limit
    return torch.compile(loss, dynamic=False, **how)
