"""One text read in two ways, and what arguments are called in each."""

from collections.abc import Sequence
from dataclasses import replace
from math import log
from typing import Any, cast

import pytest

from saps.lang import parse
from saps.search.beam import BeamSearch
from saps.search.guided import GuidedSearch
from saps.search.interface import Prediction, Search
from saps.search.request import Request
from saps.synthesis.behaviour import assignments
from saps.synthesis.predictor import Predictor
from saps.synthesis.synthesizer import SynthesisError, Synthesizer
from tests import pretrained


@pytest.mark.parametrize(
    ("own", "wanted", "found"),
    [
        ({"a": "int"}, {"a": "int"}, [{"a": "a"}]),
        ({"a": "int", "b": "int"}, {"b": "int", "a": "int"}, [{"a": "a", "b": "b"}]),
        ({"n": "int", "m": "int"}, {"a": "int", "b": "int"}, ["ab", "ba"]),
        ({"n": "int", "xs": "int[]"}, {"xs": "int[]", "a": "int"}, [{"n": "a", "xs": "xs"}]),
        ({"n": "int"}, {"a": "int[]"}, []),
        ({"n": "int"}, {"a": "int", "b": "int"}, ["a", "b"]),
        ({"x": "T"}, {"a": "int[]"}, ["a"]),
        ({"x": "T[]"}, {"a": "int"}, []),
        ({"n": "int[]"}, {"a": "float[]"}, ["a"]),
        ({}, {}, [{}]),
    ],
)
def test_names_are_assigned_by_type_and_the_same_names_stay(
    own: dict[str, str], wanted: dict[str, str], found: list[dict[str, str] | str]
) -> None:
    expected = [way if isinstance(way, dict) else dict(zip(own, way, strict=True)) for way in found]
    assert list(assignments(own, wanted)) == expected


def test_twelve_arguments_are_assigned_as_they_are_asked_for() -> None:
    own, wanted = (dict.fromkeys(names, "int") for names in ("abcdefghijkl", "mnopqrstuvwx"))
    assert next(assignments(own, wanted)) == dict(zip(own, wanted, strict=True))


class _Scripted(Predictor):
    """Answers a text by its first word that has a script, whatever the search."""

    def __init__(self, **scripts: dict[str, float]) -> None:
        super().__init__(replace(pretrained.bundle(), calibration=None, kinds=None))
        self.scripts = scripts
        self.texts: list[str] = []

    def n_best(
        self,
        texts: Sequence[str],
        requests: Sequence[Request] | None = None,
        search: Search | None = None,
    ) -> list[list[Prediction]]:
        self.texts += texts
        return [
            [Prediction(parse(program), log(p)) for program, p in self._script(text).items()]
            for text in texts
        ]

    def _script(self, text: str) -> dict[str, float]:
        return next(self.scripts[word] for word in text.split() if word in self.scripts)


def test_a_program_of_the_text_alone_is_tried_on_the_examples_under_their_names() -> None:
    # With declared arguments a text begins with "given", and this network then goes astray.
    predictor = _Scripted(
        given={"(len a)": 0.9},
        times={"(map b (lambda1 (* arg1 a)))": 0.6, "(map b (partial0 a +))": 0.1},
    )
    examples: list[Any] = [({"k": 2, "prices": [1, 3]}, [2, 6])]
    found = Synthesizer(predictor).synthesize("so many times each number", examples=examples)
    assert found.passes
    assert str(found.program) == "(map prices (lambda1 (* arg1 k)))"
    assert found.by_text is None
    assert len(predictor.texts) == 2  # no search by examples


def test_one_example_that_several_programs_compute_is_weak_and_a_question_settles_it() -> None:
    script = {"(reduce a 0 +)": 0.5, "(reduce a 0 max)": 0.3, "(len a)": 0.1}
    predictor = _Scripted(given=script, sum=script)
    found = Synthesizer(predictor).synthesize("sum", examples=[({"xs": [4]}, 4)])
    assert str(found.program) == "(reduce xs 0 +)"
    assert (found.n_meanings, found.is_weakly_shown) == (2, True)
    asked = found.question()
    assert asked is not None
    assert asked.outputs[0] == sum(cast("list[int]", asked.inputs["xs"]))
    assert found.log_prob == pytest.approx(log(0.5 / (0.5 + 0.3 + 0.02)))


def test_an_example_that_contradicts_the_text_is_told() -> None:
    predictor = _Scripted(given={"(reduce a 0 +)": 0.9}, sum={"(reduce a 0 +)": 0.9})
    predictor.scripts |= {"given": {"(reduce a 0 +)": 0.9, "(len a)": 0.01}}
    found = Synthesizer(predictor).synthesize("sum", examples=[({"xs": [4, 5]}, 2)])
    assert str(found.program) == "(len xs)"
    # Here the beam has it; where the search by examples must find it, the text is told as well.
    found = Synthesizer(_Guided()).synthesize("sum", examples=[({"xs": [4, 5]}, 2)])
    assert str(found.program) == "(len xs)"
    assert found.by_text is not None
    assert str(found.by_text.program) == "(reduce xs 0 +)"
    assert [outcome.got for outcome in found.by_text.outcomes] == [9]


class _Guided(_Scripted):
    """Finds the length by a search with examples alone."""

    def _script(self, text: str) -> dict[str, float]:
        return {"(reduce a 0 +)": 0.9}

    def n_best(
        self,
        texts: Sequence[str],
        requests: Sequence[Request] | None = None,
        search: Search | None = None,
    ) -> list[list[Prediction]]:
        if isinstance(search, GuidedSearch):
            return [[Prediction(parse("(len a)"), log(0.001), (True,))] for _ in texts]
        return super().n_best(texts, requests, search)


def test_what_was_rejected_is_no_answer() -> None:
    script = {"(reduce a 0 +)": 0.5, "(reduce a 0 max)": 0.3, "(len a)": 0.1}
    synthesizer = Synthesizer(_Scripted(given=script, sum=script))
    for text, name in (("sum", "xs"), ("sum of prices", "prices")):
        given = None if name == "xs" else {"prices": "int[]"}
        wrong: list[Any] = [({name: [4, 5]}, 9), ({name: [4, 5]}, 5)]
        found = synthesizer.synthesize(text, arguments=given, rejected=wrong)
        assert str(found.program) == f"(len {name})"
        with pytest.raises(SynthesisError, match="marked as wrong") as caught:
            synthesizer.synthesize(text, arguments=given, rejected=[*wrong, ({name: [4, 5]}, 2)])
        assert caught.value.code == "no-program"


@pytest.mark.parametrize("decoding", [None, "beam", BeamSearch(3)])
def test_every_search_names_arguments_that_nobody_declared(decoding: Any) -> None:
    script = {"(filter a (partial1 b >))": 0.5}
    synthesizer = Synthesizer(_Scripted(above=script))
    found = synthesizer.synthesize("those above", decoding=decoding, best=True)
    assert dict(found.arguments) == {"xs": "int[]", "n": "int"}
