"""Whole networks: a text (or a tree) in, programs out.

A network is an encoder and a decoder that meet in z and in the text's memory.

Sizes: B texts, T pieces, R positions, S numbers in a state, K labels, N nodes.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from saps.data.batching import Batch, TextBatch, UpwardBatch
from saps.model.attention import AttentionMemory
from saps.model.encoder import TextEncoder
from saps.model.protocols import Loss, Network, Scores, Step, Written
from saps.model.sequence_decoder import SequenceDecoder, SequenceScorer, write_greedily
from saps.model.tree_decoder import DecoderContext, NodeScores, TreeDecoder
from saps.model.tree_encoder import TreeEncoder


class TreeScorer:
    """A tree decoder that has read B texts, as searches use it (a `Scorer`).

    It scores R positions of trees, many for each text, with one memory a text. What is in a
    position's state, (R, S), is the decoder's business.
    """

    by_anchor = True

    def __init__(self, decoder: TreeDecoder, context: DecoderContext) -> None:
        self._decoder = decoder
        self._context = context
        self.n_examples = len(context.latent)
        self.device = context.latent.device

    def start(self) -> Tensor:
        """Return the states of the roots, (B, S)."""
        return self._decoder.start(self._context)

    def advance(self, step: Step) -> Tensor:
        """Return the states of R positions, (R, S), from those of their anchors."""
        return self._decoder.advance(step, self._context)

    def scores(self, state: Tensor, example: Tensor, *, is_last: Tensor) -> Scores:
        """Score the labels of R positions; see `Scorer.scores`."""
        scores = self._node_scores(state, example)
        return Scores(self._decoder.log_probs(scores, is_last), scores.attn)

    def choose(
        self, state: Tensor, example: Tensor, may_open: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Let the topology gates of R positions decide, and take the likeliest labels.

        Args:
            state: (R, S) of the positions.
            example: (R,) whose trees they belong to.
            may_open: (R, 2) bool, False where a gate is held shut.

        Returns:
            Labels (R,), whether each has children and a next sibling (R, 2) bool, and the natural
            log of the probability of both (R,).

        Raises:
            ValueError: the decoder has no gates.
        """
        scores, topology = self._node_scores(state, example), self._decoder.topology
        if topology is None or scores.gates is None:
            raise ValueError("the decoder has no topology gates: its labels give the shape")
        return topology.choose(scores.logits, scores.gates, may_open)

    def _node_scores(self, state: Tensor, example: Tensor) -> NodeScores:
        """Return what the decoder says of R positions, before it is normalised."""
        context, memory = self._context, self._context.memory
        if memory is not None and self.device.type == "cpu" and self.n_examples > 1:
            # Where most texts have no position any more, nothing looks at them.
            is_busy = torch.bincount(example, minlength=self.n_examples) > 0
            busy = is_busy.nonzero().squeeze(1)
            if 2 * len(busy) <= self.n_examples:
                narrow = AttentionMemory(*(part.index_select(0, busy) for part in memory))
                context = DecoderContext(context.latent.index_select(0, busy), narrow)
                example = (is_busy.cumsum(0) - 1)[example]
        return self._decoder.score(state, example, context)


class TreeNetwork(Network):
    """A network whose decoder grows trees: the same loss and the same search for all of them.

    Attributes:
        decoder: grows the trees.
    """

    decoder: TreeDecoder

    @property
    def has_gates(self) -> bool:
        return self.decoder.topology is not None

    @abstractmethod
    def read(self, source: Any) -> DecoderContext:
        """Encode what `source` returned into what the decoder's nodes may see."""

    def forward(self, batch: Batch) -> Tensor:
        """Return the label logits of all nodes, (N, K), under teacher forcing."""
        logits: Tensor = self.decoder(self.read(self.source(batch)), batch.tree)
        return logits

    def loss(self, batch: Batch) -> Loss:
        return self.decoder.loss(self.read(self.source(batch)), batch.tree)

    def scorer(self, source: Any) -> TreeScorer:
        return TreeScorer(self.decoder, self.read(source))


