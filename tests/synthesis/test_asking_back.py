"""Sample runs, and the question that tells two meanings apart."""

from math import log

from saps.lang import parse
from saps.search.interface import Prediction
from saps.search.request import Request
from saps.synthesis.asking_back import question, samples
from saps.synthesis.behaviour import behaviours
from saps.synthesis.preparation import Names

NAMES = Names(name_of={"a": "xs"})


def _predictions(*pairs: tuple[str, float]) -> list[Prediction]:
    return [Prediction(parse(program), log(p)) for program, p in pairs]


def test_a_question_has_an_input_on_which_the_programs_differ() -> None:
    found = behaviours(_predictions(("(head a)", 0.5), ("(len a)", 0.4)), Request({"a": "int[]"}))
    asked = question(found, NAMES)
    assert asked is not None
    assert asked.outputs[0] != asked.outputs[1]
    assert list(asked.inputs) == ["xs"]
    xs = asked.inputs["xs"]
    assert isinstance(xs, list)
    assert asked.outputs == (xs[0], len(xs))
    assert [str(program) for program in asked.programs] == ["(head xs)", "(len xs)"]


def test_what_is_hardly_likely_is_not_asked() -> None:
    found = behaviours(_predictions(("(head a)", 0.9), ("(len a)", 0.01)), Request({"a": "int[]"}))
    assert question(found, NAMES) is None


def test_one_meaning_leaves_no_question() -> None:
    one = _predictions(("(reduce a 0 +)", 0.5), ("(reduce a 0 (lambda2 (+ arg1 arg2)))", 0.4))
    assert question(behaviours(one, Request({"a": "int[]"})), NAMES) is None


def test_samples_are_small_and_differ() -> None:
    found = behaviours(_predictions(("(reduce a 0 +)", 0.5)), Request({"a": "int[]"}))
    shown = samples(found[0], NAMES)
    assert 2 <= len(shown) <= 3
    assert len({repr(sample.output) for sample in shown}) == len(shown)
    for sample in shown:
        xs = sample.inputs["xs"]
        assert isinstance(xs, list)
        assert sum(int(x) for x in xs if isinstance(x, int)) == sample.output


def test_a_program_that_always_fails_has_no_sample() -> None:
    found = behaviours(_predictions(("(/ 1 (- (len a) (len a)))", 0.5)), Request({"a": "int[]"}))
    assert samples(found[0], NAMES) == ()
