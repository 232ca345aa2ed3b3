"""A twin over real HTTP on loopback, for the checks in which the network is the point."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address
from tempfile import NamedTemporaryFile
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@asynccontextmanager
async def served(app: ASGIApp, *, tls: bool = False) -> AsyncIterator[str]:
    """Serves an application from its own thread, `tls` with a certificate that nobody trusts; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, log_level="critical", lifespan="off", loop="asyncio"
    )
    config.load()
    config.ssl = _untrusted() if tls else None
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        yield f"http{'s' * tls}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.to_thread(thread.join, 5)
        listener.close()


@lru_cache(1)
def _untrusted() -> ssl.SSLContext:
    """Makes a server's certificate that is signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:
        form = serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def closed_port() -> str:
    """Returns an address on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


class BreaksOff:
    """Announces a whole answer, sends a part of it, and closes the connection; `times` times, on POST and GET alike."""

    def __init__(self, app: ASGIApp, path: str, times: int) -> None:
        self._app, self._path, self._left = app, path, times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the application."""
        if self._left <= 0 or not scope["path"].endswith(self._path):
            await self._app(scope, receive, send)
            return
        self._left -= 1
        kept: list[Any] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._app(scope, receive, keep)
        await send(kept[0])
        content = b"".join(message.get("body", b"") for message in kept[1:])
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        # uvicorn's `receive` is a method of the request's cycle, which holds the socket's transport.
        receive.__self__.transport.close()  # type: ignore[attr-defined]
        while (await receive())["type"] != "http.disconnect":
            continue
