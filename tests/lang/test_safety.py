"""What hostile programs and callers can do: nothing but get an `AlgoLispError`."""

import math
import re
import sys
import threading
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from saps.lang import (
    FUNCTIONS,
    AlgoLispError,
    Limits,
    Node,
    compile_program,
    evaluate_many,
    infer_signature,
    infer_type,
    parse,
    parse_type,
    to_python,
    values_equal,
)
from saps.lang.errors import (
    CallDepthError,
    DeclarationError,
    InputError,
    SizeLimitError,
    StaticTypeError,
)
from saps.lang.functions import function
from saps.lang.functions.function_table import _TABLE
from saps.lang.interpreter import Job, Program
from saps.lang.types import INT, Array, Type
from saps.lang.unify import type_of_value
from tests.lang.mutations import problems, seeds
from tests.lang.test_to_python import load

COUNT = "(invoke1 (lambda1 (if (<= arg1 0) 0 (+ 1 (self (- arg1 1))))) a)"
IN_MAP = (
    "(invoke1 (lambda1 (if (<= arg1 0) 0 (+ 1 (head (map (append (array-new int) (- arg1 1)) "
    "self))))) a)"
)
IN_REDUCE = (
    "(reduce (range 0 1) a (lambda2 (if (<= arg1 0) 0 (+ 1 (reduce (range 0 1) (- arg1 1) self)))))"
)
IN_FILTER = (
    "(len (filter (append (array-new int) a) (lambda1 (if (<= arg1 0) true "
    "(== 1 (len (filter (append (array-new int) (- arg1 1)) self)))))))"
)
BY_PARTIAL = (
    "(reduce (range 0 1) a (lambda2 (if (<= arg1 0) 0 (+ 1 (invoke1 (partial1 0 self) "
    "(- arg1 1))))))"
)
COMBINED = "(combine abs " * 40 + "reduce" + ")" * 40
BY_VALUES = (
    "(reduce (range 0 1) 0 (lambda2 (invoke1 (partial0 (range 0 1) (partial2 self "
    f"{COMBINED})) arg1)))"
)


def in_small_thread(work: Callable[[], Any]) -> Any:
    """What a function gives in a thread with little C stack."""
    found: list[Any] = []
    before = threading.stack_size(128 * 1024)
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    threading.stack_size(before)
    thread.join()
    return found[0]


def run(text: str, **inputs: Any) -> Any:
    return compile_program(parse(text), dict.fromkeys(inputs, "int"), Limits(seconds=60))(inputs)


@pytest.mark.parametrize("text", [COUNT, IN_MAP, IN_REDUCE, IN_FILTER, BY_PARTIAL])
def test_recursion_reaches_its_limit_in_any_thread(text: str) -> None:
    before = sys.getrecursionlimit()
    value = {IN_FILTER: 1}.get(text, 900)
    assert run(text, a=900) == in_small_thread(lambda: run(text, a=900)) == value
    with pytest.raises(CallDepthError):
        run(text, a=2_000)
    try:
        raise KeyError
    except KeyError:
        assert run(text, a=900) == value
    assert sys.getrecursionlimit() == before


def test_calls_by_values_use_no_c_stack() -> None:
    def code() -> str:
        try:
            run(BY_VALUES)
        except AlgoLispError as error:
            return error.code
        return "value"

    assert code() == in_small_thread(code) == "recursion"


def test_a_caller_deep_down_gets_the_value_or_an_error_of_ours() -> None:
    def down(n_left: int) -> Any:
        if n_left:
            return down(n_left - 1)
        try:
            return run(COUNT, a=999)
        except AlgoLispError as error:
            return error.code

    found = {down(n) for n in range(0, sys.getrecursionlimit() - 300, 40)}
    assert found <= {999, "recursion", "tree-limit"}
    assert 999 in found


DEEPEST = {
    "calls": "(abs " * 199 + "a" + ")" * 199,
    "choices": "(if true " * 199 + "a" + " a)" * 199,
    "lambdas": "(invoke1 (lambda1 " * 99 + "a" + ") a)" * 99,
    "loops": "(reduce (range 0 1) a (lambda2 " * 99 + "a" + "))" * 99,
    "maps": "(head (map (range 0 1) (lambda1 " * 66 + "a" + ")))" * 66,
}


