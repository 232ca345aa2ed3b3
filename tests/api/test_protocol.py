"""Headers without an end: a caller that sends them is closed, and nobody else waits meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from hub.api.protocol import LARGEST_HEAD, LimitedProtocol

SMALL = b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: %d\r\n\r\n"


class Impatient(LimitedProtocol):
    """Waits for headers a moment only."""

    head_seconds = 0.2


async def _app(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"%d" % size
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _connected(
    protocol: type[LimitedProtocol] = LimitedProtocol,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(_app, port=0, http=protocol, lifespan="off", log_level="critical", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def _answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("piece", [b"a" * 1000, b"x: y\r\n" * 100], ids=["one header", "many headers"])
async def test_headers_without_an_end_are_cut_off(piece: bytes) -> None:
    """Beyond 64 KiB the connection is refused and closed, however the headers are cut."""
    async with _connected() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: hub\r\nx-long: ")
        for _ in range(LARGEST_HEAD // len(piece) + 1):
            writer.write(piece)
            await writer.drain()
        answer = await _answer(reader)
    assert answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_large_headers_in_one_piece_are_refused() -> None:
    """Headers that came whole are measured too."""
    async with _connected() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: hub\r\n" + b"x: %s\r\n" % (b"y" * 1000) * 100 + b"\r\n")
        answer = await _answer(reader)
    assert answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_headers_that_do_not_come_are_not_waited_for() -> None:
    """A connection on which no request begins, or none is finished, is closed."""
    async with _connected(Impatient) as (reader, writer):
        writer.write(SMALL % 0)
        await _answer(reader)
        await reader.readexactly(1)
        writer.write(b"POST / HTTP/1.1\r\nHo")
        async with asyncio.timeout(3):
            assert await reader.read() == b""


async def test_bodies_do_not_count_as_headers() -> None:
    """Many requests with large bodies pass over one connection, also sent without waiting for the answers."""
    body = b"b" * 60_000
    async with _connected() as (reader, writer):
        for _ in range(4):
            writer.write((SMALL % len(body) + body) * 2)
            await writer.drain()
            for _ in range(2):
                assert (await _answer(reader)).startswith(b"HTTP/1.1 200")
                assert await reader.readexactly(5) == b"60000"