class Autoencoder(TreeNetwork):
    """A tree encoder and a tree decoder that sees z alone ("tree2tree").

    It learns from programs, without their texts. Its decoder can then start a network that reads
    text: see `saps.training.pretraining`.
    """

    reads_trees = True

    def __init__(
        self,
        *,
        n_pieces: int,  # noqa: ARG002 - given to every network; this one reads no text
        arities: Sequence[int],
        encoder: Callable[..., TreeEncoder],
        decoder: Callable[..., TreeDecoder],
    ) -> None:
        """Make both parts.

        Args:
            n_pieces: of no use here.
            arities: number of children of each label of the symbol table.
            encoder: makes the encoder from `arities`.
            decoder: makes the decoder from `arities`, `memory_size` and `latent_size`.

        Raises:
            ValueError: the decoder has attention.
        """
        super().__init__()
        self.encoder = encoder(arities=arities)
        latent_size = self.encoder.latent_size
        # Without attention the size of a memory is of no use, but the decoder asks for one.
        self.decoder = decoder(arities=arities, memory_size=latent_size, latent_size=latent_size)
        if self.decoder.attention is not None:
            raise ValueError(
                "an autoencoder's decoder sees z alone, there is no text to attend to: "
                "set model.decoder.attention=false"
            )

    def source(self, batch: Batch) -> UpwardBatch:
        """Return the trees.

        Raises:
            ValueError: the batch holds none to read.
        """
        if batch.upward is None:
            raise ValueError("the batch holds no trees to read; make it with upward=True")
        return batch.upward

    def read(self, source: UpwardBatch) -> DecoderContext:
        """Encode trees into z, all that the decoder's nodes may see."""
        return DecoderContext(self.encoder(source), None)


class _ReadsText(Network):
    """A network of a text encoder and a decoder."""

    def __init__(
        self,
        *,
        n_pieces: int,
        arities: Sequence[int],
        encoder: Callable[..., TextEncoder],
        decoder: Callable[..., Any],
    ) -> None:
        """Make both parts; the sizes on which they meet are passed from one to the other.

        Args:
            n_pieces: size of the tokenizer's vocabulary.
            arities: number of children of each label of the symbol table.
            encoder: makes the encoder from `vocabulary_size`.
            decoder: makes the decoder from `arities`, `memory_size` and `latent_size`.
        """
        super().__init__()
        self.encoder = encoder(vocabulary_size=n_pieces)
        self.decoder = decoder(
            arities=arities,
            memory_size=self.encoder.memory_size,
            latent_size=self.encoder.latent_size,
        )

    def read(self, source: TextBatch) -> Any:
        """Encode texts into what the decoder's nodes or tokens may see."""
        return self.decoder.context(self.encoder(source))


class Text2Tree(_ReadsText, TreeNetwork):
    """A text encoder and a decoder that grows trees: SAPS, or another by the choice of parts.

    Source: Bednarek, Piaskowski & Krawiec 2018.
    """


class Text2Sequence(_ReadsText):
    """A text encoder and a decoder that writes tokens: attentional Seq2Seq.

    Source: Luong, Pham & Manning 2015; as a baseline for AlgoLisp, Polosukhin & Skidanov 2018.
    """

    writes_tokens = True
    decoder: SequenceDecoder

    def loss(self, batch: Batch) -> Loss:
        """Return the loss under teacher forcing.

        Raises:
            ValueError: the batch holds no token sequences.
        """
        if batch.sequence is None:
            raise ValueError("the batch holds no tokens to write; make it with sequences=True")
        return self.decoder.loss(self.read(batch.text), batch.sequence)

    def scorer(self, source: TextBatch) -> SequenceScorer:
        return SequenceScorer(self.decoder, self.read(source))

    def write(self, source: TextBatch, *, max_depth: int, max_size: int) -> list[Written | None]:
        """Write programs greedily; see `write_greedily`."""
        return write_greedily(
            self.decoder, self.read(source), max_depth=max_depth, max_size=max_size
        )
