"""What training, decoding and a model folder ask of a network, whatever it is made of."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from saps.data.batching import Batch, TextBatch
from saps.data.upward import UpwardBatch
from saps.model.loss import Loss
from saps.model.tree_decoder import DecoderContext, TreeDecoder
from saps.model.tree_scorer import TreeScorer

Source = TextBatch | UpwardBatch
"""What a network reads of a batch: its texts, or (an autoencoder) its trees."""


class Network(nn.Module, ABC):
    """A network that `saps train` trains and a model folder holds.

    Attributes:
        reads_trees: whether `source` is the batch's trees; training then makes `Batch.upward`.
        writes_tokens: whether `loss` wants bracketed tokens; training then makes `Batch.sequence`.
    """

    reads_trees = False
    writes_tokens = False

    @abstractmethod
    def loss(self, batch: Batch) -> Loss:
        """Return the loss under teacher forcing."""

    def source(self, batch: Batch) -> Source:
        """Return what the network reads of a batch; the rest is what it should write."""
        return batch.text

    @abstractmethod
    def scorer(self, source: Any) -> Any:
        """Read what `source` returned, for a search to write programs from it.

        Returns:
            A `saps.decoding.scorer.Scorer`, a protocol which this room may not import.
        """


class TreeNetwork(Network):
    """A network whose decoder grows trees: the same loss and the same search for all of them.

    Attributes:
        decoder: grows the trees.
    """

    decoder: TreeDecoder

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
