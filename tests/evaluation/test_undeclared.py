"""Answers whose arguments have other names than those of the task."""

import pytest

from saps.data.example import Example, Test
from saps.decoding.synthesizer import Synthesizer
from saps.evaluation.undeclared import answers_to_texts_alone, are_right, assignments
from saps.lang import Limits, parse


@pytest.mark.parametrize(
    ("own", "wanted", "found"),
    [
        ({"a": "int"}, {"a": "int"}, [{"a": "a"}]),
        ({"a": "int", "b": "int"}, {"b": "int", "a": "int"}, [{"a": "a", "b": "b"}]),
        ({"n": "int", "m": "int"}, {"a": "int", "b": "int"}, ["ab", "ba"]),
        ({"n": "int", "xs": "int[]"}, {"xs": "int[]", "a": "int"}, [{"n": "a", "xs": "xs"}]),
        ({"n": "int"}, {"a": "int[]"}, []),
        ({"n": "int"}, {"a": "int", "b": "int"}, []),
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
    assert list(assignments(own, wanted | {"x": "string"})) == []


def test_an_answer_is_right_if_some_assignment_is() -> None:
    def task(text: str, *outputs: int) -> Example:
        inputs = ({"b": 3, "a": 7}, {"b": 1, "a": 5})
        tests = tuple(Test(*pair) for pair in zip(inputs, outputs, strict=True))
        return Example(text, {"b": "int", "a": "int"}, "int", parse("(- a b)"), tests)

    answers = answers_to_texts_alone(
        Synthesizer.load(),
        [
            task("the difference of two numbers", 4, 4),
            task("the difference of two numbers", -4, -4),
            task("the difference of two numbers", 4, -4),  # each way is right once
            task("given numbers a and b , find a minus b", 4, 4),  # says what they are
        ],
        limits=Limits(),
        n_workers=1,
    )
    assert [answer.is_right for answer in answers] == [True, True, False]
    assert all(answer.log_prob <= 0 < answer.size for answer in answers)


def test_answers_are_judged_with_the_names_that_they_share_and_errors_are_wrong() -> None:
    tests = (Test({"b": 3, "a": 7}, 4), Test({"b": 1, "a": 5}, 4))
    example = Example("", {"b": "int", "a": "int"}, "int", parse("(- a b)"), tests)
    texts = ["given numbers a and b , find a minus b", "", "given numbers a and b , find b minus a"]
    answers = list(Synthesizer.load().synthesize_many(texts))
    found = are_right(answers, [example] * 3, limits=Limits(), n_workers=1)
    assert found == [True, False, False]
