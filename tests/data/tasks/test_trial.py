from random import Random

import pytest

from saps.data.tasks.generate import N_TESTS, draw_tests
from saps.lang import compile_program, parse


def test_draw_tests_runs_the_program_on_ten_inputs() -> None:
    arguments = {"a": "int[]", "b": "int"}
    program = parse("(len (filter a (partial1 b >)))")
    tests = draw_tests(program, arguments, Random(1))
    assert len(tests) == N_TESTS == 10
    run = compile_program(program, arguments)
    assert all(run(test.inputs) == test.output for test in tests)
    assert len({str(test.output) for test in tests}) > 2


def test_draw_tests_finds_small_numbers_where_large_ones_raise() -> None:
    fibonacci = "(invoke1 (lambda1 (if (< arg1 2) 1 (+ (self (- arg1 2)) (self (- arg1 1))))) a)"
    tests = draw_tests(parse(fibonacci), {"a": "int"}, Random(1))
    assert len(tests) == 10
    assert max(int(str(test.inputs["a"])) for test in tests) < 16


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        pytest.param("(- a a)", "int", id="constant"),
        pytest.param("(< a 1000000000)", "int", id="nearly-always-true"),
        pytest.param("(/ a 0)", "int", id="always-raises"),
        pytest.param("(deref a (+ 10 10))", "int[]", id="nearly-always-raises"),
        pytest.param("(invoke1 (lambda1 (self arg1)) a)", "int", id="endless"),
    ],
)
def test_draw_tests_refuses_dull_programs(program: str, kind: str) -> None:
    assert draw_tests(parse(program), {"a": kind}, Random(1)) == ()
