"""Dilated causal convolutions: a layer that reads a sequence without a recurrence.

Sizes: B texts, T pieces, E input, H channels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.model.initialization import glorot_


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
        """Read a sequence, (B, T, E) -> (B, T, H); there is no state, see `saps.model.layer`."""
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
