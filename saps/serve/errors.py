"""What the service answers when it gives no result: a status, a stable code, a message."""

from typing import Any

from starlette.responses import Response

from saps.serve.response import JsonResponse


class ServiceError(Exception):
    """A request that gets no result.

    Attributes:
        status: of HTTP.
        code: the kind of error, stable across releases; clients may branch on it.
        message: what is wrong, and what to do.
        details: further fields of the error object.
        retry_after_s: when it makes sense to try again.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: dict[str, Any] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(status, code, message, details, retry_after_s)
        self.status, self.code, self.message = status, code, message
        self.details = details or {}
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return self.message

    def response(self) -> Response:
        """Return the answer that says so."""
        body = {"error": {"code": self.code, "message": self.message, **self.details}}
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return JsonResponse(body, self.status, headers)


def busy(what: str, n_waiting: int) -> ServiceError:
    """Return the refusal of one request too many."""
    return ServiceError(
        503, "busy", f"{n_waiting} {what} are waiting already; try again in a second", None, 1
    )


def too_late(timeout_s: float) -> ServiceError:
    """Return the answer to a request that took too long."""
    return ServiceError(
        504, "timeout", f"no result within {timeout_s:g} s; ask for less, or when less is going on"
    )
