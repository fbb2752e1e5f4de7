"""The layers that read the text: bi-directional LSTMs, or what `cell=` chooses.

Sizes: B texts, T pieces, E embedding, H units per direction, L layers, D latent.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from saps.data.batching import TextBatch
from saps.data.tokenizer import PAD_ID
from saps.model.cells.lstm import LstmCell
from saps.model.initialization import glorot_
from saps.model.layer import make_layer, read


class TextState(NamedTuple):
    """What the encoder knows of the texts.

    Attributes:
        memory: (B, T, C) one vector a piece, C = 2 H, or H in one direction; zero at padding.
        mask: (B, T) bool, True on a real piece.
        latent: (B, D) the whole text, in (-1, 1).
    """

    memory: Tensor
    mask: Tensor
    latent: Tensor


class TextEncoder(nn.Module):
    """Embedding, L layers, and z = tanh(W_z [last forward; last backward] + b_z).

    Source: Bednarek, Piaskowski & Krawiec 2018 (SAPS) for three bi-LSTM layers; seed 004 for
    bi-directional layers, initialisation, and dropout on the non-recurrent connections alone;
    seed 000 for truncated back-propagation.

    Padding never changes a result: each direction reads texts that start at column 0 (the
    backward one reads them reversed within their length), so padding comes last and is masked
    out afterwards. On CPU this runs about 1.7 times as fast as packed sequences.
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        n_layers: int,
        latent_size: int,
        dropout: float,
        cell: Callable[..., nn.Module] = LstmCell,
        bidirectional: bool = True,
        truncate: int | None = None,
        vectors: str | None = None,
    ) -> None:
        """Make the encoder.

        Args:
            vocabulary_size: pieces of the tokenizer.
            embedding_size: E.
            hidden_size: H, units a direction.
            n_layers: L.
            latent_size: D.
            dropout: share of channels that each layer's input loses in training.
            cell: makes a `Cell`, or a layer of another kind, from its sizes.
            bidirectional: False reads from left to right alone, and halves the memory's size.
            truncate: the loss reaches back to the last multiple of so many pieces from where a
                direction starts to read; None reaches back to its start.
            vectors: file of word vectors with which training starts; it is not read here, see
                `saps.model.word_vectors`.

        Raises:
            ValueError: `n_layers` or `truncate` is below 1, or a layer has no state to cut.
        """
        super().__init__()
        if n_layers < 1:
            raise ValueError(f"n_layers is {n_layers}, expected at least 1")
        n_directions = 2 if bidirectional else 1
        self.memory_size = n_directions * hidden_size
        self.latent_size = latent_size
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=PAD_ID)
        sizes = [embedding_size] + [self.memory_size] * (n_layers - 1)

        def layers() -> nn.ModuleList:
            return nn.ModuleList(make_layer(cell, size, hidden_size, truncate) for size in sizes)

        self.forward_layers = layers()
        self.backward_layers = layers() if bidirectional else nn.ModuleList()
        self.truncate = truncate
        self.vectors = vectors
        self.to_latent = nn.Linear(self.memory_size, latent_size)
        self.dropout = LockedDropout(dropout)
        glorot_(self.to_latent)

    def forward(self, text: TextBatch) -> TextState:
        """Read texts; each row depends on its own pieces alone."""
        n_texts, n_columns = text.pieces.shape
        columns = torch.arange(n_columns, device=text.pieces.device)
        mask = columns < text.lengths[:, None]
        # Column t of a reversed text is column length - 1 - t; padding stays where it is.
        mirrored = torch.where(mask, text.lengths[:, None] - 1 - columns, columns)
        first = torch.arange(n_texts, device=text.pieces.device) * n_columns
        mirror, last = (first[:, None] + mirrored).flatten(), first + text.lengths - 1
        x = self.embedding(text.pieces)
        for number, ahead in enumerate(self.forward_layers):
            x = self.dropout(x)
            outputs = [read(ahead, x, self.truncate)]
            ends = [outputs[0].flatten(0, 1).index_select(0, last)]
            if self.backward_layers:
                backward = read(self.backward_layers[number], _reverse(x, mirror), self.truncate)
                ends.append(backward.flatten(0, 1).index_select(0, last))
                outputs.append(_reverse(backward, mirror))
            x = torch.cat(outputs, dim=2)
        latent = torch.tanh(self.to_latent(torch.cat(ends, dim=1)))
        return TextState(x * mask[..., None], mask, latent)


class LockedDropout(nn.Module):
    """Dropout whose mask is drawn once a text and kept over its pieces.

    Source: Gal & Ghahramani 2016, Sec. 4, here on the non-recurrent connections alone. Drawing
    T times fewer numbers also saves about a twelfth of a training step on CPU.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Drop channels of each text: (B, T, C) -> (B, T, C)."""
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        mask = torch.empty_like(x[:, :1]).bernoulli_(keep).div_(keep)
        return x * mask


def _reverse(x: Tensor, mirror: Tensor) -> Tensor:
    """Reverse each text within its length, (B, T, C), by where each place goes, (B * T,)."""
    reversed_: Tensor = _Reverse.apply(x, mirror)  # type: ignore[no-untyped-call]
    return reversed_


class _Reverse(torch.autograd.Function):
    """Its gradient is reversed alike, which is a copy of rows where autograd would add them up."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, mirror: Tensor) -> Tensor:
        ctx.save_for_backward(mirror)
        return x.flatten(0, 1).index_select(0, mirror).view_as(x)

    @staticmethod
    def backward(ctx: Any, of_reversed: Tensor) -> tuple[Tensor, None]:
        (mirror,) = ctx.saved_tensors
        return of_reversed.flatten(0, 1).index_select(0, mirror).view_as(of_reversed), None
