"""The service as an ASGI application: its paths, and what becomes of errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp

import saps
from saps.decoding.synthesizer import Synthesizer
from saps.serve.errors import ServiceError, too_late
from saps.serve.gate import Gate
from saps.serve.guard import Guard
from saps.serve.page import api_page
from saps.serve.programs import ProgramRunner
from saps.serve.refusal import refused_by_http, wrong_content
from saps.serve.requests import (
    ErrorAnswer,
    HealthAnswer,
    RunAnswer,
    RunRequest,
    SynthesizeAnswer,
    SynthesizeRequest,
)
from saps.serve.response import JsonResponse
from saps.serve.settings import ServiceSettings
from saps.serve.specifications import SpecificationDesk

Answer = TypeVar("Answer")

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in {
        400: "Not JSON.",
        413: "The body is too large.",
        415: "The body is not said to be JSON.",
        422: "The request, the text or the program is wrong; its code says how.",
        503: "Too many are waiting; see Retry-After.",
        504: "No result in time.",
    }.items()
}


def create_app(
    synthesizer: Synthesizer, settings: ServiceSettings | None = None, model_name: str = "bundled"
) -> ASGIApp:
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
    service.add_paths(app)
    _add_error_handlers(app)
    return Guard(app, chosen)


class _Service:
    """The parts that answer, and the bounds around them."""

    def __init__(
        self, synthesizer: Synthesizer, settings: ServiceSettings, model_name: str
    ) -> None:
        self._settings = settings
        self._model_name = model_name
        self._synthesizer = synthesizer
        self._programs = ProgramRunner(settings.n_processes, settings.limits)
        self._syntheses = Gate("requests for programs", settings.max_waiting)
        self._runs = Gate("runs", settings.max_waiting)
        self._started = monotonic()
        self._n_requests = 0
        self._desk: SpecificationDesk | None = None

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Hold the threads and processes while the server runs."""
        self._desk = SpecificationDesk(self._synthesizer, self._settings)
        self._started = monotonic()
        try:
            yield
        finally:
            self._desk.close()
            await self._programs.close()

    def add_paths(self, app: FastAPI) -> None:
        """Route requests to the methods below."""
        app.post("/synthesize", response_model=SynthesizeAnswer, responses=_ERRORS)(self.synthesize)
        app.post("/run", response_model=RunAnswer, responses=_ERRORS)(self.run)
        app.get("/health", response_model=HealthAnswer)(self.health)

        @app.get("/docs", include_in_schema=False)
        @app.get("/", include_in_schema=False)
        async def page(request: Request) -> Response:
            return HTMLResponse(api_page(app.openapi(), str(request.base_url).rstrip("/")))

    async def synthesize(self, request: SynthesizeRequest) -> Response:
        """Write a program for a specification, and run it where inputs are given."""
        self._n_requests += 1
        with self._syntheses.entered():
            return await self._in_time(self._synthesized(request))

    async def run(self, request: RunRequest) -> Response:
        """Type-check a program and compute its value, within limits."""
        self._n_requests += 1
        with self._runs.entered():
            answer = self._programs.run(request.program, request.inputs, request.types)
            return JsonResponse(await self._in_time(answer))

    async def health(self) -> Response:
        """Tell how the service is; answered at once, however much is going on."""
        assert self._desk is not None
        return JsonResponse(
            {
                "status": "ok",
                "model": self._model_name,
                "version": saps.__version__,
                "uptime_s": round(monotonic() - self._started, 3),
                "n_requests": self._n_requests,
                "queue": {
                    "synthesize": self._syntheses.n_inside,
                    "run": self._runs.n_inside,
                    "unread": self._desk.n_queued,
                    "max_waiting": self._settings.max_waiting,
                },
            }
        )

    async def _synthesized(self, request: SynthesizeRequest) -> Response:
        assert self._desk is not None
        found = await self._desk.synthesize(request)
        answer = found.to_json()
        if request.input is not None:
            try:
                ran = await self._programs.run(str(found.program), request.input, found.arguments)
            except ServiceError as error:
                details = {**error.details, "synthesis": answer}
                raise ServiceError(error.status, error.code, error.message, details) from error
            answer["value"] = ran["value"]
        return JsonResponse(answer)

    async def _in_time(self, work: Awaitable[Answer]) -> Answer:
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
        return wrong_content(error).response()

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return refused_by_http(error, f"{request.method} {request.url.path}").response()

    @app.exception_handler(Exception)
    async def defect(_: Request, error: Exception) -> Response:
        message = f"{type(error).__name__}: a defect of SAPS; the service's log has the traceback"
        return ServiceError(500, "defect", message).response()
