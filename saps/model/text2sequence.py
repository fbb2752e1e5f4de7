"""The network that writes a program as bracketed tokens."""

from collections.abc import Callable, Sequence

from saps.data.batching import Batch, TextBatch
from saps.model.encoder import TextEncoder
from saps.model.loss import Loss
from saps.model.network import Network
from saps.model.sequence_decoder import SequenceContext, SequenceDecoder
from saps.model.sequence_scorer import SequenceScorer
from saps.model.sequence_writer import Written, write_greedily


class Text2Sequence(Network):
    """A text encoder and a decoder that writes tokens: attentional Seq2Seq.

    Source: Luong, Pham & Manning 2015; as a baseline for AlgoLisp, Polosukhin & Skidanov 2018.
    """

    writes_tokens = True

    def __init__(
        self,
        *,
        n_pieces: int,
        arities: Sequence[int],
        encoder: Callable[..., TextEncoder],
        decoder: Callable[..., SequenceDecoder],
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

    def read(self, source: TextBatch) -> SequenceContext:
        """Encode texts into what the decoder's steps may see."""
        return self.decoder.context(self.encoder(source))

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
        """Write programs greedily, nothing forced; see `write_greedily`."""
        return write_greedily(
            self.decoder, self.read(source), max_depth=max_depth, max_size=max_size
        )
