"""Programs drawn at random, as likely as the network says."""

from collections.abc import Sequence
from math import inf

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.decoding.constraint import constraint_for
from saps.decoding.expansion import Expansion
from saps.decoding.hypothesis import Hypothesis
from saps.decoding.prediction import Prediction
from saps.decoding.request import Request
from saps.decoding.scorer import Scorer
from saps.decoding.settings import flag, real_number, spelled, whole_numbers

_MAX_ROUNDS = 20
# The rounds have seeds of their own, which torch takes up to 64 bits.
_MOST_SEED = 10**17


class SamplingSearch:
    """Draws each node's label from the network's distribution over the labels that are allowed.

    The distribution is that of log-probabilities / temperature, cut to the smallest set of the
    likeliest labels whose probability reaches `top_p`. What is reported is still the network's
    own log-probability of the whole tree.

    The same seed gives the same programs to a text, alone or in any batch: the n-th draw of every
    text uses the same random numbers. So draws of one text are independent of each other, those of
    different texts are not.
    """

    n_examples = 0

    def __init__(
        self,
        count: int = 10,
        *,
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int = 0,
        distinct: bool = True,
        typed: bool = True,
        max_depth: int = 60,
        max_size: int = 400,
    ) -> None:
        """Set what is drawn.

        Args:
            count: programs of a text.
            temperature: above 0; below 1 sharpens the distribution, above 1 flattens it.
            top_p: in (0, 1].
            seed: of the random numbers.
            distinct: True to draw until there are `count` distinct programs, in at most 20 rounds
                of `count` draws, best first; False for exactly `count` draws, in their order, the
                same program perhaps more than once.
            typed: whether only well-typed programs are drawn.
            max_depth: levels of a tree (a lone root has 1).
            max_size: nodes of a tree.

        Raises:
            ValueError: a setting is of another kind or out of range.
        """
        whole = whole_numbers(count=count, seed=seed, max_depth=max_depth, max_size=max_size)
        self.count, self.seed = whole["count"], whole["seed"]
        self.max_depth, self.max_size = whole["max_depth"], whole["max_size"]
        self.temperature = real_number("temperature", temperature)
        self.top_p = real_number("top_p", top_p)
        self.distinct, self.typed = flag("distinct", distinct), flag("typed", typed)
        if self.count < 1 or not 0 < temperature < inf or not 0 < top_p <= 1:
            raise ValueError(
                f"{spelled(count=count, temperature=temperature, top_p=top_p)}: expected count of "
                "at least 1, temperature above 0, top_p above 0 and at most 1"
            )
        if min(self.max_depth, self.max_size) < 1:
            raise ValueError(f"max_depth={max_depth}, max_size={max_size}: both must be at least 1")
        if abs(self.seed) >= _MOST_SEED:
            raise ValueError(f"seed={seed}: expected a whole number of at most 17 digits")

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the programs drawn for each text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        constraint = constraint_for(
            symbols, typed=self.typed, max_depth=self.max_depth, max_size=self.max_size
        )
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
            expansion.forget_all_but(alive.values())
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
