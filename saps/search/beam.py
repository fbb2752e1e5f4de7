"""Beams over partial trees in pre-order: many texts and many hypotheses a step.

Sizes: E texts whose beams still grow, W width, R partial trees, K labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from math import inf

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.model.protocols import Scorer
from saps.search.greedy import GreedyDecoder
from saps.search.interface import Expansion, Hypothesis, Prediction, TreeSearch, count, setting
from saps.search.mask import constraint_for
from saps.search.request import Request

# Of equal candidates the one that comes first is kept. Far below the differences of 32-bit
# logarithms, and far above the rounding of 64-bit sums.
_TIE_BREAK = 1e-12


class Harvest:
    """The complete trees of one text, the best of which are kept.

    Trees are compared by log-probability / nodes ** alpha.

    Attributes:
        floor: what a tree must score to be among the best; -inf while there are too few.
    """

    def __init__(self, top: int, *, alpha: float = 0.0, max_size: int = 1) -> None:
        """Keep the best `top` of trees of at most `max_size` nodes."""
        self._top = top
        self._alpha = alpha
        self._best_divisor = float(max_size**alpha)
        self._found: dict[tuple[int, ...], tuple[float, float]] = {}
        self.floor = -float("inf")

    def add(self, labels: tuple[int, ...], log_prob: float) -> None:
        """Take a tree; one that is known already stays as it is."""
        if labels not in self._found:
            self._found[labels] = (log_prob / len(labels) ** self._alpha, log_prob)
            if len(self._found) >= self._top:
                scores = sorted((score for score, _ in self._found.values()), reverse=True)
                self.floor = scores[self._top - 1]

    def has_room(self, log_prob: float) -> bool:
        """Whether a partial tree of this log-probability can still get among the best."""
        return log_prob / self._best_divisor >= self.floor

    def best(self) -> list[tuple[tuple[int, ...], float]]:
        """Return labels and log-probabilities, the best first; of equals, the smaller labels."""
        ranked = sorted(self._found.items(), key=lambda item: (-item[1][0], item[0]))
        return [(labels, log_prob) for labels, (_, log_prob) in ranked[: self._top]]


def grow_beams(
    expansion: Expansion,
    roots: Sequence[Hypothesis],
    harvests: Mapping[int, Harvest],
    *,
    width: int,
) -> None:
    """Fill the harvests with what beams of some width find.

    All partial trees of a step have the same number of nodes. Complete ones leave the beam; those
    that cannot get among the best of their harvest any more are dropped, which changes no
    result: a tree only gets less likely as it grows, and the best of a step stay the best when
    worse ones are taken away.
    """
    alive = list(roots)
    while alive:
        log_probs = expansion.log_probs(alive)
        so_far = torch.tensor([h.log_prob for h in alive], dtype=torch.float64)
        totals = log_probs + so_far.to(log_probs.device)[:, None]
        grown = []
        for parent, label, log_prob in _choose(alive, totals, width):
            if harvests[parent.example].has_room(log_prob):
                child = expansion.extend(parent, label, log_prob)
                if child.complete:
                    harvests[child.example].add(child.labels, log_prob)
                else:
                    grown.append(child)
        alive = [h for h in grown if harvests[h.example].has_room(h.log_prob)]
        expansion.advance(alive)


def _choose(
    alive: Sequence[Hypothesis], totals: Tensor, width: int
) -> list[tuple[Hypothesis, int, float]]:
    """Return the best `width` continuations of each text: parent, label, log-probability.

    Args:
        alive: R partial trees, those of a text together.
        totals: (R, K) log-probabilities of the trees with each label.
        width: how many.
    """
    n_labels = totals.shape[1]
    first: dict[int, int] = {}
    places = []
    for row, hypothesis in enumerate(alive):
        start = first.setdefault(hypothesis.example, row)
        places.append((len(first) - 1) * width + row - start)
    starts = list(first.values())
    layout = totals.new_full((len(starts) * width, n_labels), -torch.inf)
    layout[torch.tensor(places, device=totals.device)] = totals
    candidates = layout.view(len(starts), -1)
    order = torch.arange(candidates.shape[1], device=totals.device, dtype=torch.float64)
    _, chosen = (candidates - _TIE_BREAK * order).topk(min(width, candidates.shape[1]))
    best = torch.stack([candidates.gather(1, chosen), chosen.double()]).tolist()
    found = []
    for start, values, numbers in zip(starts, *best, strict=True):
        for value, number in zip(values, numbers, strict=True):
            if value > -torch.inf:
                place, label = divmod(int(number), n_labels)
                found.append((alive[start + place], label, value))
    return found


@dataclass(eq=False)
class BeamSearch(TreeSearch):
    """Keeps the `width` likeliest partial trees of each number of nodes.

    A tree's score is its log-probability, the sum over its nodes under the network, not made to
    sum to 1 over the labels that the types allow; with `alpha` above 0 it is divided by
    nodes ** alpha, which favours larger trees. The greedy tree is among the candidates, so the
    answer never scores below it; and its score is a bound from the start: partial trees that can
    not beat the `top` best are dropped, which changes no answer and saves most of the work where
    the network is sure.

    Attributes:
        width: partial trees of a text that grow together.
        top: programs to return for a text, at most.
        alpha: strength of the length normalisation, 0 for none.
        typed, max_depth, max_size: see `TreeSearch`.
    """

    width: int = count(10)
    _: KW_ONLY
    top: int = count(1)
    alpha: float = setting(0.0, lambda value: 0 <= value < inf, "at least 0")

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return up to `top` programs a text, by score; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        greedy = GreedyDecoder(**self.caps).search(scorer, symbols, requests)
        return list(self.search_on(dict(enumerate(greedy)), scorer, symbols, requests).values())

    @torch.inference_mode()
    def search_on(
        self,
        greedy: Mapping[int, Sequence[Prediction]],
        scorer: Scorer,
        symbols: SymbolTable,
        requests: Sequence[Request] | None = None,
    ) -> dict[int, list[Prediction]]:
        """Return up to `top` programs, by score, of the texts whose greedy programs are given."""
        harvests = {}
        for number, found in greedy.items():
            harvests[number] = Harvest(self.top, alpha=self.alpha, max_size=self.max_size)
            for prediction in found:
                labels = tuple(symbols.index(node) for node in prediction.program.preorder())
                harvests[number].add(labels, prediction.log_prob)
        expansion = Expansion(scorer, constraint_for(symbols, **self.caps))
        roots = [root for root in expansion.roots(requests) if root.example in harvests]
        grow_beams(expansion, roots, harvests, width=self.width)
        return {
            number: [
                Prediction(symbols.build(labels), log_prob) for labels, log_prob in harvest.best()
            ]
            for number, harvest in harvests.items()
        }
