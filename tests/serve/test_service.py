"""A real server on the loopback, with a tiny network."""

import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import saps
from saps.lang import parse
from saps.serve.http_app import create_app
from saps.serve.server import ServiceSettings
from saps.synthesis.asking_back import NotKnownError
from saps.synthesis.synthesizer import Synthesis, SynthesisError, Synthesizer, Task
from tests.serve.conftest import SETTINGS, Client, serving, tiny_synthesizer

TEXT = "given numbers a and b , compute the smaller of them"


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120  # a busy machine is slow, not wrong
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.005)


class _Held(Synthesizer):
    """Answers only after `may_go`, and notes what it was asked."""

    def __init__(self) -> None:
        inner = tiny_synthesizer()
        super().__init__(inner.predictor, inner.decoding)
        self.may_go = threading.Event()
        self.batches: list[list[str]] = []

    def synthesize_many(self, texts: Any, **options: Any) -> Iterator[Synthesis | SynthesisError]:
        tasks: Sequence[Task] = list(texts)
        self.batches.append([task.text for task in tasks])
        assert self.may_go.wait(120)
        if any("poison" in task.text for task in tasks):
            raise ArithmeticError("poisoned")
        return super().synthesize_many(tasks, **options)


@contextmanager
def _held(settings: ServiceSettings = SETTINGS) -> Iterator[tuple[_Held, Client]]:
    model = _Held()
    with serving(create_app(model, settings)) as client:
        try:
            yield model, client
        finally:
            model.may_go.set()


def _n_inside(client: Client) -> int:
    return int(client.get("/health").body["queue"]["synthesize"])


def test_health_tells_model_version_and_queue(service: Client) -> None:
    health = service.get("/health")
    assert health.status == 200
    assert (health.body["status"], health.body["model"]) == ("ok", "tiny")
    assert health.body["version"] == saps.__version__
    assert health.body["uptime_s"] >= 0
    assert health.body["queue"] == {"synthesize": 0, "run": 0, "unread": 0, "max_waiting": 128}


def test_synthesize_answers_as_the_synthesizer_does(service: Client) -> None:
    answer = service.post("/synthesize", {"text": TEXT})
    expected = tiny_synthesizer().synthesize(TEXT).to_json()
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == json.loads(json.dumps(expected))


def test_synthesize_passes_on_types_examples_and_top(service: Client) -> None:
    request = {
        "text": TEXT,
        "arguments": {"a": "int", "b": "int"},
        "returns": "int",
        "examples": [{"input": {"a": 1, "b": 2}, "output": 1}],
        "top": 2,
        "decoding": "beam",
    }
    answer = service.post("/synthesize", request)
    assert answer.status == 200
    candidates = answer.body["candidates"]
    assert len(candidates) == 2
    for candidate in candidates:
        assert (candidate["args"], candidate["return_type"]) == ({"a": "int", "b": "int"}, "int")
        (outcome,) = candidate["examples"]
        assert (outcome["inputs"], outcome["expected"]) == ({"a": 1, "b": 2}, 1)


class _Parrot(Synthesizer):
    """Finds, for a text that is a program of numbers a and b, that program."""

    def synthesize_many(self, texts: Any, **options: Any) -> Iterator[Synthesis | SynthesisError]:
        for task in texts:
            yield Synthesis(task.text, parse(task.text), {"a": "int", "b": "int"}, "int", -0.1, "")


class _Doubting(Synthesizer):
    """Knows nothing unless the best guess is asked for; tells what was rejected."""

    def __init__(self) -> None:
        inner = tiny_synthesizer()
        super().__init__(inner.predictor, inner.decoding)
        self.rejected: list[Any] = []

    def synthesize_many(self, texts: Any, **options: Any) -> Iterator[Synthesis | SynthesisError]:
        for task in texts:
            self.rejected.append([(dict(r.inputs), r.output) for r in task.rejected])
            guess = Synthesis(task.text, parse("1"), {}, "int", -9.0, "", confidence=0.02)
            yield guess if options["best"] else NotKnownError(guess)


