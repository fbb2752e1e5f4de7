"""Reads many token sequences side by side, a token at a time, and tells which are no program.

Sizes: B sequences, R of them still open.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from saps.data.sequences import Marks


class BracketParser:
    """Whether each sequence can still become a bracketed program within the caps.

    `(` must be followed by a label with children, then come as many children as it has, then `)`;
    a label without children stands alone; the end mark comes after the one whole tree.

    Attributes:
        alive: (B,) no token was wrong so far.
        ended: (B,) alive, and the end mark has come.
    """

    def __init__(
        self,
        n_sequences: int,
        arities: Sequence[int],
        *,
        max_depth: int,
        max_size: int,
        device: torch.device,
    ) -> None:
        self.marks = Marks.after(len(arities))
        # Marks count as labels without children, so that each token has an entry.
        self._arity = torch.tensor([*arities, 0, 0, 0], device=device)
        self._depth = torch.zeros(n_sequences, dtype=torch.long, device=device)
        self._size = torch.zeros_like(self._depth)
        # Children still to come, by level; the level above the root waits for one tree.
        self._missing = self._depth.new_zeros(n_sequences, max_depth + 1)
        self._missing[:, 0] = 1
        self._opened = torch.zeros(n_sequences, dtype=torch.bool, device=device)
        self._max_depth, self._max_size = max_depth, max_size
        self.alive = ~self._opened
        self.ended = self._opened.clone()

    def read(self, token: Tensor) -> None:
        """Read the next token of each sequence, (B,); those that ended or failed stay so."""
        going = self.alive & ~self.ended
        missing = self._missing.gather(1, self._depth[:, None]).squeeze(1)
        is_label = token < self.marks.open
        is_call = is_label & (self._arity[token] > 0)
        fits = (missing > 0) & (self._size < self._max_size) & (self._depth < self._max_depth)
        right = torch.where(is_label, (is_call == self._opened) & fits, ~self._opened)
        right &= (token != self.marks.open) | (missing > 0)
        right &= (token != self.marks.close) | ((missing == 0) & (self._depth > 0))
        right &= (token != self.marks.end) | ((missing == 0) & (self._depth == 0))
        self.alive = self.alive & (right | ~going)
        going = going & right
        self.ended = self.ended | (going & (token == self.marks.end))
        self._opened = torch.where(going, token == self.marks.open, self._opened)
        self._count(going & is_label, going & is_call, going & (token == self.marks.close), token)

    def _count(self, labels: Tensor, calls: Tensor, closed: Tensor, token: Tensor) -> None:
        level = self._depth[:, None]
        self._missing.scatter_add_(1, level, -labels.long()[:, None])
        self._size += labels.long()
        self._depth = self._depth + calls.long() - closed.long()
        below = self._depth.clamp(max=self._max_depth)[:, None]
        children = torch.where(calls, self._arity[token], 0)[:, None]
        self._missing.scatter_add_(1, below, children)
