"""One HTTP exchange with a register: send, read a bounded answer, and say what went wrong without showing it."""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.ports import RegisterConfig, Secrets
from connectors.retry import retry_after
from connectors.tls import TlsTransport
from connectors.tls_problems import tls_problem

CLOCK_TOLERANCE = 120.0
"""Seconds by which a register's `Date` may differ before a refused signature is blamed on the clocks."""

QUERY = "lienthong.query"
"""The extension of a request that holds its query string until it is sent."""


_OWN_CODE = re.compile(rb'(?:"error_code"\s*:\s*"|<MaLoi>)(\w{1,40})["<]')


class QueryTransport(httpx.AsyncBaseTransport):
    """Puts the query string into the address at the last moment.

    National systems take personal numbers in the query. httpx writes each address into its log, and into what it
    shows of requests and errors; so the address that httpx knows has no query.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request with the query of its extension."""
        if query := request.extensions.get(QUERY):
            request = httpx.Request(
                request.method,
                request.url.copy_with(query=query),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._inner.aclose()


def network_of(register: str, config: RegisterConfig, secrets: Secrets, connections: int) -> httpx.AsyncBaseTransport:
    """Returns a transport to a register: over TLS with what its settings say, or in the clear to a twin."""
    if not config.url.lower().startswith("http:"):
        return TlsTransport(register, config, secrets, connections)
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts no authority at all: this address has no TLS
    return httpx.AsyncHTTPTransport(verify=nobody, limits=httpx.Limits(max_connections=connections), trust_env=False)


def http_client(network: httpx.AsyncBaseTransport, seconds: float) -> httpx.AsyncClient:
    """Returns the client of one register, which waits so long for each part of an answer."""
    return httpx.AsyncClient(
        transport=QueryTransport(network),
        timeout=httpx.Timeout(seconds, connect=10.0),
        follow_redirects=False,
        # A cookie would tie one officer's question to another's.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        # A register is reached by its security server: no proxy or .netrc of the shell may step in between.
        trust_env=False,
    )


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
    know, and what they mean in ours. `signs_time` says that our clock goes into the signature, so that a refused one
    may be the clocks' fault.
    """

    http: httpx.AsyncClient
    register: str
    operation: str
    limit: int
    clock: Callable[[], datetime]
    codes: Mapping[str, str]
    signs_time: bool = True

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        extensions: Mapping[str, Any] | None = None,
        signed: bool = True,
    ) -> Answer:
        """Sends a request and returns the answer, whatever its status says except redirects, 401, 403 and 429.

        A 401 is answered once with a fresh signature: a security server that fails over, a token that was ended early
        or a secret that was just rotated refuses what was good when it was made. What is not signed is sent once. The
        query goes into the extension `QUERY` and never into `url`.
        """
        asked = {**headers, "Accept-Encoding": "gzip"}
        request = {"content": content, "headers": asked, "extensions": dict(extensions or {})}
        if not signed:
            request["auth"] = None
        try:
            try:
                return await self._exchange(method, url, request)
            except Denied as error:
                if error.code != "credentials" or not signed:
                    raise
            return await self._exchange(method, url, request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise self.error(Refused, "address_invalid") from None
        except httpx.TimeoutException:
            raise self.error(Unavailable, "timeout") from None
        except httpx.LocalProtocolError:
            raise self.error(Refused, "request_invalid", "headers") from None
        # Over TLS 1.3 the register judges our certificate after the handshake: httpx then lets ssl's own error through.
        except (httpx.TransportError, ssl.SSLError) as error:
            if problem := tls_problem(error):
                raise self.error(Denied, problem) from None
            raise self.error(Unavailable, "connection") from None

    async def _exchange(self, method: str, url: str, request: dict[str, Any]) -> Answer:
        async with self.http.stream(method, _address(url), **request) as response:
            status = response.status_code
            wait = retry_after(response.headers.get("Retry-After"), self.clock())
            if response.is_redirect or 300 <= status < 400:
                raise self.error(BrokenContract, "redirect", f"HTTP {status}")
            if status == 401:
                known = self.known_code(await self._read(response))
                raise self.error(Denied, "clock_skew" if self._skewed(response) else known or "credentials")
            if status == 403:
                raise self.error(Denied, "forbidden")
            if status == 429:
                raise Unavailable(self.register, self.operation, "throttled", retry_after=wait)
            answer = Answer(status, await self._read(response), wait)
            if status == 400 and (proxy := _judged_by_proxy(answer.body)):
                raise self.error(Denied, proxy)
            return answer

    def known_code(self, body: bytes) -> str | None:
        """Returns our code for the register's own error code in a body; None when there is none that we know."""
        return self.codes.get(own) if (own := own_code(body)) else None

    async def _read(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            raise self.error(BrokenContract, "encoding")
        # httpx would unpack a gzip bomb in one go; zlib stops at the byte after the limit.
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        parts: list[bytes] = []
        room = self.limit
        try:
            async for raw in response.aiter_raw():
                part = inflate.decompress(raw, room + 1) if inflate else raw
                room -= len(part)
                if room < 0:
                    raise self.error(BrokenContract, "oversize")
                parts.append(part)
        except zlib.error:
            raise self.error(BrokenContract, "encoding") from None
        except httpx.RemoteProtocolError:
            raise self.error(Unavailable, "truncated") from None
        if inflate is not None and parts and not inflate.eof:
            raise self.error(Unavailable, "truncated")
        return b"".join(parts)

    def _skewed(self, response: httpx.Response) -> bool:
        if not self.signs_time:
            return False
        try:
            theirs = parsedate_to_datetime(response.headers["Date"])
            return abs((theirs - self.clock()).total_seconds()) > CLOCK_TOLERANCE
        except (KeyError, ValueError, TypeError):
            return False

    def error(self, kind: type[ConnectorError], code: str, *fields: str) -> ConnectorError:
        """Makes an error of this operation."""
        return kind(self.register, self.operation, code, fields=fields)


@lru_cache(maxsize=256)
def _address(url: str) -> httpx.URL:
    """Parses an address once: a register has few of them, since queries stand elsewhere."""
    return httpx.URL(url)


def own_code(body: bytes) -> str | None:
    """Finds the register's own error code in a body, be it JSON or XML."""
    found = _OWN_CODE.search(body)
    return found[1].decode("ascii", "replace") if found else None


def _judged_by_proxy(body: bytes) -> str | None:
    """Reads what nginx says about our certificate: it finishes the handshake first, then answers 400 with a page."""
    if b"No required SSL certificate was sent" in body:
        return "client_certificate_missing"
    return "client_certificate" if b"The SSL certificate error" in body else None