def test_what_is_not_known_is_an_error_with_what_gets_further() -> None:
    model = _Doubting()
    with serving(create_app(model, SETTINGS)) as client:
        refused = client.post("/synthesize", {"text": "today's weather"})
        wrong = [{"input": {"a": 1}, "output": 2}]
        shown = client.post(
            "/synthesize", {"text": "today's weather", "best": True, "rejected": wrong}
        )
    assert (refused.status, refused.code) == (422, "unknown")
    assert refused.message.startswith("I do not know")
    told = refused.body["error"]
    assert (told["program"], told["confidence"]) == (None, 0.02)
    assert {"kinds", "unexplained_words", "further"} <= told.keys()
    assert (shown.status, shown.body["program"]) == (200, "1")
    assert model.rejected == [[], [({"a": 1}, 2)]]


def test_synthesize_runs_the_program_on_an_input() -> None:
    inputs = {"a": 7, "b": 2}
    with serving(create_app(_Parrot(tiny_synthesizer().predictor), SETTINGS)) as client:
        answer = client.post("/synthesize", {"text": "(* a b)", "input": inputs})
        assert (answer.status, answer.body["value"]) == (200, 14)
        answer = client.post("/synthesize", {"text": "(% a (- b 2))", "input": inputs})
        assert (answer.status, answer.code) == (422, "division-by-zero")
        found = answer.body["error"]["synthesis"]  # what it was, although it fails
        assert found["program"] == "(% a (- b 2))"
        answer = client.post("/synthesize", {"text": "(* a b)", "input": {"a": 7}})
        assert (answer.status, answer.code) == (422, "input")


def test_run_writes_numbers_that_json_has_not(service: Client) -> None:
    inputs = {"a": float("inf")}  # as Python's own json writes it, which is none in standard JSON
    answer = service.post("/run", {"program": "a", "inputs": inputs, "types": {"a": "int"}})
    assert answer.body["value"] == "Infinity"


@pytest.mark.parametrize(
    ("request_", "value", "kind"),
    [
        ({"program": "(reduce a 0 +)", "inputs": {"a": [1, 2, 3]}}, 6, "int"),
        (
            {"program": ["len", "a"], "inputs": {"a": [1], "z": 0}, "types": {"a": "int[]"}},
            1,
            "int",
        ),
        ({"program": "(/ 7 2)"}, 3, "int"),
        ({"program": "(strlen s)", "inputs": {"s": "pâté"}, "types": {"s": "string"}}, 4, "int"),
    ],
)
def test_run_gives_value_and_type(
    service: Client, request_: dict[str, Any], value: object, kind: str
) -> None:
    answer = service.post("/run", request_)
    assert answer.status == 200, answer.body
    assert (answer.body["value"], answer.body["type"]) == (value, kind)


@pytest.mark.parametrize(
    ("path", "request_", "status", "code", "told"),
    [
        ("/run", {"program": "(reduce a 0"}, 422, "parse", "column"),
        ("/run", {"program": "(+ a b)", "inputs": {"a": 1}}, 422, "input", "'b' is missing"),
        ("/run", {"program": "a", "types": {"a": "ins["}}, 422, "declaration", "ins["),
        ("/run", {"program": "(/ 1 0)"}, 422, "division-by-zero", "/"),
        ("/run", {"program": ["+", 1]}, 422, "arity", "takes 2 arguments"),
        ("/run", {}, 422, "request", "program: Field required"),
        ("/synthesize", {"text": " . "}, 422, "text", "no word in it"),
        ("/synthesize", {"text": "x" * 501}, 422, "text-too-long", "501 characters; at most 500"),
        ("/synthesize", {"text": "sum \ud800"}, 422, "text", "character 5"),
        ("/synthesize", {"text": 3}, 422, "request", "text: Input should be a valid string"),
        ("/synthesize", {"text": TEXT, "tpo": 3}, 422, "request", "tpo: Extra inputs"),
        ("/synthesize", {"text": TEXT, "top": 99}, 422, "request", "top: "),
        ("/synthesize", {"text": TEXT, "decoding": "magic"}, 422, "request", "'greedy', 'beam'"),
        ("/synthesize", {"text": TEXT, "returns": "ins["}, 422, "types", "ins["),
        ("/synthesize", [], 422, "request", "the body"),
        (
            "/run",
            {"program": 1},
            422,
            "request",
            "program: Input should be a valid string; program",
        ),
        ("/run", {"program": ["square"] * 9}, 422, "arity", "takes 1 argument"),
        ("/nowhere", {}, 404, "path", "there is no POST /nowhere; /docs"),
        ("/health", {}, 405, "method", "POST /health is not allowed"),
    ],
)
def test_a_wrong_request_gets_a_status_a_code_and_a_message(
    service: Client, path: str, request_: object, status: int, code: str, told: str
) -> None:
    answer = service.post(path, request_)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert told in answer.message


