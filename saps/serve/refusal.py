"""Requests that fit no path or no form, told in the form of all errors."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from saps.serve.errors import ServiceError

_MAX_TOLD = 5


def wrong_content(error: RequestValidationError) -> ServiceError:
    """Return the error for a body of another form than its path takes."""
    faults = error.errors()
    for fault in faults:
        if fault["type"] == "json_invalid":
            reason, place = fault["ctx"]["error"], fault["loc"][-1] + 1
            return ServiceError(400, "json", f"the body is not JSON: {reason} at character {place}")
    told = dict.fromkeys(f"{_place(fault['loc'])}: {fault['msg']}" for fault in faults)
    return ServiceError(422, "request", "; ".join(list(told)[:_MAX_TOLD]))


def refused_by_http(error: HTTPException, asked: str) -> ServiceError:
    """Return the error for a request that reached no path of the service."""
    code, message = {
        400: ("json", "the body can not be read: nested too deep, a number too long, or not UTF-8"),
        404: ("path", f"there is no {asked}; /docs lists what there is"),
        405: ("method", f"{asked} is asked for in another way; /docs says how"),
    }.get(error.status_code, ("http", str(error.detail)))
    return ServiceError(error.status_code, code, message)


def _place(location: tuple[int | str, ...]) -> str:
    """Return where in the body; without what pydantic adds for the branches of a union."""
    parts = [str(part) for part in location[1:] if not str(part).endswith(("]", "-str"))]
    return ".".join(parts) or "the body"
