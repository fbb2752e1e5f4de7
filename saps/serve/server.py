"""What lies under the application: its bounds, the socket, and the protocol that reads requests."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from saps.lang import Limits
from saps.serve.responses import ServiceError

# A value as large as the language allows would take the service a second to write.
_LIMITS: Final = Limits(elements=100_000)
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Each bound is a refusal of its own; docs/serve.md lists them.

    Attributes:
        timeout_s: from a request's arrival to its answer; then it is answered with 504.
        header_timeout_s: for the head of a request to arrive; then the connection is closed.
        body_timeout_s: for the body of a request to arrive; then 408.
        stop_s: for what is in flight when the service is told to stop; then 503.
        max_body_bytes: of one request; more is 413.
        max_unread_bytes: of the bodies of all requests that are being read; more is 503.
        max_answer_bytes: of one answer; more is 422.
        max_depth: of brackets in a body; deeper is 400.
        max_fields: of the objects in a body together; more is 400.
        max_brackets: that a body opens; more is 400.
        max_text_characters: of one specification.
        max_waiting: requests for programs that are not answered yet, and as many for runs; one
            more is 503.
        max_batch: specifications that go through the network together.
        max_wait_s: how long a specification waits for others before its batch begins.
        n_processes: processes that run programs, at most.
        max_process_bytes: of memory, of each of them.
        limits: of one run of a program.
        host_names: what a request's Host may be; None for anything. A page of the web that has its
            own name point to this machine is told apart by it.
    """

    timeout_s: float = 30.0
    header_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    stop_s: float = 3.0
    max_body_bytes: int = 1 << 20
    max_unread_bytes: int = 64 << 20
    max_answer_bytes: int = 4 << 20
    max_depth: int = 250
    max_fields: int = 2_000
    max_brackets: int = 20_000
    max_text_characters: int = 4_000
    max_waiting: int = 128
    max_batch: int = 32
    max_wait_s: float = 0.005
    n_processes: int = 8
    max_process_bytes: int = 512 << 20
    limits: Limits = _LIMITS
    host_names: frozenset[str] | None = LOOPBACK_NAMES

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not value > 0:
                raise ValueError(f"{name} is {value}, expected more than 0")


# The socket.

BACKLOG: Final = 2048
"""Connections that the system holds until the server takes them."""


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 takes any that is free.

    Raises:
        OSError: the port is in use or not allowed, or there is no such host.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:  # UnicodeError: a name of over 63 letters, or none
        reason = error.strerror if isinstance(error, OSError) else error
        raise OSError(f"there is no address {host!r} to listen on: {reason}") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise OSError(
            f"cannot listen on {host}, port {port}: {error.strerror}; try another --port, "
            "or --port 0 for any free one"
        ) from error
    return bound


# The server. Two things that uvicorn leaves to a proxy in front of it are done here: a request
# whose head never ends is given up, and what is no HTTP gets an error in the form of all others.


class _Protocol(H11Protocol):
    """One connection."""

    header_timeout_s = 10.0  # another one in a subclass: uvicorn makes it without arguments of ours
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._time_the_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time_the_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        try:
            super().handle_events()
        except UnicodeDecodeError:  # uvicorn reads the path as ASCII, h11 lets other bytes pass
            self.send_400_response("Invalid HTTP request received.")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  their name
        """Answer what is no HTTP in the form of all errors."""
        self._refuse(ServiceError(400, "http", "this is not an HTTP request that can be read"))

    def _time_the_head(self) -> None:
        """Run a timer while a head has begun, or is the first thing to come, and is not whole."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if not is_idle or self.transport.is_closing():
            self._stop_timer()
        elif self._timer is None:  # more bytes of the same head give it no more time
            self._timer = self.loop.call_later(self.header_timeout_s, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        reason = f"the head of the request did not arrive within {self.header_timeout_s:g} s"
        if self.conn.trailing_data[0]:
            self._refuse(ServiceError(408, "slow-head", reason))
        else:  # browsers open connections ahead, and expect no answer to nothing
            self.transport.close()

    def _refuse(self, error: ServiceError) -> None:
        if self.transport.is_closing():
            return
        response = error.response()
        headers = [*response.raw_headers, (b"connection", b"close")]
        events = (
            h11.Response(status_code=error.status, headers=headers),
            h11.Data(data=bytes(response.body)),
            h11.EndOfMessage(),
        )
        try:
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # an answer is on its way already, and cannot be taken back
        self.transport.close()


class Server(uvicorn.Server):
    """Tells the application at once that it is to stop, not when all requests are answered."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def server_for(app: ASGIApp, settings: ServiceSettings | None = None) -> uvicorn.Server:
    """Return a server; `run(sockets=[...])` blocks until Ctrl-C or SIGTERM.

    Args:
        app: see `create_app`; its `stop`, if it has one, is called when the server begins to stop.
        settings: bounds.
    """
    chosen = settings or ServiceSettings()
    protocol: Any = type("Protocol", (_Protocol,), {"header_timeout_s": chosen.header_timeout_s})
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_level="error",  # it warns of what clients do
        access_log=False,
        lifespan="on",
        backlog=BACKLOG,
        # What is cut off here has had its 503 already, or does not read it.
        timeout_graceful_shutdown=int(chosen.stop_s) + 2,
        server_header=False,
    )
    return Server(config, getattr(app, "stop", lambda: None))
