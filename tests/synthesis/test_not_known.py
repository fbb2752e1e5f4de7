"""What is said where no program is likely to be right, and the kinds that are named then."""

import json
from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path

import pytest

from saps.english import Reading
from saps.lang import parse
from saps.search.interface import Prediction, Search
from saps.search.request import Request
from saps.synthesis.asking_back import NotKnownError, closest_kinds
from saps.synthesis.calibration import Calibration, Fit
from saps.synthesis.predictor import Predictor
from saps.synthesis.synthesizer import Synthesis, SynthesisError, Synthesizer
from tests import pretrained


def test_the_nearest_kind_shares_the_rare_words() -> None:
    kinds = closest_kinds("find the median of a")
    assert len(kinds) == 3
    assert "median" in kinds[0]


def test_words_that_no_kind_has_get_none() -> None:
    assert closest_kinds("frobnicate wibbles") == []


class _Doubtful(Predictor):
    """Answers every text with one program of one probability."""

    def __init__(self, probability: float) -> None:
        super().__init__(replace(pretrained.bundle(), kinds=None))
        self.found = Prediction(parse("(len a)"), log(probability))

    def n_best(
        self,
        texts: Sequence[str],
        requests: Sequence[Request] | None = None,
        search: Search | None = None,
    ) -> list[list[Prediction]]:
        return [[self.found] for _ in texts]


def _synthesizer(probability: float) -> Synthesizer:
    synthesizer = Synthesizer(_Doubtful(probability))
    synthesizer.calibration = Calibration(Fit(1, 0, 0), 0.5, least=0.05)
    return synthesizer


def test_below_the_least_confidence_there_is_no_program() -> None:
    synthesizer = _synthesizer(0.04)
    with pytest.raises(NotKnownError, match="I do not know") as caught:
        synthesizer.synthesize("frobnicate the length of xs")
    error = caught.value
    assert (error.code, str(error.guess.program)) == ("unknown", "(len xs)")
    assert error.guess.confidence == pytest.approx(0.04)
    assert error.words == ("frobnicate",)
    assert len(error.kinds) == 3
    told = error.to_json()
    assert json.loads(json.dumps(told)) == told
    assert (told["program"], told["unexplained_words"]) == (None, ["frobnicate"])


def test_what_is_likely_enough_is_shown_and_so_is_what_is_asked_for() -> None:
    assert str(_synthesizer(0.06).synthesize("length of xs").program) == "(len xs)"
    doubtful = _synthesizer(0.04)
    assert str(doubtful.synthesize("length of xs", best=True).program) == "(len xs)"
    # A search of the caller's own choice shows what it finds.
    assert str(doubtful.synthesize("length of xs", decoding="beam").program) == "(len xs)"


def test_a_model_that_is_not_calibrated_always_answers() -> None:
    synthesizer = _synthesizer(0.04)
    synthesizer.calibration = None
    assert synthesizer.synthesize("length of xs").confidence is None


def test_among_many_texts_it_is_one_answer_like_an_error() -> None:
    first, second = _synthesizer(0.04).synthesize_many(["length of xs", ""])
    assert isinstance(first, NotKnownError)
    assert isinstance(second, SynthesisError)
    assert not isinstance(second, NotKnownError)


@pytest.mark.parametrize(
    "text",
    [
        "Berechne die Summe aller geraden Zahlen in der Liste",
        "посчитай сумму чисел списка",
        "frobnicate wibbles quuxly",
    ],
)
def test_a_text_that_can_hardly_be_read_is_not_known_however_likely_the_program(text: str) -> None:
    with pytest.raises(NotKnownError) as caught:
        _synthesizer(0.99).synthesize(text)
    assert caught.value.guess.confidence == 0


def test_a_program_that_fails_an_example_is_wrong_for_certain() -> None:
    found = _synthesizer(0.99).synthesize("length", examples=[({"xs": [7]}, 3)])
    assert (found.passes, found.confidence, found.is_sure) == (False, 0.0, False)


IMPOSSIBLE = Path(__file__).parents[1] / "data/impossible_requests.txt"


def test_what_no_program_can_do_gets_no_confident_one() -> None:
    texts = IMPOSSIBLE.read_text(encoding="utf-8").splitlines()
    answers = pretrained.synthesizer().synthesize_many(texts, best=True)
    stated = [answer.confidence for answer in answers if isinstance(answer, Synthesis)]
    assert max(filter(None, stated)) < 0.75


def test_words_are_told_as_they_were_typed() -> None:
    guess = _synthesizer(0.04).synthesize("length of xs", best=True)
    reading = Reading("sort the frobnications", {}, (("forbnications", "frobnications"),))
    assert NotKnownError(replace(guess, reading=reading)).words == ("forbnications",)
