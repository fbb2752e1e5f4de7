"""Greedy decoding: the most likely label at every node.

Three ways lead to a greedy tree. In pre-order each label is the likeliest that a constraint allows.
Level by level, all nodes that can be labelled at the same moment are labelled together; what may
stand there depends on the caps alone. By gates, the same, but a network with topology gates decides
the shape instead of the labels.

Sizes: B examples, R nodes labelled in one step, K labels, S numbers in a state.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.lang import AlgoLispError, Node, infer_signature
from saps.model.protocols import Network, Scorer, Source, Step
from saps.search.interface import Expansion, Hypothesis, Prediction, TreeSearch, count
from saps.search.mask import constraint_for
from saps.search.request import NOTHING_KNOWN, Request

# A greedy tree less likely than exp(-50) is nonsense: right ones of the bundled model are above
# exp(-25). Forced from type to type, such trees would grow to the caps.
_HOPELESS: Final = -50.0


@dataclass(eq=False)
class GreedyDecoder(TreeSearch):
    """Takes the most likely label at every node, among those that are allowed.

    The tree is always complete and well-formed and within the caps. Typed, it is the tree that
    comes of choosing, in pre-order, the likeliest label that can still lead to a well-typed
    program within the caps; but once it is less likely than exp(-50), it is only brought to an end.

    That tree is found without looking at types wherever they do not matter: the tree is first
    grown level by level, each node by its likeliest label. If it type-checks and no cap interfered,
    it is the answer. For then each of its labels was allowed when its node's turn came, since what
    led to a well-typed program within the caps can lead there; and the likeliest of all labels is
    the likeliest of those allowed, whose scores the labels before it fix. Only the other texts are
    decoded again, in pre-order and with masks. For the settings see `TreeSearch`.
    """

    # Again, since these may be given without their names.
    max_depth: int = count(60)
    max_size: int = count(400)

    @torch.inference_mode()
    def decode(
        self, network: Network, source: Source, symbols: SymbolTable
    ) -> list[Prediction | None]:
        """Return the greedy tree of each example, in order, whatever its types.

        This is what training validates by; `search` is for users. A network that writes tokens
        writes them as it likes, and where the topology is predicted its gates decide; None stands
        where what came of it is no program.
        """
        caps = {"max_depth": self.max_depth, "max_size": self.max_size}
        if network.writes_tokens:
            written = network.write(source, **caps)
            return [w and Prediction(symbols.build(w.labels), w.log_prob) for w in written]
        scorer = network.scorer(source)
        if network.has_gates:
            return grow_by_gates(scorer, symbols, **caps)
        return [*self._decode(scorer, symbols, None, typed=False)]

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return one program a text; see `Search.search`."""
        found = self._decode(scorer, symbols, requests, typed=self.typed)
        return [[prediction] for prediction in found]

    def _decode(
        self,
        scorer: Scorer,
        symbols: SymbolTable,
        requests: Sequence[Request] | None,
        *,
        typed: bool,
    ) -> list[Prediction]:
        found: dict[int, Prediction] = {}
        caps = {"max_depth": self.max_depth, "max_size": self.max_size}
        if scorer.by_anchor:
            known = requests or [NOTHING_KNOWN] * scorer.n_examples
            waves = grow_in_waves(scorer, symbols, **caps)
            for number, ((tree, is_capped), request) in enumerate(zip(waves, known, strict=True)):
                if not typed or (not is_capped and _fits(tree.program, request)):
                    found[number] = tree
        if len(found) < scorer.n_examples:
            expansion = Expansion(scorer, constraint_for(symbols, typed=typed, **caps))
            roots = [root for root in expansion.roots(requests) if root.example not in found]
            for grown in grow_greedily(expansion, roots, symbols.arities):
                found[grown.example] = Prediction(symbols.build(grown.labels), grown.log_prob)
        return [found[number] for number in range(scorer.n_examples)]


def _fits(program: Node, request: Request) -> bool:
    """Whether a program has the types of a request and names no argument beyond it."""
    declared = request.argument_types()
    try:
        signature = infer_signature(program, declared, request.result)
    except AlgoLispError:
        return False
    return declared is None or set(signature.arguments) <= set(declared)


