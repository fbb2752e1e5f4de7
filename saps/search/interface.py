"""What all searches have in common: what they give, their settings, the trees that they grow.

Of the network they know no more than `saps.model.protocols.Scorer`.

Sizes: B texts, R partial trees, K labels, S numbers in a state.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple, Protocol, Self, get_args

import torch
from torch import Tensor

from saps.data.symbols import Label, SymbolTable
from saps.lang import Node
from saps.model.protocols import Scorer, Scores, Step
from saps.search.request import NOTHING_KNOWN, Request


@dataclass(frozen=True, slots=True)
class Prediction:
    """A program and its log-probability under the model: natural log, summed over its nodes.

    Attributes:
        program: the tree.
        log_prob: at most 0; the model's own, whatever the search did to find the program.
        passed: for each example of the request, whether the program computes its output; None
            where the search has not run it.
    """

    program: Node
    log_prob: float
    passed: tuple[bool, ...] | None = None


class Search(Protocol):
    """A way of finding programs; conf/decoding has one file for each.

    Attributes:
        n_examples: tests of a task that an evaluation may show to the search.
    """

    @property
    def n_examples(self) -> int: ...

    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the programs found for each text, distinct, the best first.

        Args:
            scorer: a network that has read the texts.
            symbols: what its labels mean.
            requests: what is known of each program; None where nothing is.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        ...


class Constraint(Protocol):
    """Says which labels may come next; `TypedConstraint` and `ShapeConstraint` are such."""

    def start(self, request: Request) -> Any:
        """Return the empty tree of a request: a `PartialTree`, perhaps one that knows more."""
        ...

    def allowed_many(self, trees: Sequence[Any]) -> Tensor:
        """Return which labels the next node of each tree may have, (R, K) bool, on the CPU."""
        ...

    def first_allowed(self, tree: Any, ranking: Sequence[int]) -> int:
        """Return the first label of a ranking of all that the next node may have.

        It is the first that `allowed_many` has; some is, in a tree that came about by such.
        """
        ...

    def extend(self, tree: Any, label: int) -> Any:
        """Return the tree with its next node labelled."""
        ...


# Settings of a search, as a configuration or a caller gives them.

_KINDS: Final = {int: "a whole number", float: "a number", bool: "true or false"}


def setting(default: Any, holds: Callable[[Any], bool], expected: str) -> Any:
    """A field of a search that `TreeSearch` checks."""
    return field(default=default, metadata={"holds": holds, "expected": expected})


def count(default: int | None) -> Any:
    """A field that is a whole number of at least 1, or None if that is its default."""
    return setting(default, lambda value: value >= 1, "at least 1")


@dataclass(kw_only=True, eq=False)
class TreeSearch:
    """The settings that all searches have. A search is a dataclass, its fields are its settings.

    Attributes:
        typed: whether only well-typed programs are written.
        max_depth: levels of a tree (a lone root has 1).
        max_size: nodes of a tree.

    Raises:
        ValueError: a setting is of another kind or out of range; the message names it.
    """

    n_examples: int = 0
    typed: bool = True
    max_depth: int = count(60)
    max_size: int = count(400)

    @property
    def caps(self) -> dict[str, Any]:
        """The settings of another search, or of a constraint, with the same bounds."""
        return {"typed": self.typed, "max_depth": self.max_depth, "max_size": self.max_size}

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.init:
                setattr(self, each.name, _checked(each, getattr(self, each.name)))


def _checked(field_: Any, value: Any) -> Any:
    kind, *others = get_args(field_.type) or (field_.type,)
    if others and value is None:
        return None
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e4 is a float to a configuration
    is_number = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not is_number or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{field_.name}={value}: expected {_KINDS[kind]}")
    if "holds" in field_.metadata and not field_.metadata["holds"](value):
        raise ValueError(f"{field_.name}={value}: expected {field_.metadata['expected']}")
    return value


# A tree that is being written in pre-order, label by label: where its next node goes, and what may
# stand there as far as its shape tells.


@dataclass(slots=True, eq=False, repr=False)
class PartialTree:
    """An immutable beginning of a tree; `extend` gives a longer one and shares all it can.

    Nodes are numbered in pre-order, from 0. While the tree is not complete, `depth`, `is_down`,
    `anchor` and `is_last` speak of the next node, the one that has no label yet.

    Attributes:
        previous: the tree without the node written last; None where nothing is written.
        label: of the node written last, -1 where nothing is written.
        n_nodes: how many nodes are written.
        n_open: how many more are called for at least, the next node included; 0 if complete.
        depth: of the next node, 1 at the root; 0 if complete.
        is_down: whether the next node is the first child of its anchor, or else its next sibling.
        anchor: number of that anchor; -1 at the root, and if complete.
        is_last: whether the next node is its parent's last child; true of a root.
        n_closed: how many nodes with children were completed by the node written last: the
            brackets that close between it and the next node.
    """

    # Those of the empty tree, whose next node is the root.
    previous: Self | None = None
    label: int = -1
    n_nodes: int = 0
    n_open: int = 1
    depth: int = 1
    is_down: bool = False
    anchor: int = -1
    is_last: bool = True
    n_closed: int = 0
    _above: "_Family | None" = None

    @property
    def complete(self) -> bool:
        return self.n_open == 0

    @property
    def labels(self) -> list[int]:
        """The labels of all written nodes in pre-order; `SymbolTable.build` makes them a tree."""
        labels: list[int] = []
        tree: PartialTree = self
        while tree.previous is not None:
            labels.append(tree.label)
            tree = tree.previous
        labels.reverse()
        return labels

    def extend(self, label: int, arity: int) -> Self:
        """Write the next node; `arity` is its number of children."""
        assert self.n_open, "the tree is complete"
        grown = self.__class__.__new__(self.__class__)
        grown.previous = self
        grown.label = label
        grown.n_nodes = self.n_nodes + 1
        grown.n_open = self.n_open - 1 + arity
        if arity:
            grown._above = (arity - 1, self.n_nodes, self.depth + 1, self._above)
            grown.depth = self.depth + 1
            grown.is_down = True
            grown.anchor = self.n_nodes
            grown.is_last = arity == 1
            grown.n_closed = 0
        else:
            _close(grown, self)
        return grown

    def open_nodes(self) -> list[int]:
        """The numbers of the written nodes that nodes to come may follow: anchor and ancestors."""
        if not self.n_nodes or not self.n_open:
            return []
        nodes, family = [self.anchor], self._above
        while family is not None:
            nodes.append(family[1])
            family = family[3]
        return nodes

    def open_depths(self) -> list[int]:
        """The depths of all nodes that are called for, (n_open,), in the order of writing."""
        if not self.n_open:
            return []
        depths, family = [self.depth], self._above
        while family is not None:
            left, _, depth, family = family
            depths += [depth] * left
        return depths


# Siblings to be written: how many after the next one, number of the parent, depth, those above.
#
# On the families above the lowest, the next one is the child that is being written.
_Family = tuple[int, int, int, "_Family | None"]


def _close(grown: PartialTree, before: PartialTree) -> None:
    """Place the next node after a leaf: beside it, or beside the nearest ancestor with room."""
    node, family, n_closed = before.n_nodes, before._above, 0
    while family is not None and family[0] == 0:
        node, family = family[1], family[3]
        n_closed += 1
    grown.n_closed = n_closed
    if family is None:
        grown._above = None
        grown.depth, grown.is_down, grown.anchor, grown.is_last = 0, False, -1, True
        return
    left, parent, depth, above = family
    grown._above = (left - 1, parent, depth, above)
    grown.depth, grown.is_down, grown.anchor, grown.is_last = depth, False, node, left == 1


class ShapeConstraint:
    """Any tree within a depth and a size, whatever its types."""

    def __init__(self, symbols: SymbolTable, *, max_depth: int, max_size: int) -> None:
        self._arities = symbols.arities
        self._max_depth = max_depth
        self._max_size = max_size
        arities = torch.tensor(self._arities)
        self._most = int(arities.max())
        # Row r: the labels with at most r children.
        self._within = arities <= torch.arange(self._most + 1)[:, None]

    def start(self, request: Request) -> PartialTree:  # noqa: ARG002 - the shape is free
        return PartialTree()

    def allowed_many(self, trees: Sequence[PartialTree]) -> Tensor:
        """Return which labels leave every tree within the caps, (R, K) bool."""
        return self._within[[self._room(tree) for tree in trees]]

    def first_allowed(self, tree: PartialTree, ranking: Sequence[int]) -> int:
        room = self._room(tree)
        return next(label for label in ranking if self._arities[label] <= room)

    def extend(self, tree: PartialTree, label: int) -> PartialTree:
        return tree.extend(label, self._arities[label])

    def _room(self, tree: PartialTree) -> int:
        """Return how many children the next node may have, counted up to the largest arity."""
        if tree.depth >= self._max_depth:
            return 0
        return min(self._most, self._max_size - tree.n_nodes - tree.n_open)


# Partial trees of many texts, grown together.


class _Labelled(NamedTuple):
    """A written node: the state, (S,), that it was labelled from, and its label."""

    state: Tensor
    label: int


@dataclass(slots=True, eq=False)
class Hypothesis:
    """A partial tree of one text, or a complete one. Immutable but for what is computed later.

    Attributes:
        example: number of the text.
        tree: the constraint's view of it; knows its labels and where the next node goes.
        log_prob: of its labels, natural log.
        last: the node written last; None where nothing is written.
        open: the nodes that a node to come may follow: the next one's anchor, then the ancestors of
            that. The states of all others are gone.
        state: of the next node, (S,); None until it is computed, and of a complete tree.
        ranked: log-probabilities of the tree with each label that may come next, and these labels,
            the best first; None until a search has them ranked.
    """

    example: int
    tree: PartialTree
    log_prob: float = 0.0
    last: _Labelled | None = None
    open: tuple[_Labelled, ...] = ()
    state: Tensor | None = None
    ranked: tuple[Sequence[float], Sequence[int]] | None = None

    @property
    def complete(self) -> bool:
        return self.tree.complete

    @property
    def labels(self) -> tuple[int, ...]:
        """Of all nodes that are written, in pre-order."""
        return tuple(self.tree.labels)


class Expansion:
    """The partial trees of B texts under one scorer and one constraint.

    States are computed once for each partial tree; whoever searches holds hypotheses, asks for the
    `log_probs` of their next labels, extends those it likes, and has the states of the new ones
    computed together by `advance`.
    """

    def __init__(self, scorer: Scorer, constraint: Constraint) -> None:
        self._scorer = scorer
        self._constraint = constraint

    def roots(self, requests: Sequence[Request] | None) -> list[Hypothesis]:
        """Return the empty tree of each text, ready to be scored.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        n_texts = self._scorer.n_examples
        known = [NOTHING_KNOWN] * n_texts if requests is None else requests
        if len(known) != n_texts:
            raise ValueError(f"{len(known)} requests for {n_texts} texts: give one for each")
        trees = [self._constraint.start(request.settled()) for request in known]
        return [
            Hypothesis(number, tree, state=state)
            for number, (tree, state) in enumerate(zip(trees, self._scorer.start(), strict=True))
        ]

    def scores(self, hypotheses: Sequence[Hypothesis]) -> Scores:
        """Return the model's own scores of the next labels of R partial trees."""
        states = [h.state for h in hypotheses if h.state is not None]
        assert len(states) == len(hypotheses), "call advance first"
        return self._scorer.scores(
            torch.stack(states),
            self._tensor([h.example for h in hypotheses]),
            is_last=self._tensor([h.tree.is_last for h in hypotheses]),
        )

    def log_probs(self, hypotheses: Sequence[Hypothesis]) -> Tensor:
        """Return the log-probabilities of the next labels, (R, K), float64.

        They are the model's own, not made to sum to 1 again; -inf where the constraint forbids
        the label.
        """
        log_probs = self.scores(hypotheses).log_probs.double()
        allowed = self._constraint.allowed_many([h.tree for h in hypotheses])
        return log_probs.masked_fill(~allowed.to(log_probs.device), -torch.inf)

    def first_allowed(self, hypothesis: Hypothesis, ranking: Sequence[int]) -> int:
        return self._constraint.first_allowed(hypothesis.tree, ranking)

    def extend(self, hypothesis: Hypothesis, label: int, log_prob: float) -> Hypothesis:
        """Return a scored tree with its next node labelled, its next state still to be computed."""
        assert hypothesis.state is not None, "a node is labelled by the scores of its state"
        before = hypothesis.tree
        tree = self._constraint.extend(before, label)
        node = _Labelled(hypothesis.state, label)
        above = hypothesis.open if before.is_down else hypothesis.open[1:]
        return Hypothesis(hypothesis.example, tree, log_prob, node, (node, *above)[tree.n_closed :])

    def advance(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Compute the states of the next nodes of partial trees that `extend` made."""
        if not hypotheses:
            return
        last = [h.last for h in hypotheses if h.last is not None]
        anchors = [h.open[0] for h in hypotheses]
        step = Step(
            last_state=torch.stack([node.state for node in last]),
            last_label=self._tensor([node.label for node in last]),
            anchor_state=torch.stack([node.state for node in anchors]),
            anchor_label=self._tensor([node.label for node in anchors]),
            is_down=self._tensor([h.tree.is_down for h in hypotheses]),
            n_closed=self._tensor([h.tree.n_closed for h in hypotheses]),
            example=self._tensor([h.example for h in hypotheses]),
        )
        states = self._scorer.advance(step).unbind()
        for hypothesis, state in zip(hypotheses, states, strict=True):
            hypothesis.state = state

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, device=self._scorer.device)


# How a network scores a program that is known: node by node, with what it looked at.

_N_LIKELIEST = 5


@dataclass(frozen=True, slots=True)
class NodeScore:
    """How one node was scored, given the nodes before it.

    Attributes:
        label: of the node.
        log_prob: of that label, natural log.
        likeliest: the five likeliest labels there and their log-probabilities, the best first.
        attention: how much the node looked at each piece of the text, summing to 1; None where
            the network has no attention.
    """

    label: Label
    log_prob: float
    likeliest: tuple[tuple[Label, float], ...]
    attention: tuple[float, ...] | None


def replay(scorer: Scorer, symbols: SymbolTable, program: Node) -> list[NodeScore]:
    """Return the score of each node of a program, in pre-order, by a scorer of one text.

    Raises:
        SymbolError: no label is of some node.
    """
    if scorer.n_examples != 1:
        raise ValueError(f"the scorer has read {scorer.n_examples} texts, expected one")
    labels = [symbols.index(node) for node in program.preorder()]
    constraint = ShapeConstraint(symbols, max_depth=program.depth, max_size=program.size)
    expansion = Expansion(scorer, constraint)
    tree = expansion.roots(None)[0]
    scores = []
    for label in labels:
        output = expansion.scores([tree])
        log_probs = output.log_probs[0]
        log_prob = float(log_probs[label])
        values, numbers = log_probs.topk(min(_N_LIKELIEST, len(log_probs)))
        ranked = zip(numbers.tolist(), values.tolist(), strict=True)
        likeliest = tuple((symbols.labels[number], value) for number, value in ranked)
        attention = None if output.attention is None else tuple(output.attention[0].tolist())
        scores.append(NodeScore(symbols.labels[label], log_prob, likeliest, attention))
        tree = expansion.extend(tree, label, tree.log_prob + log_prob)
        if not tree.complete:
            expansion.advance([tree])
    return scores
