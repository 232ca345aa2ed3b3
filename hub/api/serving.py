"""One call from its first byte to its answer: who calls, what is answered, and the log entry that must come first.

Nothing leaves before its entry is durable, refusals included; when the entry can't be written, the answer is a 503. No
exception passes through here: its text could hold a value, and a server would print it.

It is plain ASGI: request and response objects, dependency solving and response models would cost more than the lookup.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.catalogue import PROBLEMS
from hub.api.languages import Language, preferred
from hub.api.parsing import read_body
from hub.api.problems import MEDIA_TYPE, oauth_error, problem_document, problem_headers
from hub.api.services import Services
from hub.exchange.entries import REFUSED, Kind, LogEntry
from hub.exchange.outages import DATABASE_AWAY
from hub.exchange.policy import Consumer, Policy
from hub.exchange.refusals import Refused, Unauthenticated, Unready
from hub.exchange.strangers import too_many
from hub.trust.keys import KeyRefused

log = structlog.get_logger()

_REQUEST_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)


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

    headers: dict[bytes, bytes]
    path_params: dict[str, Any]
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


class Endpoint:
    """Serves one operation as an ASGI application."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one call."""
        started = time.perf_counter()
        operation = self.operation
        services: Services = scope["app"].state.services
        headers = dict(scope["headers"])
        entry = LogEntry(operation.kind)
        try:
            call = Call(headers, scope.get("path_params", {}), services, entry, services.policy.current())
            if operation.authenticated:
                call.consumer = services.verifier.verify(_bearer(headers), call.policy)
                entry.consumer_id = call.consumer.consumer_id
            if operation.request is not None:
                call.body = await read_body(headers, receive, operation.request_type)
                entry.request_digest = services.ring.current.digest(call.body)
            reply = await operation.handler(call)
        except Exception as error:
            refused = _refusal_of(error, entry, services)
            turned_away = _turned_away(refused, entry, services)
            reply = _refuse(too_many() if turned_away else refused, operation, headers, entry, services)
            reply.logged = turned_away
        if not reply.logged:
            try:
                await services.log.append(entry)
            except Unready as unready:
                reply = _refuse(unready, operation, headers, entry, services)
        services.metrics.count(operation.kind, entry.outcome, _told_code(entry), time.perf_counter() - started)
        await _send(send, reply, headers.get(b"x-request-id"))

    async def respond(self, request: Request) -> ASGIApp:
        """Serves a call that came through the router: an ASGI application is what Starlette sends as a response."""
        return self


async def refuse_address(headers: dict[bytes, bytes], services: Services, refused: Refused) -> tuple[Refused, UUID]:
    """Logs a call to an address or with a method that the exchange does not have, and returns how it is refused.

    The address itself is not kept: it may hold anything.
    """
    entry = LogEntry("unknown", code=refused.code)
    with suppress(Refused):
        entry.consumer_id = services.verifier.verify(_bearer(headers), services.policy.current()).consumer_id
    if _turned_away(refused, entry, services):
        return too_many(), entry.exchange_id
    try:
        await services.log.append(entry)
    except Unready as unready:
        return unready, entry.exchange_id
    return refused, entry.exchange_id


def language_of(headers: dict[bytes, bytes]) -> Language:
    """Returns the language that the caller prefers."""
    return preferred(headers.get(b"accept-language", b"").decode("latin-1"))


def _bearer(headers: dict[bytes, bytes]) -> bytes:
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise Unauthenticated("token.missing")
    return token.strip()


def _told_code(entry: LogEntry) -> str:
    """Returns the code that the caller was told: the log's own reasons must not show in a counter either."""
    return entry.code or "" if entry.outcome == REFUSED else ""


def _turned_away(refused: Refused, entry: LogEntry, services: Services) -> bool:
    """Tells whether a refusal is one of too many to callers that did not prove who they are."""
    return entry.consumer_id is None and not isinstance(refused, Unready) and not services.strangers.admit()


def _refusal_of(error: Exception, entry: LogEntry, services: Services) -> Refused:
    """Finds the refusal that an error means for the caller; what we did not foresee is our fault."""
    if isinstance(error, Refused):
        return error
    known = {"error": type(error).__name__, "exchange": str(entry.exchange_id)}
    if isinstance(error, KeyRefused):
        # A key was rotated under this process: the next call finds it with the new ones.
        services.ring.reload_soon()
        return Unready("hub.keys_outdated")
    if isinstance(error, (*DATABASE_AWAY, asyncpg.PostgresError)):
        log.error("exchange.database_away", **known)
        return Unready("hub.database_down")
    log.error("exchange.fault", place=_place(error), **known)
    return Refused("hub.fault")


def _refuse(
    refused: Refused, operation: Operation, headers: dict[bytes, bytes], entry: LogEntry, services: Services
) -> Reply:
    language = language_of(headers)
    document = problem_document(refused, language, entry.exchange_id)
    if operation.kind == "token":
        document = oauth_error(document)
    body = orjson.dumps(document)
    entry.outcome, entry.code = REFUSED, refused.code
    entry.attributes = entry.sources = None
    entry.answer_digest = services.ring.current.digest(body)
    return Reply(body, PROBLEMS[refused.code].status, problem_headers(refused, language), MEDIA_TYPE)


async def _send(send: Send, reply: Reply, request_id: bytes | None) -> None:
    headers = [
        (b"content-type", reply.media_type.encode()),
        (b"content-length", b"%d" % len(reply.body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    headers += [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
    if request_id is not None and _REQUEST_ID.fullmatch(request_id):
        headers.append((b"x-request-id", request_id))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _place(error: BaseException) -> str:
    """Names the innermost line of ours that failed: a traceback's texts may quote values, its places don't."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
