"""The translation to Python, by running it on the conformance vectors."""

import json
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


def test_python_of_a_sum_is_a_sum() -> None:
    node = parse("(reduce (filter a (lambda1 (== (% arg1 2) 1))) 0 +)")
    assert to_python(node, {"a": "int[]"}, "int") == (
        "def program(a: list[int]) -> int:\n    return sum(x for x in a if x % 2 == 1)\n"
    )
