"""The data of a run: reading, encoding, batching; what Lightning asks batches of."""

import logging
import re
import time
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any, Literal

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import saps.naming  # noqa: F401 - a sweep's processes resolve conf/data without composing it
from saps.data.algolisp import DataError
from saps.data.augmentation import FillerDropout
from saps.data.batching import (
    Batch,
    IntArray,
    batch_trees,
    encode_examples,
    pad_pieces,
    padding_share,
    plan_epoch,
)
from saps.data.cache import Arrays, Cache
from saps.data.cache_key import cache_key
from saps.data.coverage import Coverage
from saps.data.encoded_split import EncodedSplit
from saps.data.paraphrase import Paraphraser
from saps.data.retelling.quota import Quota
from saps.data.retelling.reteller import Reteller
from saps.data.rewording import Rewording
from saps.data.sequences import batch_sequences
from saps.data.source import SplitSource
from saps.data.symbols import SymbolError, SymbolTable
from saps.data.tokenizer import Tokenizer, TokenizerError, normalise_typing
from saps.data.upward import batch_upward
from saps.lang import Node
from saps.override import command_line
from saps.resources import resource_folder

logger = logging.getLogger(__name__)

Split = Literal["train", "dev"]
SPLITS: tuple[Split, ...] = ("train", "dev")


class EpochBatches(Dataset[Batch]):
    """The batches of one epoch, made when asked for."""

    def __init__(
        self,
        examples: EncodedSplit,
        plan: Sequence[IntArray],
        n_labels: int,
        augmentation: FillerDropout | None = None,
        seed: tuple[int, ...] = (),
        *,
        upward: bool = False,
        sequences: bool = False,
    ) -> None:
        self.examples = examples
        self.plan = plan
        self.n_labels = n_labels
        self.augmentation = augmentation
        self.seed = seed
        self.upward = upward
        self.sequences = sequences

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: int) -> Batch:
        return self.make(index)

    def make(self, index: int, part: slice = slice(None)) -> Batch:
        """Make a batch, or the part of it that is one process's share."""
        indices = self.plan[index].tolist()
        chosen = [self.examples[i] for i in indices]
        pieces = [example.pieces for example in chosen]
        if self.augmentation is not None:
            # One generator a batch: what a batch holds does not depend on the ones before it, nor
            # on who makes it.
            generator = np.random.default_rng((*self.seed, index))
            pieces = [self.augmentation(text, generator) for text in pieces]
        indices, chosen, pieces = indices[part], chosen[part], pieces[part]
        trees = [example.tree for example in chosen]
        upward = batch_upward(trees) if self.upward else None
        tree = batch_trees(trees, self.n_labels)
        sequence = batch_sequences(trees, self.n_labels) if self.sequences else None
        return Batch(pad_pieces(pieces), tree, tuple(indices), upward, sequence)


