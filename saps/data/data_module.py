"""The data of a run: what is read and encoded when it starts, and the batches of each epoch."""

import logging
import re
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from string import ascii_lowercase, digits
from typing import Literal

import numpy as np
from torch.utils.data import Dataset

from saps.data.algolisp import find_split, load_split
from saps.data.batching import (
    Batch,
    Indexes,
    IntArray,
    batch_sequences,
    batch_trees,
    batch_upward,
    encode_examples,
    n_tokens,
    pad_pieces,
    padding_share,
    plan_epoch,
)
from saps.data.device_batches import ShapePlan
from saps.data.encoded import Arrays, Cache, Coverage, EncodedSplit, cache_key
from saps.data.example import Example
from saps.data.files import DataError, content_digest
from saps.data.symbols import CONSTANTS, SymbolError, SymbolTable
from saps.data.tokenizer import Tokenizer, TokenizerError, normalise_typing
from saps.english import Vocabulary, read_english
from saps.english.names import LETTERS
from saps.lang import Node
from saps.lang.functions import LAMBDA_ARGUMENTS
from saps.resources import command_line, resource_folder

logger = logging.getLogger(__name__)

Split = Literal["train", "dev"]
SPLITS: tuple[Split, ...] = ("train", "dev")


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Reads tasks whose texts are as people typed them, as `saps synthesize` reads those of people.

    The same reader stands before training and before use, so whatever it leaves in a text the
    network has seen. A task is read with its arguments declared, or with nothing declared; in the
    second case the network finds out itself what the arguments are, and names them in the order of
    its program.

    Attributes:
        vocabulary: words that are not to be corrected.
        leaves: symbols that the network can give to a leaf: its constants, its letters.
        declared: share of the tasks that are read with their arguments declared.
    """

    vocabulary: Vocabulary
    leaves: Container[str]
    declared: float = 0.5

    def __call__(self, task: Example, rng: Random) -> Example | None:
        """Return the task as it is read; None where the network cannot learn it.

        It cannot where it has no label for a part of the program, or no word of the text is left.

        Args:
            task: its arguments and its program have a person's names, its literals are themselves.
            rng: decides whether the arguments are declared.
        """
        declared = task.arguments if rng.random() < self.declared else None
        reading = read_english(task.as_typed, self.vocabulary, declared, self.leaves)
        letters = {name.lower(): letter for letter, name in reading.names.items()}
        letters |= {name.lower(): name for name in reading.declared if name in LETTERS}
        if declared:
            letters |= {n.lower(): n for n in task.arguments if n.lower() not in letters}
        names = {n: letters[n.lower()] for n in task.arguments if n.lower() in letters}
        names |= _further_letters(task, names, {*letters.values(), *reading.stand_ins})
        literals = {literal: letter for letter, literal in reading.stand_ins.items()}
        program = task.program.renamed({**literals, **names})
        known = {*names.values(), *literals.values(), "arg1", "arg2", "self"}
        # No table has a label for the call of an argument, (arg1 x), as a program may hold it.
        has_labels = all(
            part.symbol not in LAMBDA_ARGUMENTS
            if part.children
            else part.symbol in known or part.symbol in self.leaves
            for part in program.preorder()
        )
        if len(names) < len(task.arguments) or not has_labels or not reading.text.strip():
            return None
        arguments = {names[name]: kind for name, kind in task.arguments.items()}
        arguments |= {y: "string" if x[0] == '"' else "int" for x, y in literals.items()}
        return Example(reading.text, arguments, task.return_type, program, (), task.nodes)


def _further_letters(
    task: Example, names: Mapping[str, str], taken: Container[str]
) -> dict[str, str]:
    """Return letters for arguments that the text does not name, in the order of the program."""
    free = (letter for letter in LETTERS if letter not in taken)
    used = [part.symbol for part in task.program.preorder() if not part.children]
    unnamed = dict.fromkeys(
        x for x in (*used, *task.arguments) if x in task.arguments and x not in names
    )
    return dict(zip(unnamed, free, strict=False))


# Words that a hasty writer leaves out. No article: "a" may be the name of an argument.
FILLERS = frozenset(
    {"you", "are", "is", "the", "and", "of", "your", "task", "to", "find"}
    | {"given", "what", "that", "in", "it", "be", "compute", "consider"}
)


class FillerDropout:
    """Leaves out filler words of some texts, as in "you given numbers a b , your is find a + b".

    The last table of seed 001 has specifications of this kind.
    """

    def __init__(self, tokenizer: Tokenizer, *, text_rate: float, word_rate: float) -> None:
        """Set how often.

        Args:
            tokenizer: only fillers that are one piece of it are dropped.
            text_rate: share of the texts that lose words, in [0, 1].
            word_rate: the chance of each filler in such a text, in [0, 1].

        Raises:
            ValueError: a rate is outside [0, 1].
        """
        if not (0 <= text_rate <= 1 and 0 <= word_rate <= 1):
            raise ValueError(f"text_rate={text_rate}, word_rate={word_rate}: must be in [0, 1]")
        ids = [tokenizer.whole_word_id(word) for word in sorted(FILLERS)]
        self._fillers = np.asarray([i for i in ids if i is not None], dtype=np.int64)
        self.text_rate = text_rate
        self.word_rate = word_rate

    def __call__(self, pieces: Indexes, generator: np.random.Generator) -> Indexes:
        """Return the pieces, (t,), perhaps without some fillers; never empty."""
        if generator.random() >= self.text_rate:
            return pieces
        dropped = np.isin(pieces, self._fillers) & (generator.random(len(pieces)) < self.word_rate)
        return pieces if dropped.all() else pieces[~dropped]


@dataclass(eq=False)
class _SplitSource:
    """The first `limit` tasks of a file; all of them if it is None.

    Attributes:
        seed: decides which tasks are read with their arguments declared.
        reader: reads texts as people typed them; None leaves them as they are.
    """

    path: Path
    split: Split
    limit: int | None
    seed: int
    reader: TaskReader | None

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides the tasks, for the key of a cache."""
        read = () if self.reader is None else ("read", self.reader.declared, self.seed)
        return self.digest, self.limit, *read

    @cached_property
    def digest(self) -> str:
        return content_digest(self.path)

    @cached_property
    def examples(self) -> list[Example]:
        """The tasks with letters for their arguments.

        Raises:
            DataError: a line is no task, or the file became another one since it was hashed.
        """
        digest = self.digest
        examples = load_split(self.path, self.split)[: self.limit]
        if content_digest(self.path) != digest:  # a cache would keep it under a wrong key
            raise DataError(self.path, "the file changed while it was read; start again")
        if self.reader is not None:
            read = (self.reader(e, Random(f"{self.seed}:{e.text}")) for e in examples)
            return [example for example in read if example is not None]
        return [example.anonymised() for example in examples]


