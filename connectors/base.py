"""The contract of a connector: one class for each register, which declares what the register offers.

Paging, retries, rate, breaker, deadline, environment guard and redaction are done here, once; a connector turns calls
into wire records. See `docs/connect-a-register.md`.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Protocol, Self, TypeVar, runtime_checkable

import httpx
import stamina
from pydantic import BaseModel, ValidationError
from stamina.instrumentation import set_on_retry_hooks

from connectors.auth import Account
from connectors.courtesy import Courtesy
from connectors.declarations import FeedDeclaration, QueryDeclaration, Wanted, feed, query
from connectors.errors import BrokenContract, ConnectorError, Refused, Unavailable
from connectors.guard import EnvironmentGuard, KeyScheme
from connectors.paging import MAX_PAGE_SIZE, N, PagingGuard
from connectors.ports import Breaker, Budget, Ports, QuotaSpent, RegisterConfig, Secrets, Token, Tokens
from connectors.records import (
    CallContext,
    FeedEntry,
    FieldProblem,
    IdentityClaim,
    KeyEntry,
    Page,
    deadline_in,
    epoch_ms,
)
from connectors.retry import Backoff, RetryBudget, say_retry
from connectors.transfer import http_client, network_of
from schemas.drift import unknown_fields

__all__ = [
    "Breaker",
    "Budget",
    "CallContext",
    "Connector",
    "Courtesy",
    "FeedDeclaration",
    "FeedEntry",
    "IdentityClaim",
    "KeyEntry",
    "Page",
    "Ports",
    "QueryDeclaration",
    "QuotaSpent",
    "RegisterConfig",
    "RetryBudget",
    "Secrets",
    "Service",
    "Session",
    "SessionService",
    "Token",
    "Tokens",
    "Wanted",
    "deadline_in",
    "epoch_ms",
    "feed",
    "query",
]

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

# The library's own line names a code block of ours and shows its arguments.
set_on_retry_hooks([say_retry])

FAIR_CHANCE = 1.0
"""Seconds that an attempt must have had before its time-out counts against the register's health."""

# Codes that say nothing about whether the register is well: our own mistakes, and pages that may be our window's.
_NO_EVIDENCE = frozenset(
    {"address_invalid", "request_invalid", "secret_missing", "throttled", "wsdl_changed"}
    | {"certificate", "certificate_expired", "certificate_host", "certificate_unusable", "tls_version"}
    | {"client_certificate", "client_certificate_expired", "client_certificate_missing", "handshake_refused"}
    | {"file_missing", "file_unsettled"}
    | {"contents_behind", "list_moved", "page_missing", "page_other", "page_repeated"}
)


class Service(Protocol):
    """The protocol of a register over HTTP (such as `connectors.soap.Soap`), declared once on its connector."""

    def authentication(self, account: Account) -> httpx.Auth:
        """Returns what signs each request."""


class Session(Protocol):
    """What the calls of one connector go through: an HTTP client, a folder, a pool of a database."""

    async def aclose(self) -> None:
        """Closes what is open."""


