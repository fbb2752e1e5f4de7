"""Every limit ends a run in time, with an error of its own kind, in any thread."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from saps.lang import AlgoLispError, Limits, Value, compile_program, parse
from saps.lang.errors import CallDepthError, SizeLimitError, StepLimitError, TimeLimitError

COUNT_DOWN = "(invoke1 (lambda1 (if (<= arg1 0) 0 (+ 1 (self (- arg1 1))))) a)"
COMBINING = "(lambda1 (invoke1 (combine arg1 head) (append (array-new int) arg1)))"
TWICE = "(append (append (array-new int) arg1) arg1)"
OFTEN_EQUAL = "(&& (&& (== arg1 arg1) (== arg1 arg1)) (&& (== arg1 arg1) (== arg1 arg1)))"
RUNAWAYS = {
    "power": ("(pow 10 1000000000)", "size"),
    "power-of-powers": ("(pow (pow 10 1000) (pow 10 1000))", "size"),
    "squares": ("(invoke1 (lambda1 (self (square arg1))) 3)", "size"),
    "sums": ("(invoke1 (lambda1 (self (+ arg1 arg1))) 3)", "recursion"),
    "endless-recursion": ("(invoke1 (lambda1 (self arg1)) 1)", "recursion"),
    "endless-recursion-of-two": (
        "(reduce (range 0 1) 0 (lambda2 (self arg2 arg1)))", "recursion",
    ),
    "recursion-through-map": (
        "(invoke1 (lambda1 (len (map (range 0 1) self))) 1)", "recursion",
    ),
    "recursion-without-self": (
        "(invoke1 (lambda1 (invoke1 arg1 arg1)) (lambda1 (invoke1 arg1 arg1)))", "recursion",
    ),
    "recursion-through-combine": (
        f"(invoke1 {COMBINING} {COMBINING})", "recursion",
    ),
    "exponential-recursion": (
        "(invoke1 (lambda1 (if (< arg1 2) arg1 (+ (self (- arg1 1)) (self (- arg1 2))))) 90)",
        "steps",
    ),
    "nested-ranges": (
        "(map (range 0 999) (lambda1 (map (range 0 999) (lambda1 (map (range 0 999) square)))))",
        "steps",
    ),
    "doubled-list": (
        f"(reduce (range 0 60) (range 0 2) (lambda2 {TWICE}))", "size",
    ),
    "doubled-string": ('(reduce (range 0 60) "ab" (lambda2 (str_concat arg1 arg1)))', "size"),
    "nested-list": (
        "(reduce (range 0 900) (range 0 2) (lambda2 (append (array-new int) arg1)))", "size",
    ),
    "many-strings": (
        '(map (range 0 999) (lambda1 (reduce (range 0 12) "ab" (lambda2 (str_concat arg1 arg1)))))',
        "steps",
    ),
    "doubled-list-compared": (
        f"(reduce (range 0 18) (range 0 2) (lambda2 (if (== arg1 arg1) {TWICE} arg1)))", "size",
    ),
    "doubled-list-compared-often": (
        f"(reduce (range 0 17) (range 0 2) (lambda2 (if {OFTEN_EQUAL} {TWICE} arg1)))", "steps",
    ),
    "sorts": (
        "(reduce (range 0 1000) (range 0 1000) (lambda2 (sort (reverse arg1))))", "steps",
    ),
    "large-primes": (
        "(map (range 0 1000) (lambda1 (is_prime (- (pow 2 4000) (+ 1 (* 2 arg1))))))", "steps",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), RUNAWAYS.values(), ids=list(RUNAWAYS))
def test_runaway_program_is_stopped_by_the_same_limit_on_every_machine(
    text: str, code: str
) -> None:
    """Steps, depth and sizes do not know how fast the machine is; so time is left out here."""
    program = compile_program(parse(text), {}, Limits(seconds=600))
    with pytest.raises(AlgoLispError) as caught:
        program({})
    assert caught.value.code == code


# Those whose steps take long enough that the clock is read while they run.
SLOW_RUNAWAYS = ["exponential-recursion", "large-primes"]


@pytest.mark.parametrize("name", SLOW_RUNAWAYS)
def test_time_stops_what_steps_would_stop_later(name: str) -> None:
    program = compile_program(parse(RUNAWAYS[name][0]), {}, Limits(steps=10**12, seconds=0.05))
    with pytest.raises(TimeLimitError, match=r"longer than 0\.05 s"):
        program({})


def test_recursion_works_down_to_the_depth_limit_and_not_below() -> None:
    program = compile_program(parse(COUNT_DOWN), {"a": "int"}, Limits(seconds=60))
    assert program({"a": 999}) == 999
    with pytest.raises(CallDepthError, match="deeper than 1000"):
        program({"a": 1_000})


def test_recursion_limit_of_python_is_restored() -> None:
    before = sys.getrecursionlimit()
    program = compile_program(parse(COUNT_DOWN), {"a": "int"}, Limits(seconds=60))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda a: program({"a": a}), [990] * 20)) == [990] * 20
    assert sys.getrecursionlimit() == before


def test_deep_bodies_may_recurse_as_deep() -> None:
    body = "(self (- arg1 1))"
    for _ in range(150):
        body = f"(abs {body})"
    program = compile_program(
        parse(f"(invoke1 (lambda1 (if (<= arg1 0) 0 {body})) a)"),
        {"a": "int"},
        Limits(seconds=60),
    )
    assert program({"a": 999}) == 0


def test_time_is_limited_within_a_tenth_of_a_second() -> None:
    text = RUNAWAYS["exponential-recursion"][0]
    program = compile_program(parse(text), {}, Limits(steps=10**12, seconds=0.05))
    started = time.perf_counter()
    with pytest.raises(TimeLimitError, match=r"longer than 0\.05 s"):
        program({})
    assert time.perf_counter() - started < 0.5


def test_steps_are_limited() -> None:
    text = "(reduce (range 0 a) 0 (lambda2 (+ arg1 arg2)))"
    program = compile_program(parse(text), {"a": "int"}, Limits(steps=400))
    assert program({"a": 50}) == 1_225
    with pytest.raises(StepLimitError, match="more than 400 steps"):
        program({"a": 200})


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("(map (range 0 9) (lambda1 (len (sort a))))", 4 + 1 + 9 * (1 + 3 + 32)),
        ("(+ (len (reverse (sort a))) (len (reverse (sort a))))", 9 + 2 * (32 + 2)),
    ],
)
def test_what_is_computed_once_is_charged_each_time(text: str, steps: int) -> None:
    values: list[Value] = list(range(32, 0, -1))
    compile_program(parse(text), {"a": "int[]"}, Limits(steps=steps))({"a": values})
    program = compile_program(parse(text), {"a": "int[]"}, Limits(steps=steps - 1))
    with pytest.raises(StepLimitError):
        program({"a": values})


@pytest.mark.parametrize(
    ("text", "fits", "too_large"),
    [
        ("(pow 2 a)", 63, 64),
        ("(- 0 (pow 2 a))", 63, 64),
        ("(* (pow 2 32) (pow 2 a))", 31, 32),
        ("(+ (pow 2 63) (- (pow 2 a) 1))", 63, 64),
        ("(len (append (range 0 a) 1))", 99, 100),
        ('(strlen (reduce (range 0 a) "" (lambda2 (str_concat arg1 "z"))))', 100, 101),
        ("(len (reduce (range 0 a) (array-new int) (lambda2 (append arg1 (range 0 9)))))", 10, 11),
    ],
)
def test_size_is_limited_exactly(text: str, fits: int, too_large: int) -> None:
    program = compile_program(parse(text), {"a": "int"}, Limits(bits=64, elements=100))
    program({"a": fits})
    with pytest.raises(SizeLimitError):
        program({"a": too_large})


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="limit depth is 0"):
        Limits(depth=0)