def test_contradicting_examples_are_told(service: Client) -> None:
    examples = [{"input": {"a": 1}, "output": 1}, {"input": {"a": 1}, "output": 2}]
    answer = service.post("/synthesize", {"text": TEXT, "examples": examples})
    assert (answer.status, answer.code) == (422, "examples")
    assert "contradict" in answer.message


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        pytest.param(b"{", 400, "Expecting property name", id="cut"),
        pytest.param(b"hello", 400, "Expecting value at character 1", id="words"),
        pytest.param(b"", 422, "the body: Field required", id="empty"),
        pytest.param(b'{"text": "\xff"}', 400, "not UTF-8", id="bytes"),
        pytest.param(b"[" * 50_000, 400, "nested too deep", id="deep"),
        pytest.param(b'{"text": ' + b"1" * 5_000 + b"}", 400, "a number too long", id="long"),
    ],
)
def test_a_body_that_is_no_json_is_told(
    service: Client, body: bytes, status: int, told: str
) -> None:
    answer = service.send("POST", "/synthesize", body, **{"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (status, "json" if status == 400 else "request")
    assert told in answer.message
    assert service.get("/health").status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_refused(service: Client, kind: str) -> None:
    # These are what a page of the web may send to another site without being asked.
    body = json.dumps({"program": "(+ 1 2)"}).encode()
    answer = service.send("POST", "/run", body, **{"Content-Type": kind})
    assert (answer.status, answer.code) == (415, "content-type")
    assert f"of type {kind or 'none'};" in answer.message
    assert "Content-Type: application/json" in answer.message


def test_ten_megabytes_are_refused_before_they_are_read() -> None:
    head = b"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10485760\r\n\r\n"
    with (
        serving(create_app(tiny_synthesizer(), SETTINGS)) as client,
        socket.create_connection((client.host, client.port), 30) as connection,
    ):
        connection.sendall(head)  # and not a byte of the body
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_ten_megabytes_sent_all_the_same_get_their_answer(service: Client) -> None:
    answer = service.send("POST", "/synthesize", b" " * (10 << 20))
    assert (answer.status, answer.code) == (413, "body-too-large")
    assert service.get("/health").status == 200


def test_a_body_of_unknown_length_is_cut_off(service: Client) -> None:
    answer = service.send(
        "POST",
        "/synthesize",
        (b" " * 10_000 for _ in range(100)),  # type: ignore[arg-type]  # sent in chunks
    )
    assert (answer.status, answer.code) == (413, "body-too-large")


def test_a_body_that_does_not_arrive_is_given_up() -> None:
    head = b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    settings = replace(SETTINGS, body_timeout_s=0.5)
    with (
        serving(create_app(tiny_synthesizer(), settings)) as client,
        socket.create_connection((client.host, client.port), 30) as connection,
    ):
        connection.sendall(head + b"{")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 408 ")


def test_another_host_name_is_refused(service: Client) -> None:
    # A page of the web whose name was pointed to this machine.
    answer = service.send("GET", "/health", None, Host="rebound.example:8000")
    assert (answer.status, answer.code) == (400, "host")


def test_no_cross_origin_header_is_sent(service: Client) -> None:
    answer = service.send("GET", "/health", None, Origin="http://elsewhere.example")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "https://localhost:1", "null"])
