"""Programs drawn at random, as likely as the network says."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from math import inf

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.model.protocols import Scorer
from saps.search.interface import Expansion, Hypothesis, Prediction, TreeSearch, setting
from saps.search.interface import count as at_least_1
from saps.search.mask import constraint_for
from saps.search.request import Request

_MAX_ROUNDS = 20


@dataclass(eq=False)
class SamplingSearch(TreeSearch):
    """Draws each node's label from the network's distribution over the labels that are allowed.

    The distribution is that of log-probabilities / temperature, cut to the smallest set of the
    likeliest labels whose probability reaches `top_p`. What is reported is still the network's
    own log-probability of the whole tree.

    The same seed gives the same programs to a text, alone or in any batch: the n-th draw of every
    text uses the same random numbers. So draws of one text are independent of each other, those of
    different texts are not.

    Source: Holtzman et al. 2020 (The Curious Case of Neural Text Degeneration) for `top_p`.

    Attributes:
        count: programs of a text.
        temperature: above 0; below 1 sharpens the distribution, above 1 flattens it.
        top_p: in (0, 1].
        seed: of the random numbers.
        distinct: True to draw until there are `count` distinct programs, in at most 20 rounds of
            `count` draws, best first; False for exactly `count` draws, in their order, the same
            program perhaps more than once.
        typed, max_depth, max_size: see `TreeSearch`.
    """

    count: int = at_least_1(10)
    _: KW_ONLY
    temperature: float = setting(1.0, lambda value: 0 < value < inf, "a number above 0")
    top_p: float = setting(1.0, lambda value: 0 < value <= 1, "above 0 and at most 1")
    # The rounds have seeds of their own, which torch takes up to 64 bits.
    seed: int = setting(0, lambda value: abs(value) < 10**17, "a whole number of at most 17 digits")
    distinct: bool = True

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the programs drawn for each text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        constraint = constraint_for(symbols, **self.caps)
        drawn: list[list[tuple[tuple[int, ...], float]]] = [[] for _ in range(scorer.n_examples)]
        wanting = set(range(scorer.n_examples))
        for number in range(_MAX_ROUNDS if self.distinct else 1):
            expansion = Expansion(scorer, constraint)
            roots = [root for root in expansion.roots(requests) if root.example in wanting]
            for tree in self._draw(expansion, roots, number):
                drawn[tree.example].append((tree.labels, tree.log_prob))
            wanting = {i for i in wanting if len(dict(drawn[i])) < self.count}
            if not wanting:
                break
        return [
            [Prediction(symbols.build(labels), log_prob) for labels, log_prob in self._answer(some)]
            for some in drawn
        ]

    def _answer(
        self, drawn: list[tuple[tuple[int, ...], float]]
    ) -> list[tuple[tuple[int, ...], float]]:
        if not self.distinct:
            return drawn
        first = list(dict(reversed(drawn)).items())[::-1][: self.count]
        return sorted(first, key=lambda item: (-item[1], item[0]))

    def _draw(
        self, expansion: Expansion, roots: Sequence[Hypothesis], number: int
    ) -> list[Hypothesis]:
        """Draw `count` trees from each root; those of a text in order."""
        generator = torch.Generator().manual_seed(self.seed * _MAX_ROUNDS + number)
        alive = {(root.example, i): root for root in roots for i in range(self.count)}
        complete: dict[tuple[int, int], Hypothesis] = {}
        while alive:
            chance = torch.rand(self.count, generator=generator, dtype=torch.float64)
            log_probs = expansion.log_probs(list(alive.values()))
            draws = self._choose(log_probs, chance[[i for _, i in alive]].to(log_probs.device))
            chosen = zip(alive.items(), *torch.stack(draws).tolist(), strict=True)
            grown = {
                place: expansion.extend(tree, int(label), tree.log_prob + log_prob)
                for (place, tree), label, log_prob in chosen
            }
            complete |= {place: tree for place, tree in grown.items() if tree.complete}
            alive = {place: tree for place, tree in grown.items() if not tree.complete}
            expansion.advance(list(alive.values()))
        return [complete[place] for place in sorted(complete)]

    def _choose(self, log_probs: Tensor, chance: Tensor) -> tuple[Tensor, Tensor]:
        """Draw a label for each row.

        Args:
            log_probs: (R, K), -inf where a label is not allowed.
            chance: (R,) uniform in [0, 1).

        Returns:
            Labels, (R,), as float64, and their log-probabilities, (R,).
        """
        tempered = (log_probs / self.temperature).softmax(dim=1)
        share, order = tempered.sort(dim=1, descending=True, stable=True)
        reached = share.cumsum(dim=1)
        # The likeliest label always stays; another one, if those before it fall short of top_p.
        share = share.masked_fill(reached - share >= self.top_p, 0.0)
        reached = share.cumsum(dim=1)
        aim = chance[:, None] * reached[:, -1:]
        last = (share > 0).sum(dim=1, keepdim=True) - 1
        place = torch.searchsorted(reached, aim, right=True).minimum(last)
        label = order.gather(1, place)
        return label.squeeze(1).double(), log_probs.gather(1, label).squeeze(1)
