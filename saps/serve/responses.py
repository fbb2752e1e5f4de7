"""What the service answers: JSON within bounds, or an error of one form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from saps.resources import jsonable

_JSON = "application/json"


@dataclass(eq=False)
class ServiceError(Exception):
    """A request that gets no result.

    Attributes:
        status: of HTTP.
        code: the kind of error, stable across releases; clients may branch on it.
        message: what is wrong, and what to do.
        details: further fields of the error object.
    """

    status: int
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def response(self) -> Response:
        """Return the answer that says so."""
        body = {"error": {"code": self.code, "message": self.message, **self.details}}
        headers = {"Retry-After": "1"} if self.code == "busy" else {}
        return Response(_written(body), self.status, headers, _JSON)


def answer(content: Any, max_bytes: int) -> Response:
    """Return a result.

    Raises:
        ServiceError: it is larger than an answer may be.
    """
    body = _written(content)
    if len(body) > max_bytes:
        raise ServiceError(
            422,
            "answer-too-large",
            f"the answer has {len(body):,} bytes, but at most {max_bytes:,} can be sent: ask for "
            "fewer programs, or give smaller values",
        )
    return Response(body, media_type=_JSON)


def too_late(timeout_s: float) -> ServiceError:
    """Return the answer to a request that took too long."""
    message = f"no result within {timeout_s:g} s; simplify the request, or try again later"
    return ServiceError(504, "timeout", message)


def busy(what: str) -> ServiceError:
    """Return the refusal of one request too many."""
    return ServiceError(503, "busy", f"{what}; try again in a second")


def _written(content: Any) -> bytes:
    """Write standard JSON, also where a value is infinite or has half of a surrogate pair."""
    text = json.dumps(jsonable(content), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace")
