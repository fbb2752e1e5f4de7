"""Greedy trees of many texts, all nodes that can be labelled at the same moment together.

Under a scorer whose states depend on the anchor alone (`Scorer.by_anchor`), a node's state depends
on its parent and previous sibling, not on that sibling's subtree. So all nodes at the same step of
the parent/sibling chain are labelled together, in all trees: the number of steps is the longest
chain, not the number of nodes.

Sizes: B examples, R nodes labelled in one step, K labels, S numbers in a state.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from saps.data.batching import DOWN, RIGHT
from saps.data.symbols import SymbolTable
from saps.decoding.scorer import Scorer, Step
from saps.lang import Node


class Wave(NamedTuple):
    """The greedy tree of one text.

    Attributes:
        program: the tree.
        log_prob: of it, natural log.
        capped: whether a cap forbade the likeliest label of some node.
    """

    program: Node
    log_prob: float
    capped: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Frontier:
    """The nodes to label next; each field but `state` is (R,).

    Attributes:
        state: of these nodes, (R, S).
        example: the example of each, ascending.
        parent: number of the parent among all nodes of the batch, -1 at a root.
        order: place among the parent's children, from 0.
        left: siblings still to come after this node.
        depth: 1 at a root.
    """

    state: Tensor
    example: Tensor
    parent: Tensor
    order: Tensor
    left: Tensor
    depth: Tensor


def grow_in_waves(
    scorer: Scorer, symbols: SymbolTable, *, max_depth: int, max_size: int
) -> list[Wave]:
    """Return the greedy tree of each text, in order.

    The trees are complete and well-formed: a label's arity is its number of children, and at the
    depth cap, or where the size left would not do for all nodes of a step, only labels that fit
    remain to choose from.
    """
    n_examples, device = scorer.n_examples, scorer.device
    arities = torch.tensor(symbols.arities, device=device)
    size = torch.ones(n_examples, dtype=torch.long, device=device)
    log_prob = torch.zeros(n_examples, dtype=torch.float64, device=device)
    capped = torch.zeros(n_examples, dtype=torch.long, device=device)
    frontier = _roots(scorer.start(), n_examples, device)
    steps: list[tuple[Tensor, ...]] = []
    n_labelled = 0
    while len(frontier.example):
        example = frontier.example
        log_probs = scorer.scores(frontier.state, example, is_last=frontier.left == 0).log_probs
        crowd = torch.bincount(example, minlength=n_examples)
        room = (max_size - size)[example] // crowd[example]
        room = room.where(frontier.depth < max_depth, 0)
        allowed = arities <= room[:, None]
        best, label = log_probs.masked_fill(~allowed, -torch.inf).max(dim=1)
        capped.index_add_(0, example, (best < log_probs.amax(dim=1)).long())
        log_prob.index_add_(0, example, best.double())
        size.index_add_(0, example, arities[label])
        steps.append((example, frontier.parent, frontier.order, label))
        frontier = _grow(scorer, frontier, label, arities[label], n_labelled)
        n_labelled += len(label)
    programs = _build(steps, n_examples, symbols)
    found = zip(programs, log_prob.tolist(), capped.bool().tolist(), strict=True)
    return [Wave(*wave) for wave in found]


def _roots(state: Tensor, n_examples: int, device: torch.device) -> _Frontier:
    zeros = torch.zeros(n_examples, dtype=torch.long, device=device)
    return _Frontier(
        state,
        example=torch.arange(n_examples, device=device),
        parent=zeros - 1,
        order=zeros,
        left=zeros,
        depth=zeros + 1,
    )


def _grow(
    scorer: Scorer, frontier: _Frontier, label: Tensor, arity: Tensor, n_before: int
) -> _Frontier:
    """Return the nodes of the next step: first children and next siblings of the labelled ones."""
    down = arity.nonzero().squeeze(1)
    right = frontier.left.nonzero().squeeze(1)
    is_right = torch.cat([torch.zeros_like(down), torch.ones_like(right)])
    both = torch.cat([down, right])
    by_example = frontier.example[both].argsort(stable=True)
    anchor, is_right = both[by_example], is_right[by_example].bool()
    state, example = frontier.state.index_select(0, anchor), frontier.example[anchor]
    kind = torch.full_like(anchor, DOWN).masked_fill(is_right, RIGHT)
    step = Step(
        last_state=state,
        last_label=label[anchor],
        anchor_state=state,
        anchor_label=label[anchor],
        kind=kind,
        n_closed=torch.zeros_like(anchor),
        example=example,
    )
    return _Frontier(
        scorer.advance(step) if len(anchor) else state,
        example=example,
        parent=torch.where(is_right, frontier.parent[anchor], anchor + n_before),
        order=torch.where(is_right, frontier.order[anchor] + 1, 0),
        left=torch.where(is_right, frontier.left[anchor], arity[anchor]) - 1,
        depth=frontier.depth[anchor] + (~is_right).long(),
    )


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
