"""Stands before the application: reads a request's body within bounds, and ends with its client."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from itertools import accumulate
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saps.serve.responses import ServiceError, busy
from saps.serve.server import ServiceSettings

_DRAIN_S: Final = 2.0
_DRAIN_BYTES: Final = 64 << 20
# One that is never closed ends with the body; else each quote in it would be tried as a beginning.
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKET: Final = re.compile(r"[^][{}]+")
# What the page may do: load this service's own files, ask this service, and no more. Text is never
# made markup: browsers that know trusted types refuse `innerHTML` altogether.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
]
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class Guard:
    """An ASGI application around another one.

    The inner one sees a body only when it has arrived whole and can be parsed without harm: the
    parser of JSON takes memory and time by its brackets and fields, not by its bytes. The inner
    one is cancelled when the client disconnects, so that what nobody waits for is not begun.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._settings = settings
        self._n_unread_bytes = 0
        self._stopped = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A part of a page is never asked for in earnest, and what refuses one does not answer JSON.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"range"]
        headers = Headers(scope=scope)
        send = _with_headers(send)
        try:
            self._check_host(headers.get("host", ""))
            _check_origin(headers)
            body = await self._body(headers, receive)
            if scope["method"] == "POST":
                _check_type(headers.get("content-type", ""))
                check_shape(body or b"", self._settings)
        except ServiceError as error:
            await _refuse(error, scope, receive, send)
            return
        if body is not None:
            await self._serve(body, scope, receive, send)

    def stop(self) -> None:
        """Give what is in flight a last few seconds; to be called in the loop of the server."""
        asyncio.get_running_loop().call_later(self._settings.stop_s, self._stopped.set)

    def _check_host(self, host: str) -> None:
        known = self._settings.host_names
        # Without the port, of which there are two forms: [::1]:8000 and localhost:8000.
        name = host[1:].partition("]")[0] if host[:1] == "[" else host.partition(":")[0]
        if known is not None and name.lower() not in known:
            raise ServiceError(
                400,
                "host",
                "the service answers only this machine, under the names "
                f"{', '.join(sorted(known))}, not under {host!r}",
            )

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """Read the body; None when the client leaves before it is whole."""
        declared = headers.get("content-length", "0")
        if declared.isdigit():
            self._check_size(int(declared))
        reading = asyncio.ensure_future(self._read(receive))
        await self._first_of(reading)
        return reading.result()

    async def _read(self, receive: Receive) -> bytes | None:
        parts = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_timeout_s):
                while (message := await receive())["type"] != "http.disconnect":
                    self._take(parts, message.get("body", b""))
                    if not message.get("more_body", False):
                        return bytes(parts)
                return None
        except TimeoutError:
            raise ServiceError(
                408,
                "slow-body",
                f"the body did not arrive within {self._settings.body_timeout_s:g} s",
            ) from None
        finally:
            self._n_unread_bytes -= len(parts)

    def _take(self, parts: bytearray, more: bytes) -> None:
        parts += more
        self._n_unread_bytes += len(more)
        self._check_size(len(parts))
        if self._n_unread_bytes > self._settings.max_unread_bytes:
            raise busy(f"{self._n_unread_bytes >> 20} MiB of requests are being read already")

    def _check_size(self, n_bytes: int) -> None:
        if n_bytes > self._settings.max_body_bytes:
            raise ServiceError(
                413,
                "body-too-large",
                f"the body has {n_bytes} bytes or more, but at most "
                f"{self._settings.max_body_bytes} are accepted",
            )

    async def _serve(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application until it is done, or its client gone, or the service has to stop."""
        unread = [{"type": "http.request", "body": body, "more_body": False}]
        gone, begun = asyncio.Event(), asyncio.Event()

        async def replay() -> Message:
            if unread:
                return unread.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def watched_send(message: Message) -> None:
            begun.set()
            await send(message)

        serving = asyncio.ensure_future(self._app(scope, replay, watched_send))
        try:
            await self._first_of(serving, asyncio.ensure_future(_disconnection(receive)))
        except ServiceError as error:
            if not begun.is_set():
                await _refuse(error, scope, receive, send)
        finally:
            gone.set()
        with suppress(asyncio.CancelledError):
            await serving

    async def _first_of(self, *work: "asyncio.Future[Any]") -> None:
        """Wait until one is done, and cancel the others; a ServiceError if the service stops."""
        stopping = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({*work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not any(each.done() for each in work):
                raise ServiceError(503, "stopping", "the service is stopping; try again later")
        finally:
            for each in (*work, stopping):
                each.cancel()


def check_shape(body: bytes, settings: ServiceSettings) -> None:
    """Refuse a body that would be costly to parse; what is wrong otherwise, the parser says.

    Raises:
        ServiceError: it is not UTF-8, nested too deep, or has too many fields or brackets.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ServiceError(
            400, "json", f"the body is not UTF-8: byte {error.start + 1} is invalid"
        ) from error
    bare = _STRING.sub("", text)
    depth = max(accumulate(map(_STEP.__getitem__, _NO_BRACKET.sub("", bare))), default=0)
    if depth > settings.max_depth:
        raise ServiceError(
            400, "json", f"the body is nested too deep: at most {settings.max_depth} brackets"
        )
    counts = {
        "fields": (bare.count(":"), settings.max_fields),
        "brackets": (bare.count("[") + bare.count("{"), settings.max_brackets),
    }
    for what, (count, most) in counts.items():
        if count > most:
            raise ServiceError(400, "json", f"the body has too many {what}: at most {most}")


def _with_headers(send: Send) -> Send:
    """Return what sends an answer with the headers that every answer has."""

    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_HEADERS]}
        await send(message)

    return send_more


def _check_origin(headers: Headers) -> None:
    """Refuse what a page of another origin asks for; browsers say whose page it is."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise ServiceError(403, "origin", f"a page of {origin} may not use this service")


def _check_type(content_type: str) -> None:
    """Refuse what a page of the web may send to another site without being asked: all but JSON."""
    message = EmailMessage()
    with suppress(ValueError):  # a line end in the header
        message["Content-Type"] = content_type
    if message.get_content_type() != "application/json":
        raise ServiceError(
            415,
            "content-type",
            f"the body is of type {content_type or 'none'}; send JSON, and the header "
            "Content-Type: application/json",
        )


async def _disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body is read, and throw away what the client sends meanwhile.

    A connection that is closed while its client still writes is reset, and the answer lost.
    """
    response = error.response()
    response.headers["Connection"] = "close"
    start = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    if "expect" not in Headers(scope=scope):  # a client that asks first has sent nothing
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await _drain(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    n_bytes = 0
    while n_bytes < _DRAIN_BYTES:
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


class ConcurrencyLimit:
    """Counts the requests of a kind that are not answered yet, and refuses one too many."""

    def __init__(self, what: str, max_inside: int) -> None:
        self._what = what
        self._max_inside = max_inside
        self.n_inside = 0

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count one more in the `with` block, or raise a ServiceError where too many are inside."""
        if self.n_inside >= self._max_inside:
            raise busy(f"too many {self._what} are waiting ({self.n_inside})")
        self.n_inside += 1
        try:
            yield
        finally:
            self.n_inside -= 1
