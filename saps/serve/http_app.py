"""The service as an ASGI application: its paths, its pages, and what becomes of errors.

A request passes the `Guard`, is checked by its schema, waits in one of two queues for a batch of
the model (`/synthesize`) or for a process that runs programs (`/run`), and is answered within its
time or refused by a `ServiceError`, the one form of all errors.
"""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from importlib.resources import files
from time import monotonic
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

import saps
from saps.serve.batcher import SpecificationQueues
from saps.serve.middleware import ConcurrencyLimit, Guard
from saps.serve.responses import ServiceError, answer, too_late
from saps.serve.sandbox import ProgramRunner
from saps.serve.schemas import (
    ErrorAnswer,
    HealthAnswer,
    RunAnswer,
    RunRequest,
    SynthesizeAnswer,
    SynthesizeRequest,
)
from saps.serve.server import ServiceSettings
from saps.synthesis.synthesizer import Synthesis, Synthesizer

Result = TypeVar("Result")

_MAX_TOLD: Final = 5  # faults of one request
_PAGE: Final = files("saps.serve") / "page"
mimetypes.add_type("text/javascript", ".js")  # Windows may have it otherwise in its registry
_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in {
        400: "Not JSON, or nested too deep.",
        413: "The body is too large.",
        415: "The body is not declared as JSON.",
        422: "The request, the text or the program is wrong; its code says how.",
        503: "Too many are waiting (see Retry-After), or the service stops.",
        504: "No result in time.",
    }.items()
}


def create_app(
    synthesizer: Synthesizer, settings: ServiceSettings | None = None, model_name: str = "bundled"
) -> Guard:
    """Return the service around a model.

    Args:
        synthesizer: loaded; the service alone calls it, from threads.
        settings: bounds.
        model_name: what /health calls the model.
    """
    chosen = settings or ServiceSettings()
    service = _Service(synthesizer, chosen, model_name)
    app = FastAPI(
        title="SAPS",
        version=saps.__version__,
        description="English specification in, a typed and tested AlgoLisp program out.",
        docs_url=None,  # FastAPI's own page takes its scripts from the internet
        redoc_url=None,
        lifespan=service.lifespan,
    )
    app.post("/synthesize", response_model=SynthesizeAnswer, responses=_ERRORS)(service.synthesize)
    app.post("/run", response_model=RunAnswer, responses=_ERRORS)(service.run)
    app.get("/health", response_model=HealthAnswer)(service.health)
    _add_pages(app)
    _add_error_handlers(app)
    return Guard(app, chosen)


def _add_pages(app: FastAPI) -> None:
    """Serve the files of page/, the first of them at /, and the description of the paths."""
    template = Environment(autoescape=True).from_string(
        (_PAGE / "docs.html.jinja").read_text(encoding="utf-8")
    )

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        return FileResponse(str(_PAGE / "index.html"))

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        url = str(request.base_url).rstrip("/")
        return HTMLResponse(template.render(app.openapi(), url=url))

    app.mount("/page", StaticFiles(directory=str(_PAGE)))


