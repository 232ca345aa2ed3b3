"""uvicorn's HTTP protocol with bounds on what comes before a request's body: its size, and the time that it takes.

uvicorn with httptools collects headers without an end, in memory, for as long as the caller likes.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 65_536

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\ncache-control: no-store\r\n"
    b"connection: close\r\n\r\n"
)


class HeadTooLarge(Exception):
    """Address and headers are larger than `LARGEST_HEAD`; the parser makes a 400 of it."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose address and headers are larger than 64 KiB or take longer than ten seconds."""

    head_seconds = 10.0

    _head_complete = False
    _unfinished = 0
    _head_size = 0
    _chunk = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Gives the caller its time for the first headers."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.head_seconds, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, and closes the connection when it is too much of what is no request yet."""
        self._chunk = len(data)
        super().data_received(data)
        if self._head_complete or self.transport.is_closing():
            return
        self._unfinished += self._chunk
        if self._unfinished > LARGEST_HEAD:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._unfinished > 0 and self._timer is None:
            self._timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def on_message_begin(self) -> None:
        """Begins to measure a request."""
        self._head_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Measures the address."""
        self._measure(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Measures a header."""
        self._measure(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Ends the time for the headers."""
        self._head_complete = True
        self._unfinished = 0
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Measures anew: what follows in the same chunk belongs to the next request, and is not counted twice."""
        self._head_complete = False
        self._unfinished = -self._chunk
        super().on_message_complete()

    def _measure(self, size: int) -> None:
        self._head_size += size
        if self._head_size > LARGEST_HEAD:
            raise HeadTooLarge

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
