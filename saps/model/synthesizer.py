"""The whole network: text in, scores of tree labels out."""

from collections.abc import Callable, Sequence

from saps.data.batching import TextBatch
from saps.model.encoder import TextEncoder
from saps.model.network import TreeNetwork
from saps.model.tree_decoder import DecoderContext, TreeDecoder


class Text2Tree(TreeNetwork):
    """A text encoder and a decoder that grows trees: SAPS, or another by the choice of parts.

    Source: Bednarek, Piaskowski & Krawiec 2018.
    """

    def __init__(
        self,
        *,
        n_pieces: int,
        arities: Sequence[int],
        encoder: Callable[..., TextEncoder],
        decoder: Callable[..., TreeDecoder],
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

    def read(self, source: TextBatch) -> DecoderContext:
        """Encode texts into what the decoder's nodes may see."""
        return self.decoder.context(self.encoder(source))
