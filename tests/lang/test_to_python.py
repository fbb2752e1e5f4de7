"""The translation to Python, by running it on the conformance vectors."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from saps.lang import AlgoLispError, Node, parse, to_python, values_equal

VECTORS = Path(__file__).parent / "data" / "conformance.jsonl"


def read_value(value: Any) -> Any:
    if isinstance(value, dict) and "$float" in value:
        return float(value["$float"])
    return [read_value(v) for v in value] if isinstance(value, list) else value


def vectors() -> Iterator[Any]:
    with VECTORS.open(encoding="utf-8") as lines:
        for line in lines:
            vector = json.loads(line)
            yield pytest.param(vector, id=vector.get("about", vector["id"]))


def load(source: str) -> Callable[..., Any]:
    scope: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # ill-typed programs call numbers
        exec(compile(source, "program", "exec"), scope)  # our own translation, of a checked tree
    program: Callable[..., Any] = scope["program"]
    return program


@pytest.mark.parametrize("vector", list(vectors()))
def test_python_does_what_the_vector_says(vector: dict[str, Any]) -> None:
    return_type = vector["return_type"] if vector["return_type"] != "any" else "T"
    try:
        node = Node.from_short_tree(vector["short_tree"])
        source = to_python(node, vector["args"], return_type)
    except AlgoLispError as error:
        assert error.code in ("arity", "unknown-symbol")
        assert all("error" in test for test in vector["tests"])
        return
    program = load(source)
    for test in vector["tests"]:
        values = [read_value(test["input"][name]) for name in vector["args"]]
        if "error" in test:
            with pytest.raises(Exception):  # noqa: B017  any will do, if only it fails
                raise_if_function(program(*values))
        else:
            assert values_equal(program(*values), read_value(test["output"])), source


def raise_if_function(value: Any) -> None:
    if callable(value):
        raise TypeError("a function is no value")


@pytest.mark.parametrize(
    ("program", "arguments", "return_type", "lines"),
    [
        pytest.param(
            "(reduce (filter a (lambda1 (== (% arg1 2) 1))) 0 +)",
            {"a": "int[]"},
            "int",
            ["def program(a: list[int]) -> int:",
             "    return sum(x for x in a if x % 2 == 1)"],
            id="sum-of-a-filter",
        ),
        pytest.param(
            "(len (filter a (partial1 b >)))",
            {"a": "int[]", "b": "int"},
            "int",
            ["def program(a: list[int], b: int) -> int:",
             "    return sum(1 for x in a if x > b)"],
            id="count",
        ),
        pytest.param(
            "(invoke1 (lambda1 (if (<= arg1 1) 1 (* arg1 (self (- arg1 1))))) a)",
            {"a": "int"},
            "int",
            ["def program(a: int) -> int:",
             "    def recurse(n: int) -> int:",
             "        return 1 if n <= 1 else n * recurse(n - 1)",
             "",
             "    return recurse(a)"],
            id="recursion",
        ),
        pytest.param(
            "(reduce a \"\" (lambda2 (str_concat arg1 (str_index 0 arg2))))",
            {"a": "string[]"},
            "string",
            ["def program(a: list[str]) -> str:",
             '    result = ""',
             "    for x in a:",
             "        result += x[0]",
             "    return result"],
            id="loop",
        ),
        pytest.param(
            "(&& (> (len a) 0) (== (head a) 1))",
            {"a": "int[]"},
            "bool",
            ["def program(a: list[int]) -> bool:",
             "    return (len(a) > 0) & (a[0] == 1)"],
            id="strict-and",
        ),
        pytest.param(
            "(deref (sort (digits a)) (/ (len (sort (digits a))) 2))",
            {"a": "int"},
            "int",
            ["def program(a: int) -> int:",
             "    ordered = sorted([int(digit) for digit in str(abs(a))])",
             "    return ordered[len(ordered) // 2]"],
            id="repetition-gets-a-name",
        ),
        pytest.param(
            "(reduce a inf min)",
            {"a": "int[]"},
            "int",
            ["import math",
             "",
             "",
             "def program(a: list[int]) -> float:",
             "    return min(a, default=math.inf)"],
            id="minimum",
        ),
    ],
)  # fmt: skip
def test_python_is_what_a_person_would_write(
    program: str, arguments: dict[str, str], return_type: str, lines: list[str]
) -> None:
    assert to_python(parse(program), arguments, return_type).splitlines() == lines


def test_translations_are_laid_out_as_by_a_formatter() -> None:
    functions = []
    for vector in map(json.loads, VECTORS.read_text(encoding="utf-8").splitlines()):
        if vector["checked"] and vector["return_type"] != "any":
            node = Node.from_short_tree(vector["short_tree"])
            functions += without_imports(to_python(node, vector["args"], vector["return_type"]))
    assert len(functions) > 1_400
    source = "\n\n\n".join(functions) + "\n"
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"]
    outcome = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    # The rules of ours are fewer: a function in a hundred, which goes over lines, may differ.
    assert outcome.stdout.count("\n@@") < len(functions) // 100, outcome.stdout


def without_imports(source: str) -> list[str]:
    """The functions of a translation; imports can stand at the head of a file only."""
    paragraphs = source.rstrip("\n").split("\n\n\n")
    return [p for p in paragraphs if not p.startswith(("import ", "from "))]