class _Service:
    """The parts that answer, and the bounds around them."""

    def __init__(
        self, synthesizer: Synthesizer, settings: ServiceSettings, model_name: str
    ) -> None:
        self._settings = settings
        self._model_name = model_name
        self._synthesizer = synthesizer
        self._programs = ProgramRunner(settings)
        self._syntheses = ConcurrencyLimit("requests for programs", settings.max_waiting)
        self._runs = ConcurrencyLimit("runs", settings.max_waiting)
        self._started = monotonic()
        self._n_requests = 0
        self._queues: SpecificationQueues | None = None

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Hold the threads and processes while the server runs."""
        self._queues = SpecificationQueues(self._synthesizer, self._settings)
        self._started = monotonic()
        try:
            yield
        finally:
            self._queues.close()
            await self._programs.close()

    async def synthesize(self, request: SynthesizeRequest) -> Response:
        """Write a program for a specification, and run it where inputs are given."""
        self._n_requests += 1
        with self._syntheses.entered():
            return await self._in_time(self._synthesized(request))

    async def run(self, request: RunRequest) -> Response:
        """Type-check a program and compute its value, within limits."""
        self._n_requests += 1
        with self._runs.entered():
            found = self._programs.run(request.program, request.input, request.types)
            return answer(await self._in_time(found), self._settings.max_answer_bytes)

    async def health(self) -> Response:
        """Tell how the service is; answered at once, however much is going on."""
        assert self._queues is not None
        told = {
            "status": "ok",
            "model": self._model_name,
            "version": saps.__version__,
            "uptime_s": round(monotonic() - self._started, 3),
            "n_requests": self._n_requests,
            "queue": {
                "synthesize": self._syntheses.n_inside,
                "run": self._runs.n_inside,
                "unread": self._queues.n_queued,
                "max_waiting": self._settings.max_waiting,
            },
        }
        return answer(told, self._settings.max_answer_bytes)

    async def _synthesized(self, request: SynthesizeRequest) -> Response:
        assert self._queues is not None
        found = await self._queues.synthesize(request)
        told = await asyncio.to_thread(self._told, found, request)
        if request.input is not None:
            inputs = found.by_letter(request.input)
            try:
                ran = await self._programs.run(str(found.program), inputs, found.arguments)
            except ServiceError as error:
                details = {**error.details, "synthesis": told}
                raise ServiceError(error.status, error.code, error.message, details) from error
            told["value"] = ran["value"]
        # What examples compute may be large: it is not written while the others wait.
        return await asyncio.to_thread(answer, told, self._settings.max_answer_bytes)

    def _told(self, found: Synthesis, request: SynthesizeRequest) -> dict[str, Any]:
        told = found.to_json(self._synthesizer.explain(found) if request.explain else None)
        if request.highlight:
            for program in (told, *told["candidates"]):
                tokens = PythonLexer().get_tokens(program["python"])
                # Each part with the class that Pygments' style sheets have for it.
                program["python_tokens"] = [(STANDARD_TYPES[kind], part) for kind, part in tokens]
        return told

    async def _in_time(self, work: Awaitable[Result]) -> Result:
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await work
        except TimeoutError:
            raise too_late(self._settings.timeout_s) from None


def _add_error_handlers(app: FastAPI) -> None:
    """Give every error the same form; see `ServiceError`."""

    @app.exception_handler(ServiceError)
    async def service_error(_: Request, error: ServiceError) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def wrong_request(_: Request, error: RequestValidationError) -> Response:
        return _wrong_content(error).response()

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        asked = f"{request.method} {request.url.path}"
        code, message = {
            400: ("json", "the body cannot be read: nested too deep, or a number too long"),
            404: ("path", f"there is no {asked}; /docs lists what there is"),
            405: ("method", f"{asked} is not allowed; /docs lists the methods"),
        }.get(error.status_code, ("http", str(error.detail)))
        return ServiceError(error.status_code, code, message).response()

    @app.exception_handler(Exception)
    async def defect(_: Request, error: Exception) -> Response:
        message = f"{type(error).__name__}: a bug in SAPS; the service's log has the traceback"
        return ServiceError(500, "defect", message).response()


def _wrong_content(error: RequestValidationError) -> ServiceError:
    """Return the error for a body of another form than its path takes."""
    faults = error.errors()
    for fault in faults:
        if fault["type"] == "json_invalid":
            reason, place = fault["ctx"]["error"], fault["loc"][-1] + 1
            return ServiceError(400, "json", f"the body is not JSON: {reason} at character {place}")
    told = dict.fromkeys(f"{_place(fault['loc'])}: {fault['msg']}" for fault in faults)
    return ServiceError(422, "request", "; ".join(list(told)[:_MAX_TOLD]))


def _place(location: tuple[int | str, ...]) -> str:
    """Return where in the body; without what pydantic adds for the branches of a union."""
    parts = [str(part)[:100] for part in location[1:] if not str(part).endswith(("]", "-str"))]
    return ".".join(parts) or "the body"
