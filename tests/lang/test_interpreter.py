"""Scoping, function values, inputs, and what a Program promises."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from saps.lang import FUNCTIONS, AlgoLispError, compile_program, parse
from saps.lang.errors import (
    ArityError,
    DeclarationError,
    InputError,
    SizeLimitError,
    UnknownSymbolError,
    ValueTypeError,
)


def run(text: str, types: dict[str, str] | None = None, **inputs: Any) -> Any:
    return compile_program(parse(text), types or {})(inputs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(
            "(map (range 1 3) (lambda1 (- (invoke1 (lambda1 (* arg1 arg1)) (+ arg1 1)) arg1)))",
            [3, 7],
            id="inner-arg1-hides-the-outer-one-for-a-while",
        ),
        pytest.param(
            "(reduce (range 0 3) 10 (lambda2 (invoke1 (lambda1 (+ arg1 arg2)) arg1)))",
            13,
            id="inner-lambda1-sees-outer-arg2",
        ),
        pytest.param(
            "(map (map (range 0 3) (lambda1 (partial0 arg1 +))) (lambda1 (invoke1 arg1 10)))",
            [10, 11, 12],
            id="closures-keep-their-values",
        ),
        pytest.param(
            "(invoke1 (invoke1 (lambda1 (lambda1 (- 10 arg1))) 3) 4)", 6, id="lambda-from-lambda"
        ),
        pytest.param(
            "(map (range 0 4) (lambda1 (if (< arg1 2) arg1 "
            "(+ (self (- arg1 1)) (self (- arg1 2))))))",
            [0, 1, 1, 2],
            id="self-in-map",
        ),
        pytest.param(
            "(invoke1 (lambda1 (if (<= arg1 0) 0 (+ 1 (reduce (range 0 1) 0 "
            "(lambda2 (+ arg1 arg2)))))) 5)",
            1,
            id="lambda-inside-a-recursive-one",
        ),
        pytest.param("(if true 1 (head (array-new int)))", 1, id="if-is-lazy"),
        pytest.param("(map (array-new int) 5)", [], id="no-function-needed-for-nothing"),
        pytest.param("(reduce (array-new int) 7 5)", 7, id="nor-by-reduce"),
        pytest.param("(len (map (range 0 3) (partial2 1 slice)))", None, id="partial-arity"),
    ],
)
def test_program_gives(text: str, value: Any) -> None:
    if value is None:
        with pytest.raises(ArityError):
            run(text)
    else:
        assert run(text) == value


def test_dictionaries_are_not_changed_by_insertion() -> None:
    text = """
    (invoke1 (lambda1 (append (append (array-new int)
        (len (dict-keys (dict-insert arg1 1 1))))
        (len (dict-keys arg1))))
      (dict-new int int))
    """
    assert run(text) == [1, 0]


def test_inputs_are_not_changed() -> None:
    values = [3, 1, 2]
    assert run("(append (sort a) 9)", {"a": "int[]"}, a=values) == [1, 2, 3, 9]
    assert values == [3, 1, 2]


def test_an_argument_may_hold_a_function() -> None:
    assert run("(f 2 3)", {"f": "(int, int) -> int"}, f=FUNCTIONS["pow"]) == 8
    assert run("(map a f)", {"a": "int[]", "f": "(int) -> int"}, a=[2], f=FUNCTIONS["square"]) == [
        4
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "3"), ("int", True), ("int", None), ("int", 1j), ("int", 1 << 5_000),
        ("int[]", (1, 2)), ("int[]", [1, True]), ("int[]", [[1]]), ("int[]", 1), ("int[]", "12"),
        ("int[]", [1 << 5_000]), ("int[][]", [1]), ("int[][]", [[[1]]]), ("bool", 1),
        ("string", 1), ("string", ["a"]), ("string[]", ["a", 1]), ("dict<int,int>", {"a": 1}),
        ("dict<int,int>", [1]), ("(int) -> int", 1), ("(int) -> int", abs),
        ("string", "x" * 1_000_001), ("int[]", [0] * 1_000_001),
        ("string[]", ["x" * 600_000] * 2), ("T", object()), ("T", [object()]),
    ],
)  # fmt: skip
def test_input_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(InputError, match="input 'a' should be"):
        run("a", {"a": kind}, a=value)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("int", None, "found null"),
        ("int", 10**2000, "found a number of 6644 bits"),
        ("int[]", [1, None], r"found null at a\[1\], where int is expected"),
        ("int[][]", [[1], [2, True]], r"found a truth value at a\[1\]\[1\], where int is expected"),
        ("int[][]", [[1], 2], r"found a number at a\[1\], where int\[\] is expected"),
        ("dict<string,int>", {"b": "c"}, r"found a string of length 1 at a\['b'\], where int"),
        ("dict<int,int>", {"b": 1}, "found a string of length 1 at a key of a, where int"),
        ("string", "x\ud800", "found a string with half a surrogate pair"),
        ("string[]", ["x", "\udfff"], r"half a surrogate pair at a\[1\]"),
    ],
)
def test_refused_input_is_named_with_its_place(kind: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run("a", {"a": kind}, a=value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", float("inf")), ("int", 10**1000), ("int[]", [1, 2.5, float("-inf")]),
        ("string", 'quote " newline \n emoji 😀'), ("string[]", ["", "é"]), ("int[][]", [[], [1]]),
        ("dict<int,string>", {1: "a"}), ("T", [[1]]), ("bool", False),
    ],
)  # fmt: skip
def test_input_of_the_declared_type_comes_through(kind: str, value: Any) -> None:
    assert run("a", {"a": kind}, a=value) == value


def test_nan_comes_through() -> None:
    result = run("a", {"a": "int"}, a=float("nan"))
    assert result != result


def test_missing_and_unexpected_inputs_are_named() -> None:
    program = compile_program(parse("(+ a b)"), {"a": "int", "b": "int"})
    with pytest.raises(InputError, match="input 'b' is missing; its type is int"):
        program({"a": 1})
    with pytest.raises(InputError, match="unexpected input 'c'; the arguments are a, b"):
        program({"a": 1, "b": 2, "c": 3})


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("(if true a (+ a))", ArityError, "if.2"),
        ("(if true a zz)", UnknownSymbolError, "if.2"),
        ("(map a (lambda1 (+ arg2 1)))", UnknownSymbolError, "map.1.lambda1.0.+.0"),
        ("(+ a arg1)", UnknownSymbolError, "+.1"),
        ("(map a if)", ArityError, "map.1"),
        ("(true a)", ArityError, "true"),
        ("(+ a " + "9" * 2_000 + ")", SizeLimitError, "+.1"),
        ("(+ a " + "9" * 10_000 + ")", SizeLimitError, "+.1"),
    ],
)
def test_dead_code_is_checked_before_any_run(
    text: str, kind: type[AlgoLispError], place: str
) -> None:
    with pytest.raises(kind) as caught:
        compile_program(parse(text), {"a": "int"})
    assert caught.value.place == place


@pytest.mark.parametrize("arguments", [{"map": "int"}, {"a": "integer"}, {"arg1": "int"}])
def test_impossible_declarations_are_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(DeclarationError):
        compile_program(parse("1"), arguments)


def test_failure_tells_where_in_the_tree() -> None:
    with pytest.raises(AlgoLispError) as caught:
        run("(map a (lambda1 (+ (/ 1 arg1) (len b))))", {"a": "int[]", "b": "int[]"}, a=[0], b=[])
    assert caught.value.place == "map.1.lambda1.0.+.0"
    assert str(caught.value) == "`/` divides by zero (at map.1.lambda1.0.+.0)"
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.path, copy.place, copy.code) == (
        (1, 0, 0), "map.1.lambda1.0.+.0", "division-by-zero",
    )  # fmt: skip


def test_failure_holds_no_frames() -> None:
    with pytest.raises(AlgoLispError) as caught:
        run("(head a)", {"a": "int[]"}, a=[])
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_an_array_of_functions_is_no_value() -> None:
    with pytest.raises(ValueTypeError, match="is or holds a function"):
        run("(map (range 0 2) (lambda1 (partial0 arg1 +)))")


def test_program_pickles_and_serves_several_threads() -> None:
    program = pickle.loads(
        pickle.dumps(compile_program(parse("(reduce (range 0 a) b +)"), {"a": "int", "b": "int"}))
    )
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda b: program({"a": 500, "b": b}), range(200)))
    assert values == [124_750 + b for b in range(200)]


def test_program_runs_again_after_a_failure() -> None:
    program = compile_program(parse("(/ 6 a)"), {"a": "int"})
    with pytest.raises(AlgoLispError):
        program({"a": 0})
    assert program({"a": 2}) == 3
