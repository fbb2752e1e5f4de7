"""Greedy decoding that looks at what it wrote, and searches on where that is in doubt."""

from collections.abc import Sequence
from math import log

import torch

from saps.data.symbols import SymbolTable
from saps.decoding.beam import BeamSearch
from saps.decoding.greedy import GreedyDecoder
from saps.decoding.plausibility import is_plausible
from saps.decoding.prediction import Prediction
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.scorer import Scorer
from saps.decoding.settings import real_number, spelled, whole_numbers


class PlausibleSearch:
    """The greedy program if it is likely and plausible; else a beam's likeliest plausible one.

    A network that did not understand a text often writes a program that leaves out an argument,
    or that raises on nearly every input. Where no program of the beam is plausible either, the
    greedy one is the answer.
    """

    n_examples = 0

    def __init__(
        self,
        width: int = 10,
        *,
        sure: float = 0.9,
        namings: int = 8,
        typed: bool = True,
        max_depth: int = 60,
        max_size: int = 400,
    ) -> None:
        """Set how far to look.

        Args:
            width: partial trees of a text that grow together in its beam, and complete ones that
                are looked at.
            sure: probability, in [0, 1], that a plausible greedy program must have to be taken
                without a beam; 0 takes all of them.
            namings: how often a person's text that is in doubt is read, each time with other
                letters for its arguments (see `saps.decoding.renaming`); above 1, one that declares
                no argument is read with several declarations (see `saps.decoding.declaring`).
            typed: whether only well-typed programs are written.
            max_depth: levels of a tree (a lone root has 1).
            max_size: nodes of a tree.

        Raises:
            ValueError: a setting is of another kind or out of range.
        """
        counts = whole_numbers(width=width, namings=namings)
        width, self.namings = counts["width"], counts["namings"]
        if min(counts.values()) < 1 or not 0 <= real_number("sure", sure) <= 1:
            raise ValueError(
                f"{spelled(width=width, sure=sure, namings=namings)}: expected width and namings "
                "of at least 1, and sure from 0 to 1"
            )
        self._least = log(sure) if sure else float("-inf")
        self.greedy = GreedyDecoder(max_depth, max_size, typed=typed)
        self.beam = BeamSearch(
            width, top=width, typed=typed, max_depth=max_depth, max_size=max_size
        )

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return one program a text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        answers = self.greedy.search(scorer, symbols, requests)
        known = requests or [NOTHING_KNOWN] * len(answers)
        doubtful = {
            number: found
            for number, found in enumerate(answers)
            if self.is_doubtful(found[0], known[number])
        }
        if doubtful:
            beams = self.beam.search_on(doubtful, scorer, symbols, requests)
            for number, found in beams.items():
                answers[number] = first_plausible(found, known[number]) or answers[number]
        return answers

    def is_doubtful(self, found: Prediction, request: Request) -> bool:
        """Tell whether a program is one to search on from."""
        return found.log_prob < self._least or not is_plausible(found.program, request)


def first_plausible(found: Sequence[Prediction], request: Request) -> list[Prediction] | None:
    """Return the first plausible program; None if there is none."""
    return next(([p] for p in found if is_plausible(p.program, request)), None)
