"""Several programs for a text, with the bundled model."""

from math import exp

import pytest

from saps.decoding.declaring import declarations
from saps.decoding.prediction import Prediction
from saps.decoding.preparation import Prepared, prepare
from saps.decoding.several import SeveralSearch, with_others
from saps.decoding.synthesizer import Synthesizer, Task
from saps.lang import parse

TEXTS = [
    "given an array of numbers a and a number b , find the sum of the elements of a above b",
    "top three scores",
    "add two numbers",
    "the longest word",
    "given an array a , find what is hard to say",
]


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return Synthesizer.load()


@pytest.mark.parametrize("text", TEXTS)
def test_the_first_of_several_programs_is_the_one_that_comes_alone(
    synthesizer: Synthesizer, text: str
) -> None:
    alone, several = synthesizer.synthesize(text), synthesizer.synthesize(text, top=3)
    assert (several.program, several.confidence) == (alone.program, alone.confidence)
    assert several.arguments == alone.arguments
    assert several.candidates[0].program == several.program
    programs = [candidate.program for candidate in several.candidates]
    assert len(set(programs)) == len(programs) == 3


def test_others_come_behind_and_their_probabilities_are_possible(synthesizer: Synthesizer) -> None:
    several = synthesizer.synthesize(TEXTS[0], top=4).candidates
    assert len(several) == 4
    assert sum(candidate.probability for candidate in several) <= 1 + 1e-9


def test_a_text_read_again_gets_others_with_the_arguments_that_were_guessed(
    synthesizer: Synthesizer,
) -> None:
    prepared = _guessed(synthesizer, "add two numbers")
    first = Prediction(parse("(+ a b)"), -0.5)
    [(same, programs)] = with_others(synthesizer.predictor, [(prepared, [first])], SeveralSearch(3))
    assert same is prepared
    assert (programs[0], len(programs)) == (first, 3)
    assert len({prediction.program for prediction in programs}) == 3
    assert sum(exp(prediction.log_prob) for prediction in programs) <= 1 + 1e-9


def test_a_text_that_has_several_programs_is_not_searched_again(synthesizer: Synthesizer) -> None:
    found = [
        (
            _guessed(synthesizer, "add two numbers"),
            [Prediction(parse("(+ a b)"), -0.5), Prediction(parse("(* a b)"), -2.0)],
        )
    ]
    assert with_others(synthesizer.predictor, found, SeveralSearch(3)) == found


def _guessed(synthesizer: Synthesizer, text: str) -> Prepared:
    symbols = synthesizer.predictor.bundle.symbols
    given = prepare(Task.of(text), synthesizer.vocabulary, symbols)
    told = declarations(given, synthesizer.vocabulary, symbols)
    return next(task for task in told if set((task.request.arguments or {}).values()) == {"int"})
