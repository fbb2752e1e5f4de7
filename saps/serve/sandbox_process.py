"""A process that runs programs for the service: one JSON object a line in, one a line out."""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    ParseError,
    compile_program,
    infer_signature,
    parse,
)

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main() -> None:
    """Answer the orders of stdin until it is closed; the bounds are the first line.

    An empty line says that the process is up: only from then on does a run take its time.
    """
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    bounds = json.loads(orders.readline())
    _die_with(bounds["parent"])
    _bound_memory(bounds["memory_bytes"])
    os.nice(5)  # the service itself goes first
    limits = Limits(**bounds["limits"])
    answers.write(b"\n")
    answers.flush()
    for line in orders:
        answers.write(_answer(json.loads(line), limits, bounds["answer_bytes"]) + b"\n")
        answers.flush()


def _die_with(parent: int) -> None:
    """Have the system end this process with the service, also while a program runs.

    Elsewhere than on Linux the end of stdin does it, as soon as the program's run is over.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        sys.exit()


def _bound_memory(n_bytes: int) -> None:
    with suppress(ImportError, OSError, ValueError):  # Windows; a system with a bound of its own
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))


def _answer(order: Mapping[str, Any], limits: Limits, max_bytes: int) -> bytes:
    try:
        written = json.dumps(_run(order, limits)).encode()
        if len(written) <= max_bytes:
            return written
        most = f"at most {max_bytes:,} can be sent"
        told = f"the value has {len(written):,} bytes as JSON, but {most}"
        error = {"code": "answer-too-large", "message": told}
    except AlgoLispError as fault:
        error = _described(fault)
    except MemoryError:
        error = {"code": "memory", "message": "the program used more memory than a run may use"}
    except Exception as fault:  # whatever one program does, the next one is run
        error = {"code": "defect", "message": f"{type(fault).__name__}: {fault}"}
    return json.dumps({"error": error}).encode()


def _run(order: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    program = order["program"]
    # Nested lists are one of the written forms, as JSON text.
    node: Node = parse(program if isinstance(program, str) else json.dumps(program))
    signature = infer_signature(node, order["arguments"])
    arguments = signature.types
    inputs = {name: value for name, value in order["inputs"].items() if name in arguments}
    value = compile_program(node, arguments, limits)(inputs)
    return {
        "value": value,
        "type": str(signature.result),
        "arguments": arguments,
        "program": str(node),
    }


def _described(error: AlgoLispError) -> dict[str, Any]:
    described: dict[str, Any] = {"code": error.code, "message": str(error)}
    if isinstance(error, ParseError):
        described["offset"] = error.offset
    elif error.path is not None:
        described["path"] = list(error.path)
    return described
