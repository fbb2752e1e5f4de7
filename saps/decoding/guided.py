"""Search guided by examples: best-first over partial trees, the complete ones run."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import torch

from saps.data.symbols import SymbolTable
from saps.decoding.agenda import Agenda, Branch, Candidate
from saps.decoding.constraint import constraint_for
from saps.decoding.expansion import Expansion
from saps.decoding.greedy import GreedyDecoder
from saps.decoding.hypothesis import Hypothesis
from saps.decoding.partial_evaluation import PartialEvaluation
from saps.decoding.prediction import Prediction
from saps.decoding.rehearsal import Rehearsal
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.scorer import Scorer
from saps.decoding.settings import flag, real_number, spelled, whole_numbers
from saps.lang import Limits, Node


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search gives up on a text.

    Attributes:
        programs: complete trees that are tried; those that do the same on the examples as one
            before count once, and at most ten times as many are run.
        expansions: partial trees whose next node is tried.
        seconds: of a whole search, of all texts together; None for no limit.
    """

    programs: int
    expansions: int
    seconds: float | None

    def __post_init__(self) -> None:
        if self.seconds is not None and not real_number("seconds", self.seconds) > 0:
            raise ValueError(f"seconds={self.seconds}: expected a number above 0, or null")


class GuidedSearch:
    """Tree-beam search: the most likely partial tree is continued at its first empty node.

    A complete tree that comes up is run on the request's examples, and is the answer if it
    computes all of them. A text without examples gets the first complete tree, which is the most
    likely one of all trees. When the budget is spent, the answer is the tree that passed the most
    examples, of equals the most likely one; the greedy tree, if none was completed.

    Source: Polosukhin & Skidanov 2018 (Neural Program Search), algorithm 1. Differs: partial trees
    whose finished parts are sure to raise on an example are dropped (`prune`,
    `PartialEvaluation`); complete trees that compute the same values as one before do not count
    against the budget; types are inferred as the tree grows.

    The order is exactly that of the algorithm. For speed the states of a few trees that are likely
    to come up soon are computed in the same pass (`lookahead`), and many texts go in step.
    """

    def __init__(
        self,
        *,
        n_examples: int = 3,
        max_programs: int = 100,
        max_expansions: int = 1_000,
        seconds: float | None = None,
        top: int = 1,
        lookahead: int = 8,
        prune: bool = True,
        typed: bool = True,
        max_depth: int = 60,
        max_size: int = 400,
        steps: int = 100_000,
    ) -> None:
        """Set budgets and limits.

        Args:
            n_examples: tests of a task that an evaluation shows to the search.
            max_programs: see `Budget`.
            max_expansions: see `Budget`.
            seconds: see `Budget`.
            top: programs to return for a text, at most: the answer, then others that were tried.
            lookahead: partial trees of a text that are scored together.
            prune: whether finished parts of partial trees are run.
            typed: whether only well-typed programs are written.
            max_depth: levels of a tree (a lone root has 1).
            max_size: nodes of a tree.
            steps: evaluation steps of a run on one example.

        Raises:
            ValueError: a setting is of another kind or out of range.
        """
        counts = whole_numbers(
            n_examples=n_examples,
            max_programs=max_programs,
            max_expansions=max_expansions,
            top=top,
            lookahead=lookahead,
            steps=steps,
        )
        if min(counts.values()) < 1:
            raise ValueError(f"{spelled(**counts)}: all must be at least 1")
        self.n_examples, self.top = counts["n_examples"], counts["top"]
        self.lookahead = counts["lookahead"]
        self.prune = flag("prune", prune)
        self.typed = typed
        self._budget = Budget(counts["max_programs"], counts["max_expansions"], seconds)
        self._limits = Limits(steps=counts["steps"])
        self._greedy = GreedyDecoder(max_depth, max_size, typed=typed)

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return up to `top` programs a text, the answer first; see `Search.search`.

        `Prediction.passed` tells which examples a program computes.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        known = requests or [NOTHING_KNOWN] * scorer.n_examples
        rehearsals = [Rehearsal(request, self._limits) for request in known]
        expansion = Expansion(
            scorer,
            constraint_for(
                symbols,
                typed=self.typed,
                max_depth=self._greedy.max_depth,
                max_size=self._greedy.max_size,
            ),
        )
        quests = [
            _Quest(root, rehearsal, symbols, self._budget, n_answers=self.top, prune=self.prune)
            for root, rehearsal in zip(expansion.roots(requests), rehearsals, strict=True)
        ]
        self._pursue(expansion, quests)
        if not all(quest.found for quest in quests):
            greedy = self._greedy.search(scorer, symbols, requests)
            for quest, rehearsal, [prediction] in zip(quests, rehearsals, greedy, strict=True):
                if not quest.found:
                    program = prediction.program
                    quest.found.append(
                        Prediction(program, prediction.log_prob, rehearsal.passed(program))
                    )
        return [quest.best(self.top) for quest in quests]

    def _pursue(self, expansion: Expansion, quests: Sequence["_Quest"]) -> None:
        """Follow all quests to their ends, the trees that they wait for scored together."""
        seconds = self._budget.seconds
        deadline = None if seconds is None else monotonic() + seconds
        active = list(quests)
        while active:
            waiting = [c for quest in active for c in quest.wanted(expansion, self.lookahead)]
            _score(expansion, waiting)
            for quest in active:
                quest.follow(expansion)
            active = [quest for quest in active if not quest.done]
            if deadline is not None and monotonic() > deadline:
                return
            expansion.forget_all_but(tree for quest in active for tree in quest.trees())