@pytest.mark.parametrize("text", DEEPEST.values(), ids=list(DEEPEST))
def test_the_deepest_trees_are_walked(text: str) -> None:
    def work() -> Any:
        node = parse(text)
        assert infer_type(node, {"a": "int"}) == INT
        try:
            to_python(node, {"a": "int"}, "int")
        except AlgoLispError as error:
            assert error.code == "tree-limit"
        return compile_program(node, {"a": "int"})({"a": 3})

    assert work() == in_small_thread(work) == 3


def bomb(depth: int) -> str:
    """A program whose type, written out, doubles at each level."""
    text = "(lambda2 (if true arg1 arg2))"
    for _ in range(depth):
        text = f"(lambda2 (if true arg1 (if true arg2 {text})))"
    return f"(invoke1 (partial0 {text} (lambda2 1)) 1)"


def test_types_are_shared_graphs() -> None:
    started = time.process_time()
    for text in (bomb(30), f"(+ 1 {bomb(28)})"):
        for work in (infer_type, infer_signature, lambda node, _: to_python(node, {}, "int")):
            try:
                work(parse(text), {})
            except AlgoLispError as error:
                assert len(str(error)) < 10_000
    assert time.process_time() - started < 5


def test_a_type_too_large_to_write_is_an_error_of_its_own() -> None:
    # Each level makes an array of pairs of what is below: as text, 2 to the power of the levels.
    text = "f"
    for _ in range(12):
        text = f"(invoke1 (lambda1 (combine (partial0 arg1 arg1) arg1)) {text})"
    with pytest.raises(AlgoLispError) as caught:
        infer_signature(parse(text))
    assert len(str(caught.value)) < 10_000


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("(+ a 1)", {"a": "T"}),
        ("(== a b)", {"a": "T", "b": "U"}),
        ("(if a 1 2)", {"a": "T"}),
        ("(f a)", {"f": "(T) -> int", "a": "int"}),
    ],
)
def test_a_declared_variable_is_no_type_in_particular(text: str, types: dict[str, str]) -> None:
    with pytest.raises(StaticTypeError):
        infer_type(parse(text), types)


def test_a_declared_variable_is_the_same_type_for_all_arguments() -> None:
    program = compile_program(parse("(== a b)"), {"a": "T", "b": "T"})
    assert program({"a": [1], "b": [1]}) is True
    with pytest.raises(InputError, match="has one meaning for all arguments"):
        program({"a": 1, "b": True})
    takes_function = compile_program(parse("(f a)"), {"f": "(T) -> int", "a": "T"})
    strlen: Any = FUNCTIONS["strlen"]
    assert takes_function({"f": strlen, "a": "abc"}) == 3
    with pytest.raises(InputError):
        takes_function({"f": strlen, "a": 1})


def cyclic() -> list[Any]:
    values: list[Any] = []
    values += [values, values]
    return values


def shared(levels: int) -> Any:
    value: Any = [1]
    for _ in range(levels):
        value = [value, value]
    return value


