"""Greedy trees whose shape the network's topology gates decide, and nothing else.

Such a tree may be no program: a label may stand where the gates say another number of children
than it has. Nodes are labelled in the waves of `saps.decoding.waves`.

Sizes: B examples, R nodes labelled in one wave, S numbers in a state.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from saps.data.batching import DOWN, RIGHT
from saps.data.symbols import SymbolTable
from saps.decoding.prediction import Prediction
from saps.decoding.scorer import Step
from saps.lang import Node
from saps.model.tree_scorer import TreeScorer


@dataclass(frozen=True, slots=True, eq=False)
class _Frontier:
    """The nodes to label next; each field but `state`, (R, S), is (R,).

    Attributes:
        state: of these nodes.
        example: whose trees they belong to.
        parent: number of the parent among all nodes of the batch, -1 at a root.
        depth: 1 at a root.
    """

    state: Tensor
    example: Tensor
    parent: Tensor
    depth: Tensor


def grow_by_gates(
    scorer: TreeScorer, symbols: SymbolTable, *, max_depth: int, max_size: int
) -> list[Prediction | None]:
    """Return the greedy tree of each text, in order; None where it is no program.

    Gates open at a probability of one half. At a cap they are held shut.
    """
    n_examples, device = scorer.n_examples, scorer.device
    size = torch.ones(n_examples, dtype=torch.long, device=device)
    log_prob = torch.zeros(n_examples, dtype=torch.float64, device=device)
    numbers = torch.arange(n_examples, device=device)
    frontier = _Frontier(scorer.start(), numbers, numbers * 0 - 1, numbers * 0 + 1)
    waves: list[tuple[Tensor, Tensor, Tensor]] = []
    n_labelled = 0
    while len(frontier.example):
        example = frontier.example
        may_open = torch.stack([frontier.depth < max_depth, frontier.parent >= 0], dim=1)
        label, shape, best = scorer.choose(frontier.state, example, may_open)
        new = torch.zeros_like(size).index_add_(0, example, shape.sum(dim=1))
        full = size + new > max_size
        if full.any():
            may_open &= ~full[example, None]
            label, shape, best = scorer.choose(frontier.state, example, may_open)
        size += new.masked_fill(full, 0)
        log_prob.index_add_(0, example, best.double())
        waves.append((example, frontier.parent, label))
        frontier = _grow(scorer, frontier, label, shape, n_labelled)
        n_labelled += len(label)
    programs = _build(waves, n_examples, symbols)
    return [
        None if program is None else Prediction(program, value)
        for program, value in zip(programs, log_prob.tolist(), strict=True)
    ]


def _grow(
    scorer: TreeScorer, frontier: _Frontier, label: Tensor, shape: Tensor, n_before: int
) -> _Frontier:
    """Return the nodes of the next wave: first children, then next siblings."""
    down, right = (part.nonzero().squeeze(1) for part in shape.unbind(1))
    anchor = torch.cat([down, right])
    kind = torch.cat([torch.full_like(down, DOWN), torch.full_like(right, RIGHT)])
    state, example = frontier.state.index_select(0, anchor), frontier.example[anchor]
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
        example,
        parent=torch.cat([down + n_before, frontier.parent[right]]),
        depth=frontier.depth[anchor] + (kind == DOWN).long(),
    )


def _build(
    waves: list[tuple[Tensor, Tensor, Tensor]], n_examples: int, symbols: SymbolTable
) -> list[Node | None]:
    """Put the nodes together; children come after their parents, and siblings in order."""
    example, parent, label = (torch.cat(column).tolist() for column in zip(*waves, strict=True))
    broods: list[list[Node | None]] = [[] for _ in label]
    roots: list[Node | None] = [None] * n_examples
    for number in range(len(label) - 1, -1, -1):
        node = _node(symbols, label[number], broods[number][::-1])
        if parent[number] < 0:
            roots[example[number]] = node
        else:
            broods[parent[number]].append(node)
    return roots


def _node(symbols: SymbolTable, label: int, children: list[Node | None]) -> Node | None:
    """Make a node; None if a child is none, or the label has another number of children."""
    whole = tuple(child for child in children if child is not None)
    if len(whole) < len(children) or len(children) != symbols.labels[label].arity:
        return None
    return Node(symbols.labels[label].symbol, whole)
