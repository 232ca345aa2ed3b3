"""One call from its first byte to its answer: who calls, what is answered, and the log entry that must come first.

Nothing leaves before its entry is durable, refusals included; when the entry can't be written, the answer is a 503. No
exception passes through here: its text could hold a value, and a server would print it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
import structlog
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from hub.api.catalogue import PROBLEMS
from hub.api.languages import Language, preferred
from hub.api.parsing import read_body
from hub.api.problems import MEDIA_TYPE, oauth_error, problem_document, problem_headers
from hub.api.services import Services
from hub.exchange.entries import REFUSED, Kind, LogEntry
from hub.exchange.outages import DATABASE_AWAY
from hub.exchange.policy import Consumer, Policy
from hub.exchange.refusals import Refused, Unauthenticated, Unready
from hub.trust.keys import KeyRefused

log = structlog.get_logger()

_REQUEST_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}", re.ASCII | re.IGNORECASE
)


@dataclass(slots=True)
class Reply:
    """A finished answer; `logged` tells that its entry was written together with what the call changed."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    logged: bool = False


@dataclass(slots=True)
class Call:
    """One call that is being served. Handlers fill `entry`; `consumer` is set wherever a token is required."""

    request: Request
    services: Services
    entry: LogEntry
    policy: Policy
    body: bytes = b""
    consumer: Consumer | None = None

    @property
    def caller(self) -> Consumer:
        """The consumer of a call that required a token."""
        if self.consumer is None:
            raise Unauthenticated("token.missing")
        return self.consumer

    def reply(self, document: dict[str, Any], outcome: str, status: int = 200) -> Reply:
        """Makes an answer and enters its outcome and keyed digest."""
        body = orjson.dumps(document)
        self.entry.outcome = outcome
        self.entry.answer_digest = self.services.ring.current.digest(body)
        return Reply(body, status)


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route of the exchange: how it is served and what the OpenAPI document says about it."""

    path: str
    method: str
    kind: Kind
    handler: Handler
    summary: str
    answer: type[BaseModel]
    example: dict[str, Any]
    codes: tuple[str, ...]
    request: type[BaseModel] | None = None
    request_example: dict[str, Any] | None = None
    request_type: str = "application/json"
    success: tuple[int, ...] = (200,)
    authenticated: bool = True


def endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """Returns the function that serves an operation."""

    async def serve(request: Request) -> Response:
        services: Services = request.app.state.services
        started = time.perf_counter()
        entry = LogEntry(operation.kind)
        try:
            call = Call(request, services, entry, services.policy.current())
            if operation.authenticated:
                call.consumer = _authenticate(call)
                entry.consumer_id = call.consumer.consumer_id
            if operation.request_type and operation.method == "POST":
                call.body = await read_body(request, operation.request_type)
                entry.request_digest = services.ring.current.digest(call.body)
            reply = await operation.handler(call)
        except Refused as refused:
            reply = _refuse(refused, operation, request, entry, services)
        except KeyRefused:
            # A key was rotated under this process: the next call finds it with the new ones.
            services.ring.reload_soon()
            reply = _refuse(Unready("hub.keys_outdated"), operation, request, entry, services)
        except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
            log.error("exchange.database_away", error=type(error).__name__, exchange=str(entry.exchange_id))
            reply = _refuse(Unready("hub.database_down"), operation, request, entry, services)
        except Exception as error:
            log.error(
                "exchange.fault", error=type(error).__name__, place=_place(error), exchange=str(entry.exchange_id)
            )
            reply = _refuse(Refused("hub.fault"), operation, request, entry, services)
        if not reply.logged:
            try:
                await services.log.append(entry)
            except Unready as unready:
                reply = _refuse(unready, operation, request, entry, services)
        services.metrics.count(operation.kind, entry.outcome, entry.code or "", time.perf_counter() - started)
        return _response(request, reply)

    serve.__name__ = operation.handler.__name__
    serve.__doc__ = operation.handler.__doc__
    return serve


def language_of(request: Request) -> Language:
    """Returns the language that the caller prefers."""
    return preferred(request.headers.get("accept-language", ""))


def _authenticate(call: Call) -> Consumer:
    scheme, _, token = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("token.missing")
    return call.services.verifier.verify(token.strip().encode("latin-1", "replace"), call.policy)


def _refuse(refused: Refused, operation: Operation, request: Request, entry: LogEntry, services: Services) -> Reply:
    language = language_of(request)
    document = problem_document(refused, language, entry.exchange_id)
    if operation.kind == "token":
        document = oauth_error(document)
    body = orjson.dumps(document)
    entry.outcome, entry.code = REFUSED, refused.code
    entry.attributes = entry.sources = None
    entry.answer_digest = services.ring.current.digest(body)
    headers = problem_headers(refused, language)
    return Reply(body, PROBLEMS[refused.code].status, headers, MEDIA_TYPE)


def _response(request: Request, reply: Reply) -> Response:
    response = Response(reply.body, reply.status, reply.headers, reply.media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    request_id = request.headers.get("x-request-id")
    if request_id is not None and _REQUEST_ID.fullmatch(request_id):
        response.headers["X-Request-ID"] = request_id
    return response


def _place(error: BaseException) -> str:
    """Names the innermost line of ours that failed: a traceback's texts may quote values, its places don't."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
