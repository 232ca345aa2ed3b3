"""Connectors that call wrongly: retries, limits, courtesy, sign-in, ends. Each differs from `Tiny` in one thing."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any, Self, TypeVar

import httpx

from connectors.auth import Account, SecurityServerBasic
from connectors.base import Courtesy, deadline_in
from connectors.errors import ConnectorError, Unavailable
from connectors.memory import MemoryBreaker
from connectors.rest import Rest
from tests.conformance.broken.tiny import SERVICE, Tiny

T = TypeVar("T")
Attempt = Callable[[], Awaitable[T]]


class _Always:
    """Gives every call its turn."""

    def acquire(self, *asked: object) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class RetriesInsideRetries(Tiny):
    """Tries again inside each attempt."""

    async def call(self, operation: str, attempt: Attempt[T], *, deadline: float | None = None) -> T:
        async def twice() -> T:
            try:
                return await attempt()
            except Unavailable:
                return await attempt()

        return await super().call(operation, twice, deadline=deadline)


class NeverTriesAgain(Tiny):
    """Gives up after one attempt."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.budget = replace(self.budget, attempts=1)


class TriesAgainAtOnce(Tiny):
    """Goes round in a tight loop."""

    async def call(self, operation: str, attempt: Attempt[T], *, deadline: float | None = None) -> T:
        for turn in range(self.budget.attempts):
            try:
                return await self._turn(operation, attempt, deadline_in(self.budget.seconds))
            except Unavailable:
                if turn + 1 == self.budget.attempts:
                    raise
        raise AssertionError


class ForgetsDeadlines(Tiny):
    """Calls as if nobody waited."""

    async def call(self, operation: str, attempt: Attempt[T], *, deadline: float | None = None) -> T:
        return await super().call(operation, attempt)


class WaitsForEver(Tiny):
    """Sets no limit to an attempt, nor to the network."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.http.timeout = httpx.Timeout(None)

    async def _attempt(self, operation: str, attempt: Attempt[T], limit: float) -> T:
        return await attempt()


class LetsErrorsEscape(Tiny):
    """Passes on whatever breaks inside an attempt."""

    async def _attempt(self, operation: str, attempt: Attempt[T], limit: float) -> T:
        async with asyncio.timeout(limit):
            return await attempt()


class SendsTheSameRequestAgain(Tiny):
    """Uses one request id for all attempts of a call."""

    async def _send(self, operation: str, fields: dict[str, Any]) -> dict[str, Any]:
        self._ids = getattr(self, "_ids", {})
        same = self._ids.setdefault(repr(fields), f"{id(self)}-{len(self._ids)}")
        return await self.service.post(self, operation, operation, {"request": same, **fields})


class CallsAnotherAddress(Tiny):
    """Has the address of one machine written into it."""

    async def _send(self, operation: str, fields: dict[str, Any]) -> dict[str, Any]:
        self.config.url = "http://twin/tiny"  # type: ignore[misc]
        return await super()._send(operation, fields)


class FollowsRedirects(Tiny):
    """Takes its signature wherever it is sent."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.http.follow_redirects = True


class TrustsAnybody(Tiny):
    """Does not look at certificates."""

    def __init__(self, *given: Any, transport: Any = None, **options: Any) -> None:
        transport = transport or httpx.AsyncHTTPTransport(verify=False)
        super().__init__(*given, transport=transport, **options)


class GoesByTheShell(Tiny):
    """Uses the proxy that the shell names."""

    def __init__(self, *given: Any, transport: Any = None, **options: Any) -> None:
        if transport is None and "HTTP_PROXY" in os.environ:
            transport = httpx.AsyncHTTPTransport(proxy=os.environ["HTTP_PROXY"])
        super().__init__(*given, transport=transport, **options)


class KeepsCookies(Tiny):
    """Takes cookies along from call to call."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.http.cookies = httpx.Cookies()


class LogsItsNetwork(Tiny):
    """Lets its HTTP library log what comes and goes."""

    async def __aenter__(self) -> Self:
        logging.getLogger("httpcore").setLevel(logging.DEBUG)
        return await super().__aenter__()

    async def aclose(self) -> None:
        """Closes the connections, and lets nobody else suffer."""
        logging.getLogger("httpcore").setLevel(logging.WARNING)
        await super().aclose()


class NeverCloses(Tiny):
    """Leaves its connections open."""

    async def aclose(self) -> None:
        """Does nothing."""


class TakesNoTurn(Tiny):
    """Calls without asking the shared budget."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.ports = replace(self.ports, budget=_Always())


class NeverRests(Tiny):
    """Has a breaker that never opens."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.ports = replace(self.ports, breaker=MemoryBreaker(failures=10**9))


class CallsAtNight(Tiny):
    """Knows no service hours."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.courtesy = Courtesy(50, 4)


class GoesOnWhenCancelled(Tiny):
    """Shields its call from the caller who goes away."""

    async def call(self, operation: str, attempt: Attempt[T], *, deadline: float | None = None) -> T:
        return await asyncio.shield(super().call(operation, attempt, deadline=deadline))


class HoldsItsPlace(Tiny):
    """Keeps a place for the whole walk, also while its reader thinks."""

    async def pages(self, operation: str, fetch: Any, **window: Any) -> AsyncIterator[Any]:
        async with self.ports.budget.acquire(self.system, Courtesy(1000, 2), 1.0):
            async for page in super().pages(operation, fetch, **window):
                yield page


class InheritsItsCourtesy(Tiny):
    """Declares no courtesy of its own."""


class _Unsigned(SecurityServerBasic):
    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        try:
            async for signed in super().async_auth_flow(request):
                yield signed
        except ConnectorError:
            yield request


class SendsWithoutSecret(Tiny):
    """Sends its request unsigned when there is no secret."""

    service = Rest(**{**SERVICE, "auth": _Unsigned})


class _Remembering(SecurityServerBasic):
    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._headers: httpx.Headers | None = None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if self._headers is None:
            async for _ in super().async_auth_flow(request):
                self._headers = httpx.Headers(request.headers)
        assert self._headers is not None
        request.headers["Authorization"] = self._headers["Authorization"]
        for name in ("Timestamp", "X-Road-Client", "ApiKey"):
            request.headers[name] = self._headers[name]
        yield request


class KeepsItsSignature(Tiny):
    """Reads its secret once and signs with it for ever."""

    service = Rest(**{**SERVICE, "auth": _Remembering})


class _Telling(SecurityServerBasic):
    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        logging.getLogger("tiny").debug("signing with %s", await self._account.secret("secret", "env:SECRET"))
        async for signed in super().async_auth_flow(request):
            yield signed


class LogsItsSecret(Tiny):
    """Writes its secret into a log at DEBUG."""

    service = Rest(**{**SERVICE, "auth": _Telling})