def test_a_page_of_another_origin_is_refused(service: Client, origin: str) -> None:
    body = json.dumps({"program": "(+ 1 2)"}).encode()
    kind = {"Content-Type": "application/json"}
    answer = service.send("POST", "/run", body, Origin=origin, **kind)
    assert (answer.status, answer.code) == (403, "origin")
    assert origin in answer.message
    own = service.send("POST", "/run", body, Origin=service.url, **kind)
    assert own.body["value"] == 3


@pytest.mark.parametrize("path", ["/", "/docs", "/page/app.js", "/health", "/none"])
def test_no_answer_lets_a_browser_load_or_run_what_is_not_the_services(
    service: Client, path: str
) -> None:
    headers = service.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    for kind in ("script-src", "style-src", "connect-src", "img-src"):
        assert policy[kind] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"


def test_files_of_the_page_have_their_types(service: Client) -> None:
    for name, kind in {"app.js": "text/javascript", "icon.svg": "image/svg+xml"}.items():
        assert service.get(f"/page/{name}").headers["content-type"].startswith(kind)
    page = service.get("/").body
    assert not re.search(r"(src|href)=.?(https?:)?//|style=|\bon[a-z]+=", page)


def test_an_answer_says_how_it_came_about_on_request(service: Client) -> None:
    asked = {"text": TEXT, "explain": True, "highlight": True, "top": 2, "decoding": "beam"}
    answer = service.post("/synthesize", asked).body
    model = tiny_synthesizer()
    found = model.synthesize(TEXT, top=2, decoding="beam")
    assert answer["explanation"] == model.explain(found).to_json()
    assert len(answer["explanation"]["nodes"]) == found.program.size
    for program in (answer, *answer["candidates"]):
        assert "".join(text for _, text in program["python_tokens"]) == program["python"]
        assert ["k", "def"] in program["python_tokens"]
    plain = service.post("/synthesize", {"text": TEXT}).body
    assert "explanation" not in plain
    assert "python_tokens" not in plain


def test_a_runaway_program_ends_within_its_limits_and_the_next_runs(service: Client) -> None:
    loop = "(invoke1 (lambda1 (self (+ arg1 1))) 0)"
    answer = service.post("/run", {"program": loop})
    assert answer.status == 422
    assert answer.code in ("recursion", "steps", "time")
    assert service.post("/run", {"program": "(+ 1 2)"}).body["value"] == 3


def test_of_a_hundred_requests_at_once_as_many_as_may_wait_are_answered() -> None:
    # Held until all others are refused: no clock decides who is answered.
    settings = replace(SETTINGS, max_waiting=10)
    request = {"text": TEXT}
    with _held(settings) as (model, client), ThreadPoolExecutor(100) as pool:
        futures = [pool.submit(client.post, "/synthesize", request) for _ in range(100)]
        _wait_for(lambda: sum(future.done() for future in futures) == 90)
        assert _n_inside(client) == 10
        model.may_go.set()
        answers = [future.result() for future in futures]
        assert Counter(answer.status for answer in answers) == {200: 10, 503: 90}
        assert {a.headers["retry-after"] for a in answers if a.status == 503} == {"1"}
        assert _n_inside(client) == 0
        assert client.post("/synthesize", request).status == 200


def test_one_request_too_many_gets_503_and_retry_after() -> None:
    with _held(replace(SETTINGS, max_waiting=1)) as (model, client), ThreadPoolExecutor() as pool:
        first = pool.submit(client.post, "/synthesize", {"text": TEXT})
        _wait_for(lambda: _n_inside(client) == 1)
        refused = client.post("/synthesize", {"text": TEXT})
        assert (refused.status, refused.code) == (503, "busy")
        assert refused.headers["retry-after"] == "1"
        model.may_go.set()
        assert first.result().status == 200


