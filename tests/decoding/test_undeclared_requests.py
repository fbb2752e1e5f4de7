"""The bundled model on 100 requests that declare no argument: "the average of the prices".

They are in `tests/data/undeclared_requests.jsonl`, written by hand; the reading of texts is tuned
by them. Each has the types of its arguments in order, and cases with inputs in that order.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from saps.decoding.synthesis import Synthesis
from saps.decoding.synthesizer import Synthesizer
from saps.lang import AlgoLispError, compile_program, values_equal

FILE = Path(__file__).parents[2] / "tests" / "data" / "undeclared_requests.jsonl"
REQUESTS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text().splitlines()]
AT_LEAST_RIGHT = 64


def test_the_requests_are_what_they_should_be() -> None:
    assert len({request["text"] for request in REQUESTS}) == 100
    for request in REQUESTS:
        assert all(len(case["inputs"]) == len(request["types"]) for case in request["cases"])


@pytest.mark.slow
def test_the_bundled_model_computes_the_right_values_for_most_and_knows_how_many() -> None:
    texts = [request["text"] for request in REQUESTS]
    answers = list(Synthesizer.load().synthesize_many(texts))
    n_right = sum(map(_is_right, answers, REQUESTS))
    assert n_right >= AT_LEAST_RIGHT
    stated = [answer.confidence for answer in answers if isinstance(answer, Synthesis)]
    assert sum(c for c in stated if c is not None) == pytest.approx(n_right, abs=10)


def _is_right(answer: object, request: dict[str, Any]) -> bool:
    """Whether the program has arguments of these types, in whatever order, and is right."""
    if not isinstance(answer, Synthesis):
        return False
    names = _in_order(answer.arguments, request["types"])
    if names is None:
        return False
    program = compile_program(answer.program, answer.arguments)
    try:
        return all(
            values_equal(program(dict(zip(names, case["inputs"], strict=True))), case["output"])
            for case in request["cases"]
        )
    except AlgoLispError:
        return False


def _in_order(arguments: Mapping[str, str], types: list[str]) -> list[str] | None:
    free, names = dict(arguments), []
    for kind in types:
        name = next((name for name in free if free[name] == kind), None)
        if name is None:
            return None
        names.append(name)
        del free[name]
    return None if free else names
