"""The Tree-LSTM that reads a program from its leaves to its root.

Sizes: B trees, A children at most, E embedding, H hidden, S state, D latent.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from saps.data.upward import UpwardBatch
from saps.model.initialization import glorot_
from saps.model.tree_lstm import NaryTreeLstmCell, TreeLstmCell


class TreeEncoder(nn.Module):
    """Embedding of labels, a Tree-LSTM up the tree, and z = tanh(W_z h_root + b_z).

    Source: Tai, Socher & Manning 2015. A label says its number of children too, so a function
    as a value and the same function called have different embeddings.

    All nodes of one depth are computed together, in all trees; all leaves even at once, for
    they have no children to wait for. The steps are as many as the deepest tree has levels.
    """

    def __init__(
        self,
        *,
        arities: Sequence[int],
        embedding_size: int,
        hidden_size: int,
        latent_size: int,
        dropout: float,
        cell: Callable[..., TreeLstmCell] = NaryTreeLstmCell,
    ) -> None:
        """Make the encoder.

        Args:
            arities: number of children of each label of the symbol table.
            embedding_size: of labels.
            hidden_size: of the cell.
            latent_size: of z.
            dropout: rate on the labels' embeddings.
            cell: makes the cell from `input_size`, `hidden_size` and `max_arity`.

        Raises:
            ValueError: `cell` makes another kind of cell.
        """
        super().__init__()
        maker = getattr(cell, "func", cell)  # of a partial
        if isinstance(maker, type) and not issubclass(maker, TreeLstmCell):
            raise ValueError(
                f"{maker.__name__} can not read a tree; choose model/tree_lstm=nary or child_sum, "
                "and a cell= that a decoder can use"
            )
        self.latent_size = latent_size
        self.embedding = nn.Embedding(len(arities), embedding_size)
        nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)
        self.cell = cell(input_size=embedding_size, hidden_size=hidden_size, max_arity=max(arities))
        self.to_latent = nn.Linear(hidden_size, latent_size)
        self.dropout = nn.Dropout(dropout)
        glorot_(self.to_latent)

    def forward(self, trees: UpwardBatch) -> Tensor:
        """Return z of each tree, (B, D) in (-1, 1); each row depends on its own tree alone."""
        n_leaves, n_inner = list(trees.leaf_sizes), list(trees.inner_sizes)
        leaves = torch.split(self.cell.leaf(self._project(trees.leaf_label)), n_leaves)
        projected = torch.split(self._project(trees.inner_label), n_inner)
        children = torch.split(trees.children, n_inner)
        absent = leaves[0].new_zeros(1, self.cell.state_size)
        level = torch.cat([absent, leaves[0]])
        for x, places, leaf in zip(projected[1:], children[1:], leaves[1:], strict=True):
            below = level.index_select(0, places.flatten()).view(*places.shape, -1)
            level = torch.cat([absent, self.cell.step(x, below), leaf])
        root = level.index_select(0, trees.roots)[:, : self.cell.hidden_size]
        return torch.tanh(self.to_latent(root))

    def _project(self, label: Tensor) -> Tensor:
        return self.cell.project(self.dropout(self.embedding(label)))
