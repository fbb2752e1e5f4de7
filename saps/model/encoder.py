"""The layers that read the text: bi-directional LSTMs, or what `cell=` chooses.

Sizes: B texts, T pieces, E embedding, H units per direction, L layers, D latent.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.batching import TextBatch
from saps.data.tokenizer import PAD_ID
from saps.model.cells.cell import Cell, glorot_
from saps.model.cells.lstm import LstmCell

# A layer that reads a sequence in one direction, made of a cell.
#
# Sizes: B texts, T pieces, E input, H output, S state of a cell.


class SteppedLayer(nn.Module):
    """A cell taken from column to column; the inputs of all columns go through one product."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read from column 0 on.

        Args:
            x: (B, T, E).
            state: (B, S) before column 0; zeros if None.

        Returns:
            The outputs (B, T, H), and the state after the last column, (B, S).
        """
        if state is None:
            state = x.new_zeros(len(x), self.cell.state_size)
        outputs = []
        for projected in self.cell.project(x.transpose(0, 1)).unbind(0):
            state = self.cell.step(projected, state)
            outputs.append(self.cell.output(state))
        return torch.stack(outputs, dim=1), state


def make_layer(
    make: Callable[..., nn.Module], input_size: int, hidden_size: int, truncate: int | None
) -> nn.Module:
    """Make a layer: by torch's module where the cell has one, else by steps.

    Args:
        make: of a `Cell`, or of a layer that has no state, from `input_size` and `hidden_size`.
        input_size: E.
        hidden_size: H.
        truncate: see `read`; checked here.

    Raises:
        ValueError: `truncate` is below 1, or the layer has no state to cut.
    """
    if truncate is not None and truncate < 1:
        raise ValueError(f"truncate is {truncate}, expected at least 1 piece, or null")
    made = make(input_size, hidden_size)
    if not isinstance(made, Cell):
        if truncate is not None:
            raise ValueError(
                f"truncate is {truncate}, but a {type(made).__name__} has no state: leave it out"
            )
        return made
    return made.fused() or SteppedLayer(made)


def read(layer: nn.Module, x: Tensor, truncate: int | None = None) -> Tensor:
    """Run a layer over a sequence, (B, T, E) -> (B, T, H).

    Args:
        layer: from `make_layer`.
        x: read from column 0, where all texts start, so that padding moves no cut.
        truncate: gradients do not pass from a column back into an earlier block of so many
            columns through the state (seed 000, "Truncated BPTT"); None lets them all pass.
    """
    if truncate is None:
        return layer(x)[0]  # type: ignore[no-any-return]
    outputs, state = [], None
    for block in torch.split(x, truncate, dim=1):
        output, state = layer(block, state)
        state = _cut(state)
        outputs.append(output)
    return torch.cat(outputs, dim=1)


def _cut(state: Any) -> Any:
    """Detach a state: a tensor, or torch's pair of them for an LSTM."""
    return state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)


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


# Dropout that draws its masks quickly on CPU.


class Dropout(nn.Module):
    """Sets each number of its input to zero with the same probability, in training.

    On CPU a random byte decides on each number, so the rate is rounded to 1/256 (what is kept is
    scaled by the rounded rate, and keeps the mean): about a third of the time that torch's own
    takes, which was a twelfth of the decoder's in bfloat16. Elsewhere, and where it is compiled, it
    is torch's own.
    """

    def __init__(self, rate: float) -> None:
        """Set the rate.

        Raises:
            ValueError: it is not in [0, 1).
        """
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"dropout is {rate}, expected at least 0 and less than 1")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Drop numbers of a tensor of any shape."""
        if not self.training or self.rate == 0:
            return x
        dropped = round(256 * self.rate)
        # No compiler can trace `random_` into a graph, and what they make of torch's own is fast.
        if x.device.type != "cpu" or dropped in (0, 256) or torch.compiler.is_compiling():
            return functional.dropout(x, self.rate)
        # All 64 bits are drawn; without its bounds `random_` would leave the sign alone.
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= dropped
        return x * kept.to(x.dtype).mul_(256 / (256 - dropped))


# Dilated causal convolutions: a layer that reads a sequence without a recurrence.
#
# Sizes: B texts, T pieces, E input, H channels.


class DilatedConvolution(nn.Module):
    """A stack of convolutions, each of which looks twice as far back as the one before.

        x_0 = W x + b,   x_{k+1} = x_k + tanh(F_k * x_k) s(G_k * x_k)

    F_k and G_k look at the columns t, t - 2^k, t - 2 * 2^k, ... (`kernel_size` of them), never
    ahead; what lies before column 0 is zero, so what a column gives depends on the columns up to
    it alone. With kernels of two, k blocks together reach back 2^k columns.

    Source: seed 002, "WaveNet structure" (stacked, the dilation doubles at each layer), and seed
    004 (dilated convolutions in place of recurrent layers); the gates and the residual sum are
    those of van den Oord et al. 2016, Eq. (2), without its skip connections.
    """

    def __init__(
        self, input_size: int, hidden_size: int, *, kernel_size: int = 2, n_blocks: int = 6
    ) -> None:
        """Make the stack.

        Raises:
            ValueError: a kernel of less than two columns, or no block.
        """
        super().__init__()
        if kernel_size < 2 or n_blocks < 1:
            raise ValueError(
                f"kernel_size={kernel_size}, n_blocks={n_blocks}: expected at least 2 and 1"
            )
        self.input = nn.Linear(input_size, hidden_size)
        glorot_(self.input)
        dilations = [2**number for number in range(n_blocks)]
        self.reaches = [(kernel_size - 1) * dilation for dilation in dilations]
        self.blocks = nn.ModuleList(
            _convolution(hidden_size, kernel_size, dilation) for dilation in dilations
        )

    def forward(self, x: Tensor, state: None = None) -> tuple[Tensor, None]:
        """Read a sequence, (B, T, E) -> (B, T, H); there is no state, see `saps.model.encoder`."""
        channels = self.input(x).transpose(1, 2)
        for block, reach in zip(self.blocks, self.reaches, strict=True):
            signal, gate = block(functional.pad(channels, [reach, 0])).chunk(2, dim=1)
            channels = channels + torch.tanh(signal) * torch.sigmoid(gate)
        return channels.transpose(1, 2), state


def _convolution(size: int, kernel_size: int, dilation: int) -> nn.Conv1d:
    convolution = nn.Conv1d(size, 2 * size, kernel_size, dilation=dilation)
    for half in convolution.weight.data.chunk(2):
        nn.init.xavier_uniform_(half)
    assert convolution.bias is not None
    nn.init.zeros_(convolution.bias)
    return convolution
