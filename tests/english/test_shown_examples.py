"""Examples that a text seems to show."""

import pytest

from saps.english.quoted import shown_examples
from saps.lang import Value


@pytest.mark.parametrize(
    ("text", "given", "output"),
    [
        ('every letter doubled, "ab" -> "aabb"', ("ab",), "aabb"),
        ("For instance 9875 -> 29 -> 11 -> 2.", (9875,), 2),
        ("e.g. [1, 2] and 3 gives 6", ([1, 2], 3), 6),
        ("f([1, 2], [3]) == [1, 2, 3]", ([1, 2], [3]), [1, 2, 3]),
        (">>> repeat('ab', 2)\n'abab'", ("ab", 2), "abab"),
        ("true for both: xs = [1, 1], k = 2 => true", ([1, 1], 2), True),
        ("[[1, 2], [3]] should become [1, 2, 3]", ([[1, 2], [3]],), [1, 2, 3]),
        ("-4.5 → 5", (-4.5,), 5),
    ],
)
def test_an_example_is_found(text: str, given: tuple[Value, ...], output: Value) -> None:
    assert shown_examples(text) == ((given, output),)


@pytest.mark.parametrize(
    "text",
    [
        "the sum of xs",
        "For 3 steps it is 3: 1+1+1",
        "def f(x) -> int",
        "x -> 2",
        "x % 3 == 0",
        "row 0 is 1, and each number is the sum of two",
        "'a12b3c' gives 12, 3",
        "3661 is 1:01:01",
        "v1.2 -> 3",
        "1 -> [2",
        ">>> f(a)\nb",
        "[" * 3000,
    ],
)
def test_what_is_no_example_is_none(text: str) -> None:
    assert shown_examples(text) == ()


def test_examples_one_behind_the_other_are_two() -> None:
    found = shown_examples("to the nearest 5: 1232 -> 1230, 1233 -> 1235")
    assert found == (((1232,), 1230), ((1233,), 1235))
