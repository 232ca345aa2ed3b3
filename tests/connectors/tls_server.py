"""A register over real TLS on loopback: OpenSSL on both sides, and it sends its alerts as a real server does."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


@dataclass
class Served:
    """A server that runs: its address, and whom it saw (the common name of each request's certificate)."""

    url: str
    seen: list[str] = field(default_factory=list)
    connections: int = 0
    hold: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that fails is the point of a test, and no news."""


@contextmanager
def tls_served(answer: Answer, context: ssl.SSLContext | None) -> Iterator[Served]:
    """Serves a register's function, over TLS if there is a context; answers wait while `hold` is cleared."""
    served = Served("")
    served.hold.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            served.connections += 1
            if context is not None:
                self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()
            self.request.close()  # `socketserver` knows only the socket below

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = httpx.Request(self.command, f"{served.url}{self.path}", headers=dict(self.headers), content=body)
            served.seen.append(_common_name(self.request))
            served.arrived.set()
            served.hold.wait(10)
            response, content = asyncio.run(_whole(answer, request))
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name.lower() not in ("content-length", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    served.url = f"http{'s' * (context is not None)}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.hold.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


async def _whole(answer: Answer, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    response = await answer(request)
    return response, await response.aread()


def _common_name(connection: Any) -> str:
    peer = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return dict(part[0] for part in (peer or {}).get("subject", ())).get("commonName", "")
