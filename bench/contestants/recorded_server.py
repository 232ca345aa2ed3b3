"""Serves recorded answers of the twins from memory: `python recorded_server.py FILE`.

A twin makes each page when it is asked, which takes longer than fetching it and so hides what a client costs. This
server only looks an answer up and sends it with the twins' own headers. It asks for a signature but checks none.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

_PAGE = re.compile(rb"Trang>(\d+)<")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SIGNED = re.compile(rb"\r\n(?:authorization|lgspaccesstoken): ", re.IGNORECASE)
_TOKEN = json.dumps({"access_token": "0123456789abcdef" * 2, "token_type": "Bearer", "expires_in": 300}).encode()


@lru_cache(maxsize=100_000)
def question_of(target: str) -> str:
    """Names a question by its path and its parameters, in whatever order and spelling they came."""
    parts = urlsplit(target)
    return f"{parts.path.rpartition('/')[2]} {sorted(parse_qsl(parts.query))}"


class Recorded(asyncio.Protocol):
    """One connection."""

    answers: dict[str, bytes]
    served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answers each question that is complete."""
        self.buffer += data
        while (ends := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:ends]
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            if len(self.buffer) < ends + 4 + length:
                return
            body, self.buffer = self.buffer[ends + 4 : ends + 4 + length], self.buffer[ends + 4 + length :]
            self.transport.write(self.answer(head, body))  # type: ignore[attr-defined]

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Returns the whole answer to one question."""
        method, target, _ = head.split(b" ", 2)
        if target == b"/served":
            content, status = b"%d" % Recorded.served, b"200 OK"
            Recorded.served = 0
        elif target.endswith(b"/token"):
            content, status = _TOKEN, b"200 OK"
        else:
            Recorded.served += 1
            page = _PAGE.search(body) if method == b"POST" else None
            question = f"page {int(page[1])}" if page else question_of(target.decode("ascii"))
            content, status = self.answers.get(question, b""), b"200 OK"
            if not content or not _SIGNED.search(head):
                status = b"404 Not Found"
        kind = b"text/xml" if method == b"POST" and b"Envelope" in body else b"application/json"
        return (
            b"HTTP/1.1 %s\r\ndate: Sun, 22 Nov 2026 00:00:00 GMT\r\nserver: uvicorn\r\n"
            b"content-length: %d\r\ncontent-type: %s; charset=utf-8\r\n\r\n%s" % (status, len(content), kind, content)
        )


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Recorded, "127.0.0.1", 0)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    Recorded.answers = pickle.loads(Path(sys.argv[1]).read_bytes())
    asyncio.run(_serve())