def _score(expansion: Expansion, candidates: Sequence[Candidate]) -> None:
    """Score the next nodes of candidates."""
    trees = [c.tree for c in candidates if c.tree is not None]
    expansion.advance([tree for tree in trees if tree.row is None])
    values, labels = expansion.log_probs(trees).sort(dim=1, descending=True, stable=True)
    n_allowed = (values > -torch.inf).sum(dim=1).tolist()
    rows = zip(candidates, trees, values.tolist(), labels.tolist(), n_allowed, strict=True)
    for candidate, tree, log_probs, numbers, n in rows:
        totals = [tree.log_prob + log_prob for log_prob in log_probs[:n]]
        candidate.grown = Branch(tree, totals, numbers[:n])


class _Quest:
    """The search for one text's program.

    Attributes:
        found: the complete trees that were tried and were not like one before.
        done: whether the search is over.
    """

    def __init__(
        self,
        root: Hypothesis,
        rehearsal: Rehearsal,
        symbols: SymbolTable,
        budget: Budget,
        *,
        n_answers: int,
        prune: bool,
    ) -> None:
        self.found: list[Prediction] = []
        self.done = False
        self._rehearsal = rehearsal
        self._symbols = symbols
        self._budget = budget
        # Without examples nothing tells one complete tree from another.
        self._n_enough = 1 if rehearsal.n_examples else n_answers
        self._evaluation = PartialEvaluation(symbols, rehearsal) if prune else None
        self._agenda = Agenda()
        self._behaviours: set[str] = set()
        self._n_run = self._n_expanded = 0
        # The candidate whose next node must be scored before the search can go on.
        self._next = Candidate(Branch(root, (0.0,), (-1,)), 0, tree=root)

    def wanted(self, expansion: Expansion, n: int) -> list[Candidate]:
        """Return what to score: what the search waits for, and what will probably come up soon."""
        ahead = [c for c in self._agenda.first(n - 1) if c.grown is None]
        return [self._next, *(c for c in ahead if self._take_up(expansion, c))]

    def follow(self, expansion: Expansion) -> None:
        """Go on until a tree comes up whose next node is not scored yet, or to the end."""
        candidate = self._next
        while candidate.grown is not None:
            self._n_expanded += 1
            self._agenda.push(candidate.grown)
            upcoming = self._next_partial(expansion)
            if upcoming is None:
                return
            candidate = upcoming
        self._next = candidate

    def trees(self) -> list[Hypothesis]:
        """Return the partial trees whose states are still needed."""
        tree = self._next.tree
        return [*self._agenda.trees(), *([] if tree is None else [tree])]

    def best(self, top: int) -> list[Prediction]:
        """Return the trees that passed the most examples, of equals the most likely first."""
        ranked = sorted(self.found, key=lambda p: (-sum(p.passed or ()), -p.log_prob))
        return ranked[:top]

    def _next_partial(self, expansion: Expansion) -> Candidate | None:
        """Take up the most likely candidates until one is a partial tree; try complete ones."""
        while self._agenda and self._n_expanded < self._budget.expansions:
            candidate = self._agenda.pop()
            if self._take_up(expansion, candidate):
                return candidate
            tree = candidate.tree
            if tree is not None and tree.complete:
                self._try(self._symbols.build(tree.labels), tree.log_prob)
                if self.done:
                    return None
        self.done = True
        return None

    def _take_up(self, expansion: Expansion, candidate: Candidate) -> bool:
        """Make the candidate's tree; return whether it is a partial one that may succeed."""
        if candidate.tree is None:
            tree = expansion.extend(candidate.branch.tree, candidate.label, candidate.log_prob)
            candidate.tree = tree
            candidate.hopeless = self._evaluation is not None and self._evaluation.is_hopeless(tree)
        return not candidate.tree.complete and not candidate.hopeless

    def _try(self, program: Node, log_prob: float) -> None:
        self._n_run += 1
        behaviour = self._rehearsal.behaviour(program)
        passed = self._rehearsal.passed(program)
        if not passed or behaviour not in self._behaviours:
            self._behaviours.add(behaviour)
            self.found.append(Prediction(program, log_prob, passed))
        most = self._budget.programs
        spent = len(self.found) >= most or self._n_run >= 10 * most
        self.done = spent or (all(passed) and len(self.found) >= self._n_enough)
