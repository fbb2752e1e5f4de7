"""The service on a free port of the loopback, in a thread of the test's own process."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
from starlette.types import ASGIApp
from uvicorn import Server

from saps.lang import Limits
from saps.model.bundle import Bundle
from saps.search.fallback import PlausibleSearch
from saps.serve.http_app import create_app
from saps.serve.server import BACKLOG, ServiceSettings, listen, server_for
from saps.synthesis.predictor import Predictor
from saps.synthesis.synthesizer import Synthesizer
from tests.tasks import network, vocabularies


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # by lower-case names
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


@dataclass(frozen=True)
class Client:
    """Asks one service; each request on a connection of its own."""

    host: str
    port: int
    server: Server

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def send(self, method: str, path: str, body: bytes | None, **headers: str) -> Answer:
        connection = HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, _read(response.read()))
        finally:
            connection.close()

    def post(self, path: str, content: object) -> Answer:
        body = json.dumps(content).encode()
        return self.send("POST", path, body, **{"Content-Type": "application/json"})

    def get(self, path: str) -> Answer:
        return self.send("GET", path, None)

    def send_bytes(self, sent: bytes) -> bytes:
        """Send what need not be HTTP; return all that comes until the service hangs up."""
        with socket.create_connection((self.host, self.port), 30) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


@contextmanager
def serving(app: ASGIApp, settings: ServiceSettings | None = None) -> Iterator[Client]:
    """Run an application until the block is left; it must stop then."""
    with listen("127.0.0.1", 0) as bound:
        bound.listen(BACKLOG)
        server = server_for(app, settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield Client("127.0.0.1", bound.getsockname()[1], server)
        finally:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def tiny_synthesizer() -> Synthesizer:
    """An untrained network: each text gets a well-typed program, of no use.

    It understands nothing, so its trees would grow to the bounds, again and again: these are low.
    """
    tokenizer, symbols = vocabularies()
    net = network(tokenizer, symbols).eval()
    search = PlausibleSearch(2, max_depth=6, max_size=20)
    bundle = Bundle(net, tokenizer, symbols, {"model": {}, "info": {}})
    return Synthesizer(Predictor(bundle), search)


# Time is bounded where it is what a test looks at; elsewhere a busy machine may take what it needs.
SETTINGS = ServiceSettings(
    timeout_s=300.0,
    body_timeout_s=60.0,
    max_body_bytes=100_000,
    max_text_characters=500,
    n_processes=1,
    limits=Limits(seconds=2.0),
)


@pytest.fixture(scope="session")
def service() -> Iterator[Client]:
    """A service with a tiny model that the tests of a session share."""
    with serving(create_app(tiny_synthesizer(), SETTINGS, "tiny")) as client:
        yield client
