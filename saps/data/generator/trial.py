"""Tests of a program: inputs by chance, outputs by the interpreter, dull programs refused."""

from collections import Counter
from collections.abc import Mapping
from random import Random

from saps.data.example import Test
from saps.data.generator.inputs import LARGEST_NUMBER, draw_inputs
from saps.lang import AlgoLispError, Limits, Node, Value, compile_program

N_TESTS = 10
MAX_ATTEMPTS = 24
LIMITS = Limits(steps=5_000, depth=110, seconds=60.0, elements=2_000, bits=192)
"""Tight, so that a program too heavy to run fails soon; the wall time must never decide."""


def draw_tests(program: Node, arguments: Mapping[str, str], rng: Random) -> tuple[Test, ...]:
    """Return ten tests; none when most inputs raise or nearly all outputs are alike."""
    run = compile_program(program, arguments, LIMITS)
    tests: list[Test] = []
    for attempt in range(MAX_ATTEMPTS):
        inputs = draw_inputs(arguments, _largest(attempt - len(tests)), rng)
        try:
            tests.append(Test(inputs, run(inputs)))
        except AlgoLispError:
            if attempt >= 5 and not tests:
                return ()
        if len(tests) == N_TESTS // 2 and len({_key(test.output) for test in tests}) == 1:
            return ()
        if len(tests) == N_TESTS:
            return tuple(tests) if _tell_apart(tests) else ()
    return ()


def _largest(n_failures: int) -> int:
    """Return the bound of numbers: a factorial or a position asks for small ones."""
    return (LARGEST_NUMBER, LARGEST_NUMBER, 12)[n_failures] if n_failures < 3 else 5


def _tell_apart(tests: list[Test]) -> bool:
    commonest = Counter(_key(test.output) for test in tests).most_common(1)[0][1]
    return commonest < N_TESTS - 1


def _key(value: Value) -> str:
    return repr(value)