class TaskData(lightning.LightningDataModule):
    """Tasks of a folder with a training and a development split.

    The tokenizer is learned from the training texts alone.

    Attributes:
        upward: whether batches hold their trees for a network that reads them too.
        sequences: whether batches hold their programs as bracketed tokens too.
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
        cache: str | None = None,
        paraphrase: dict[str, float] | None = None,
        retelling: dict[str, Any] | None = None,
    ) -> None:
        """Describe the data; `read` reads it.

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
            cache: folder that keeps the encoded tasks for the next run; None keeps nothing.
            paraphrase: `text_rate` and `place_rate` of `Paraphraser`, for the training texts; None
                leaves them as they are. Each task has one text for the whole run.
            retelling: `rate` of `Reteller`, and `each_family` and `each_pair` of `Quota`: training
                tasks told anew from their programs; None tells none.
        """
        super().__init__()
        self.name = name
        self.path = Path(path)
        self.vocabulary_size = vocabulary_size
        self.batch_size = batch_size
        self.token_budget = token_budget
        self.limits: dict[Split, int | None] = {"train": train_limit, "dev": dev_limit}
        self.filler_dropout = filler_dropout
        self.paraphrase, self.retelling = paraphrase, retelling
        self.seed = seed
        self.upward = self.sequences = False
        self.cache = Cache(None if cache is None else Path(cache).expanduser())

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
                self.path, f"no data there: {_origin(self.path)}, or give data.path=FOLDER"
            )
        sources = {split: self._source(split) for split in SPLITS}
        self.symbols = symbols or SymbolTable.of_language()
        self.tokenizer = tokenizer or self._learned_tokenizer(sources["train"])
        self._encoded = {split: self._encode(source) for split, source in sources.items()}
        self.augmentation = FillerDropout(self.tokenizer, **self.filler_dropout)
        coverage = Coverage.of(self._encoded["dev"], self.tokenizer)
        logger.info("tokenizer: %d pieces; of dev, %s", len(self.tokenizer), coverage)
        plan = self.batches("train", 0).plan
        share = padding_share(self._encoded["train"].lengths, plan)
        logger.info("train: %d batches an epoch, %.1f %% of it padding", len(plan), 100 * share)

    def _source(self, split: Split) -> SplitSource:
        reworded = split == "train" and (self.paraphrase, self.retelling) != (None, None)
        rewording = self._rewording() if reworded else None
        return SplitSource(self.path, split, self.limits[split], rewording, self.seed)

    def _rewording(self) -> Rewording:
        try:
            paraphraser = None if self.paraphrase is None else Paraphraser(**self.paraphrase)
        except (TypeError, ValueError) as error:
            reason = (
                f"data.paraphrase={self.paraphrase}: "
                "give text_rate and place_rate, each from 0 to 1"
            )
            raise DataError(self.path, reason) from error
        if self.retelling is None:
            return Rewording(paraphraser)
        try:
            retelling = dict(self.retelling)
            return Rewording(paraphraser, Reteller(retelling.pop("rate")), Quota(**retelling))
        except (KeyError, TypeError, ValueError) as error:
            reason = (
                f"data.retelling={self.retelling}: give rate, from 0 to 1, "
                "and each_family and each_pair, whole numbers from 0"
            )
            raise DataError(self.path, reason) from error

    def _learned_tokenizer(self, source: SplitSource) -> Tokenizer:
        def learn() -> Arrays:
            texts = [example.text for example in source.examples]
            try:
                proto = Tokenizer.train(texts, self.vocabulary_size).model_proto
            except TokenizerError as error:
                if self.vocabulary_size >= (least := _fewest_pieces(texts)):
                    raise
                raise TokenizerError(
                    f"data.vocabulary_size={self.vocabulary_size}: the texts of {source.path} "
                    f"need at least {least}, a piece for each letter, digit and sign"
                ) from error
            return {"model": np.frombuffer(proto, dtype=np.uint8)}

        key = cache_key("tokenizer", *source.identity, self.vocabulary_size)
        return Tokenizer(self.cache.get("tokenizer", key, learn)["model"].tobytes())

    def _encode(self, source: SplitSource) -> EncodedSplit:
        def encode() -> Arrays:
            try:
                encoded = encode_examples(source.examples, self.tokenizer, self.symbols)
            except (SymbolError, TokenizerError) as error:
                raise type(error)(f"{source.path}: {error}") from error
            return EncodedSplit.of(encoded).arrays()

        start = time.perf_counter()
        key = cache_key(*source.identity, self.tokenizer.model_proto, self.symbols.labels)
        split = EncodedSplit.from_arrays(self.cache.get(source.split, key, encode))
        seconds = time.perf_counter() - start
        logger.info("%s: %d tasks from %s in %.1f s", source.split, len(split), self.path, seconds)
        return split

    def encoded(self, split: Split) -> EncodedSplit:
        """Return all tasks of a split as they were read, in their order."""
        return self._encoded[split]

    def size(self, split: Split) -> int:
        return len(self._encoded[split])

    def programs(self, split: Split, indices: Sequence[int]) -> list[Node]:
        """Return the target programs of the given tasks."""
        encoded = self._encoded[split]
        return [self.symbols.build(encoded[i].tree.label.tolist()) for i in indices]

    def text(self, split: Split, index: int) -> str:
        """Return the text of a task as the tokenizer sees it."""
        return self.tokenizer.decode(self._encoded[split][index].pieces.tolist())

    def words(self) -> frozenset[str]:
        """Return the words of the training texts."""
        texts = (self.text("train", index) for index in range(self.size("train")))
        return frozenset(word for text in texts for word in text.split())

    def batch(self, split: Split, indices: Sequence[int]) -> Batch:
        """Return the given tasks as one batch, without augmentation."""
        plan = [np.asarray(indices, dtype=np.int64)]
        return self._batches(split, plan, None, ()).make(0)

    def batches(self, split: Split, epoch: int) -> EpochBatches:
        """Return the batches of an epoch, counted from 0, in their order."""
        examples = self._encoded[split]
        plan = plan_epoch(
            examples.lengths,
            batch_size=self.batch_size,
            token_budget=self.token_budget,
            seed=self.seed,
            epoch=epoch,
        )
        augmentation = self.augmentation if split == "train" else None
        return self._batches(split, plan, augmentation, (self.seed, epoch, 1))

    def _batches(
        self,
        split: Split,
        plan: Sequence[IntArray],
        augmentation: FillerDropout | None,
        seed: tuple[int, ...],
    ) -> EpochBatches:
        return EpochBatches(
            self._encoded[split],
            plan,
            len(self.symbols),
            augmentation,
            seed,
            upward=self.upward,
            sequences=self.sequences,
        )

    def train_dataloader(self) -> DataLoader[Any]:
        epoch = self.trainer.current_epoch if self.trainer is not None else 0
        return _loader(self.batches("train", epoch))

    def val_dataloader(self) -> DataLoader[Any]:
        return _loader(self.batches("dev", 0))

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        return batch.to(device)


def _fewest_pieces(texts: Sequence[str]) -> int:
    """Return how many pieces a tokenizer has at least: letters, padding and the unknown one."""
    letters = set("".join(map(normalise_typing, texts))) | set(ascii_lowercase + digits + " ")
    return len(letters) + 2


def _origin(path: Path) -> str:
    """Say where the data of a folder come from: the first line of its choice of `data` tells it."""
    for file in sorted((resource_folder("conf") / "data").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        if re.search(rf"^path: {re.escape(str(path))}$", text, re.MULTILINE) is None:
            continue
        told = text.partition("(")[2].partition("\n")[0].rstrip(")")
        kind, _, command = told.partition("made by: ")
        return f"make them with `{command}`" if command else f"it takes {kind}"
    return f"make some with `{command_line('saps generate', {'out': path})}`"


def _loader(batches: EpochBatches) -> DataLoader[Any]:
    return DataLoader(batches, batch_size=None, shuffle=False, num_workers=0)
