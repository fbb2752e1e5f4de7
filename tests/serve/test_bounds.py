"""What clients do by mistake or on purpose, and the service goes on."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saps.lang import Limits
from saps.serve.http_app import create_app
from saps.serve.middleware import check_shape
from saps.serve.responses import ServiceError
from saps.serve.server import ServiceSettings
from tests.serve.conftest import SETTINGS, Client, serving, tiny_synthesizer
from tests.serve.test_service import TEXT, _held, _n_inside, _wait_for

ROOT = Path(__file__).parents[2]


def _body(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    found: dict[str, Any] = json.loads(body)["error"]
    return found


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b"[" * 500_000, "nested too deep", id="deep"),
        pytest.param(b'{"text":' + b"[" * 500_000, "nested too deep", id="deep-in-a-field"),
        pytest.param(b"[" + b"[]," * 300_000, "too many brackets", id="many-lists"),
        pytest.param(
            json.dumps({f"f{n}": 1 for n in range(10_000)}).encode(), "too many fields", id="wide"
        ),
        pytest.param(b'{"a": "\xff"}', "not UTF-8: byte 8", id="bytes"),
    ],
)
def test_what_is_costly_to_parse_is_refused_before(body: bytes, told: str) -> None:
    with pytest.raises(ServiceError, match=told) as caught:
        check_shape(body, ServiceSettings())
    assert (caught.value.status, caught.value.code) == (400, "json")


@pytest.mark.parametrize(
    "body",
    [
        *(b'{"text": "[[[[ ::: {{{{ \\" ["}', b"", b"]]]]", b"[[1], [2]]", b'"[[[[', b'"[[[[\\'),
        pytest.param(b'{"text":"' + b'\\"' * 500_000, id="a-string-that-never-ends"),  # took hours
    ],
)
def test_brackets_in_strings_and_shallow_bodies_pass(body: bytes) -> None:
    check_shape(body, replace(SETTINGS, max_depth=2, max_fields=1))


def test_bodies_that_are_read_at_once_are_bounded_together() -> None:
    settings = replace(SETTINGS, max_unread_bytes=150_000)
    half = (
        b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 90001\r\n\r\n" + b" " * 90_000
    )
    with serving(create_app(tiny_synthesizer(), settings)) as client, ThreadPoolExecutor() as pool:
        waiting = [pool.submit(client.send_bytes, half) for _ in range(2)]
        _wait_for(lambda: any(future.done() for future in waiting))
        [refused] = [future.result() for future in waiting if future.done()]
        assert _body(refused)["code"] == "busy"
        client.server.should_exit = True  # ends the other one, whose body never comes


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"HELO example.org\r\n\r\n", id="other-protocol"),
        pytest.param(b"GET /\xe4 HTTP/1.1\r\nHost: localhost\r\n\r\n", id="path"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no-host"),
        pytest.param(
            b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", id="length"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, id="endless-head"),
    ],
)
def test_what_is_no_http_gets_json_and_leaves_no_traceback(
    service: Client, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        answer = service.send_bytes(sent)
    except ConnectionResetError:  # the system may drop the answer to one who still sends
        assert len(sent) > 10_000
    else:
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert _body(answer)["code"] in ("http", "host")
    assert "Traceback" not in caplog.text
    assert service.get("/health").status == 200


@pytest.mark.parametrize("part", ["bytes=99999999-", "bytes=x", "lines=1-2"])
def test_a_part_of_a_page_is_the_page(service: Client, part: str) -> None:
    answer = service.send("GET", "/page/style.css", None, Range=part)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/css")


def test_ten_programs_with_exponential_types_keep_nobody_waiting(service: Client) -> None:
    body = "arg1"
    for _ in range(30):  # written out, the type of each is twice that of the one inside
        body = f"(lambda2 (if true arg1 (if true arg2 {body})))"
    program = f"(invoke1 (partial0 {body} (lambda2 1)) 1)"
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: service.post("/run", {"program": program}), range(10)))
    assert {answer.status for answer in answers} == {200}
    assert service.post("/run", {"program": "(+ 1 2)"}).body["value"] == 3


def test_half_a_head_is_given_up() -> None:
    settings = replace(SETTINGS, header_timeout_s=0.3)
    with serving(create_app(tiny_synthesizer(), settings), settings) as client:
        answer = client.send_bytes(b"GET /health HTTP/1.1\r\nHost: loc")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert _body(answer)["code"] == "slow-head"
        assert client.send_bytes(b"") == b""
        assert client.get("/health").status == 200


def test_an_answer_is_bounded_in_bytes() -> None:
    settings = replace(SETTINGS, max_answer_bytes=2_000)
    with serving(create_app(tiny_synthesizer(), settings)) as client:
        answer = client.post("/run", {"program": "(range 0 1000)"})
        assert (answer.status, answer.code) == (422, "answer-too-large")
        assert "at most 2,000" in answer.message
        examples = [{"input": {"a": list(range(500)), "b": 1}, "output": 1}]
        answer = client.post("/synthesize", {"text": TEXT, "examples": examples})
        assert answer.code == "answer-too-large", answer.body
        assert client.post("/run", {"program": "(+ 1 2)"}).body["value"] == 3


def test_a_program_that_takes_too_much_memory_is_told_and_the_next_runs() -> None:
    # Within all other bounds.
    limits = Limits(elements=10**9, steps=10**10, seconds=60.0)
    settings = replace(SETTINGS, limits=limits, max_process_bytes=300 << 20)
    with serving(create_app(tiny_synthesizer(), settings)) as client:
        grows = "(if (> (strlen arg1) 400000000) arg1 (self (str_concat arg1 arg1)))"
        program = f"(strlen (invoke1 (lambda1 {grows}) s))"
        answer = client.post("/run", {"program": program, "input": {"s": "ab"}})
        assert (answer.status, answer.code in ("memory", "size")) == (422, True), answer.body
        assert client.post("/run", {"program": "(+ 1 2)"}).body["value"] == 3


@pytest.mark.parametrize("word", ["input", "inputs"])
def test_both_requests_take_either_word_for_inputs(service: Client, word: str) -> None:
    answer = service.post("/run", {"program": "(+ a 1)", word: {"a": 1}})
    assert answer.body["value"] == 2
    answer = service.post("/synthesize", {"text": TEXT, word: {"a": 1, "b": 2}})
    assert "value" in answer.body or answer.code != "request"
    both = service.post("/run", {"program": "(+ a 1)", "input": {"a": 1}, "inputs": {"a": 2}})
    assert (both.status, both.code) == (422, "request")


@pytest.mark.parametrize(
    "declared",
    [{"arguments": {"map": "int[]"}}, {"examples": [{"input": {"map": [1]}, "output": 1}]}],
)
def test_a_name_that_means_something_else_is_refused(
    service: Client, declared: dict[str, Any]
) -> None:
    answer = service.post("/synthesize", {"text": "the sum of map", **declared})
    assert (answer.status, answer.code) == (422, "declaration")
    assert "cannot be named 'map'" in answer.message


def test_what_is_in_flight_when_the_service_stops_is_answered_or_told() -> None:
    for may_go, status, stop_s in ((True, 200, 60.0), (False, 503, 0.5)):
        settings = replace(SETTINGS, stop_s=stop_s)
        with _held(settings) as (model, client), ThreadPoolExecutor() as pool:
            answer = pool.submit(client.post, "/synthesize", {"text": TEXT})
            _wait_for(lambda: _n_inside(client) == 1)
            client.server.should_exit = True
            if may_go:
                model.may_go.set()
            assert answer.result().status == status
            assert may_go or answer.result().code == "stopping"
            model.may_go.set()


_ENDLESS = "(invoke1 (lambda1 (if (< arg1 2) arg1 (+ (self (- arg1 1)) (self (- arg1 2))))) 90)"


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends them on Linux alone")
def test_a_process_that_runs_a_program_ends_when_the_service_is_killed() -> None:
    code = f"""
import asyncio, os
from saps.lang import Limits
from saps.serve.sandbox import ProgramRunner
from saps.serve.server import ServiceSettings
async def main():
    runner = ProgramRunner(ServiceSettings(limits=Limits(steps=10**12, seconds=600.0)))
    await runner.run("1", {{}})
    (process,) = runner._all
    asyncio.get_running_loop().call_later(0.2, os.write, 1, f"{{process.pid}}\\n".encode())
    await runner.run({_ENDLESS!r}, {{}})
asyncio.run(main())
"""
    service = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert service.stdout is not None
    child = int(service.stdout.readline())
    os.kill(child, 0)
    service.kill()
    service.communicate()
    _wait_for(lambda: not _is_alive(child))


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie waits for nobody but its new parent


def test_sigterm_is_one_of_the_signals_that_stop_it() -> None:
    from uvicorn.server import HANDLED_SIGNALS

    assert {signal.SIGINT, signal.SIGTERM} <= set(HANDLED_SIGNALS)
