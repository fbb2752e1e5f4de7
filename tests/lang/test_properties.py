"""What holds of every program, on thousands of random ones."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    compile_program,
    infer_type,
    to_python,
    values_equal,
)
from saps.lang.errors import LimitError
from tests.lang.naive import NaiveError, run
from tests.lang.programs import (
    DECLARED,
    programs,
    random_inputs,
    random_nonsense,
    random_program,
)
from tests.lang.test_to_python import load

LIMITS = Limits(steps=20_000, depth=50)


def outcome(program: Node, seed: int) -> tuple[str, object]:
    """The code of the error, or "value", and the value."""
    try:
        return "value", compile_program(program, DECLARED, LIMITS)(random_inputs(Random(seed)))
    except LimitError:
        return "limit", None
    except AlgoLispError as error:
        return error.code, None


def naive_outcome(program: Node, seed: int) -> tuple[str, object]:
    try:
        return "value", run(program, random_inputs(Random(seed)))
    except NaiveError as error:
        return error.kind, None


def test_well_typed_programs_never_fail_by_type() -> None:
    codes: Counter[str] = Counter()
    for seed in range(4_000):
        program = random_program(Random(seed))
        infer_type(program, DECLARED)
        codes[outcome(program, seed)[0]] += 1
    assert codes["type"] == codes["arity"] == codes["unknown-symbol"] == 0
    assert codes["value"] > 2_000


@settings(max_examples=100, deadline=None)
@given(programs(), st.integers(0, 1000))
def test_interpreter_agrees_with_the_naive_evaluator(program: Node, seed: int) -> None:
    _assert_agrees(program, seed)


def test_interpreter_agrees_with_the_naive_evaluator_on_many() -> None:
    for seed in range(600):
        _assert_agrees(random_program(Random(seed)), seed)


def test_interpreter_agrees_with_the_naive_evaluator_on_nonsense() -> None:
    n_compiled = 0
    for seed in range(2_500):
        tree = random_nonsense(Random(seed), depth=4)
        try:
            compile_program(tree, DECLARED)
        except AlgoLispError:
            continue
        n_compiled += 1
        _assert_agrees(tree, seed)
    assert n_compiled > 750


def _assert_agrees(program: Node, seed: int) -> None:
    code, value = outcome(program, seed)
    if code == "limit":
        return
    expected_code, expected = naive_outcome(program, seed)
    assert code == expected_code, program
    assert values_equal(value, expected) or code != "value", program


def test_python_translation_agrees_with_the_interpreter() -> None:
    for seed in range(500):
        program = random_program(Random(seed))
        code, value = outcome(program, seed)
        if code == "limit" or "pow" in str(program):  # Python itself sets powers no limit
            continue
        source = to_python(program, DECLARED, str(infer_type(program, DECLARED)))
        try:
            found = load(source)(**random_inputs(Random(seed)))
        except Exception:
            assert code != "value", source
        else:
            assert code == "value", source
            assert values_equal(found, value), source
