"""The requests of a stranger, and how they are counted."""

import json

from benchmarks.free_english import BESIDE, FILES, FOLDER, GIVEN, STRANGER, _cell, _example
from saps.data.algolisp import read_examples
from saps.lang.types import parse_type

REQUESTS = [json.loads(line) for line in STRANGER.read_text(encoding="utf-8").splitlines()]


def test_each_request_has_cases_that_give_different_outputs() -> None:
    assert len({request["text"] for request in REQUESTS}) == len(REQUESTS) == 163
    for request in REQUESTS:
        assert len(request["cases"]) >= 4
        for kind in (*request["types"].values(), request["returns"]):
            parse_type(kind)
        if request["types"]:
            outputs = {json.dumps(case["output"]) for case in request["cases"]}
            assert len(outputs) > 1, request["text"]


def test_none_is_one_of_the_others() -> None:
    others = {e.as_typed.lower() for name in FILES for e in read_examples(FOLDER / name)}
    assert not others & {request["text"].lower() for request in REQUESTS}


def test_arguments_are_given_beside_the_text_where_the_request_has_them_there() -> None:
    example = _example(next(request for request in REQUESTS if request["said"] == BESIDE))
    assert GIVEN["the text alone"](example).arguments is None
    assert GIVEN["and the arguments (--arg)"](example).arguments == example.arguments


def test_a_share_is_shown_with_its_interval() -> None:
    assert _cell([True] * 8 + [False] * 2) == "8 of 10 (80 %, 49 to 94)"
