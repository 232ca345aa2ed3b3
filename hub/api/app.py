"""The lookup API as an ASGI application; `python -m hub.api` serves it, one process per worker."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api import dossiers, health, lookup, oauth, procedures, status
from hub.api.metrics import on_this_machine
from hub.api.openapi import DESCRIPTION, build_document, request_body_of, responses_of
from hub.api.problems import MEDIA_TYPE, problem_document, problem_headers
from hub.api.reference import render_reference
from hub.api.services import lay_foundations, open_services
from hub.api.serving import Endpoint, Operation, language_of, refuse_address
from hub.api.vitals import Vitals
from hub.exchange.refusals import Refused
from hub.settings import Settings, get_settings

log = structlog.get_logger()

OPERATIONS: tuple[Operation, ...] = (
    lookup.OPERATION,
    oauth.OPERATION,
    dossiers.REGISTER,
    dossiers.CLOSE,
    procedures.LIST,
    procedures.SHOW,
)

_EXCHANGE_PATHS = ("/v1/", "/oauth/")
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class ExchangeRoute(APIRoute):
    """A route that FastAPI documents and that serves the call itself.

    FastAPI would read the body before it knows the caller, and check every answer against its model again.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Returns the endpoint as it is."""
        return self.endpoint


class HubApi(FastAPI):
    """FastAPI with a short cut: calls to a path without parameters go straight to their endpoint.

    An endpoint of the exchange lets no exception out and needs none of the middleware on the way to it.
    """

    def __init__(self, direct: dict[tuple[str, str], Endpoint], **options: Any) -> None:
        super().__init__(**options)
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] == "http":
            endpoint = self._direct.get((scope["method"], scope["path"]))
            if endpoint is not None:
                scope["app"] = self
                await endpoint(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


class NothingEscapes:
    """Answers 500 for whatever fails outside an exchange; the server would print the exception with its text."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            log.error("api.fault", error=type(error).__name__)
            await _problem(Request(scope), Refused("hub.fault"))(scope, receive, send)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Makes the application; without settings it reads those of the process.

    Raises:
        KeyRefused: keys are missing or open to others.
        MappingError: a procedure file is wrong.
    """
    foundations = lay_foundations(settings or get_settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(foundations) as services:
            app.state.services = services
            app.state.readiness = health.Readiness(services)
            app.state.vitals = Vitals(services.reading)
            yield

    endpoints = [Endpoint(operation) for operation in OPERATIONS]
    direct = {(each.operation.method, each.operation.path): each for each in endpoints}
    app = HubApi(
        direct,
        title="Lienthong lookup API",
        version="1.0",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.add_middleware(NothingEscapes)
    for endpoint in endpoints:
        operation = endpoint.operation
        app.router.add_api_route(
            operation.path,
            endpoint.respond,
            name=operation.handler.__name__,
            description=inspect.getdoc(operation.handler),
            methods=[operation.method],
            summary=operation.summary,
            operation_id=operation.handler.__name__,
            responses=responses_of(operation),
            status_code=operation.success[0],
            response_model=None,
            openapi_extra=request_body_of(operation),
            route_class_override=ExchangeRoute,
        )
    _add_public_routes(app)
    app.add_exception_handler(HTTPException, _routing_problem)
    return app


def _add_public_routes(app: FastAPI) -> None:
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(build_document(app, OPERATIONS))
        return document

    # Rendered once: whoever asks for them in a loop must not keep the process from answering lookups.
    @cache
    def pages() -> tuple[bytes, bytes]:
        return bytes(JSONResponse(app.openapi()).body), render_reference(app.openapi()).encode()

    async def show_openapi(request: Request) -> Response:
        """The OpenAPI document of this API."""
        return Response(pages()[0], media_type="application/json")

    async def show_reference(request: Request) -> Response:
        """The same as a page to read."""
        return HTMLResponse(pages()[1], headers={"Content-Security-Policy": _PAGE_POLICY})

    async def show_metrics(request: Request) -> Response:
        """Metrics of this process for Prometheus, for callers on this machine only."""
        if not on_this_machine(request):
            raise HTTPException(404)
        rendered = app.state.services.metrics.render(await app.state.vitals.read())
        return Response(rendered, media_type="text/plain; version=0.0.4; charset=utf-8")

    app.openapi = openapi  # type: ignore[method-assign]
    public: tuple[tuple[str, Callable[[Request], Awaitable[Response]], str, dict[int | str, dict[str, Any]]], ...] = (
        ("/health/live", health.live, "application/json", {}),
        ("/health/ready", health.ready, "application/json", {503: {"description": "Not ready, with reasons"}}),
        ("/metrics", show_metrics, "text/plain", {}),
        ("/status", status.show, "text/html", {}),
        ("/openapi.json", show_openapi, "application/json", {}),
        ("/docs", show_reference, "text/html", {}),
    )
    for path, serve, media_type, more in public:
        example = {"status": "live"} if path == "/health/live" else None
        content: dict[str, Any] = {media_type: {} if example is None else {"example": example}}
        answers: dict[int | str, dict[str, Any]] = {200: {"description": "OK", "content": content}}
        app.router.add_api_route(
            path,
            serve,
            methods=["GET"],
            responses=answers | more,
            response_class=Response,
            route_class_override=ExchangeRoute,
        )


async def _routing_problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "route.unknown", 405: "method.not_allowed"}.get(status, "hub.fault")
    refused, exchange_id = Refused(code), None
    if request.scope["path"].startswith(_EXCHANGE_PATHS):
        services = request.app.state.services
        refused, exchange_id = await refuse_address(dict(request.scope["headers"]), services, refused)
    return _problem(request, refused, getattr(error, "headers", None), exchange_id)


def _problem(request: Request, refused: Refused, headers: Any = None, exchange_id: UUID | None = None) -> Response:
    language = language_of(dict(request.scope["headers"]))
    document = problem_document(refused, language, exchange_id)
    return JSONResponse(
        document, document["status"], problem_headers(refused, language) | dict(headers or {}), MEDIA_TYPE
    )
