"""Programs that are put together by their values on examples."""

from dataclasses import replace
from time import monotonic

import pytest

from saps.lang import Value, compile_program
from saps.model.kind_classifier import KindClassifier
from saps.search.interface import Prediction
from saps.synthesis import bottom_up
from saps.synthesis.behaviour import Found, conditioned, is_unlikely, with_small_parts
from saps.synthesis.bottom_up import put_together
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Prepared, Task, prepare
from tests.model.test_kind_classifier import classifier
from tests.pretrained import synthesizer

Examples = list[tuple[dict[str, Value], Value]]


def _prepared(examples: Examples, text: str = "do it", result: str | None = None) -> Prepared:
    task = Task.of(text, examples, None, result)
    return prepare(task, synthesizer().vocabulary, synthesizer().predictor.bundle.symbols)


def _likely() -> KindClassifier:
    known = synthesizer().predictor.bundle.kinds
    assert known is not None
    return known


def _value(found: Prediction, prepared: Prepared, inputs: dict[str, Value]) -> Value:
    run = compile_program(found.program, prepared.request.argument_types() or {})
    return run({**prepared.names.to_letters(inputs), **prepared.request.literals})


@pytest.mark.parametrize(
    ("text", "examples", "inputs", "value"),
    [
        (  # a list of two formulas
            "length and width of a rectangle: first the perimeter, then the area",
            [
                ({"length": 3, "width": 5}, [16, 15]),
                ({"length": 4, "width": 1}, [10, 4]),
                ({"length": 7, "width": 2}, [18, 14]),
            ],
            {"length": 10, "width": 6},
            [32, 60],
        ),
        (  # a condition, a function of each, and a kind
            "words longer than n -> uppercase -> join with dash",
            [
                ({"words": ["tree", "of", "life"], "n": 3}, "TREE-LIFE"),
                ({"words": ["a", "bee", "sees"], "n": 1}, "BEE-SEES"),
                ({"words": ["we", "are", "here", "now"], "n": 2}, "ARE-HERE-NOW"),
            ],
            {"words": ["x", "yes", "maybe"], "n": 3},
            "MAYBE",
        ),
        (  # a condition on one column, a sum of another
            "total of the amounts that are paid",
            [
                ({"amounts": [4, 10, 7], "paid": [True, False, True]}, 11),
                ({"amounts": [3, 8], "paid": [False, True]}, 8),
                ({"amounts": [5, 6, 2, 9], "paid": [True, True, False, True]}, 20),
            ],
            {"amounts": [1, 2, 3], "paid": [False, True, True]},
            5,
        ),
        (  # something of each element that looks at another argument
            "y = x - the least of them",
            [
                ({"x": [4, 7, 2]}, [2, 5, 0]),
                ({"x": [10, 30, 20]}, [0, 20, 10]),
            ],
            {"x": [5, 1]},
            [4, 0],
        ),
    ],
)
def test_what_no_kind_does_alone_is_put_together(
    text: str, examples: Examples, inputs: dict[str, Value], value: Value
) -> None:
    prepared = _prepared(examples, text)
    found = put_together(_likely(), prepared)
    assert _value(found[0], prepared, inputs) == value


def test_every_program_computes_the_examples_and_has_all_arguments() -> None:
    examples: Examples = [({"p": 2, "q": 5}, 9), ({"p": 3, "q": 1}, 7), ({"p": 10, "q": 0}, 20)]
    prepared = _prepared(examples, "twice p and q")
    found = put_together(_likely(), prepared)
    assert found
    for one in found:
        assert {"p", "q"} == {
            prepared.names.shown(part.symbol)
            for part in one.program.preorder()
            if part.symbol in prepared.request.argument_types()  # type: ignore[operator]
        }
        assert [_value(one, prepared, dict(inputs)) for inputs, _ in examples] == [9, 7, 20]


def test_the_cheapest_comes_first_and_is_the_likeliest() -> None:
    found = put_together(_likely(), _prepared([({"n": 4}, 8), ({"n": 5}, 10)], "do it with n"))
    scores = [one.log_prob for one in found]
    assert scores == sorted(scores, reverse=True)
    assert found[0].program.size == 3  # (+ n n), or (* 2 n)


def test_nothing_is_found_where_nothing_can_be() -> None:
    examples: Examples = [({"n": 1}, "qx"), ({"n": 2}, "vb"), ({"n": 3}, "wz")]
    assert put_together(_likely(), _prepared(examples, "do it with n")) == []


def test_the_search_ends_with_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = _prepared([({"n": 4}, 8), ({"n": 5}, 10)], "do it with n")
    assert put_together(_likely(), prepared)
    monkeypatch.setattr(bottom_up, "_MOST_WORK", 0)
    assert put_together(_likely(), prepared) == []


@pytest.mark.parametrize("left", [-1.0, 2.0])
def test_nothing_is_begun_where_the_time_would_not_do_for_the_answer(left: float) -> None:
    prepared = _prepared([({"n": 4}, 8), ({"n": 5}, 10)], "do it with n")
    assert put_together(_likely(), replace(prepared, deadline=monotonic() + left)) == []


def test_arguments_of_a_type_that_is_not_known_are_no_reason_to_fail() -> None:
    examples: Examples = [({"xs": []}, 0), ({"xs": []}, 0)]
    prepared = _prepared(examples, "do it with xs")
    assert _value(put_together(_likely(), prepared)[0], prepared, {"xs": []}) == 0


def _passing(n_shown: int, log_prob: float) -> tuple[Predictor, Found, Found]:
    """A task whose text says nothing, and a found program that computes its examples."""
    examples: Examples = [({"n": 3}, 6), ({"n": 5}, 20), ({"n": 8}, 56)]
    prepared = _prepared(examples[:n_shown], "do it with n")
    told = Found(prepared, ())
    bundle = replace(synthesizer().predictor.bundle, kinds=classifier())
    found = with_small_parts(Predictor(bundle), told, None)
    assert found is not None
    first = found.behaviours[0]
    likely = replace(first, best=replace(first.best, log_prob=log_prob))
    return Predictor(bundle), told, replace(found, behaviours=(likely,))


@pytest.mark.parametrize(
    ("n_shown", "log_prob", "looked_further"),
    [(3, -0.1, False), (3, -6.0, True), (1, -6.0, False)],
)
def test_unlikely_programs_alone_are_no_answer_to_several_examples(
    n_shown: int, log_prob: float, looked_further: bool
) -> None:
    _, _, passing = _passing(n_shown, log_prob)
    assert is_unlikely(passing) == looked_further


def test_what_is_put_together_stands_beside_what_was_found() -> None:
    predictor, told, passing = _passing(3, -0.1)
    both = with_small_parts(predictor, told, passing)
    assert both is not None
    known = {member.program for behaviour in passing.behaviours for member in behaviour.members}
    after = {member.program for behaviour in both.behaviours for member in behaviour.members}
    assert known <= after


def test_without_a_classifier_nothing_is_put_together() -> None:
    predictor, told, passing = _passing(3, -0.1)
    bare = Predictor(replace(predictor.bundle, kinds=None))
    assert with_small_parts(bare, told, None) is None
    kept = with_small_parts(bare, told, passing)
    assert kept is not None
    assert len(conditioned(kept).behaviours) == 1
