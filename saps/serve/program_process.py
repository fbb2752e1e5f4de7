"""A process that runs programs for the service: one JSON object a line in, one a line out."""

import json
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    ParseError,
    compile_program,
    infer_signature,
    parse,
)


def main() -> None:
    """Answer the orders of stdin until it is closed; the limits of a run are the first line."""
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    limits = Limits(**json.loads(orders.readline()))
    for line in orders:
        _write(answers, _answer(json.loads(line), limits))


def _write(answers: BinaryIO, answer: Mapping[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _answer(order: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    try:
        return _run(order, limits)
    except AlgoLispError as error:
        return {"error": _described(error)}
    except Exception as error:  # whatever one program does, the next one is run
        return {"error": {"code": "defect", "message": f"{type(error).__name__}: {error}"}}


def _run(order: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    node = _read(order["program"])
    signature = infer_signature(node, order["arguments"])
    arguments = {name: str(kind) for name, kind in signature.arguments.items()}
    inputs = {name: value for name, value in order["inputs"].items() if name in arguments}
    value = compile_program(node, arguments, limits)(inputs)
    return {
        "value": value,
        "type": str(signature.result),
        "arguments": arguments,
        "program": str(node),
    }


def _read(program: Any) -> Node:
    """Read one of the written forms; nested lists are one of them, as JSON text."""
    return parse(program if isinstance(program, str) else json.dumps(program))


def _described(error: AlgoLispError) -> dict[str, Any]:
    described: dict[str, Any] = {"code": error.code, "message": str(error)}
    if isinstance(error, ParseError):
        described["offset"] = error.offset
    elif error.path is not None:
        described["path"] = list(error.path)
    return described
