from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from saps.data.tasks.natural_inputs import LARGEST_NUMBER, draw_by_type, with_values

KINDS = {"a": "int", "b": "int[]", "c": "string", "d": "string[]", "e": "int[]", "f": "string"}
DRAWN: list[dict[str, Any]] = [draw_by_type(KINDS, LARGEST_NUMBER, Random(i)) for i in range(300)]


def test_draw_by_type_fits_the_types() -> None:
    for inputs in DRAWN:
        assert inputs.keys() == KINDS.keys()
        assert 0 <= inputs["a"] <= 30
        assert all(type(number) is int for number in inputs["b"])
        words = [str(inputs["c"]), *inputs["d"]]
        assert all(set(word) <= set("abcdefghijklmnopqrstuvwxyz ") for word in words)


def test_draw_by_type_makes_short_arrays_of_small_numbers() -> None:
    arrays = [inputs["b"] for inputs in DRAWN]
    assert all(isinstance(array, list) and 5 <= len(array) <= 40 for array in arrays)
    assert all(0 <= number <= 60 for array in arrays for number in array)


@pytest.mark.parametrize(
    ("what", "least"),
    [
        pytest.param(lambda i: i["b"] == sorted(i["b"]), 10, id="sorted"),
        pytest.param(lambda i: i["b"] == i["b"][::-1], 5, id="symmetric"),
        pytest.param(lambda i: i["c"] == i["c"][::-1], 5, id="symmetric-string"),
        pytest.param(lambda i: i["c"] == i["f"], 20, id="equal-strings"),
        pytest.param(lambda i: i["e"] == i["b"][: len(i["e"])], 20, id="beginning-of-another"),
        pytest.param(lambda i: " " in i["c"], 100, id="several-words"),
    ],
)
def test_coincidences_are_drawn(what: Callable[[dict[str, Any]], bool], least: int) -> None:
    assert sum(what(inputs) for inputs in DRAWN) >= least


def test_draw_by_type_keeps_the_bound() -> None:
    drawn = [draw_by_type({"a": "int"}, 5, Random(i)) for i in range(50)]
    assert {inputs["a"] for inputs in drawn} == {0, 1, 2, 3, 4, 5}


def test_draw_by_type_refuses_a_type_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="no inputs of type 'bool'"):
        draw_by_type({"a": "bool"}, 5, Random(1))


def test_values_are_met_and_nearly_met() -> None:
    types = {"xs": "int[]", "k": "int", "s": "string", "words": "string[]", "flag": "bool"}
    inputs: dict[str, Any] = {"xs": [3, 8], "k": 5, "s": "cat", "words": ["a"], "flag": True}
    rng = Random(0)
    drawn: list[dict[str, Any]] = [with_values(types, inputs, [100, "py"], rng) for _ in range(300)]
    assert {number for one in drawn for number in (*one["xs"], one["k"])} >= {99, 100, 101, 3, 5}
    assert any(one["k"] == sum(one["xs"]) for one in drawn)
    assert {one["s"] for one in drawn} == {"cat", "py", "catpy", "pycat", "catpycat"}
    assert {tuple(one["words"]) for one in drawn} >= {("a",), ("py",), ("apy",)}
    assert all(one["flag"] is True for one in drawn)
    assert inputs["xs"] == [3, 8]
    assert with_values({"xs": "int[]"}, {"xs": []}, [7], rng) == {"xs": []}