@runtime_checkable
class SessionService(Protocol):
    """The protocol of a register that is not asked over HTTP (such as `connectors.sql.Sql`)."""

    def open(self, register: str, config: RegisterConfig, secrets: Secrets) -> Session:
        """Returns a session that connects when it is first used."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Connector:
    """Base of all connectors: use one as an async context manager, within one event loop.

    `environment` is `production` or `sandbox` and decides which personal numbers may pass. `transport` is the seam for
    tests and twins in process; `clock` is the time that goes into windows and signatures.
    """

    system: ClassVar[str]
    service: ClassVar[Service | SessionService]
    courtesy: Courtesy
    """What the register asks for; a connector in use keeps to the operator's limits as well."""
    retry: ClassVar[RetryBudget] = RetryBudget()
    queries: ClassVar[dict[str, QueryDeclaration]] = {}
    feeds: ClassVar[dict[str, FeedDeclaration]] = {}
    http: httpx.AsyncClient
    """The client of a register over HTTP; other registers have their `session` only."""

    def __init_subclass__(cls) -> None:
        members = [member for base in reversed(cls.__mro__) for member in vars(base).values()]
        declared = [getattr(member, "declaration", None) for member in members]
        cls.queries = {d.name: d for d in declared if isinstance(d, QueryDeclaration)}
        cls.feeds = {d.name: d for d in declared if isinstance(d, FeedDeclaration)}

    def __init__(
        self,
        config: RegisterConfig,
        ports: Ports,
        *,
        environment: str = "production",
        settle_lag: timedelta = timedelta(minutes=2),
        retry: RetryBudget | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.config = config
        self.ports = ports
        self.clock = clock
        self.settle_lag = settle_lag
        self.budget = retry or self.retry
        self.guard = EnvironmentGuard(self.system, environment)
        self.courtesy = self._limited(config)
        self.session: Session = self._open(transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self.session.aclose()

    async def call(self, operation: str, attempt: Callable[[], Awaitable[T]], *, deadline: float | None = None) -> T:
        """Makes one call: deadline, service hours, breaker, budget, attempts.

        `attempt` is run again, whole, while it fails as Unavailable and the retry budget lasts. Whatever else escapes
        it becomes a ConnectorError without a value, and no error keeps the exception that it came from.
        """
        ends = time.monotonic() + self.budget.seconds
        ends = ends if deadline is None else min(ends, deadline)
        backoff = Backoff(self.budget, ends)
        try:
            async for turn in stamina.retry_context(on=backoff, attempts=self.budget.attempts, timeout=None):
                with turn:
                    return await self._turn(operation, attempt, ends)
        except ConnectorError as error:
            # An httpx, lxml or zeep exception holds the request or the body: it must not travel with ours.
            error.__cause__ = error.__context__ = None
            raise
        raise AssertionError("stamina raises the last error")

    async def pages(
        self,
        operation: str,
        fetch: Callable[[int], Awaitable[Page[N]]],
        *,
        since: datetime,
        until: datetime,
        page_size: int,
        keys_are: KeyScheme = "personal_id",
    ) -> AsyncIterator[Page[N]]:
        """Walks through one window page by page; the first page comes even when it is empty, for its total.

        `fetch` asks for the page of a number, from 1. What the walk refuses stands in `connectors/paging.py`.
        `keys_are` says what the keys are: the environment guard looks at personal numbers alone.

        Raises:
            Refused: the window can't be read: no zone, upside down, or younger than the settle lag.
        """
        self._check_window(operation, since, until, page_size)
        walk = PagingGuard(self.system, operation, page_size=page_size, since=epoch_ms(since), until=epoch_ms(until))

        async def attempt() -> Page[N]:
            page = await fetch(walk.number)
            walk.check(page)
            self.guard.incoming(operation, "key", (entry.key for entry in page.entries), keys_are)
            return page

        while not walk.done:
            page = await self.call(operation, attempt)
            walk.accept(page)
            yield page

    def _open(self, transport: httpx.AsyncBaseTransport | None) -> Session:
        config, secrets, service = self.config, self.ports.secrets, self.service
        if isinstance(service, SessionService):
            return service.open(self.system, config, secrets)
        network = transport or network_of(self.system, config, secrets, self.courtesy.concurrent)
        self.http = http_client(network, self.budget.attempt_seconds)
        self.http.auth = service.authentication(Account(self.system, config, self.ports, self.clock, self.http))
        return self.http

    def _limited(self, config: RegisterConfig) -> Courtesy:
        """Returns the class's courtesy as far as the settings lower it."""
        try:
            return self.courtesy.lowered(
                per_second=config.per_second,
                concurrent=config.concurrent,
                per_day=config.per_day,
                per_month=config.per_month,
                windows=config.windows,
                maintenance=config.maintenances,
            )
        except ValueError:
            raise Refused(self.system, "settings", "hours_impossible") from None

    def _check_window(self, operation: str, since: datetime, until: datetime, page_size: int) -> None:
        if since.tzinfo is None or until.tzinfo is None or since >= until:
            raise Refused(self.system, operation, "window_invalid", fields=("since", "until"))
        if until > self.clock() - self.settle_lag:
            raise Refused(self.system, operation, "window_unsettled", fields=("until",))
        if not 1 <= page_size <= MAX_PAGE_SIZE:
            raise Refused(self.system, operation, "page_size_invalid", fields=("page_size",))

    def officer(self, operation: str, context: CallContext) -> str:
        """Returns the register's own code of the officer who asks.

        Raises:
            Refused: the officer is not mapped; registers refuse strangers, and their audit must name the right person.
        """
        if (code := self.config.officers.get(context.officer)) is None:
            raise Refused(self.system, operation, "officer_unmapped")
        return code

    def read(self, operation: str, model: type[M], raw: object) -> M:
        """Reads a raw record as its wire model; do it inside an attempt, which takes the library's error off ours.

        Raises:
            BrokenContract: `drift` names the fields that the model does not know, `field_malformed` the wrong ones.
        """
        if unknown := unknown_fields(raw, model):
            raise BrokenContract(self.system, operation, "drift", fields=unknown)
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            paths = {".".join(map(str, part["loc"])) for part in error.errors(include_input=False, include_url=False)}
            raise BrokenContract(self.system, operation, "field_malformed", fields=sorted(paths)) from None

    async def _turn(self, operation: str, attempt: Callable[[], Awaitable[T]], ends: float) -> T:
        remaining = ends - time.monotonic()
        if remaining <= 0:
            raise Unavailable(self.system, operation, "deadline")
        if closed := self.courtesy.closed_for(self.clock()):
            maintained = self.courtesy.maintained_until(self.clock()) is not None
            code = "maintenance" if maintained else "closed_hours"
            raise Unavailable(self.system, operation, code, retry_after=closed)
        if (rest := await self.ports.breaker.before(self.system)) is not None:
            raise Unavailable(self.system, operation, "breaker_open", retry_after=rest)
        healthy: bool | None = None
        try:
            async with AsyncExitStack() as places:
                place = self.ports.budget.acquire(self.system, self.courtesy, ends - time.monotonic())
                try:
                    await places.enter_async_context(place)
                except TimeoutError:
                    raise Unavailable(self.system, operation, "budget") from None
                except QuotaSpent as spent:
                    raise Unavailable(self.system, operation, "quota", retry_after=spent.renewed_in) from None
                limit = min(self.budget.attempt_seconds, ends - time.monotonic())
                try:
                    result = await self._attempt(operation, attempt, limit)
                except ConnectorError as error:
                    healthy = _evidence(error, limit)
                    raise
            healthy = True
            return result
        finally:
            await self.ports.breaker.after(self.system, healthy)

    async def _attempt(self, operation: str, attempt: Callable[[], Awaitable[T]], limit: float) -> T:
        try:
            async with asyncio.timeout(limit):
                return await attempt()
        except TimeoutError:
            raise Unavailable(self.system, operation, "timeout") from None
        except ConnectorError:
            raise
        except FieldProblem as problem:
            raise BrokenContract(self.system, operation, problem.code, fields=(problem.path,)) from None
        except Exception as error:
            raise BrokenContract(self.system, operation, "unreadable", fields=(_place_of(error),)) from None


def _evidence(error: ConnectorError, limit: float) -> bool | None:
    """Tells what a failed attempt says about the register's health; None: nothing."""
    if error.code in _NO_EVIDENCE:
        return None
    if not isinstance(error, Unavailable):
        return True
    return None if error.code == "timeout" and limit < FAIR_CHANCE else False


def _place_of(error: Exception) -> str:
    """Names an exception by type and place; its message may hold a value."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parent.name == "connectors"] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"
