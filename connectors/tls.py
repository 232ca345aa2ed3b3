"""TLS to one register: whom we trust and who we are, read anew when the files change, without a restart."""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httpx

from connectors.errors import ConnectorError, Denied, Refused
from connectors.ports import RegisterConfig, Secrets
from connectors.tls_problems import alert_of, tls_problem

GRACE_SECONDS = 60.0
"""How long the earlier certificates stay in use while new ones make no sense: they are replaced file by file."""

_ASK_WHY_SECONDS = 60.0

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Material:
    """What the TLS to a register is made of at a moment; two are equal when nothing was changed in between."""

    ca_file: Path | None = None
    ca_stamp: _Stamp | None = None
    certificate: Path | None = None
    certificate_stamp: _Stamp | None = None
    key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)


async def material_of(register: str, config: RegisterConfig, secrets: Secrets) -> Material:
    """Looks at the files and references that the settings name.

    Raises:
        Refused: `secret_missing`, one of them is not there; its setting is named.
    """

    async def secret(name: str, reference: str | None) -> str:
        try:
            if reference and (found := (await secrets.get(reference)).strip()):
                return found + "\n"
        except LookupError:
            pass
        raise Refused(register, "connect", "secret_missing", fields=(name,))

    def stamp(name: str, path: Path) -> _Stamp:
        try:
            status = path.stat()
        except OSError:
            raise Refused(register, "connect", "secret_missing", fields=(name,)) from None
        return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size

    ca, certificate = config.ca_file, config.client_certificate
    passphrase = config.client_key_passphrase
    return Material(
        ca_file=ca,
        ca_stamp=stamp("ca_file", ca) if ca else None,
        certificate=certificate,
        certificate_stamp=stamp("client_certificate", certificate) if certificate else None,
        key=await secret("client_key", config.client_key) if certificate else "",
        passphrase=(await secret("client_key_passphrase", passphrase)).rstrip("\n") if passphrase else "",
    )


def context_of(register: str, material: Material) -> ssl.SSLContext:
    """Makes the context of new connections: TLS 1.2 or later, the register's authority or the machine's own ones.

    Raises:
        Refused: `certificate_unusable`, a file is no certificate or key, or the two do not belong together.
    """
    try:
        context = ssl.create_default_context(cafile=str(material.ca_file) if material.ca_file else None)
    except (ssl.SSLError, OSError, ValueError):
        raise Refused(register, "connect", "certificate_unusable", fields=("ca_file",)) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if material.certificate is not None:
        try:
            with as_file(material.key) as path:
                # A password even where there is none: OpenSSL would ask the terminal for it.
                context.load_cert_chain(material.certificate, path, password=material.passphrase)
        except (ssl.SSLError, OSError, ValueError):
            fields = ("client_certificate", "client_key")
            raise Refused(register, "connect", "certificate_unusable", fields=fields) from None
    return context


def end_of(register: str, material: Material) -> datetime | None:
    """Returns when our own certificate ends; None when there is none.

    Raises:
        Refused: `certificate_unusable`.
    """
    if material.certificate is None:
        return None
    # Imported late: few registers want a client certificate.
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(material.certificate.read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError):
        raise Refused(register, "connect", "certificate_unusable", fields=("client_certificate",)) from None


@contextmanager
def as_file(text: str) -> Iterator[str]:
    """Lends a text as a file that only this user may read, for a library that takes paths; on Linux on no disk."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("lienthong", os.MFD_CLOEXEC)
        try:
            os.fchmod(descriptor, 0o600)
            os.write(descriptor, text.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            yield file.name


@dataclass(eq=False, slots=True)
class _Line:
    """The connections that were made with one material, and how many calls are on them."""

    material: Material
    context: ssl.SSLContext
    transport: httpx.AsyncHTTPTransport
    ends: datetime | None
    calls: int = 0


class TlsTransport(httpx.AsyncBaseTransport):
    """Calls a register over connections whose certificates are those of the moment.

    When a file or the key changes, new calls go over new connections; the old ones are closed with their last call.
    While new files make no sense (a certificate without its key yet), the earlier ones stay in use for a minute.

    Raises:
        Refused: `secret_missing` or `certificate_unusable`.
        Denied: `client_certificate_expired`, our certificate has ended and nothing is sent; or the register broke the
            connection because of our certificate (see `alert_of`).
    """

    def __init__(
        self, register: str, config: RegisterConfig, secrets: Secrets, connections: int, *, grace: float = GRACE_SECONDS
    ) -> None:
        self._register = register
        self._config = config
        self._secrets = secrets
        self._limits = httpx.Limits(max_connections=connections)
        self._grace = grace
        self._line: _Line | None = None
        self._retired: set[_Line] = set()
        self._broken_since: float | None = None
        self._asked_why: float | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request over the line of the moment."""
        line = await self._current()
        line.calls += 1
        try:
            response = await line.transport.handle_async_request(request)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            await self._left(line)
            if tls_problem(error) is None and (problem := await self._reason(request.url, line)) is not None:
                raise Denied(self._register, "connect", problem) from None
            raise
        except BaseException:
            await self._left(line)
            raise
        stream = _Watched(cast(httpx.AsyncByteStream, response.stream), self, line)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        for line in [*self._retired, *filter(None, [self._line])]:
            await line.transport.aclose()

    async def _current(self) -> _Line:
        try:
            material = await material_of(self._register, self._config, self._secrets)
            line = self._line
            if line is None or line.material != material:
                line = await self._renewed(material)
            self._broken_since = None
        except ConnectorError:
            self._broken_since = self._broken_since or time.monotonic()
            if self._line is None or time.monotonic() - self._broken_since >= self._grace:
                raise
            line = self._line
        if line.ends is not None and line.ends <= datetime.now(UTC):
            raise Denied(self._register, "connect", "client_certificate_expired")
        return line

    async def _renewed(self, material: Material) -> _Line:
        context, ends = context_of(self._register, material), end_of(self._register, material)
        transport = httpx.AsyncHTTPTransport(verify=context, limits=self._limits, trust_env=False)
        old, line = self._line, _Line(material, context, transport, ends)
        self._line = line
        if old is not None:
            self._retired.add(old)
            await self._close_if_idle(old)
        return line

    async def _reason(self, url: httpx.URL, line: _Line) -> str | None:
        """Finds out, once a minute at most, whether a connection broke because of our certificate."""
        now = time.monotonic()
        if url.scheme != "https" or (self._asked_why is not None and now - self._asked_why < _ASK_WHY_SECONDS):
            return None
        self._asked_why = now
        problem = await asyncio.to_thread(alert_of, url.host, url.port or 443, line.context)
        if problem is not None:
            self._asked_why = None
        return problem

    async def _left(self, line: _Line) -> None:
        line.calls -= 1
        await self._close_if_idle(line)

    async def _close_if_idle(self, line: _Line) -> None:
        if line.calls == 0 and line in self._retired:
            self._retired.discard(line)
            await line.transport.aclose()


class _Watched(httpx.AsyncByteStream):
    """The body of an answer, which tells its line when it is closed."""

    def __init__(self, inner: httpx.AsyncByteStream, owner: TlsTransport, line: _Line) -> None:
        self._inner, self._owner, self._line = inner, owner, line
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            if self._open:
                self._open = False
                await self._owner._left(self._line)
