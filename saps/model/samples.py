"""What the network writes for three fixed tasks, epoch after epoch."""

import logging
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from saps.data.module import TaskData
from saps.lang import Node

logger = logging.getLogger(__name__)

_LONGEST = 300  # letters of a program that was found


class SampleDecodes(Callback):
    """Logs text, gold and predicted program and log-probability of a few validation tasks."""

    def __init__(self, data: TaskData, n_samples: int) -> None:
        """Choose tasks evenly over the validation split: the same in every epoch and every run.

        Args:
            data: has been read.
            n_samples: how many; 0 shows none.
        """
        n_dev = data.size("dev")
        chosen = [i * n_dev // max(n_samples, 1) for i in range(min(n_samples, n_dev))]
        self.data = data
        self.chosen = tuple(dict.fromkeys(chosen))

    def on_validation_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        if not self.chosen or not trainer.is_global_zero:
            return
        for text, gold, prediction in self._decode(pl_module):
            logger.info("%s", sample_lines(text, gold, prediction))

    def _decode(self, module: Any) -> list[tuple[str, Any, Any]]:
        batch = self.data.batch("dev", self.chosen).to(module.device)
        with torch.inference_mode():
            predictions = module.decoder.decode(
                module.network, module.network.source(batch), module.symbols
            )
        texts = [self.data.text("dev", i) for i in self.chosen]
        golds = self.data.programs("dev", self.chosen)
        return list(zip(texts, golds, predictions, strict=True))


def sample_lines(text: str, gold: Any, prediction: Any) -> str:
    """Tell of one task in three lines; `prediction` is None where the network wrote no program."""
    if prediction is None:
        return f"  text  {text}\n  gold  {gold}\n  found no program"
    mark = "right" if prediction.program == gold else "wrong"
    return (
        f"  text  {text}\n  gold  {gold}\n"
        f"  found {_cut(prediction.program)}  (log-prob {prediction.log_prob:.2f}, {mark})"
    )


def _cut(program: Node) -> str:
    """Return a program; a network that has learned little writes hundreds of symbols."""
    told = str(program)
    if len(told) <= _LONGEST:
        return told
    return f"{told[:_LONGEST]} ... ({program.size} symbols)"
