from collections.abc import Mapping

import pytest

from saps.data.example import Example, Test
from saps.data.wordings.noise import (
    REWORDINGS,
    Rewording,
    drop_fillers,
    leave_unnamed,
    make_typo,
    rename_arguments,
    swap_opening,
    use_synonyms,
)
from saps.evaluation.judge import Trial, judge
from saps.evaluation.metrics import Outcome
from saps.lang import Limits, parse

TEXT = "given a number a and an array of numbers b , your task is to find the elements in b above a"
ARGUMENTS = {"a": "int", "b": "int[]"}


def task(
    text: str = TEXT,
    arguments: Mapping[str, str] = ARGUMENTS,
    program: str = "(filter b (partial1 a >))",
) -> Example:
    tests = (Test({"a": 2, "b": [1, 2, 3]}, [3]), Test({"a": 0, "b": []}, []))
    return Example(text, arguments, "int[]", parse(program), tests, ("filter_greater",))


@pytest.mark.parametrize("rewording", REWORDINGS, ids=lambda rewording: rewording.kind)
def test_a_rewording_changes_the_text_and_keeps_the_task_solved(rewording: Rewording) -> None:
    example = rewording.apply(task())
    assert example is not None
    assert example.text != TEXT
    assert example.nodes == ("filter_greater",)
    verdict = judge(Trial.of(example.program, example), Limits())
    assert verdict.outcome is Outcome.PASSED


@pytest.mark.parametrize("rewording", REWORDINGS, ids=lambda rewording: rewording.kind)
def test_a_rewording_is_the_same_each_time(rewording: Rewording) -> None:
    assert rewording.apply(task()) == rewording.apply(task())


def test_renaming_goes_through_text_program_and_tests() -> None:
    example = rename_arguments(task())
    assert example is not None
    new_a, new_b = example.arguments
    assert {new_a, new_b}.isdisjoint({"a", "b", "i"})
    assert example.text == (
        f"given a number {new_a} and an array of numbers {new_b} , your task is to find "
        f"the elements in {new_b} above {new_a}"
    )
    assert str(example.program) == f"(filter {new_b} (partial1 {new_a} >))"
    assert list(example.arguments.values()) == ["int", "int[]"]
    assert example.tests[0].inputs == {new_a: 2, new_b: [1, 2, 3]}


def test_renaming_reaches_an_argument_that_is_called() -> None:
    example = rename_arguments(
        task("given f and b , map b with f", {"f": "int -> int", "b": "int[]"}, "(f (head b))")
    )
    assert example is not None
    new_f, new_b = example.arguments
    assert str(example.program) == f"({new_f} (head {new_b}))"


def test_renaming_avoids_letters_that_the_text_defines() -> None:
    example = rename_arguments(task(f"{TEXT} , let c be d and e and f and g and h and j and k"))
    assert example is None  # l alone is free, and two are needed


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("given a number and an array , find the given number", id="unnamed"),
        pytest.param("given a number a and an array b , find a sorted b", id="article-in-doubt"),
        pytest.param("given a number a and an array , find a", id="one-unnamed"),
    ],
)
def test_renaming_leaves_texts_alone_that_are_not_sure(text: str) -> None:
    assert rename_arguments(task(text)) is None


def test_synonyms_are_words_of_the_same_meaning() -> None:
    example = use_synonyms(task("find the largest of elements of b"))
    assert example is not None
    assert example.text == "compute the biggest of values of b"
    assert use_synonyms(task("what is the sum of b")) is None


def test_fillers_go_and_what_is_given_stays() -> None:
    example = drop_fillers(
        task("you are given b , your task is to find the head of the given array")
    )
    assert example is not None
    assert example.text == "given b , find head of the given array"
    assert drop_fillers(task("given b , find b")) is None


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("given b , find b", "consider b , find b"),
        ("you are given b , find b", "consider b , find b"),
        ("consider b , find b", "given b , find b"),
    ],
)
def test_openings_are_swapped(text: str, swapped: str) -> None:
    example = swap_opening(task(text))
    assert example is not None
    assert example.text == swapped


def test_a_text_without_opening_has_none_to_swap() -> None:
    assert swap_opening(task("find b")) is None


def test_a_typo_exchanges_two_letters_inside_one_long_word() -> None:
    example = make_typo(task("find the sum of numbers"))
    assert example is not None
    *words, typo = example.text.split()
    assert words == ["find", "the", "sum", "of"]
    assert typo[0] + typo[-1] == "ns"
    assert typo != "numbers"
    assert sorted(typo) == sorted("numbers")
    assert make_typo(task("find a")) is None


def test_unnamed_arguments_are_called_by_their_nouns() -> None:
    example = leave_unnamed(task())
    assert example is not None
    assert example.text == (
        "given a number and an array of numbers , your task is to find the elements in "
        "the given array above the given number"
    )
    assert example.program == task().program


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param("given numbers a and b , find a", {"a": "int", "b": "int"}, id="same-noun"),
        pytest.param(
            "given a number b and an array a , find b", {"a": "int[]", "b": "int"}, id="other-order"
        ),
        pytest.param("given a number c , find c", {"c": "int"}, id="not-from-a-on"),
        pytest.param("find the square of a number a", {"a": "int"}, id="no-declaration"),
        pytest.param("given a function a , find a of 1", {"a": "int -> int"}, id="no-noun"),
    ],
)
def test_arguments_stay_named_where_letters_could_not_be_told(
    text: str, arguments: Mapping[str, str]
) -> None:
    assert leave_unnamed(task(text, arguments)) is None
