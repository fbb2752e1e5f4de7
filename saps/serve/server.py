"""The socket and the server under the application."""

import socket

import uvicorn
from starlette.types import ASGIApp

from saps.serve.settings import LOOPBACK_NAMES

BACKLOG = 2048
"""Connections that the system holds until the server takes them."""

_SHUTDOWN_S = 5


class AddressError(OSError):
    """The service can not listen where it was told to; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 takes any that is free.

    Raises:
        AddressError: the port is in use or not allowed, or there is no such host.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise AddressError(
            f"there is no address {host!r} to listen on: {error.strerror}"
        ) from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise AddressError(
            f"can not listen on {host}, port {port}: {error.strerror}; another --port may be free, "
            "and --port 0 takes one that is"
        ) from error
    return bound


def is_loopback(bound: socket.socket) -> bool:
    """Whether this machine alone can reach the socket."""
    address = str(bound.getsockname()[0])
    return address.startswith("127.") or address in LOOPBACK_NAMES


def url_of(bound: socket.socket) -> str:
    """Return where the service is found."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_for(app: ASGIApp) -> uvicorn.Server:
    """Return a server; `run(sockets=[...])` blocks until Ctrl-C."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        backlog=BACKLOG,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        server_header=False,
    )
    return uvicorn.Server(config)
