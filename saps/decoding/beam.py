"""Beam search over partial trees."""

from collections.abc import Mapping, Sequence
from math import inf

import torch

from saps.data.symbols import SymbolTable
from saps.decoding.beam_growth import Harvest, grow_beams
from saps.decoding.constraint import constraint_for
from saps.decoding.expansion import Expansion
from saps.decoding.greedy import GreedyDecoder
from saps.decoding.prediction import Prediction
from saps.decoding.request import Request
from saps.decoding.scorer import Scorer
from saps.decoding.settings import real_number, spelled, whole_numbers


class BeamSearch:
    """Keeps the `width` likeliest partial trees of each number of nodes.

    A tree's score is its log-probability, the sum over its nodes under the network, not made to
    sum to 1 over the labels that the types allow; with `alpha` above 0 it is divided by
    nodes ** alpha, which favours larger trees. The greedy tree is among the candidates, so the
    answer never scores below it; and its score is a bound from the start: partial trees that can
    not beat the `top` best are dropped, which changes no answer and saves most of the work where
    the network is sure.
    """

    n_examples = 0

    def __init__(
        self,
        width: int = 10,
        *,
        top: int = 1,
        alpha: float = 0.0,
        typed: bool = True,
        max_depth: int = 60,
        max_size: int = 400,
    ) -> None:
        """Set what is kept and returned.

        Args:
            width: partial trees of a text that grow together.
            top: programs to return for a text, at most.
            alpha: strength of the length normalisation, 0 for none.
            typed: whether only well-typed programs are written.
            max_depth: levels of a tree (a lone root has 1).
            max_size: nodes of a tree.

        Raises:
            ValueError: a setting is of another kind or out of range.
        """
        counts = whole_numbers(width=width, top=top)
        self.alpha = real_number("alpha", alpha)
        if min(counts.values()) < 1 or not 0 <= alpha < inf:
            raise ValueError(
                f"{spelled(**counts, alpha=alpha)}: expected width and top of at least 1 and "
                "alpha of at least 0"
            )
        self.width, self.top = counts["width"], counts["top"]
        self.typed = typed
        self._greedy = GreedyDecoder(max_depth, max_size, typed=typed)

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return up to `top` programs a text, by score; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        greedy = dict(enumerate(self._greedy.search(scorer, symbols, requests)))
        return list(self.search_on(greedy, scorer, symbols, requests).values())

    @torch.inference_mode()
    def search_on(
        self,
        greedy: Mapping[int, Sequence[Prediction]],
        scorer: Scorer,
        symbols: SymbolTable,
        requests: Sequence[Request] | None = None,
    ) -> dict[int, list[Prediction]]:
        """Return up to `top` programs, by score, of those texts whose greedy programs are given.

        Args:
            greedy: by the number of the text in the batch.
            scorer: of the whole batch.
            symbols: see `Search.search`.
            requests: of the whole batch.
        """
        max_depth, max_size = self._greedy.max_depth, self._greedy.max_size
        harvests = {}
        for number, found in greedy.items():
            harvests[number] = Harvest(self.top, alpha=self.alpha, max_size=max_size)
            for prediction in found:
                labels = tuple(symbols.index(node) for node in prediction.program.preorder())
                harvests[number].add(labels, prediction.log_prob)
        constraint = constraint_for(
            symbols, typed=self.typed, max_depth=max_depth, max_size=max_size
        )
        expansion = Expansion(scorer, constraint)
        roots = [root for root in expansion.roots(requests) if root.example in harvests]
        grow_beams(expansion, roots, harvests, width=self.width)
        return {
            number: [
                Prediction(symbols.build(labels), log_prob) for labels, log_prob in harvest.best()
            ]
            for number, harvest in harvests.items()
        }
