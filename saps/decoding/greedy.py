"""Greedy decoding of many trees at once.

A node's states depend on its parent and previous sibling alone, not on that sibling's subtree.
So all nodes at the same step of the parent/sibling chain are labelled together, in all trees:
the number of steps is the longest chain, not the number of nodes.

Sizes: B examples, R nodes labelled in one step, K labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.decoding.prediction import Prediction
from saps.lang import Node
from saps.model.network import Network, Source, TreeNetwork
from saps.model.tree_decoder import DecoderContext, NodeStates, TreeDecoder


@dataclass(frozen=True, slots=True, eq=False)
class _Frontier:
    """The nodes to label next; each field but `states` is (R,).

    Attributes:
        states: of these nodes.
        example: the example of each, ascending.
        parent: number of the parent among all nodes of the batch, -1 at a root.
        order: place among the parent's children, from 0.
        left: siblings still to come after this node.
        depth: 1 at a root.
    """

    states: NodeStates
    example: Tensor
    parent: Tensor
    order: Tensor
    left: Tensor
    depth: Tensor


class GreedyDecoder:
    """Takes the most likely label at every node.

    The tree is always complete and well-formed: a label's arity is its number of children, and
    at the depth cap, or where the size left would not do for all nodes of a step, only leaves
    remain to choose from.
    """

    def __init__(self, max_depth: int = 60, max_size: int = 400) -> None:
        """Set the caps: `max_depth` levels (a lone root has 1), `max_size` nodes a tree.

        Raises:
            ValueError: a cap is below 1.
        """
        if max_depth < 1 or max_size < 1:
            raise ValueError(f"max_depth={max_depth}, max_size={max_size}: both must be at least 1")
        self.max_depth = max_depth
        self.max_size = max_size

    @overload
    def decode(
        self, network: TreeNetwork, source: Source, symbols: SymbolTable
    ) -> list[Prediction]: ...

    @overload
    def decode(
        self, network: Network, source: Source, symbols: SymbolTable
    ) -> Sequence[Prediction | None]: ...

    @torch.inference_mode()
    def decode(
        self, network: Network, source: Source, symbols: SymbolTable
    ) -> Sequence[Prediction | None]:
        """Return the greedy tree of each example, in order; None where there is no tree.

        Args:
            network: what was trained.
            source: what it reads, such as texts; see `Network.source`.
            symbols: the labels that it gives.
        """
        if not isinstance(network, TreeNetwork):
            raise TypeError(f"{type(network).__name__} grows no trees")
        return self._grow(network, source, symbols)

    def _grow(self, network: TreeNetwork, source: Source, symbols: SymbolTable) -> list[Prediction]:
        context = network.read(source)
        n_examples = len(context.latent)
        device = context.latent.device
        arities = torch.tensor(symbols.arities, device=device)
        size = torch.ones(n_examples, dtype=torch.long, device=device)
        log_prob = torch.zeros(n_examples, dtype=torch.float64, device=device)
        frontier = _roots(network.decoder.root(context), n_examples, device)
        steps: list[tuple[Tensor, ...]] = []
        n_labelled = 0
        while len(frontier.example):
            slot, n_slots, crowd = _layout(frontier.example, n_examples)
            scores = network.decoder.score(
                frontier.states, context, frontier.example, slot, n_slots
            )
            log_probs = scores.logits.float().log_softmax(dim=1)
            room = (self.max_size - size)[frontier.example] // crowd[frontier.example]
            room = room.where(frontier.depth < self.max_depth, 0)
            allowed = arities <= room[:, None]
            best, label = log_probs.masked_fill(~allowed, -torch.inf).max(dim=1)
            log_prob.index_add_(0, frontier.example, best.double())
            size.index_add_(0, frontier.example, arities[label])
            steps.append((frontier.example, frontier.parent, frontier.order, label))
            frontier = _next_frontier(
                network.decoder, context, frontier, label, arities[label], n_labelled
            )
            n_labelled += len(label)
        programs = _build(steps, n_examples, symbols)
        return [Prediction(*pair) for pair in zip(programs, log_prob.tolist(), strict=True)]


def _roots(states: NodeStates, n_examples: int, device: torch.device) -> _Frontier:
    zeros = torch.zeros(n_examples, dtype=torch.long, device=device)
    return _Frontier(
        states,
        example=torch.arange(n_examples, device=device),
        parent=zeros - 1,
        order=zeros,
        left=zeros,
        depth=zeros + 1,
    )


def _layout(example: Tensor, n_examples: int) -> tuple[Tensor, int, Tensor]:
    """Give each node a place of its own beside its example's: slots (R,), width, counts (B,)."""
    crowd = torch.bincount(example, minlength=n_examples)
    n_slots = int(crowd.max())
    start = crowd.cumsum(0) - crowd
    rank = torch.arange(len(example), device=example.device) - start[example]
    return example * n_slots + rank, n_slots, crowd


def _next_frontier(
    decoder: TreeDecoder,
    context: DecoderContext,
    frontier: _Frontier,
    label: Tensor,
    arity: Tensor,
    n_before: int,
) -> _Frontier:
    """Return the nodes of the next step: first children and next siblings of the labelled ones."""
    down = arity.nonzero().squeeze(1)
    right = frontier.left.nonzero().squeeze(1)
    parents, elders = frontier.example[down], frontier.example[right]
    children = decoder.first_child(frontier.states.take(down), label[down], context, parents)
    siblings = decoder.next_sibling(frontier.states.take(right), label[right], context, elders)
    example = torch.cat([parents, elders])
    by_example = example.argsort(stable=True)
    zeros = torch.zeros_like(down)

    def merge(of_children: Tensor, of_siblings: Tensor) -> Tensor:
        return torch.cat([of_children, of_siblings]).index_select(0, by_example)

    states = _concatenate(children, siblings).take(by_example)
    return _Frontier(
        states,
        example=example[by_example],
        parent=merge(down + n_before, frontier.parent[right]),
        order=merge(zeros, frontier.order[right] + 1),
        left=merge(arity[down] - 1, frontier.left[right] - 1),
        depth=merge(frontier.depth[down] + 1, frontier.depth[right]),
    )


def _concatenate(first: NodeStates, second: NodeStates) -> NodeStates:
    pairs = zip(first, second, strict=True)
    return NodeStates(*(None if a is None or b is None else torch.cat([a, b]) for a, b in pairs))


def _build(steps: list[tuple[Tensor, ...]], n_examples: int, symbols: SymbolTable) -> list[Node]:
    """Put the labelled nodes together; children come after their parents, so build backwards."""
    example, parent, order, label = (
        torch.cat(column).tolist() for column in zip(*steps, strict=True)
    )
    children: dict[int, list[tuple[int, Node]]] = {}
    roots: list[Node | None] = [None] * n_examples
    for number in range(len(label) - 1, -1, -1):
        brood = sorted(children.pop(number, []), key=lambda child: child[0])
        node = Node(symbols.labels[label[number]].symbol, tuple(child for _, child in brood))
        if parent[number] < 0:
            roots[example[number]] = node
        else:
            children.setdefault(parent[number], []).append((order[number], node))
    return [root for root in roots if root is not None]