def test_requests_that_wait_together_share_a_batch_and_one_failure_is_its_own() -> None:
    with _held() as (model, client), ThreadPoolExecutor() as pool:
        texts = [TEXT, "poison", f"{TEXT} ."]
        first = pool.submit(client.post, "/synthesize", {"text": "first"})
        _wait_for(lambda: model.batches == [["first"]])
        futures = []
        for n_before, text in enumerate(texts, start=1):
            futures.append(pool.submit(client.post, "/synthesize", {"text": text}))
            _wait_for(lambda n=n_before: _n_inside(client) == n + 1)  # type: ignore[misc]
        _wait_for(lambda: client.get("/health").body["queue"]["unread"] == len(texts))
        model.may_go.set()
        answers = [future.result() for future in futures]
    assert first.result().status == 200
    assert model.batches[1] == texts
    assert [answer.status for answer in answers] == [200, 500, 200]
    assert answers[1].code == "defect"
    assert [answers[0].body["text"], answers[2].body["text"]] == [texts[0], texts[2]]


def test_a_client_that_leaves_while_it_waits_leaves_no_work_behind() -> None:
    body = json.dumps({"text": "abandoned"}).encode()
    head = (
        "POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with _held() as (model, client), ThreadPoolExecutor() as pool:
        first = pool.submit(client.post, "/synthesize", {"text": "first"})
        _wait_for(lambda: len(model.batches) == 1)
        with socket.create_connection((client.host, client.port), 30) as connection:
            connection.sendall(head + body)
            _wait_for(lambda: _n_inside(client) == 2)
        _wait_for(lambda: _n_inside(client) == 1)
        last = pool.submit(client.post, "/synthesize", {"text": TEXT})
        _wait_for(lambda: _n_inside(client) == 2)
        model.may_go.set()
        assert [first.result().status, last.result().status] == [200, 200]
    assert model.batches == [["first"], [TEXT]]


def test_a_request_that_takes_too_long_gets_504_and_the_next_an_answer() -> None:
    with _held(replace(SETTINGS, timeout_s=0.2)) as (model, client):
        answer = client.post("/synthesize", {"text": TEXT})
        assert (answer.status, answer.code) == (504, "timeout")
        assert "0.2 s" in answer.message
        model.may_go.set()
    with serving(create_app(model, SETTINGS)) as client:
        assert client.post("/synthesize", {"text": TEXT}).status == 200


def test_health_answers_while_the_model_is_busy() -> None:
    with _held() as (model, client), ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.post, "/synthesize", {"text": TEXT})
        _wait_for(lambda: len(model.batches) == 1)
        assert client.get("/health").body["queue"]["synthesize"] == 1
        model.may_go.set()
        assert waiting.result().status == 200


def test_a_long_search_keeps_no_quick_answer_waiting() -> None:
    with _held() as (model, client), ThreadPoolExecutor() as pool:
        quick = Synthesizer.synthesize_many

        def some(texts: Any, **options: Any) -> Any:
            held = options.pop("decoding") == "beam"  # what it would find is not looked at
            return (_Held.synthesize_many if held else quick)(model, texts, **options)

        model.synthesize_many = some  # type: ignore[method-assign]
        slow = pool.submit(client.post, "/synthesize", {"text": TEXT, "decoding": "beam"})
        _wait_for(lambda: len(model.batches) == 1)
        assert client.post("/synthesize", {"text": TEXT}).status == 200
        assert not slow.done()
        model.may_go.set()
        assert slow.result().status == 200


def test_pages_describe_every_path_and_load_nothing_from_elsewhere(service: Client) -> None:
    schema = service.get("/openapi.json").body
    assert set(schema["paths"]) == {"/synthesize", "/run", "/health"}
    page = service.get("/docs").body
    for path in schema["paths"]:
        assert f" {path}</h2>" in page
        assert f"curl -s {service.url}{path}" in page
    assert not re.search(r"(src|href)=.?(https?:)?//", page)
    assert "<script" not in page
    assert 'href="/docs"' in service.get("/").body
    assert service.get("/page/style.css").headers["content-type"].startswith("text/css")
    assert service.get("/page/none.css").code == "path"
