"""Beams over partial trees in pre-order: many texts and many hypotheses a step.

Sizes: E texts whose beams still grow, W width, R partial trees, K labels.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from saps.decoding.expansion import Expansion
from saps.decoding.hypothesis import Hypothesis

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
        """Keep the best `top` trees.

        Args:
            top: how many.
            alpha: strength of the length normalisation; 0 is none, 1 the mean over the nodes.
            max_size: nodes of the largest tree that may come.
        """
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
    that can not get among the best of their harvest any more are dropped, which changes no
    result: a tree only gets less likely as it grows, and the best of a step stay the best when
    worse ones are taken away.

    Args:
        expansion: scores and extends.
        roots: the empty trees of the texts to search for.
        harvests: by number of the text; may hold trees already.
        width: of each beam.
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
        expansion.forget_all_but(alive)
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
