"""What a program takes as given, told where it matters."""

import pytest

from saps.lang import parse
from saps.synthesis.faults import conventions

DIVISION = "division rounds down: 7 / 2 is 3, and -7 / 2 is -4"
FROM_0 = "the largest is never below 0: for an empty array, or for negative numbers, it is 0"
LAST = "of equal values, the last one counts"
LONGEST = '(reduce xs "" (lambda2 (if (< (strlen arg1) (strlen arg2)) arg2 arg1)))'


@pytest.mark.parametrize(
    ("program", "result", "text", "told"),
    [
        ("(/ (reduce xs 0 +) (len xs))", "int", "the average", [DIVISION]),
        ("(/ (sqrt n) 2)", "float", "half the root", []),
        ("(/ n 2.5)", "float", "a part", []),
        ("(deref xs k)", "int", "the element at position k", ["positions count from 0"]),
        ("(deref xs (/ (len xs) 2))", "int", "the middle", [DIVISION]),
        ("(len xs)", "int", "the index of nothing", []),
        (LONGEST, "string", "the longest", ["of equal values, the first one counts"]),
        (LONGEST.replace("<", "<="), "string", "the longest", [LAST]),
        ("(reduce xs 0 (lambda2 (if (< arg1 arg2) arg2 arg1)))", "int", "the largest", []),
        ("(reduce xs 0 max)", "int", "the largest", [FROM_0]),
        ("(reduce (map xs strlen) 0 max)", "int", "the longest length", []),
        ("(reduce (map xs (lambda1 (len arg1))) 0 max)", "int", "the longest length", []),
        ("(reduce xs 0 +)", "int", "the sum", []),
    ],
)
def test_only_what_matters_is_told(program: str, result: str, text: str, told: list[str]) -> None:
    assert list(conventions(parse(program), result, text)) == told
