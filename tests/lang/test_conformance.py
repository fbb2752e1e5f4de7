"""The interpreter against outputs of the published executor (tests/lang/data)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saps.lang import AlgoLispError, Node, compile_program, values_equal

VECTORS = Path(__file__).parent / "data" / "conformance.jsonl"


def read_value(value: Any) -> Any:
    """Undo the spelling of floats that JSON lacks."""
    if isinstance(value, dict) and "$float" in value:
        return float(value["$float"])
    return [read_value(v) for v in value] if isinstance(value, list) else value


def vectors() -> Iterator[Any]:
    with VECTORS.open(encoding="utf-8") as lines:
        for line in lines:
            vector = json.loads(line)
            yield pytest.param(vector, id=vector.get("about", vector["id"]))


@pytest.mark.parametrize("vector", list(vectors()))
def test_program_agrees_with_the_published_executor(vector: dict[str, Any]) -> None:
    for test in vector["tests"]:
        try:
            program = compile_program(Node.from_short_tree(vector["short_tree"]), vector["args"])
            output = program({name: read_value(value) for name, value in test["input"].items()})
        except AlgoLispError as error:
            assert "error" in test, f"{error.code}: {error}"
        else:
            assert "output" in test, f"gives {output}, expected error {test['error']}"
            assert values_equal(output, read_value(test["output"])), test
