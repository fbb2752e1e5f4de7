"""Search guided by examples: best-first over partial trees, the complete ones run."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from hashlib import blake2b
from heapq import heappop, heappush, nsmallest
from math import inf
from time import monotonic
from typing import Any, NamedTuple

import torch

from saps.data.symbols import SymbolTable
from saps.lang import AlgoLispError, Limits, Node, compile_program, values_equal
from saps.lang.errors import LimitError, TimeLimitError
from saps.lang.node import is_closed
from saps.model.protocols import Scorer
from saps.search.greedy import GreedyDecoder
from saps.search.interface import Expansion, Hypothesis, Prediction, TreeSearch, setting
from saps.search.interface import count as at_least_1
from saps.search.mask import constraint_for
from saps.search.request import NOTHING_KNOWN, Request

# The queue of partial trees of one text, by log-probability: best-first search, exactly.


@dataclass(slots=True, eq=False)
class Candidate:
    """A partial tree with its next label, not yet taken up.

    Attributes:
        before: the tree without that label, its labels ranked.
        rank: which of these it is.
        tree: with that label; made when it is needed.
        hopeless: whether nothing good can come of `tree`.
    """

    before: Hypothesis
    rank: int
    tree: Hypothesis | None = None
    hopeless: bool = False


class _Agenda:
    """A queue of candidates. Of a tree's labels only the best one left is in it.

    So the queue grows by at most one a label taken, and gives the same order as one that holds
    all labels of all trees: the others of a tree are no likelier. Of equals, the one that came
    first is first.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Candidate]] = []
        self._n_pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, tree: Hypothesis, rank: int = 0) -> None:
        """Add the label of a rank, if there are that many that may follow a tree."""
        assert tree.ranked is not None
        log_probs = tree.ranked[0]
        if rank < len(log_probs):
            self._n_pushed += 1
            heappush(self._heap, (-log_probs[rank], self._n_pushed, Candidate(tree, rank)))

    def pop(self) -> Candidate:
        """Take the most likely candidate; the next label of its tree takes its place."""
        candidate = heappop(self._heap)[2]
        self.push(candidate.before, candidate.rank + 1)
        return candidate

    def first(self, n: int) -> list[Candidate]:
        """Return the n most likely candidates, the best first, without taking them."""
        return [candidate for _, _, candidate in nsmallest(n, self._heap)]


# Runs programs, and parts of programs, on the examples of a request.


class Run(NamedTuple):
    """What became of one run. The value itself may be large, and there are many runs.

    Attributes:
        error: the code of the error that ended it; "" for none.
        passed: whether it gave the output of its example.
        value: a truth value that it gave; else None.
    """

    error: str
    passed: bool = False
    value: bool | None = None


class _Rehearsed(NamedTuple):
    """What a program did on all examples; `behaviour` is the same for those that did the same."""

    runs: tuple[Run, ...]
    behaviour: bytes


class Rehearsal:
    """The examples of one request, and what programs made of them so far."""

    def __init__(self, request: Request, limits: Limits) -> None:
        """Take the examples; types of the arguments are read off them if not declared."""
        # No program is run from then on: all have run too long.
        self.deadline = inf
        self.n_examples = len(request.examples)
        self._arguments = request.argument_types() or {}
        self._outputs = [example.output for example in request.examples]
        # A file may give values for names that the task does not declare.
        self._inputs = [
            {name: e.inputs[name] for name in self._arguments if name in e.inputs}
            for e in request.examples
        ]
        self._limits = limits
        self._known: dict[Node, _Rehearsed] = {}

    def rehearsed(self, program: Node) -> _Rehearsed:
        """Run a program on each example; the same tree is run once."""
        if program not in self._known:
            if monotonic() > self.deadline:
                return self._failed(TimeLimitError.code)
            self._known[program] = self._run(program)
        return self._known[program]

    def _run(self, program: Node) -> _Rehearsed:
        try:
            compiled = compile_program(program, self._arguments, self._limits)
        except AlgoLispError as error:
            return self._failed(error.code)
        runs: list[Run] = []
        behaviour = blake2b(digest_size=16)
        for inputs, output in zip(self._inputs, self._outputs, strict=True):
            try:
                value = compiled(inputs)
            except LimitError as error:
                # It may well run as long on the others, which would not make it right.
                return self._failed(error.code)
            except AlgoLispError as error:
                runs.append(Run(error.code))
                behaviour.update(error.code.encode())
            else:
                truth = value if type(value) is bool else None
                runs.append(Run("", values_equal(value, output, by_value=True), truth))
                behaviour.update(f" {value!r}".encode())
        return _Rehearsed(tuple(runs), behaviour.digest())

    def _failed(self, code: str) -> _Rehearsed:
        return _Rehearsed((Run(code),) * self.n_examples, code.encode())