# In pre-order. The trees are those of `grow_beams` with a width of 1. Much of a beam's work goes
# into masks of all labels; here labels are asked for from the likeliest down, and nearly always
# the first few will do.


def grow_greedily(
    expansion: Expansion, roots: Sequence[Hypothesis], arities: Sequence[int] | None = None
) -> list[Hypothesis]:
    """Return the complete tree of each text; those that are complete early come first.

    Args:
        expansion: scores and extends, and says what is allowed.
        roots: the empty trees of the texts.
        arities: of the labels. Where they are given, a tree that has become hopeless is ended soon,
            by the labels with the fewest children.
    """
    complete, alive = [], list(roots)
    while alive:
        log_probs = expansion.scores(alive).log_probs
        # Of labels that are equally likely the first is taken, as beams do.
        rankings = log_probs.argsort(dim=1, descending=True, stable=True).tolist()
        if arities is not None:
            for ranking, hypothesis in zip(rankings, alive, strict=True):
                if hypothesis.log_prob < _HOPELESS:
                    ranking.sort(key=arities.__getitem__)
        labels = [expansion.first_allowed(*pair) for pair in zip(alive, rankings, strict=True)]
        chosen = log_probs[range(len(labels)), labels].double().tolist()
        grown = [
            expansion.extend(hypothesis, label, hypothesis.log_prob + log_prob)
            for hypothesis, label, log_prob in zip(alive, labels, chosen, strict=True)
        ]
        complete += [hypothesis for hypothesis in grown if hypothesis.complete]
        alive = [hypothesis for hypothesis in grown if not hypothesis.complete]
        expansion.advance(alive)
    return complete


