"""Code in a request: what it becomes does what Python, or JavaScript, does."""

from typing import Any

import pytest

from saps.lang import Value, compile_program
from saps.synthesis.code_programs import code_predictions, code_program
from saps.synthesis.preparation import Prepared, Task, prepare
from tests.pretrained import synthesizer

INPUTS: dict[str, list[Value]] = {
    "int": [7, 0, -3],
    "int[]": [[3, -1, 4, 4, 0, 12], [5], []],
    "string": ["Ab a,b", "xyzzy", " "],
    "string[]": [["ab", "B", "kayak"], ["z"], []],
    "int[][]": [[[1, 2], [3, 4], [5]], [[0]], []],
    "bool[]": [[True, False, True], [False], []],
}


def _program(text: str, types: dict[str, str]) -> Any:
    prepared = _prepared(text, types)
    classifier = synthesizer().predictor.bundle.kinds
    assert classifier is not None
    found = code_predictions(classifier, prepared)
    assert found, f"{text} is not read as code"
    letters = {**(prepared.request.argument_types() or {})}
    run = compile_program(found[0].program, letters)
    own = prepared.names.letter_of
    given = prepared.request.literals

    def called(inputs: dict[str, Value]) -> Value:
        return run({**given, **{own.get(name, name): v for name, v in inputs.items()}})

    return called


def _prepared(text: str, types: dict[str, str] | None) -> Prepared:
    bundled = synthesizer()
    symbols = bundled.predictor.bundle.symbols
    return prepare(Task.of(text, arguments=types), bundled.vocabulary, symbols)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("[x * y for x in a for y in b]", {"a": "int[]", "b": "int[]"}),
        ("sum(1 for x in xs if x > k)", {"xs": "int[]", "k": "int"}),
        ("sum(x == k for x in xs)", {"xs": "int[]", "k": "int"}),
        ("''.join(w[-1] for w in words)", {"words": "string[]"}),
        ("xs[1:-1] + xs[::2] + xs[::-1]", {"xs": "int[]"}),
        ("s[::-1] + s.upper()", {"s": "string"}),
        ("[x ** 2 if x > 0 else -x for x in data]", {"data": "int[]"}),
        ("[i * x for i, x in enumerate(xs)]", {"xs": "int[]"}),
        ("sum(1 for a, b in zip(xs, xs[1:]) if a * b < 0)", {"xs": "int[]"}),
        ("[x for x in xs if xs.count(x) == 1]", {"xs": "int[]"}),
        ("len(set(xs)) == len(xs) and not 12 in xs", {"xs": "int[]"}),
        ("any(x + y == 7 for x in xs for y in xs)", {"xs": "int[]"}),
        ("all(x % 2 for x in xs) or len(xs) > 4", {"xs": "int[]"}),
        ("[row[0] for row in rows if len(row) == 2]", {"rows": "int[][]"}),
        ("[[x for x in row if x % 2] for row in rows]", {"rows": "int[][]"}),
        ("[max(row) - min(row) for row in rows]", {"rows": "int[][]"}),
        ("len([w for w in words if w.startswith('k') or 'B' in w])", {"words": "string[]"}),
        ("sorted(words, reverse=True)", {"words": "string[]"}),
        ("' '.join(words).lower()", {"words": "string[]"}),
        ("s.split(',')[0] + '!' * len(s)", {"s": "string"}),
        ("sum(c in 'aeiou' for c in s)", {"s": "string"}),
        ("list(map(lambda x: x * 2, filter(lambda x: x > 0, xs)))", {"xs": "int[]"}),
        ("(n + 1) / 2 if n % 2 else n // 2", {"n": "int"}),
        ("sum(range(1, n + 1)) + max(n, 3, 5)", {"n": "int"}),
        ("[n // i for i in range(1, 9) if 12 % i == 0 and i <= 6 // i]", {"n": "int"}),
        ("sum(flags)", {"flags": "bool[]"}),
    ],
)
def test_python_is_done_as_python_does_it(text: str, types: dict[str, str]) -> None:
    program = _program(text, types)
    for number in range(3):
        inputs = {name: INPUTS[kind][number] for name, kind in types.items()}
        assert program(inputs) == eval(text, dict(inputs)), inputs


