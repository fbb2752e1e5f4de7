"""The network that writes the programs which it reads, through one vector."""

from collections.abc import Callable, Sequence

from saps.data.batching import Batch
from saps.data.upward import UpwardBatch
from saps.model.network import TreeNetwork
from saps.model.tree_decoder import DecoderContext, TreeDecoder
from saps.model.tree_encoder import TreeEncoder


class Autoencoder(TreeNetwork):
    """A tree encoder and a tree decoder that sees z alone ("tree2tree").

    It learns from programs, without their texts. Its decoder can then start a network that reads
    text: see `saps.model.pretraining`.
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
