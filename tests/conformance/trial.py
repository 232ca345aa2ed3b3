"""One check's own twin, the wire to it, and what checks do with a connector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

import httpx
from starlette.types import ASGIApp

from connectors.base import CallContext, Connector, FeedEntry, Page, RetryBudget, Wanted
from connectors.errors import ConnectorError
from connectors.memory import MemoryBreaker, memory_ports
from connectors.ports import Ports
from tests.conformance.case import CONTEXT, Case, Twin
from tests.conformance.served import served
from tests.conformance.wire import Change, Wire

QUICK = RetryBudget(attempts=3, seconds=30.0, attempt_seconds=15.0, first_wait=0.002, longest_wait=0.004)
"""Waits next to nothing, and has time for a healthy answer on a busy machine."""
BRIEF = replace(QUICK, attempts=2, attempt_seconds=0.3)
"""For a register that hangs: each attempt costs its whole time."""


class FreeBudget:
    """Gives a turn to every call at once: most checks look at no rate, and need not wait for one."""

    def acquire(self, *asked: object) -> AbstractAsyncContextManager[None]:
        """Gives a turn."""
        return nullcontext()


class Trial:
    """A fresh register for one check of one connector; leave it to close what it opened."""

    def __init__(self, connector: type[Connector], case: Case) -> None:
        self.connector, self.case = connector, case
        self._claim: Any = None
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        case = self.case
        if case.twin is None:
            assert case.place is not None
            self.address = self._opened.enter_context(case.place())
            return self
        self.app, self.address = case.twin.app(), "http://twin" + case.twin.path
        self.wire = Wire(self._transport(), case.twin.operation)
        control = httpx.AsyncClient(transport=self._transport(), base_url="http://twin")
        self.control = await self._opened.enter_async_context(control)
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self._opened.aclose()

    def _transport(self) -> httpx.ASGITransport:
        return httpx.ASGITransport(self.app, client=("127.0.0.1", 1))

    @property
    def twin(self) -> Twin:
        """The twin over HTTP; a check that needs none must not ask for it."""
        assert self.case.twin is not None
        return self.case.twin

    @property
    def feed(self) -> Any:
        """The feed; a check that needs none must not ask for it."""
        assert self.case.feed is not None
        return self.case.feed

    @property
    def question(self) -> Any:
        """The question; a check that needs none must not ask for it."""
        assert self.case.question is not None
        return self.case.question

    @property
    def operation(self) -> str:
        """The operation that `act` asks for."""
        return (self.case.question or self.feed).operation

    def ports(self, **secrets: str) -> Ports:
        """Returns fresh ports without a rate; a secret may be given another value."""
        return replace(memory_ports({**self.case.secrets, **secrets}), budget=FreeBudget())

    def connect(self, *, url: str | None = None, kind: type[Connector] | None = None, **changed: Any) -> Connector:
        """Makes a connector to the register: by the wire, or over the network when an address is given."""
        by_wire = {"transport": self.wire} if url is None and self.case.twin else {}
        options = {"environment": "sandbox", "retry": QUICK, **by_wire, **changed}
        ports = options.pop("ports", None) or self.ports()
        address = self.address if url is None else url + self.twin.path
        return (kind or self.connector)(self.case.config(address), ports, **options)

    def untiring(self, **changed: Any) -> Connector:
        """Makes a connector that never rests, however often it fails."""
        ports = replace(self.ports(), breaker=MemoryBreaker(failures=10**9))
        return self.connect(ports=ports, **changed)

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Scripts faults at the twin."""
        (await self.control.put("/_sandbox/faults", json={"faults": faults})).raise_for_status()

    def script(self, change: Change, *, operation: str | None = None, after: int = 0, times: int | None = None) -> None:
        """Spoils answers on the wire: those to `act` unless an operation is named."""
        self.wire.script(operation or self.operation, change, after=after, times=times)

    def count(self) -> int:
        """Counts the attempts of `act` that reached the twin."""
        return self.wire.count(self.operation)

    def untouched(self) -> bool:
        """Tells whether nothing was sent, as far as that can be seen."""
        return self.case.twin is None or not self.wire.sent

    async def claim(self) -> Any:
        """Returns something that the question can be asked about."""
        if self._claim is None:
            self._claim = await self.question.claim(self.control)
        return self._claim

    async def ask(
        self, claim: Any = None, *, connector: Connector | None = None, context: CallContext = CONTEXT, **changed: Any
    ) -> Any:
        """Asks the question."""
        return await self.question.ask(
            connector or self.connect(**changed), claim if claim is not None else await self.claim(), context
        )

    async def act(self, *, connector: Connector | None = None, **changed: Any) -> Any:
        """Makes one call: the question, or the first page of the feed of a register that has none."""
        if self.case.question is not None:
            return await self.ask(connector=connector, **changed)
        return await anext(self.pages(connector=connector, **changed))

    async def pages(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        size: int | None = None,
        wanted: Wanted | None = None,
        connector: Connector | None = None,
        **changed: Any,
    ) -> AsyncGenerator[Page[FeedEntry], None]:
        """Reads the feed's window, or a part of it, page by page."""
        walk = getattr(connector or self.connect(**changed), self.feed.method)
        choice = {} if wanted is None else {"wanted": wanted}
        pages = walk(since or self.feed.since, until or self.feed.until, page_size=size or self.feed.size, **choice)
        try:
            async for page in pages:
                yield page
        finally:
            await pages.aclose()

    async def read(self, since: datetime | None = None, until: datetime | None = None, **how: Any) -> list[FeedEntry]:
        """Reads the feed's window, or a part of it, as one list."""
        return [entry async for page in self.pages(since, until, **how) for entry in page.entries]

    @asynccontextmanager
    async def served(
        self, twist: Callable[[ASGIApp], ASGIApp] = lambda app: app, *, tls: bool = False
    ) -> AsyncIterator[str]:
        """Serves the twin over real HTTP, or HTTPS with a certificate of its own making; gives its address."""
        async with served(twist(self.app), tls=tls) as url:
            yield url


async def refused(
    act: Awaitable[Any], kinds: type[Exception] | tuple[type[Exception], ...], *codes: str, within: float = 15.0
) -> Any:
    """Returns the error with which a call ends; fails when it passes, ends in another way, or not in time."""
    try:
        async with asyncio.timeout(within):
            await act
    except ConnectorError as error:
        names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        assert isinstance(error, kinds), f"{type(error).__name__} {error.code} where {' or '.join(names)} is due"
        assert not codes or error.code in codes, f"code {error.code} where {' or '.join(codes)} is due"
        return error
    except TimeoutError:
        raise AssertionError("the call did not end in time") from None
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} escaped, which is no ConnectorError") from None
    raise AssertionError("the call passed where it must fail")
