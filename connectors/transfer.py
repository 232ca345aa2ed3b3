"""One HTTP exchange with a register: send, read a bounded answer, and say what went wrong without showing it."""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.retry import retry_after

CLOCK_TOLERANCE = 120.0
"""Seconds by which a register's `Date` may differ before a refused signature is blamed on the clocks."""

_OWN_CODE = re.compile(rb'(?:"error_code"\s*:\s*"|<MaLoi>)(\w{1,40})["<]')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a register answered, fully read."""

    status: int
    body: bytes = field(repr=False)
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Sends requests of one operation.

    `limit` is the most bytes that an answer may have, unpacked. `codes` says which of the register's own error codes we
    know, and what they mean in ours.
    """

    http: httpx.AsyncClient
    register: str
    operation: str
    limit: int
    clock: Callable[[], datetime]
    codes: Mapping[str, str]

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Posts and returns the answer, whatever its status says except redirects, 401, 403 and 429.

        A 401 is answered once with a fresh signature: a security server that fails over, or a secret that was just
        rotated, refuses a signature that was good when it was made.
        """
        try:
            try:
                return await self._post(url, content, headers)
            except Denied as error:
                if error.code != "credentials":
                    raise
            return await self._post(url, content, headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise self._error(Refused, "address_invalid") from None
        except httpx.TimeoutException:
            raise self._error(Unavailable, "timeout") from None
        except httpx.LocalProtocolError:
            raise self._error(Refused, "request_invalid", "headers") from None
        except httpx.TransportError as error:
            if _untrusted(error):
                raise self._error(Denied, "certificate") from None
            raise self._error(Unavailable, "connection") from None

    async def _post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        asked = {**headers, "Accept-Encoding": "gzip"}
        async with self.http.stream("POST", url, content=content, headers=asked) as response:
            status = response.status_code
            wait = retry_after(response.headers.get("Retry-After"), self.clock())
            if response.is_redirect or 300 <= status < 400:
                raise self._error(BrokenContract, "redirect", f"HTTP {status}")
            if status == 401:
                known = self.known_code(await self._read(response))
                raise self._error(Denied, "clock_skew" if self._skewed(response) else known or "credentials")
            if status == 403:
                raise self._error(Denied, "forbidden")
            if status == 429:
                raise Unavailable(self.register, self.operation, "throttled", retry_after=wait)
            return Answer(status, await self._read(response), wait)

    def known_code(self, body: bytes) -> str | None:
        """Returns our code for the register's own error code in a body; None when there is none that we know."""
        found = _OWN_CODE.search(body)
        return self.codes.get(found[1].decode("ascii", "replace")) if found else None

    async def _read(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            raise self._error(BrokenContract, "encoding")
        # httpx would unpack a gzip bomb in one go; zlib stops at the byte after the limit.
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        parts: list[bytes] = []
        room = self.limit
        try:
            async for raw in response.aiter_raw():
                part = inflate.decompress(raw, room + 1) if inflate else raw
                room -= len(part)
                if room < 0:
                    raise self._error(BrokenContract, "oversize")
                parts.append(part)
        except zlib.error:
            raise self._error(BrokenContract, "encoding") from None
        except httpx.RemoteProtocolError:
            raise self._error(Unavailable, "truncated") from None
        if inflate is not None and parts and not inflate.eof:
            raise self._error(Unavailable, "truncated")
        return b"".join(parts)

    def _skewed(self, response: httpx.Response) -> bool:
        try:
            theirs = parsedate_to_datetime(response.headers["Date"])
            return abs((theirs - self.clock()).total_seconds()) > CLOCK_TOLERANCE
        except (KeyError, ValueError, TypeError):
            return False

    def _error(self, kind: type[ConnectorError], code: str, *fields: str) -> ConnectorError:
        return kind(self.register, self.operation, code, fields=fields)


def _untrusted(error: BaseException | None) -> bool:
    """Finds a refused certificate behind httpx's connect error, which a retry can't mend."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
