import json

import pytest

from tests.cli.conftest import RunSaps

ODD_SUM = "(reduce (filter a (lambda1 (== (% arg1 2) 1))) 0 +)"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(ODD_SUM, id="s-expression"),
        pytest.param("(reduce, (filter, a, (lambda1, (==, (%, arg1, 2), 1))), 0, +)", id="commas"),
        pytest.param(
            '["reduce", ["filter", "a", ["lambda1", ["==", ["%", "arg1", "2"], "1"]]], "0", "+"]',
            id="nested-list",
        ),
    ],
)
def test_run_prints_the_value_for_each_written_form(saps: RunSaps, program: str) -> None:
    outcome = saps("run", program, "--input", '{"a": [1, 2, 3]}')
    assert (outcome.status, outcome.out, outcome.err) == (0, "4\n", "")


@pytest.mark.parametrize(
    ("program", "value"),
    [
        pytest.param("(sort (append a 1))", "[1, 2, 3]", id="array"),
        pytest.param("(contains a 3)", "true", id="bool"),
        pytest.param('(str_concat "é" "z")', '"éz"', id="string"),
        pytest.param("(sqrt 4)", "2.0", id="float"),
        pytest.param("inf", '"Infinity"', id="infinity"),
    ],
)
def test_value_is_printed_as_json(saps: RunSaps, program: str, value: str) -> None:
    outcome = saps("run", program, "--input", '{"a": [3, 2]}')
    assert outcome.out == f"{value}\n"
    json.loads(outcome.out, parse_constant=pytest.fail)


def test_run_prints_python_on_request(saps: RunSaps) -> None:
    outcome = saps("run", ODD_SUM, "--python")
    assert outcome.out == (
        "def program(a: list[int]) -> int:\n    return sum(x for x in a if x % 2 == 1)\n"
    )


def test_inputs_that_the_program_does_not_use_are_ignored(saps: RunSaps) -> None:
    assert saps("run", "(+ a 1)", "--input", '{"a": 1, "b": [true]}').out == "2\n"


@pytest.mark.parametrize(
    ("program", "inputs", "told"),
    [
        pytest.param("(reduce a 0 +", "{}", "'(' is never closed\n  (reduce", id="bracket"),
        pytest.param("(foo a)", '{"a": 1}', "foo", id="unknown-symbol"),
        pytest.param("(len a a)", '{"a": [1]}', "(len a a)\n  ^", id="arity"),
        pytest.param("(+ 1 true)", "{}", "(+ 1 true)\n       ^^^^", id="static-type"),
        pytest.param("(/ 1 a)", '{"a": 0}', "(/ 1 a)\n  ^^^^^^^", id="division-by-zero"),
        pytest.param("(range 0 1000000000)", "{}", "(range 0 1000000000)\n  ^", id="range"),
        pytest.param("(invoke1 (lambda1 (self arg1)) 1)", "{}", "self", id="infinite-recursion"),
        pytest.param("(+ a b)", '{"a": 1}', "needs a value for b (int); give", id="no-argument"),
        pytest.param("(+ a 1)", '{"a": [1]}', "a", id="value-of-another-type"),
        pytest.param("(+ a 1)", "{a: 1}", "--input is not JSON", id="no-json"),
        pytest.param("(+ a 1)", "[1]", "this is an array", id="no-object"),
        pytest.param("(+ a 1)", '{"a": ' + "9" * 5000 + "}", "cannot be read", id="huge-int"),
        pytest.param("(+ a 1)", '{"a": ' + "[" * 100_000, "cannot be read", id="deep-json"),
        pytest.param("[" * 100_000, "{}", "deeper than 200", id="deep-program"),
        pytest.param("", "{}", "expected a program", id="empty"),
    ],
)
def test_failure_is_one_message_on_stderr(
    saps: RunSaps, program: str, inputs: str, told: str
) -> None:
    outcome = saps("run", program, "--input", inputs)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("saps: error: ")
    assert told in outcome.err
    assert "Traceback" not in outcome.err
    assert "bug in SAPS" not in outcome.err