class Vague:
    """As an array of numpy: whether two are equal has no answer, nor has whether one is empty."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        return self

    __ne__ = __eq__

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


class Text(str):
    """A string, but not to the language."""


HOSTILE: list[Any] = [cyclic(), shared(90), [[[None]]], Text("x"), b"x", (1,), {10**5_000: 1}]
HOSTILE += [{None: 1}, math.nan, 10**6_000, [10**1_200] * 70_000, {"a": 1, 2: 3}, {1: cyclic()}]
HOSTILE += ["\ud800", object, 1j, Vague()]


@pytest.mark.parametrize(
    "value",
    HOSTILE,
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kind", ["int", "int[]", "T", "T[]", "dict<T,int>", "string", "int[][]"])
def test_any_value_is_taken_or_refused(kind: str, value: Any) -> None:
    program = compile_program(parse("a"), {"a": kind})
    for work in (
        lambda: program({"a": value}),
        lambda: type_of_value(value),
        lambda: values_equal(value, value),
    ):
        try:
            work()
        except AlgoLispError as error:
            assert len(str(error)) < 1_000


def test_values_that_hold_themselves_are_compared() -> None:
    assert values_equal(cyclic(), cyclic())
    assert values_equal(shared(90), shared(90))
    assert not values_equal(shared(90), shared(89))


@pytest.mark.parametrize(
    ("left", "right", "are_equal", "by_value"),
    [
        (3, 3.0, False, True),
        ([1.5, 2], [1.5, 2.0], False, True),
        (3, 3.5, False, False),
        (1, True, False, False),
        (10**400, 1.0, False, False),
        (float("inf"), 10**400, False, False),
    ],
)
def test_whole_floats_are_ints_only_by_value(
    left: Any, right: Any, are_equal: bool, by_value: bool
) -> None:
    assert values_equal(left, right) is are_equal
    assert values_equal(left, right, by_value=True) is by_value
    assert values_equal(right, left, by_value=True) is by_value


ANYTHING: list[Any] = [None, 1, "x", [], {}, {None: 1}, {1: "int"}, {"a": None}, {"a": 7}]
ANYTHING += [{"a": "int["}, {"9" * 5_000: "int"}, {"": "int"}, {"a": Type()}, object()]
ANYTHING += [shared(90), 10**5_000, ["x" * 10_000], {"x": 1}, True, b"x", ("x",), Vague()]


@pytest.mark.parametrize("given", ANYTHING, ids=range(len(ANYTHING)))
def test_any_argument_of_a_public_function_is_taken_or_refused(given: Any) -> None:
    node = parse("(+ 1 1)")
    for work in (
        lambda: parse(given),
        lambda: infer_type(given),
        lambda: infer_type(node, given),
        lambda: infer_signature(node, None, given),
        lambda: compile_program(given, {}),
        lambda: compile_program(node, given),
        lambda: compile_program(node, {})(given),
        lambda: to_python(node, given, "int"),
        lambda: to_python(node, {}, given),
        lambda: to_python(node, {}, "int", given),
        lambda: parse_type(given),
        lambda: compile_program(node, {}, given),
        lambda: list(evaluate_many(given, processes=0)),
        lambda: list(evaluate_many([given], processes=0)),
        lambda: list(evaluate_many([Job(node, {}, given)], processes=0)),
        lambda: Node.from_short_tree(given),
        lambda: Node(given),
        lambda: Node("f", given),
    ):
        try:
            work()
        except AlgoLispError as error:
            assert 0 < len(str(error)) < 1_000


def test_types_nested_too_deep_are_refused() -> None:
    deep: Type = INT
    for _ in range(5_000):
        deep = Array(deep)
    with pytest.raises(DeclarationError):
        compile_program(parse("a"), {"a": deep})
    with pytest.raises(DeclarationError):
        parse_type("(" * 200 + "int" + ")" * 200)


def test_integers_count_by_their_size() -> None:
    text = "(map (range 0 a) (lambda1 (pow 2 (- 4000 (% arg1 7)))))"
    limits = Limits(elements=10_000)
    program = compile_program(parse(f"(len {text})"), {"a": "int"}, limits)
    assert program({"a": 150}) == 150
    with pytest.raises(SizeLimitError):
        program({"a": 170})
    with pytest.raises(InputError):
        compile_program(parse("a"), {"a": "int[]"}, limits)({"a": [1 << 4_000] * 200})


FLOATS: list[tuple[str, dict[str, Any]]] = [
    ("(/ a 2)", {"a": 2.5}),
    ("(/ (+ a 1) 2)", {"a": 2.5}),
    ("(is_prime a)", {"a": -2.5}),
    ("(is_prime a)", {"a": 7.0}),
    ("(is_prime a)", {"a": math.nan}),
    ("(square a)", {"a": 1e200}),
    ("(square (+ a 1))", {"a": 1e200}),
    ("(floor a)", {"a": 2.5}),
    ("(pow a 0.5)", {"a": -8}),
    ("(pow -8 a)", {"a": 0.5}),
    ("(slice (range 0 3) a 2)", {"a": 1.0}),
    ("(slice (range 0 3) a 2)", {"a": -0.5}),
    ("(deref (range 0 3) a)", {"a": 1.0}),
    ("(deref (range 0 3) a)", {"a": True}),
    ("(range 0 a)", {"a": 2.5}),
    ("(% a 2)", {"a": 2.5}),
    ('(str_index a "xyz")', {"a": 1.5}),
    ("(digits a)", {"a": 2.5}),
    ("(digits a)", {"a": 2.0}),
    ("(reduce (map a digits) 0 (lambda2 (+ arg1 (len arg2))))", {"a": [1, 2.0]}),
    ("(reduce (map a is_prime) true &&)", {"a": [1, 4.5]}),
]


@pytest.mark.parametrize(("text", "inputs"), FLOATS, ids=[f"{t}-{i['a']}" for t, i in FLOATS])
@pytest.mark.parametrize("kind", ["int", "number"])
def test_python_agrees_on_floats(text: str, inputs: dict[str, Any], kind: str) -> None:
    node = parse(text)
    types = {"a": f"{kind}[]" if isinstance(inputs["a"], list) else kind}
    python = load(to_python(node, types, str(infer_type(node, types))))
    try:
        expected = compile_program(node, types)(inputs)
    except AlgoLispError:
        with pytest.raises((ValueError, TypeError, IndexError, OverflowError)):
            python(**inputs)
    else:
        assert values_equal(python(**inputs), expected)


VALUES: dict[str, list[Any]] = {
    "number": [0, 2, -7, 2.0, 2.5, -0.5, -0.0, 1e22, 10**30, math.inf, -math.inf, math.nan],
    "number[]": [[], [3, 1.0, 2], [math.inf, -0.0], [2.5, 2]],
    "string": ["", "a b"],
    "bool": [True, False],
    "dict<number,number>": [{}, {2.5: 1, 1: math.nan}],
}
TAKES_VALUES = [
    function.name
    for function in FUNCTIONS.values()
    if not {"type", "->"} & set(re.findall(r"->|type", function.signature.rpartition("->")[0]))
]


@pytest.mark.parametrize("name", TAKES_VALUES)
def test_python_agrees_on_all_sorts_of_numbers(name: str) -> None:
    declared = [re.sub(r"\b(?:int|[A-Z])\b", "number", str(t)) for t in FUNCTIONS[name].parameters]
    types = dict(zip("abc", declared, strict=False))
    node = parse(f"({name} {' '.join(types)})")
    python = load(to_python(node, types, str(infer_type(node, types))))
    program = compile_program(node, types)
    for values in product(*(VALUES[kind] for kind in declared)):
        try:
            expected = program(dict(zip(types, values, strict=True)))
        except AlgoLispError as error:
            if error.code != "size":  # which Python does not bound
                with pytest.raises((ValueError, TypeError, LookupError, ArithmeticError)):
                    python(*values)
        else:
            assert values_equal(python(*values), expected), values


def test_python_declares_a_float_where_it_means_one() -> None:
    assert "-> float:" in to_python(parse("(/ a 2)"), {"a": "number"}, "int")
    assert "def program(a: float)" in to_python(parse("(/ a 2)"), {"a": "float"}, "int")
    assert "(a: int) -> int:" in to_python(parse("(+ a 2)"), {"a": "int"}, "int")


@pytest.mark.parametrize(
    "name", ["len", "if", "lambda1", "arg1", "self", "true", "int", "7", "a b"]
)
def test_a_name_that_has_a_meaning_is_no_name_of_a_function(name: str) -> None:
    with pytest.raises(DeclarationError, match="function"):
        function(name, "(int) -> int", "(f 1)", "1")(lambda _, x: x)


def test_an_entry_is_all_that_a_function_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_TABLE, "twice", None)  # so that it is taken out again
    del _TABLE["twice"]

    @function("twice", "(int) -> int", "(twice 2)", "4", python="2 * x")
    def _twice(_: Any, x: Any) -> Any:
        """The double."""
        return 2 * x

    node = parse("(map a twice)")
    assert str(infer_signature(node)) == "(a: int[]) -> int[]"
    assert compile_program(node, {"a": "int[]"})({"a": [1, 2]}) == [2, 4]
    assert load(to_python(node, {"a": "int[]"}, "int[]"))([1, 2]) == [2, 4]
    with pytest.raises(DeclarationError):
        infer_type(parse("1"), {"twice": "int"})


def test_a_job_that_can_not_be_sent_is_an_outcome() -> None:
    jobs = [Job(parse("a"), {"a": "T"}, [{"a": lambda: 1}]), Job(parse("1"), {}, [{}])]  # type: ignore[dict-item]
    first, second = evaluate_many(jobs, processes=1)
    assert isinstance(first[0], AlgoLispError)
    assert second == [1]


def test_mutated_programs_and_hostile_inputs_do_no_harm() -> None:
    vectors = seeds()

    def work() -> list[str]:
        return [problem for seed in range(250) for problem in problems(seed, vectors)]

    assert in_small_thread(work) == []


def test_a_program_is_what_compile_program_gives() -> None:
    assert isinstance(compile_program(parse("1"), {}), Program)
