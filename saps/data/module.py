"""The data of a run: reading, encoding, batching; what Lightning asks batches of."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from saps.data.algolisp import DataError, load_split
from saps.data.augmentation import FillerDropout
from saps.data.batching import (
    Batch,
    EncodedExample,
    IntArray,
    batch_trees,
    encode_examples,
    pad_pieces,
    plan_epoch,
)
from saps.data.example import Example
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node

logger = logging.getLogger(__name__)

Split = Literal["train", "dev"]
SPLITS: tuple[Split, ...] = ("train", "dev")


class EpochBatches(Dataset[Batch]):
    """The batches of one epoch, made when asked for."""

    def __init__(
        self,
        examples: Sequence[EncodedExample],
        plan: Sequence[IntArray],
        n_labels: int,
        augmentation: FillerDropout | None = None,
        seed: tuple[int, ...] = (),
    ) -> None:
        self.examples = examples
        self.plan = plan
        self.n_labels = n_labels
        self.augmentation = augmentation
        self.seed = seed

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: int) -> Batch:
        indices = self.plan[index].tolist()
        chosen = [self.examples[i] for i in indices]
        pieces = [example.pieces for example in chosen]
        if self.augmentation is not None:
            # One generator a batch: what a batch holds does not depend on the ones before it.
            generator = np.random.default_rng((*self.seed, index))
            pieces = [self.augmentation(text, generator) for text in pieces]
        trees = batch_trees([example.tree for example in chosen], self.n_labels)
        return Batch(pad_pieces(pieces), trees, tuple(indices))


class TaskData(lightning.LightningDataModule):
    """Tasks of a folder with a training and a development split.

    The tokenizer is learned from the training texts alone.
    """

    def __init__(
        self,
        *,
        name: str,
        path: str,
        vocabulary_size: int,
        batch_size: int,
        token_budget: int,
        train_limit: int | None,
        dev_limit: int | None,
        filler_dropout: dict[str, float],
        seed: int,
    ) -> None:
        """Describe the data; `prepare` reads it.

        Args:
            name: what reports call it.
            path: folder with `train.jsonl` and `dev.jsonl` (or the published names, or gzip).
            vocabulary_size: of the tokenizer.
            batch_size: the most examples in a batch.
            token_budget: the most text pieces in a batch, padding included.
            train_limit: use the first so many training tasks; None for all.
            dev_limit: likewise for validation during training.
            filler_dropout: `text_rate` and `word_rate` of `FillerDropout`.
            seed: decides the order of batches and the augmentation.
        """
        super().__init__()
        self.name = name
        self.path = Path(path)
        self.vocabulary_size = vocabulary_size
        self.batch_size = batch_size
        self.token_budget = token_budget
        self.limits: dict[Split, int | None] = {"train": train_limit, "dev": dev_limit}
        self.filler_dropout = filler_dropout
        self.seed = seed

    def read(self, tokenizer: Tokenizer | None = None, symbols: SymbolTable | None = None) -> None:
        """Read and encode both splits.

        Args:
            tokenizer: of the run that is continued; None to learn one.
            symbols: likewise; None for those of the language.

        Raises:
            DataError: a file is missing, malformed, or has no task.
            TokenizerError, SymbolError: the data do not fit the tokenizer or the symbols.
        """
        if not self.path.exists():
            raise DataError(
                self.path,
                f"no data there: make some with 'saps generate out={self.path}', "
                "or give data.path=FOLDER",
            )
        self._programs: dict[Split, list[Node]] = {}
        self._encoded: dict[Split, list[EncodedExample]] = {}
        self.symbols = symbols or SymbolTable.of_language()
        tasks: dict[Split, list[Example]] = {
            split: load_split(self.path, split)[: self.limits[split]] for split in SPLITS
        }
        self.tokenizer = tokenizer or Tokenizer.train(
            [example.text for example in tasks["train"]], self.vocabulary_size
        )
        for split, examples in tasks.items():
            self._encoded[split] = encode_examples(examples, self.tokenizer, self.symbols)
            self._programs[split] = [example.program for example in examples]
            logger.info("%s: %d tasks from %s", split, len(examples), self.path)
        self.augmentation = FillerDropout(self.tokenizer, **self.filler_dropout)

    def size(self, split: Split) -> int:
        return len(self._programs[split])

    def programs(self, split: Split, indices: Sequence[int]) -> list[Node]:
        """Return the target programs of the given tasks."""
        return [self._programs[split][i] for i in indices]

    def batches(self, split: Split, epoch: int) -> EpochBatches:
        """Return the batches of an epoch, counted from 0, in their order."""
        examples = self._encoded[split]
        lengths = np.asarray([len(example.pieces) for example in examples])
        plan = plan_epoch(
            lengths,
            batch_size=self.batch_size,
            token_budget=self.token_budget,
            seed=self.seed,
            epoch=epoch,
        )
        augmentation = self.augmentation if split == "train" else None
        return EpochBatches(examples, plan, len(self.symbols), augmentation, (self.seed, epoch, 1))

    def train_dataloader(self) -> DataLoader[Any]:
        epoch = self.trainer.current_epoch if self.trainer is not None else 0
        return _loader(self.batches("train", epoch))

    def val_dataloader(self) -> DataLoader[Any]:
        return _loader(self.batches("dev", 0))

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        return batch.to(device)


def _loader(batches: EpochBatches) -> DataLoader[Any]:
    return DataLoader(batches, batch_size=None, shuffle=False, num_workers=0)