@dataclass(eq=False)
class EpochBatches(Dataset[Batch]):
    """The batches of one epoch, or a process's shares of them, made when asked for.

    What a batch holds depends on the seed, the epoch and its number, whoever makes it. Of several
    processes each takes every n-th example, so that together they train on the batches that one
    process would have.

    Attributes:
        plan: which examples each whole batch holds, see `plan_epoch`.
        upward: whether batches hold their trees for a network that reads them too.
        sequences: whether batches hold their programs as bracketed tokens too.
        augmentation: changes the texts; None leaves them as they are.
        seed: of the augmentation.
        rank: of the process, from 0.
        n_ranks: processes that share each batch.
        shapes: what batches are padded to; None pads none.
    """

    examples: EncodedSplit
    plan: Sequence[IntArray]
    n_labels: int
    upward: bool
    sequences: bool
    augmentation: FillerDropout | None = None
    seed: tuple[int, ...] = ()
    rank: int = 0
    n_ranks: int = 1
    shapes: ShapePlan | None = None

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: int) -> Batch:
        part = self._part(index)
        pieces = [self.examples[i].pieces for i in self.plan[index]]
        # As the plan of the shapes counted them: augmentation may make texts shorter.
        longest = max(map(len, pieces[part]))
        if self.augmentation is not None:
            # One generator a batch: what it holds does not depend on the batches before it.
            generator = np.random.default_rng((*self.seed, index))
            pieces = [self.augmentation(text, generator) for text in pieces]
        indices = self.plan[index][part].tolist()
        trees = [self.examples[i].tree for i in indices]
        shape = None if self.shapes is None else self.shapes.shape(longest)
        return Batch(
            pad_pieces(pieces[part], shape),
            batch_trees(trees, self.n_labels, shape),
            tuple(indices),
            batch_upward(trees, shape) if self.upward else None,
            batch_sequences(trees, self.n_labels, shape) if self.sequences else None,
        )

    def shares(self) -> list[IntArray]:
        """Return which examples of each batch are this process's."""
        return [whole[self._part(index)] for index, whole in enumerate(self.plan)]

    def weight(self, index: int) -> float:
        """Return the factor of a share's loss whose mean over processes is the whole loss.

        The loss is a mean over nodes (or tokens), so a share counts as much as it has of them: DDP
        takes the plain mean over processes, whose shares may differ in size.
        """
        if self.n_ranks == 1:
            return 1.0
        if self.rank >= len(self.plan[index]):
            return 0.0
        size = n_tokens if self.sequences else len
        mine, whole = (
            sum(size(self.examples[i].tree) for i in tasks)
            for tasks in (self.plan[index][self._part(index)], self.plan[index])
        )
        return self.n_ranks * mine / whole

    def _part(self, index: int) -> slice:
        """Return what a process takes of a batch.

        Where nothing is left for it that is one example, which `weight` makes count nothing: it
        takes part all the same, for the others wait for its gradients.
        """
        is_empty = self.rank >= len(self.plan[index])
        return slice(0, 1) if is_empty else slice(self.rank, None, self.n_ranks)