@pytest.mark.parametrize(
    ("text", "inputs", "output"),
    [
        ("xs.filter(x => x % 2 === 0)", {"xs": [1, 2, 4]}, [2, 4]),
        ("xs.filter((x, i) => i % 2 === 0)", {"xs": [5, 6, 7]}, [5, 7]),
        ("xs.map((x, i) => x * i).reduce((a, b) => a + b, 0)", {"xs": [5, 6, 7]}, 20),
        ("(xs, ys) => xs.filter(x => !ys.includes(x))", {"xs": [1, 2], "ys": [2]}, [1]),
        ("const sign = (n) => n < 0 ? 'less' : n > 0 ? 'more' : 'same';", {"n": -2}, "less"),
        ("words.map(w => w.length)", {"words": ["ab", ""]}, [2, 0]),
        ("s.split('').filter(c => c >= '0' && c <= '9').join('')", {"s": "a1b22"}, "122"),
        ("words.some(w => w.endsWith('s')) || words.length > 3", {"words": ["as"]}, True),
        ("grid.map(row => [...row].reverse())", {"grid": [[1, 2], [3]]}, [[2, 1], [3]]),
        ("line.split(',').map(p => p.trim()).filter(p => p !== '')", {"line": "a, b,"}, ["a", "b"]),
        ("Math.max(...xs) - xs[xs.length - 1]", {"xs": [1, 9, 4]}, 5),
        ("xs.find(x => x > 3)", {"xs": [1, 9, 4]}, 9),
        ("x < 0 ? -1 : x > 0 ? 1 : 0  for each x in xs", {"xs": [-5, 0, 3]}, [-1, 0, 1]),
    ],
)
def test_javascript_is_done_as_javascript_does_it(
    text: str, inputs: dict[str, Value], output: Value
) -> None:
    def kind(value: Any) -> str:
        if isinstance(value, list):
            return f"{kind(value[0])}[]"
        return {int: "int", str: "string"}[type(value)]

    types = {name: kind(value) for name, value in inputs.items()}
    assert _program(text, types)(inputs) == output


@pytest.mark.parametrize(
    "text",
    [
        "the sum of the numbers in xs",
        "sort xs - but not the first one",
        "- keep only the even ones\n- add them up",
        "given xs, return xs",
        "xs.groupBy(x => x % 3)",
        "[x for x in xs if x > limit]",  # `limit` is no argument
        "max(xs, key=lambda x: -x)",
        "(((((((((((xs",
        "xs" + "[" * 200,
        "-" * 250 + "xs",
    ],
)
def test_what_is_no_code_or_has_no_translation_is_left_to_english(text: str) -> None:
    classifier = synthesizer().predictor.bundle.kinds
    assert classifier is not None
    assert code_predictions(classifier, _prepared(text, {"xs": "int[]"})) == []


def test_names_get_likely_types_where_none_are_given() -> None:
    found = code_program("[w + sep for w in words]", None, {}, {})
    assert found is not None
    program, share = found
    assert str(program) == "(map b (lambda1 (str_concat arg1 a)))"
    assert share == 1.0


def test_comments_are_no_code_and_what_is_said_beside_it_counts() -> None:
    found = code_program("x + 1  # the next one", {"x": "int"}, {"x": "a"}, {})
    assert found is not None
    assert (str(found[0]), found[1]) == ("(+ a 1)", 1.0)
    beside = code_program("x + 1 is what I have but I want something else", None, {}, {})
    assert beside is not None
    assert beside[1] < 0.2


def test_a_request_in_code_is_answered_by_it() -> None:
    answer = synthesizer().synthesize("[x * 7 for x in prices if x > 100]")
    program = compile_program(answer.program, answer.arguments)
    (name,) = answer.arguments
    assert program({name: [100, 101, 3]}) == [707]
    assert answer.is_sure
