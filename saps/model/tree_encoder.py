"""Recurrent cells that make a node's state from the states of its children.

Sizes: R nodes, A the most children that one of them has, E input, H hidden, S = 2 H state, G gates.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.batching import UpwardBatch
from saps.model.cells.cell import glorot_, glorot_gates_, orthogonal_gates_


class TreeLstmCell(nn.Module, ABC):
    """Gates that read a node's input x alone or also its children's states.

    A state is one tensor, (R, S): the output h in (-1, 1), then the memory c. A child that is
    not there has a state of zeros. The input's share of the gates, W x + b, is in the order
    input, forget, candidate, output; the forget gate opens at the start (seed 004).
    """

    def __init__(self, input_size: int, hidden_size: int, max_arity: int) -> None:
        super().__init__()
        self.max_arity = max_arity
        self.hidden_size = hidden_size
        self.state_size = 2 * hidden_size
        self.input = nn.Linear(input_size, 4 * hidden_size)
        glorot_gates_(self.input.weight, hidden_size)
        nn.init.zeros_(self.input.bias)
        nn.init.ones_(self.input.bias.data[hidden_size : 2 * hidden_size])

    def project(self, x: Tensor) -> Tensor:
        """Return the input's share of the gates, (R, E) -> (R, 4 H)."""
        projected: Tensor = self.input(x)
        return projected

    def leaf(self, projected: Tensor) -> Tensor:
        """Return the states of R nodes without children, (R, 4 H) -> (R, S)."""
        i, _, candidate, o = projected.chunk(4, dim=1)
        return _state(torch.sigmoid(i) * torch.tanh(candidate), o)

    def step(self, projected: Tensor, children: Tensor) -> Tensor:
        """Return the states of R nodes with children, (R, 4 H) and (R, A, S) -> (R, S).

        Raises:
            ValueError: A is more than `max_arity`.
        """
        if children.shape[1] > self.max_arity:
            raise ValueError(
                f"a node has {children.shape[1]} children, the cell takes {self.max_arity} at most"
            )
        h, c = children.chunk(2, dim=2)
        i, f, candidate, o = self._gates(projected, h)
        kept = (torch.sigmoid(f) * c).sum(dim=1)
        return _state(torch.sigmoid(i) * torch.tanh(candidate) + kept, o)

    @abstractmethod
    def _gates(self, projected: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Add the children's share to the gates before their sigmoids.

        Args:
            projected: (R, 4 H), from `project`.
            h: (R, A, H) outputs of the children.

        Returns:
            Input gate (R, H), forget gates (R, A, H), candidate (R, H), output gate (R, H).
        """


class NaryTreeLstmCell(TreeLstmCell):
    """Each child, by its place, has weights of its own.

        i = s(W_i x + sum_l U_i^l h_l + b_i), likewise o and the candidate u (with tanh)
        f_k = s(W_f x + sum_l U_f^kl h_l + b_f)
        c = i u + sum_k f_k c_k,  h = o tanh(c)

    Source: Tai, Socher & Manning 2015, Eqs. (9)-(14), with all U_f^kl; U starts orthogonal.
    """

    def __init__(self, input_size: int, hidden_size: int, max_arity: int) -> None:
        super().__init__(input_size, hidden_size, max_arity)
        self.recurrent = nn.Linear(
            max_arity * hidden_size, (3 + max_arity) * hidden_size, bias=False
        )
        for of_child in torch.split(self.recurrent.weight.data, hidden_size, dim=1):
            orthogonal_gates_(of_child)

    def _gates(self, projected: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        i, f, candidate, o = projected.chunk(4, dim=1)
        # The weights of children that no node of this batch has would meet zeros alone.
        present = h.shape[1] * self.hidden_size
        weight = self.recurrent.weight[: 3 * self.hidden_size + present, :present]
        shares = functional.linear(h.flatten(1), weight).view(len(h), -1, self.hidden_size)
        of_i, of_candidate, of_o = shares[:, :3].unbind(dim=1)
        return i + of_i, f[:, None] + shares[:, 3:], candidate + of_candidate, o + of_o


class ChildSumTreeLstmCell(TreeLstmCell):
    """All children have the same weights, and their order does not matter.

        i = s(W_i x + U_i sum_l h_l + b_i), likewise o and the candidate u (with tanh)
        f_k = s(W_f x + U_f h_k + b_f)
        c = i u + sum_k f_k c_k,  h = o tanh(c)

    Source: Tai, Socher & Manning 2015, Eqs. (2)-(8); U starts orthogonal. It cannot tell
    `(- a b)` from `(- b a)`, so it is here to compare with.
    """

    def __init__(self, input_size: int, hidden_size: int, max_arity: int) -> None:
        """Make the cell; its weights are the same for any `max_arity`."""
        super().__init__(input_size, hidden_size, max_arity)
        self.recurrent = nn.Linear(hidden_size, 3 * hidden_size, bias=False)
        self.forget = nn.Linear(hidden_size, hidden_size, bias=False)
        orthogonal_gates_(self.recurrent.weight)
        orthogonal_gates_(self.forget.weight)

    def _gates(self, projected: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        i, f, candidate, o = projected.chunk(4, dim=1)
        of_i, of_candidate, of_o = self.recurrent(h.sum(dim=1)).chunk(3, dim=1)
        return i + of_i, f[:, None] + self.forget(h), candidate + of_candidate, o + of_o


def _state(c: Tensor, o: Tensor) -> Tensor:
    return torch.cat([torch.sigmoid(o) * torch.tanh(c), c], dim=1)


# The Tree-LSTM that reads a program from its leaves to its root.
#
# Sizes: B trees, A children at most, E embedding, H hidden, S state, D latent.


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
                f"{maker.__name__} cannot read a tree; choose model/tree_lstm=nary or child_sum, "
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