class TaskData:
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
        constants: Sequence[object] | None = None,
        reading: dict[str, float] | None = None,
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
            constants: literals that programs may have, such as 3 or '"aeiou"', in quotes of its
                own; None for those of the published programs.
            reading: `declared` of `TaskReader`, for texts as people typed them; None takes texts
                as they are, with a letter for each argument.
        """
        self.name = name
        self.path = Path(path)
        self.vocabulary_size = vocabulary_size
        self.batch_size = batch_size
        self.token_budget = token_budget
        self.limits: dict[Split, int | None] = {"train": train_limit, "dev": dev_limit}
        self.filler_dropout = filler_dropout
        self.seed = seed
        self.constants = CONSTANTS if constants is None else tuple(map(_literal, constants))
        self.reading = reading
        self.upward = self.sequences = False
        self.cache = Cache(None if cache is None else Path(cache).expanduser())

    def read(self, tokenizer: Tokenizer | None = None, symbols: SymbolTable | None = None) -> None:
        """Read and encode both splits.

        Args:
            tokenizer: of the run that is continued; None to learn one.
            symbols: likewise; None for those of the language with the data's constants.

        Raises:
            DataError: a file is missing, malformed, or has no task.
            TokenizerError, SymbolError: the data do not fit the tokenizer or the symbols.
        """
        if not self.path.exists():
            raise DataError(
                self.path, f"no data there: {_origin(self.path)}, or give data.path=FOLDER"
            )
        self.symbols = symbols or SymbolTable.of_language(self.constants)
        sources = {split: self._source(split) for split in SPLITS}
        self.tokenizer = tokenizer or self._learned_tokenizer(sources["train"])
        self._encoded = {split: self._encode(source) for split, source in sources.items()}
        self.augmentation = FillerDropout(self.tokenizer, **self.filler_dropout)
        coverage = Coverage.of(self._encoded["dev"], self.tokenizer)
        logger.info("tokenizer: %d pieces; of dev, %s", len(self.tokenizer), coverage)
        plan = self.batches("train", 0).plan
        share = padding_share(self._encoded["train"].lengths, plan)
        logger.info("train: %d batches an epoch, %.1f %% of it padding", len(plan), 100 * share)

    def _source(self, split: Split) -> _SplitSource:
        reader = None
        if self.reading is not None:
            leaves = frozenset(label.symbol for label in self.symbols.labels if not label.arity)
            known = Vocabulary(frozenset(), is_exact=False)
            try:
                reader = TaskReader(known, leaves, **self.reading)
            except TypeError as error:
                told = f"data.reading={self.reading}: give declared, from 0 to 1"
                raise DataError(self.path, told) from error
        path = find_split(self.path, split)
        return _SplitSource(path, split, self.limits[split], self.seed, reader)

    def _learned_tokenizer(self, source: _SplitSource) -> Tokenizer:
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

    def _encode(self, source: _SplitSource) -> EncodedSplit:
        def encode() -> Arrays:
            try:
                encoded = encode_examples(source.examples, self.tokenizer, self.symbols)
            except (SymbolError, TokenizerError) as error:
                raise type(error)(f"{source.path}: {error}") from error
            return EncodedSplit.of(encoded).arrays()

        start = time.perf_counter()
        key = cache_key(*source.identity, self.tokenizer.model_proto, self.symbols.labels)
        split = EncodedSplit(**self.cache.get(source.split, key, encode))
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
        given = self._encoded[split], plan, len(self.symbols), self.upward, self.sequences
        return EpochBatches(*given)[0]

    def batches(
        self,
        split: Split,
        epoch: int,
        rank: int = 0,
        n_ranks: int = 1,
        shapes: ShapePlan | None = None,
    ) -> EpochBatches:
        """Return the batches of an epoch, counted from 0, in their order; see `EpochBatches`."""
        plan = plan_epoch(
            self._encoded[split].lengths,
            batch_size=self.batch_size,
            token_budget=self.token_budget,
            seed=self.seed,
            epoch=epoch,
        )
        return EpochBatches(
            *(self._encoded[split], plan, len(self.symbols), self.upward, self.sequences),
            augmentation=self.augmentation if split == "train" else None,
            seed=(self.seed, epoch, 1),
            rank=rank,
            n_ranks=n_ranks,
            shapes=shapes,
        )


def _fewest_pieces(texts: Sequence[str]) -> int:
    """Return how many pieces a tokenizer has at least: letters, padding and the unknown one."""
    letters = set("".join(map(normalise_typing, texts))) | set(ascii_lowercase + digits + " ")
    return len(letters) + 2


def _origin(path: Path) -> str:
    """Say where the data of a folder come from: the first line of its choice of `data` tells it."""
    for file in sorted((resource_folder("conf") / "data").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        if re.search(rf"^path: {re.escape(str(path))}(?: #.*)?$", text, re.MULTILINE) is None:
            continue
        told = text.partition("(")[2].partition("\n")[0].rstrip(")")
        kind, _, command = told.partition("made by: ")
        return f"make them with `{command}`" if command else f"it takes {kind}"
    return f"make some with `{command_line('saps generate', {'out': path})}`"


def _literal(constant: object) -> str:
    """Return a constant as the language writes it: YAML makes a number of 3 and a bool of true."""
    return str(constant).lower() if isinstance(constant, bool) else str(constant)
