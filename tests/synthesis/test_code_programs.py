"""Code in a request: what it becomes does what Python, or JavaScript, does."""

from typing import Any

import pytest

from saps.lang import Value, compile_program, parse
from saps.synthesis.code_programs import _functions, code_predictions, code_program
from saps.synthesis.code_texts import types_in_code
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
        ("(n + 20) // 2 - n // 3", {"n": "int"}),
        ("sum(xs) // max(1, len(xs))", {"xs": "int[]"}),
        ("len(xs) > 1 and xs[0] == xs[1]", {"xs": "int[]"}),
        ("n == 0 or 10 % n == 1", {"n": "int"}),
        ("[w for w in words if w and w[0] == 'k']", {"words": "string[]"}),
        ("[w for w in words if w in s]", {"words": "string[]", "s": "string"}),
        ("xs[-2:] + xs[:-2]", {"xs": "int[]"}),
        ("xs[:2]", {"xs": "int[]"}),
        ("[s[0], s[-1]]", {"s": "string"}),
        ("set(xs) == set(xs[::-1])", {"xs": "int[]"}),
        ("''.join(s.split('a'))", {"s": "string"}),
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
        ("xs.filter(x => x % 2 === 0).length", {"xs": [1, 9, 4]}, 1),
        ("xs.reduce((a, b) => a * b)", {"xs": [2, 9, 4]}, 72),
        ("[...xs, ...ys, 5]", {"xs": [2], "ys": [9, 4]}, [2, 9, 4, 5]),
        ("s.slice(0, 3) + s.slice(-1)", {"s": "hello"}, "helo"),
        ("Math.floor(n / 2)", {"n": -3}, -2),
        ("xs.every((x, i) => i === 0 || xs[i - 1] <= x)", {"xs": [1, 2, 2]}, True),
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


GIVEN = {"xs": "int[]", "ys": "int[]", "s": "string", "words": "string[]", "n": "int", "a": "int"}


@pytest.mark.parametrize(
    "text",
    [
        "the sum of the numbers in xs",
        "sort xs - but not the first one",
        "- keep only the even ones\n- add them up",
        "given xs, return xs",
        "xs and ys in common",
        "sorted(words) by length",
        "sorted(xs), biggest first",
        "sum(xs) if x > 0",
        "x > 0 and x < 9 for all x in xs",
        "10% of each price in xs",
        "de-duplicate xs",
        "max in xs",
        "n % 2 is 0",
        "a + n = c",
        # no translation
        "xs.groupBy(x => x % 3)",
        "[x for x in xs if x > limit]",
        "max(xs, key=lambda x: -x)",
        "sorted(words, key=lambda w: len(w), reverse=True)",
        "xs.sort((a, b) => a - b)",
        "xs.index(max(xs))",
        "n or 10",
        "s.count('ll')",
        "s.strip().isdigit()",
        "xs.map(x => ys.map(y => x * y)).flat()",
        "xs.map(x => ys.reduce((a, y) => a + x * y, 0))",
        "list(map(lambda x, y: x * y, xs, ys))",
        "'-'.join(s)",
        "xs.join('')",
        "xs[3:0:-1]",
        "s.replace('', '-')",
        "[i for i, x in enumerate(xs, start=1)]",
        "x => y => x",
        "split() in xs",
        "sum(xs), len(xs)",
        # brackets, and more of them
        "(((((((((((xs",
        "xs" + "[" * 200,
        "-" * 250 + "xs",
        "[" + "xs, " * 70,
    ],
)
def test_what_is_no_code_or_has_no_translation_is_left_to_english(text: str) -> None:
    classifier = synthesizer().predictor.bundle.kinds
    assert classifier is not None
    words = text.replace("(", " ").replace(".", " ").replace(",", " ").replace("[", " ").split()
    types = {name: kind for name, kind in GIVEN.items() if name in words} or {"xs": "int[]"}
    assert code_predictions(classifier, _prepared(text, types)) == []