# Tells partial trees that cannot become a program that works on the examples.

_LAMBDAS = ("lambda1", "lambda2")
_FUNCTIONS = ("partial0", "partial1", "partial2", "combine")  # a call of these gives a function
# Codes that say nothing of the program around: a value that is a function is no program's value
# but may well be an argument; inputs may be missing; how long a run takes is chance.
_INCONCLUSIVE = frozenset({"type", "input", "time", "declaration", "unknown-symbol"})


class PartialEvaluation:
    """Runs the finished parts of partial trees on a request's examples.

    A finished subtree is run as soon as it is complete if it is closed (it names no argument of a
    lambda around it) and it will surely be evaluated: evaluation is strict, so every argument of
    a call is, and only bodies of lambdas and branches of `if` are not. Of the branches, the one
    that the condition chooses on an example is evaluated on that example; the condition is
    finished before. If the subtree raises, so will every program that the tree can become, and
    the example is failed.
    """

    def __init__(self, symbols: SymbolTable, rehearsal: Rehearsal) -> None:
        self._symbols = symbols
        self._arities = symbols.arities
        self._rehearsal = rehearsal

    def is_hopeless(self, hypothesis: Hypothesis) -> bool:
        """Whether a part that was completed by the node written last is sure to raise."""
        tree, labels = hypothesis.tree, hypothesis.labels
        if tree.complete or not tree.n_closed or not self._rehearsal.n_examples:
            return False
        finished, *above = tree.open_nodes()
        surely = self._surely_evaluated(labels, finished, above)
        if not surely:
            return False
        return any(self._raises(part, surely) for part in self._parts(labels[finished:]))

    def _raises(self, part: Node, surely: frozenset[int]) -> bool:
        runs, _ = self._rehearsal.rehearsed(part)
        return any(runs[i].error and runs[i].error not in _INCONCLUSIVE for i in surely)

    def _parts(self, labels: Sequence[int]) -> Iterator[Node]:
        """Yield what to run of a finished subtree: itself, or what it evaluates if it is open."""
        waiting = [self._symbols.build(labels)]
        while waiting:
            node = waiting.pop()
            if node.children and node.symbol not in _LAMBDAS:
                if is_closed(node) and node.symbol not in _FUNCTIONS:
                    yield node
                else:
                    waiting += node.children[:1] if node.symbol == "if" else node.children

    def _surely_evaluated(
        self, labels: Sequence[int], node: int, above: Sequence[int]
    ) -> frozenset[int]:
        """Return the examples on which a node is evaluated, whatever the rest of the tree is.

        `above` are the numbers of its ancestors, the nearest first.
        """
        surely = frozenset(range(self._rehearsal.n_examples))
        for parent in above:
            symbol = self._symbols.labels[labels[parent]].symbol
            if symbol in _LAMBDAS:
                return frozenset()
            if symbol == "if" and node != parent + 1:
                condition_end = self._end(labels, parent + 1)
                condition = self._symbols.build(labels[parent + 1 : condition_end])
                surely &= self._examples_where(condition, node == condition_end)
            node = parent
        return surely

    def _examples_where(self, condition: Node, value: bool) -> frozenset[int]:
        if not is_closed(condition):
            return frozenset()
        runs, _ = self._rehearsal.rehearsed(condition)
        return frozenset(i for i, run in enumerate(runs) if not run.error and run.value is value)

    def _end(self, labels: Sequence[int], start: int) -> int:
        """Return the number of the node after the subtree that starts at a node."""
        missing, number = 1, start
        while missing:
            missing += self._arities[labels[number]] - 1
            number += 1
        return number


def _is_positive(value: Any) -> bool:
    return value > 0  # type: ignore[no-any-return]