# Level by level. Under a scorer whose states depend on the anchor alone (`Scorer.by_anchor`), a
# node's state depends on its parent and previous sibling, not on that sibling's subtree. So all
# nodes at the same step of the parent/sibling chain are labelled together, in all trees: the number
# of steps is the longest chain, not the number of nodes.


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The nodes to label next; each field but `state`, (R, S), is (R,).

    Attributes:
        state: of these nodes.
        example: the example of each, ascending.
        parent: number of the parent among all nodes of the batch, -1 at a root.
        left: siblings still to come after this node, where labels decide on the shape.
        depth: 1 at a root.
    """

    state: Tensor
    example: Tensor
    parent: Tensor
    left: Tensor
    depth: Tensor

    def next(
        self, scorer: Scorer, label: Tensor, down: Tensor, right: Tensor, n_labelled: int
    ) -> "_Level":
        """Return the first children and next siblings of the nodes, after they were labelled.

        Args:
            scorer: gives the states.
            label: (R,) of the nodes.
            down: (R,) how many children each has.
            right: (R,) how many siblings are still to come after it.
            n_labelled: nodes of the batch that were labelled before these.
        """
        first, second = down.nonzero().squeeze(1), right.nonzero().squeeze(1)
        is_right = torch.cat([torch.zeros_like(first), torch.ones_like(second)])
        both = torch.cat([first, second])
        by_example = self.example[both].argsort(stable=True)
        anchor, is_right = both[by_example], is_right[by_example].bool()
        state, example = self.state.index_select(0, anchor), self.example[anchor]
        step = Step(
            last_state=state,
            last_label=label[anchor],
            anchor_state=state,
            anchor_label=label[anchor],
            is_down=~is_right,
            n_closed=torch.zeros_like(anchor),
            example=example,
        )
        return _Level(
            scorer.advance(step) if len(anchor) else state,
            example,
            parent=torch.where(is_right, self.parent[anchor], anchor + n_labelled),
            left=torch.where(is_right, right[anchor], down[anchor]) - 1,
            depth=self.depth[anchor] + (~is_right).long(),
        )


# Labels the nodes of a level, given how many nodes each tree has; counts those that it calls for.
#
# Returns labels, how many children each node has, how many siblings are to come after it, and the
# log-probabilities, each (R,).
_Choice: TypeAlias = Callable[[_Level, Tensor], tuple[Tensor, Tensor, Tensor, Tensor]]


def _grow(scorer: Scorer, symbols: SymbolTable, choose: _Choice) -> list[tuple[Node | None, float]]:
    """Return the tree of each text, in order, and its log-probability; None if it is no program."""
    n_examples, device = scorer.n_examples, scorer.device
    size = torch.ones(n_examples, dtype=torch.long, device=device)
    log_prob = torch.zeros(n_examples, dtype=torch.float64, device=device)
    example, zeros = torch.arange(n_examples, device=device), torch.zeros_like(size)
    level = _Level(scorer.start(), example, parent=zeros - 1, left=zeros, depth=zeros + 1)
    steps: list[tuple[Tensor, Tensor, Tensor]] = []
    n_labelled = 0
    while len(level.example):
        label, down, right, best = choose(level, size)
        log_prob.index_add_(0, level.example, best.double())
        steps.append((level.example, level.parent, label))
        level = level.next(scorer, label, down, right, n_labelled)
        n_labelled += len(label)
    return [*zip(_build(steps, n_examples, symbols), log_prob.tolist(), strict=True)]


def grow_in_waves(
    scorer: Scorer, symbols: SymbolTable, *, max_depth: int, max_size: int
) -> list[tuple[Prediction, bool]]:
    """Return the greedy tree of each text, in order, and whether a cap forbade a likelier label.

    The trees are complete and well-formed: a label's arity is its number of children, and at the
    depth cap, or where the size left would not do for all nodes of a step, only labels that fit
    remain to choose from.
    """
    arities = torch.tensor(symbols.arities, device=scorer.device)
    capped = torch.zeros(scorer.n_examples, dtype=torch.long, device=scorer.device)

    def choose(level: _Level, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        example = level.example
        log_probs = scorer.scores(level.state, example, is_last=level.left == 0).log_probs
        n_beside = torch.bincount(example, minlength=scorer.n_examples)
        room = (max_size - size)[example] // n_beside[example]
        room = room.where(level.depth < max_depth, 0)
        best, label = log_probs.masked_fill(arities > room[:, None], -torch.inf).max(dim=1)
        capped.index_add_(0, example, (best < log_probs.amax(dim=1)).long())
        size.index_add_(0, example, arities[label])
        return label, arities[label], level.left, best

    trees = _grow(scorer, symbols, choose)
    return [
        (Prediction(program, log_prob), is_capped)
        for (program, log_prob), is_capped in zip(trees, capped.bool().tolist(), strict=True)
        if program is not None  # which it never is
    ]


def grow_by_gates(
    scorer: Any, symbols: SymbolTable, *, max_depth: int, max_size: int
) -> list[Prediction | None]:
    """Return the tree of each text whose shape the network's topology gates decide, in order.

    None where it is no program: a label may stand where the gates say another number of children
    than it has. Gates open at a probability of one half. At a cap they are held shut.
    """

    def choose(level: _Level, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        example = level.example
        may_open = torch.stack([level.depth < max_depth, level.parent >= 0], dim=1)
        label, shape, best = scorer.choose(level.state, example, may_open)
        new = torch.zeros_like(size).index_add_(0, example, shape.sum(dim=1))
        full = size + new > max_size
        if full.any():
            may_open &= ~full[example, None]
            label, shape, best = scorer.choose(level.state, example, may_open)
        size += new.masked_fill(full, 0)
        down, right = shape.long().unbind(1)
        return label, down, right, best

    trees = _grow(scorer, symbols, choose)
    return [None if program is None else Prediction(program, value) for program, value in trees]


def _build(
    steps: Sequence[tuple[Tensor, Tensor, Tensor]], n_examples: int, symbols: SymbolTable
) -> list[Node | None]:
    """Put labelled nodes together: example, parent and label of each, (R,) in each step.

    Children come after their parents, and siblings in order, so it is done backwards. None where a
    node has another number of children than its label.
    """
    example, parent, label = (torch.cat(column).tolist() for column in zip(*steps, strict=True))
    children: list[list[Node | None]] = [[] for _ in label]
    roots: list[Node | None] = [None] * n_examples
    for number in range(len(label) - 1, -1, -1):
        below = children[number][::-1]
        whole = tuple([child for child in below if child is not None])
        symbol, arity = symbols.labels[label[number]].symbol, symbols.labels[label[number]].arity
        node = Node(symbol, whole) if len(whole) == len(below) == arity else None
        if parent[number] < 0:
            roots[example[number]] = node
        else:
            children[parent[number]].append(node)
    return roots
