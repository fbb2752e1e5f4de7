"""Stands before the application: reads a request's body within bounds, and ends with its client."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saps.serve.errors import ServiceError
from saps.serve.settings import ServiceSettings

_DRAIN_S = 2.0
_DRAIN_BYTES = 64 << 20


class Guard:
    """An ASGI application around another one.

    The inner one sees a body only when it has arrived whole and is small enough. It is cancelled
    when the client disconnects, so that what nobody waits for any more is not begun.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        try:
            self._check_host(headers.get("host", ""))
            body = await self._body(headers, receive)
            if scope["method"] == "POST":
                _check_type(headers.get("content-type", ""))
        except ServiceError as error:
            await _refuse(error, scope, receive, send)
            return
        if body is not None:
            await self._serve(body, scope, receive, send)

    def _check_host(self, host: str) -> None:
        known = self._settings.host_names
        if known is not None and _name(host) not in known:
            raise ServiceError(
                400,
                "host",
                f"the service is for this machine alone and goes by {', '.join(sorted(known))}, "
                f"not by {host!r}",
            )

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes | None:
        """Read the body; None when the client leaves before it is whole."""
        declared = headers.get("content-length", "0")
        if declared.isdigit():
            self._check_size(int(declared))
        try:
            async with asyncio.timeout(self._settings.body_timeout_s):
                return await self._read(receive)
        except TimeoutError:
            raise ServiceError(
                408,
                "slow-body",
                f"the body did not arrive within {self._settings.body_timeout_s:g} s",
            ) from None

    async def _read(self, receive: Receive) -> bytes | None:
        parts = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts += message.get("body", b"")
            self._check_size(len(parts))
            if not message.get("more_body", False):
                return bytes(parts)

    def _check_size(self, n_bytes: int) -> None:
        if n_bytes > self._settings.max_body_bytes:
            raise ServiceError(
                413,
                "body-too-large",
                f"the body has {n_bytes} bytes or more, at most "
                f"{self._settings.max_body_bytes} are read",
            )

    async def _serve(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application until it is done, or its client gone."""
        unread = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def replay() -> Message:
            if unread:
                return unread.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        serving = asyncio.ensure_future(self._app(scope, replay, send))
        watching = asyncio.ensure_future(_disconnection(receive))
        try:
            await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.set()
            watching.cancel()
            if not serving.done():
                serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _check_type(content_type: str) -> None:
    """Refuse what a page of the web may send to another site without being asked: all but JSON."""
    message = EmailMessage()
    message["Content-Type"] = content_type
    if message.get_content_type() != "application/json":
        raise ServiceError(
            415,
            "content-type",
            f"the body is of type {content_type or 'none'}; send JSON, and the header "
            "Content-Type: application/json",
        )


def _name(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


async def _disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body is read, and throw away what the client sends meanwhile.

    A connection that is closed while its client still writes is reset, and the answer lost.
    """
    response = error.response()
    response.headers["Connection"] = "close"
    start: Message = {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": response.raw_headers,
    }
    await send(start)
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    if "expect" not in _headers(scope):  # a client that asks first has sent nothing
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
