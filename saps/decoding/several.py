"""Several programs for a text: the plausible one, and behind it the likeliest others."""

from collections.abc import Sequence
from math import exp, log

import torch

from saps.data.symbols import SymbolTable
from saps.decoding.beam import BeamSearch
from saps.decoding.plausibility import is_plausible
from saps.decoding.plausible import PlausibleSearch
from saps.decoding.prediction import Prediction
from saps.decoding.predictor import Predictor
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.rereading import Found, search_all
from saps.decoding.scorer import Scorer

_LEAST_WIDTH = 10
_LEAST_ROOM = 1e-12


class SeveralSearch(PlausibleSearch):
    """The program of the plausible search first, so that asking for more makes no other answer.

    The others are of a beam, those that are plausible before those that are not.
    """

    def __init__(self, top: int) -> None:
        """Set how many programs are wanted.

        Args:
            top: at least 2.
        """
        super().__init__()
        self.top = top
        self.others = BeamSearch(max(_LEAST_WIDTH, top), top=max(_LEAST_WIDTH, top))

    @torch.inference_mode()
    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return up to `top` programs a text; see `Search.search`.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        first = super().search(scorer, symbols, requests)
        beams = self.others.search_on(dict(enumerate(first)), scorer, symbols, requests)
        known = requests or [NOTHING_KNOWN] * len(first)
        return [
            _behind(found[0], beams[number], known[number], self.top)
            for number, found in enumerate(first)
        ]


def with_others(predictor: Predictor, found: Sequence[Found], search: SeveralSearch) -> list[Found]:
    """Put others behind the programs of those texts that were read again, which have one alone.

    They are of the text as it was read for that one: with the arguments that were guessed.
    """
    alone = [prepared for prepared, programs in found if len(programs) == 1]
    beams = iter(search_all(predictor, alone, search.others))
    return [
        (prepared, _behind(programs[0], next(beams)[1], prepared.request, search.top))
        if len(programs) == 1
        else (prepared, programs)
        for prepared, programs in found
    ]


def _behind(
    first: Prediction, beam: Sequence[Prediction], request: Request, top: int
) -> list[Prediction]:
    """Return a program and others, as unsure as the arguments that were guessed for it."""
    alone = [x.log_prob for x in beam if x.program == first.program]
    doubt = min(0.0, first.log_prob - alone[0]) if alone else 0.0
    others = [Prediction(x.program, x.log_prob + doubt) for x in beam if x.program != first.program]
    others.sort(key=lambda other: not is_plausible(other.program, request))
    return [first, *_within(1 - exp(first.log_prob), others[: top - 1])]


def _within(room: float, others: Sequence[Prediction]) -> list[Prediction]:
    """Return programs whose probabilities sum to no more than what the first one leaves.

    Those of the first are a mean over several names of its arguments, those of a beam are not.
    """
    total = sum(exp(other.log_prob) for other in others)
    if total <= room:
        return list(others)
    less = log(max(room, _LEAST_ROOM) / total)
    return [Prediction(other.program, other.log_prob + less) for other in others]
