"""Greedy decoding that looks at what it wrote, and searches on where that makes no sense."""

from collections.abc import Sequence

import torch

from saps.data.symbols import SymbolTable
from saps.decoding.beam_growth import Harvest, grow_beams
from saps.decoding.constraint import constraint_for
from saps.decoding.expansion import Expansion
from saps.decoding.greedy import GreedyDecoder
from saps.decoding.plausibility import is_plausible
from saps.decoding.prediction import Prediction
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.scorer import Scorer


class PlausibleSearch:
    """The greedy program if it is plausible; else the likeliest plausible one of a beam.

    A network that did not understand a text often writes a program that leaves out an argument,
    or that raises on nearly every input. Where no program of the beam is plausible either, the
    greedy one is the answer.
    """

    n_examples = 0

    def __init__(
        self, width: int = 10, *, typed: bool = True, max_depth: int = 60, max_size: int = 400
    ) -> None:
        """Set how far to look.

        Args:
            width: partial trees of a text that grow together in its beam, and complete ones that
                are looked at.
            typed: whether only well-typed programs are written.
            max_depth: levels of a tree (a lone root has 1).
            max_size: nodes of a tree.

        Raises:
            ValueError: a number is below 1.
        """
        if width < 1:
            raise ValueError(f"width={width}: expected at least 1")
        self.width = width
        self.typed = typed
        self._greedy = GreedyDecoder(max_depth, max_size, typed=typed)

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return one program a text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        answers = self._greedy.search(scorer, symbols, requests)
        known = requests or [NOTHING_KNOWN] * len(answers)
        doubtful = [
            number
            for number, found in enumerate(answers)
            if not is_plausible(found[0].program, known[number])
        ]
        if doubtful:
            for number, harvest in self._beams(scorer, symbols, requests, doubtful).items():
                answers[number] = (
                    _first_plausible(harvest, symbols, known[number]) or answers[number]
                )
        return answers

    def _beams(
        self,
        scorer: Scorer,
        symbols: SymbolTable,
        requests: Sequence[Request] | None,
        numbers: Sequence[int],
    ) -> dict[int, Harvest]:
        constraint = constraint_for(
            symbols,
            typed=self.typed,
            max_depth=self._greedy.max_depth,
            max_size=self._greedy.max_size,
        )
        expansion = Expansion(scorer, constraint)
        harvests = {number: Harvest(self.width) for number in numbers}
        roots = [root for root in expansion.roots(requests) if root.example in harvests]
        grow_beams(expansion, roots, harvests, width=self.width)
        return harvests


def _first_plausible(
    harvest: Harvest, symbols: SymbolTable, request: Request
) -> list[Prediction] | None:
    for labels, log_prob in harvest.best():
        program = symbols.build(labels)
        if is_plausible(program, request):
            return [Prediction(program, log_prob)]
    return None