@dataclass(eq=False)
class GuidedSearch(TreeSearch):
    """Tree-beam search: the most likely partial tree is continued at its first empty node.

    A complete tree that comes up is run on the request's examples, and is the answer if it
    computes all of them. A text without examples gets the first complete tree, which is the most
    likely one of all trees. When the budget is spent, the answer is the tree that passed the most
    examples, of equals the most likely one; the greedy tree, if none was completed.

    The budget is time, since most texts need none of it: a search ends with the first program that
    passes. What is over of the time of such texts is left to the others of the batch.

    Source: Polosukhin & Skidanov 2018 (Neural Program Search), algorithm 1. Differs: partial trees
    whose finished parts are sure to raise on an example are dropped (`prune`,
    `PartialEvaluation`); complete trees that compute the same values as one before do not count
    against the budget; types are inferred as the tree grows.

    The order is exactly that of the algorithm. For speed the states of a few trees that are likely
    to come up soon are computed in the same pass (`lookahead`), and many texts go in step.

    Attributes:
        n_examples: tests of a task that an evaluation shows to the search.
        seconds_per_text: how long to look for a program that passes, for each text of the batch;
            None for no limit, so that results do not depend on the machine.
        seconds: when the whole search ends at the latest, all texts together; None for no limit.
        max_programs: complete trees that are tried for a text; those that do the same on the
            examples as one before count once, and at most ten times as many are run. None for no
            limit, or 100 where `seconds_per_text` is None.
        max_expansions: partial trees of a text whose next node is tried. None for no limit, or
            1,000 where `seconds_per_text` is None.
        top: programs to return for a text, at most: the answer, then others that were tried.
        lookahead: partial trees of a text that are scored together.
        prune: whether finished parts of partial trees are run.
        steps: evaluation steps of a run on one example.
        typed, max_depth, max_size: see `TreeSearch`.
    """

    _: KW_ONLY
    n_examples: int = at_least_1(3)
    seconds_per_text: float | None = setting(2.0, _is_positive, "a number above 0, or null")
    seconds: float | None = setting(None, _is_positive, "a number above 0, or null")
    max_programs: int | None = at_least_1(None)
    max_expansions: int | None = at_least_1(None)
    top: int = at_least_1(1)
    lookahead: int = at_least_1(8)
    prune: bool = True
    steps: int = at_least_1(100_000)

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return up to `top` programs a text, the answer first; see `Search.search`.

        `Prediction.passed` tells which examples a program computes.
        """
        known = requests or [NOTHING_KNOWN] * scorer.n_examples
        expansion = Expansion(scorer, constraint_for(symbols, **self.caps))
        pursuits = [
            _Pursuit(root, Rehearsal(request, Limits(steps=self.steps)), symbols, self)
            for root, request in zip(expansion.roots(requests), known, strict=True)
        ]
        self._pursue(expansion, pursuits)
        if not all(pursuit.found for pursuit in pursuits):
            greedy = GreedyDecoder(**self.caps).search(scorer, symbols, requests)
            for pursuit, programs in zip(pursuits, greedy, strict=True):
                if not pursuit.found:
                    for prediction in programs:
                        pursuit.try_one(prediction.program, prediction.log_prob)
        return [pursuit.best(self.top) for pursuit in pursuits]

    def _pursue(self, expansion: Expansion, pursuits: Sequence["_Pursuit"]) -> None:
        """Follow all to their ends, the trees that they wait for scored together."""
        active = [pursuit for pursuit in pursuits if not pursuit.done]
        limits = [self.seconds]
        if self.seconds_per_text is not None:
            limits.append(self.seconds_per_text * len(active))
        deadline = monotonic() + min((limit for limit in limits if limit is not None), default=inf)
        for pursuit in active:
            pursuit.rehearsal.deadline = deadline
        while active:
            _rank(expansion, [h for one in active for h in one.wanted(expansion, self.lookahead)])
            for pursuit in active:
                pursuit.follow(expansion)
            active = [pursuit for pursuit in active if not pursuit.done]
            if monotonic() > deadline:
                return


def _rank(expansion: Expansion, trees: Sequence[Hypothesis]) -> None:
    """Rank the labels that may follow some partial trees."""
    expansion.advance([tree for tree in trees if tree.state is None])
    values, labels = expansion.log_probs(trees).sort(dim=1, descending=True, stable=True)
    n_allowed = (values > -torch.inf).sum(dim=1).tolist()
    for tree, log_probs, numbers, n in zip(
        trees, values.tolist(), labels.tolist(), n_allowed, strict=True
    ):
        tree.ranked = [tree.log_prob + log_prob for log_prob in log_probs[:n]], numbers[:n]


class _Pursuit:
    """The search for one text's program.

    Attributes:
        found: the complete trees that were tried and were not like one before.
        done: whether the search is over.
        rehearsal: runs programs.
    """

    def __init__(
        self, root: Hypothesis, rehearsal: Rehearsal, symbols: SymbolTable, search: GuidedSearch
    ) -> None:
        self.found: list[Prediction] = []
        self.done = False
        self.rehearsal = rehearsal
        self._symbols = symbols
        is_timed = search.seconds_per_text is not None
        self._max_programs = search.max_programs or (inf if is_timed else 100)
        self._max_expansions = search.max_expansions or (inf if is_timed else 1_000)
        # Without examples nothing tells one complete tree from another.
        self._n_enough = 1 if rehearsal.n_examples else search.top
        self._evaluation = PartialEvaluation(symbols, rehearsal) if search.prune else None
        self._agenda = _Agenda()
        self._behaviours: set[bytes] = set()
        self._n_run = self._n_expanded = 0
        # The tree whose next labels must be ranked before the search can go on.
        self._next = root

    def wanted(self, expansion: Expansion, n: int) -> list[Hypothesis]:
        """Return what to rank: what the search waits for, and what will probably come up soon."""
        likely = self._agenda.first(n - 1)
        ahead = [c for c in likely if c.tree is None or c.tree.ranked is None]
        taken = [self._take_up(expansion, candidate) for candidate in ahead]
        return [self._next, *(tree for tree in taken if tree is not None)]

    def follow(self, expansion: Expansion) -> None:
        """Go on until a tree comes up whose next labels are not ranked yet, or to the end."""
        while self._next.ranked is not None:
            self._n_expanded += 1
            self._agenda.push(self._next)
            upcoming = self._next_partial(expansion)
            if upcoming is None:
                return
            self._next = upcoming

    def best(self, top: int) -> list[Prediction]:
        """Return the trees that passed the most examples, of equals the most likely first."""
        return sorted(self.found, key=lambda p: (-sum(p.passed or ()), -p.log_prob))[:top]

    def _next_partial(self, expansion: Expansion) -> Hypothesis | None:
        """Take up the most likely candidates until one is a partial tree; try complete ones."""
        while self._agenda and self._n_expanded < self._max_expansions:
            candidate = self._agenda.pop()
            partial = self._take_up(expansion, candidate)
            if partial is not None:
                return partial
            tree = candidate.tree
            if tree is not None and tree.complete:
                self.try_one(self._symbols.build(tree.labels), tree.log_prob)
                if self.done:
                    return None
        self.done = True
        return None

    def _take_up(self, expansion: Expansion, candidate: Candidate) -> Hypothesis | None:
        """Make the candidate's tree; return it if it is a partial one that may succeed."""
        if candidate.tree is None:
            assert candidate.before.ranked is not None
            log_probs, labels = candidate.before.ranked
            label, log_prob = labels[candidate.rank], log_probs[candidate.rank]
            tree = candidate.tree = expansion.extend(candidate.before, label, log_prob)
            candidate.hopeless = self._evaluation is not None and self._evaluation.is_hopeless(tree)
        return None if candidate.tree.complete or candidate.hopeless else candidate.tree

    def try_one(self, program: Node, log_prob: float) -> None:
        self._n_run += 1
        runs, behaviour = self.rehearsal.rehearsed(program)
        passed = tuple(run.passed for run in runs)
        if not passed or behaviour not in self._behaviours:
            self._behaviours.add(behaviour)
            self.found.append(Prediction(program, log_prob, passed))
        most = self._max_programs
        spent = len(self.found) >= most or self._n_run >= 10 * most
        has_passed = all(passed) and len(self.found) >= self._n_enough
        self.done = self.done or spent or has_passed
