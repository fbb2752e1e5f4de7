"""Gates that predict a tree's shape beside its labels.

Sizes: N nodes of all trees, R nodes, H query, K labels. The two gates are in the order "has
children", "has a next sibling".
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from saps.data.batching import TreeBatch
from saps.model.initialization import glorot_

Topology = Literal["arity", "predicted"]


class TopologyGates(nn.Module):
    """Whether a node has children and a next sibling, and what that tells of its label.

        p_a = s(u_a q + b_a),  p_f = s(u_f q + b_f)                       Eqs. (5), (6)
        o = softmax(W q + b + a v_a + f v_f)                              Eq. (7)

    a and f are 1 where the node has children and a next sibling: the gold ones in training, the
    predicted ones when a tree is grown.

    Source: Alvarez-Melis & Jaakkola 2017 (DRNN); differs from it in the gates' biases.
    """

    def __init__(self, query_size: int, n_labels: int) -> None:
        super().__init__()
        self.gates = nn.Linear(query_size, 2)
        self.to_label = nn.Linear(2, n_labels, bias=False)
        glorot_(self)

    def forward(self, query: Tensor) -> Tensor:
        """Return the gates before the sigmoid, (R, H) -> (R, 2)."""
        gates: Tensor = self.gates(query)
        return gates

    def condition(self, logits: Tensor, shape: Tensor) -> Tensor:
        """Tell the labels' logits, (R, K), of nodes' shapes, (R, 2) of 0 and 1 (Eq. 7)."""
        told: Tensor = logits + self.to_label(shape.to(self.to_label.weight.dtype))
        return told

    def loss(self, gates: Tensor, shape: Tensor, is_node: Tensor | None = None) -> Tensor:
        """Return the mean over nodes of both gates' binary cross-entropy, in nats; a scalar.

        Args:
            gates: (R, 2) before the sigmoid.
            shape: (R, 2) of 0 and 1, the gold one.
            is_node: (R,) bool, False where a row only fills a place; None where all are nodes.
        """
        if is_node is None:
            return 2 * functional.binary_cross_entropy_with_logits(gates, shape)
        each = functional.binary_cross_entropy_with_logits(gates, shape, reduction="none")
        return (each.sum(dim=1) * is_node).sum() / is_node.sum()

    def log_probs(
        self, logits: Tensor, gates: Tensor, has_children: Tensor, is_last: Tensor
    ) -> Tensor:
        """Return the log-probability of each label together with the shape that it needs.

        Args:
            logits: (R, K), not told of the shape.
            gates: (R, 2) before the sigmoid.
            has_children: (K,) bool, of the labels.
            is_last: (R,) bool, whether the node is its parent's last child.

        Returns:
            (R, K) float32, natural log of P(shape) P(label | shape). A row sums to less than 1:
            labels whose number of children contradicts the shape have the rest.
        """
        gates, has_next = gates.float(), (~is_last).float()
        parts = []
        for child in (0.0, 1.0):
            shape = torch.stack([torch.full_like(has_next, child), has_next], dim=1)
            gate = -functional.binary_cross_entropy_with_logits(gates, shape, reduction="none")
            label = self.condition(logits, shape).float().log_softmax(dim=1)
            parts.append(label + gate.sum(dim=1, keepdim=True))
        return torch.where(has_children, parts[1], parts[0])

    def choose(
        self, logits: Tensor, gates: Tensor, may_open: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Decide the shape by the gates, then the label; see `TreeScorer.choose`."""
        open_gates = (gates > 0) & may_open
        gates, shape = gates.float(), open_gates.float()
        best, label = self.condition(logits, shape).float().log_softmax(dim=1).max(dim=1)
        gate = -functional.binary_cross_entropy_with_logits(gates, shape, reduction="none")
        return label, open_gates, best + gate.sum(dim=1)


def shape_of(tree: TreeBatch, dtype: torch.dtype) -> Tensor:
    """Return which nodes have children and a next sibling, (N, 2) of 0 and 1, in `dtype`."""
    return tree.shape.to(dtype)