@pytest.mark.parametrize(
    "text",
    [
        "comma-separated list of the words",
        "sort - ascending",
        "sort and dedupe the list",
        "odd or even?",
        "numbers in descending order",
        "words in alphabetical order",
        "duplicates in xs",
        "mean/average of the list",
        "km/h to m/s",
        "n/a",
        "10% of price",
        "sort (descending)",
        "sum(evens) - sum(odds)",
        "x if positive else 0",
        "xs[0] + xs[1] + ...",
        "a + b = c",
        "def f(n): n > 0 and even",
        "5% off each",
        "upper-case the string, please",
    ],
)
def test_english_whose_words_look_like_code_is_english(text: str) -> None:
    assert code_program(text, None, {}, {}) is None


def test_each_line_of_the_table_is_one_and_names_a_program_or_a_kind() -> None:
    classifier = synthesizer().predictor.bundle.kinds
    assert classifier is not None
    kinds = {entry.name: len(entry.slots) for entry in classifier.kinds}
    for function in _functions():
        if function.program.startswith("(") or function.program == "x":
            used = {part.symbol for part in parse(function.program).preorder()}
            assert used & set("xyz") == set("xyz"[: len(function.operands)]), function
        else:
            assert kinds[function.program.split()[0]] == len(function.operands), function


def test_names_get_likely_types_where_none_are_given() -> None:
    found = code_program("[w + sep for w in words]", None, {}, {})
    assert found is not None
    assert (str(found[0]), found[1]) == ("(map b (lambda1 (str_concat arg1 a)))", True)


@pytest.mark.parametrize(
    ("text", "program", "is_all"),
    [
        ("x + 1  # the next one", "(+ a 1)", True),
        ("(x + 3) // 2", "(/ (+ a 3) 2)", True),
        ("x // 2  // halved", "(/ a 2)", True),
        ("return x + 1;", "(+ a 1)", True),
        ("x < 3 ? 1 : 0, where x is a size", "(if (< a 3) 1 0)", False),
    ],
)
def test_comments_are_no_code_and_what_is_said_beside_it_counts(
    text: str, program: str, is_all: bool
) -> None:
    found = code_program(text, {"x": "int"}, {"x": "a"}, {})
    assert found is not None
    assert (str(found[0]), found[1]) == (program, is_all)


@pytest.mark.parametrize(
    ("text", "inputs", "value"),
    [
        ("x² + 1", {"x": 3}, 10),
        ("3n + 1", {"n": 5}, 16),
        ("y = 3x² - 5", {"x": 2}, 7),
        ("f(x) = x^2 + 2x + 1", {"x": 4}, 25),
        ("n(n + 1)(2n + 1)/6", {"n": 3}, 14),
        ("What is 2(x + 3)?", {"x": -1}, 4),
        ("compute width * height", {"width": 3, "height": 4}, 12),
        ("max(a, b) - min(a, b)", {"a": 2, "b": 9}, 7),
        ("x % 3 == 0", {"x": 6}, True),
        ("(a + b)/2", {"a": 1, "b": 2}, 1.5),
        ("2πr", {"r": 2}, pytest.approx(12.566370614)),
        ("pi*r^2", {"r": 1}, pytest.approx(3.141592654)),
    ],
)
def test_a_formula_is_computed_as_it_is_written(
    text: str, inputs: dict[str, Value], value: Value
) -> None:
    answer = synthesizer().synthesize(text)
    assert list(answer.arguments) == list(inputs)
    assert compile_program(answer.program, answer.arguments)(inputs) == value
    assert answer.is_sure


@pytest.mark.parametrize(
    "text",
    [
        *("read-only", "and/or", "sort + reverse", "n/a", "3 largest", "10 % of it", "x", "sum"),
        f"x + 1{' + 1' * 100} and more",  # its beginning is not the whole
    ],
)
def test_words_and_signs_between_them_are_no_formula(text: str) -> None:
    assert types_in_code(text) == {}


def test_a_request_in_code_is_answered_by_it() -> None:
    answer = synthesizer().synthesize("[x * 7 for x in prices if x > 100]")
    program = compile_program(answer.program, answer.arguments)
    (name,) = answer.arguments
    assert program({name: [100, 101, 3]}) == [707]
    assert answer.is_sure
