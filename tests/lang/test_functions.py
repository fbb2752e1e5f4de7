"""The function table: every entry's example, and the corners of the numbers."""

import json
from typing import Any

import pytest

from saps.lang import (
    FUNCTIONS,
    AlgoLispError,
    Function,
    compile_program,
    infer_type,
    parse,
    values_equal,
)
from saps.lang.errors import EvaluationError
from saps.lang.functions.number_functions import is_prime


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_example_gives_what_the_table_says(function: Function) -> None:
    program = parse(function.example)
    assert function.name in {node.symbol for node in program.preorder()}
    infer_type(program, {})
    assert values_equal(compile_program(program, {})({}), json.loads(function.value))


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_entry_is_complete(function: Function) -> None:
    codes = {kind.code for kind in _all_kinds(EvaluationError)}
    assert function.doc.endswith(".")
    assert {code for code, _ in function.errors} <= codes
    assert function.signature.count("->") >= 1


def _all_kinds(kind: type[EvaluationError]) -> list[type[EvaluationError]]:
    return [kind, *(k for child in kind.__subclasses__() for k in _all_kinds(child))]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(/ 7 2.0)", 3.0),
        ("(/ 7.0 2)", 3.5),
        ("(/ -7 2)", -4),
        ("(% 7 -2)", -1),
        ("(pow 2 -1)", 0.5),
        ("(pow 0 0)", 1),
        ("(pow -1 1000000001)", -1),
        ("(pow 1 1000000000)", 1),
        ("(pow 0 1000000000)", 0),
        ("(floor -2.5)", -2),
        ("(floor 9007199254740993)", 9007199254740993),
        ("(== 1 1.0)", True),
        ("(digits 0)", [0]),
        ("(is_prime 2)", True),
        ("(is_prime 1)", False),
        ("(is_prime 7.0)", True),
        ("(is_prime 2.5)", False),
        ("(is_prime inf)", False),
        ("(is_prime (- inf inf))", False),
        ("(is_prime 170141183460469231731687303715884105727)", True),
        ("(slice (range 0 5) -3 2)", [0, 1]),
        ("(slice (range 0 5) 1 -1)", [1, 2, 3]),
        ("(slice (range 0 5) 3 100)", [3, 4]),
        ("(tail (array-new int))", []),
        ("(range 2.9 5.9)", [2, 3, 4]),
        ('(str_index 1.9 "abc")', "b"),
        ('(str_split "a  b" " ")', ["a", "b"]),
        ("(< (digits 12) (digits 120))", True),
        ("(&& false true)", False),
    ],
)
def test_corner_of_a_function(text: str, value: Any) -> None:
    assert values_equal(compile_program(parse(text), {})({}), value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(/ 1 0)", "division-by-zero"),
        ("(/ 1.0 0)", "division-by-zero"),
        ("(% 1 0)", "division-by-zero"),
        ("(pow 0 -1)", "division-by-zero"),
        ("(pow -8 0.5)", "domain"),
        ("(sqrt -1)", "domain"),
        ("(floor inf)", "domain"),
        ("(digits inf)", "domain"),
        ("(digits 2.5)", "domain"),
        ("(digits 2.0)", "domain"),
        ("(+ 1.5 (pow 10 1000))", "domain"),
        ("(range 0 1001)", "range-too-long"),
        ("(range 0 inf)", "range-too-long"),
        ("(range (- 0 inf) 0)", "range-too-long"),
        ("(range inf 0)", "domain"),
        ("(head (array-new int))", "empty"),
        ("(deref (range 0 2) 2)", "index"),
        ("(deref (range 0 2) -1)", "index"),
        ("(deref (range 0 2) 1.0)", "index"),
        ("(slice (range 0 2) 0 inf)", "index"),
        ('(str_index 3 "abc")', "index"),
        ('(str_split "a" "")', "domain"),
        ("(&& false (== (/ 1 0) 1))", "division-by-zero"),
        ("(|| true (== (/ 1 0) 1))", "division-by-zero"),
        ("(+ true 1)", "type"),
        ('(len "ab")', "type"),
        ("(== square abs)", "type"),
        ("(< 1 true)", "type"),
        ("(if 1 2 3)", "type"),
        ("(map (range 0 2) min)", "arity"),
        ("(dict-insert (dict-new int int) (range 0 1) 1)", "type"),
        ("square", "type"),
        ("int", "type"),
        ("(append (array-new int) square)", "type"),
    ],
)
def test_failure_has_the_code_of_its_kind(text: str, code: str) -> None:
    program = compile_program(parse(text), {})
    with pytest.raises(AlgoLispError) as caught:
        program({})
    assert caught.value.code == code


def test_primes_agree_with_trial_division() -> None:
    sieve = [n for n in range(3_000) if n > 1 and all(n % k for k in range(2, int(n**0.5) + 1))]
    assert [n for n in range(3_000) if is_prime(n, lambda _: None)] == sieve


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (3_215_031_751, False),  # a strong pseudoprime to the bases 2, 3, 5 and 7
        (2**61 - 1, True),
        (3_317_044_064_679_887_385_961_981, False),  # to all of the first thirteen primes
        (2**89 - 1, True),
        (2**127 - 1, True),
        ((2**61 - 1) * (2**89 - 1), False),
        ((2**89 - 1) ** 2, False),
        (2**521 - 1, True),
        (2**523 - 1, False),
    ],
)
def test_large_numbers_are_judged_rightly(number: int, verdict: bool) -> None:
    assert is_prime(number, lambda _: None) is verdict
