"""What lies between a connector and its twin in process: it counts, keeps and spoils what passes."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

Change = httpx.Response | Exception | Callable[[httpx.Response], httpx.Response | Awaitable[httpx.Response]]


@dataclass
class Twist:
    """What happens to the answers of one operation, `times` times after `after` calls that pass."""

    operation: str
    change: Change
    after: int
    times: int | None
    met: int = 0

    def strikes(self, operation: str) -> bool:
        """Counts a call and tells whether this one is hit."""
        if operation != self.operation:
            return False
        self.met += 1
        return self.met > self.after and (self.times is None or self.met <= self.after + self.times)


@dataclass(frozen=True)
class Sent:
    """One request that reached the wire, and when."""

    operation: str
    request: httpx.Request
    at: float


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """A transport in front of another one."""

    inner: httpx.AsyncBaseTransport
    operation: Callable[[httpx.Request], str]
    sent: list[Sent] = field(default_factory=list)
    twists: list[Twist] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    closed: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes a request on, and back what the script makes of its answer."""
        await request.aread()
        operation = self.operation(request)
        self.sent.append(Sent(operation, request, time.monotonic()))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            # Every twist counts the call, also one that a twist before it has hit.
            struck = [twist.change for twist in self.twists if twist.strikes(operation)]
            return _unread(await self._answer(request, struck[0] if struck else None))
        finally:
            self.under_way -= 1

    async def _answer(self, request: httpx.Request, change: Change | None) -> httpx.Response:
        if isinstance(change, Exception):
            raise change
        if isinstance(change, httpx.Response):
            return change
        answer = await self.inner.handle_async_request(request)
        answer.request = request
        self.kept.append(await answer.aread())
        if change is None:
            return answer
        changed = change(answer)
        return await changed if inspect.isawaitable(changed) else changed

    async def aclose(self) -> None:
        """Notes that the connector closed its connections."""
        self.closed = True

    def script(self, operation: str, change: Change, *, after: int = 0, times: int | None = None) -> None:
        """Adds a twist; the first one that strikes wins."""
        self.twists.append(Twist(operation, change, after, times))

    def count(self, operation: str) -> int:
        """Counts the requests for one operation."""
        return sum(sent.operation == operation for sent in self.sent)

    def forget(self) -> None:
        """Forgets what was sent, kept and scripted."""
        self.sent.clear()
        self.kept.clear()
        self.twists.clear()


async def hang(answer: httpx.Response) -> httpx.Response:
    """Does the work and then never answers."""
    await asyncio.sleep(60)
    return answer


def body(change: Callable[[bytes], bytes]) -> Callable[[httpx.Response], httpx.Response]:
    """Makes a change of an answer out of a change of its body."""

    def apply(answer: httpx.Response) -> httpx.Response:
        headers = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
        return httpx.Response(answer.status_code, headers=headers, content=change(answer.content))

    return apply


def _unread(answer: httpx.Response) -> httpx.Response:
    """Makes an answer that has yet to be read, as one from a network is."""
    try:
        content = answer.content
    except httpx.ResponseNotRead:
        return answer
    stream = httpx.ByteStream(content)
    return httpx.Response(answer.status_code, headers=answer.headers, stream=stream, extensions=answer.extensions)
