"""Real receivers of alerts on loopback: an HTTP server that keeps what is posted, and a small mail server."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import orjson


@dataclass
class Inbox:
    """What a receiver took. `answers` are given first, one each; then the usual one.

    `leave` is what a mail server says at the end.
    """

    url: str = ""
    port: int = 0
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    always: int = 204
    leave: int = 221
    asked: int = 0
    log: list[str] = field(default_factory=list)

    def documents(self) -> list[dict[str, Any]]:
        """The JSON bodies that were taken."""
        return [orjson.loads(body) for _, body in self.posts]

    def answer(self) -> int:
        """Counts a request and returns the status that it gets."""
        self.asked += 1
        return self.answers.pop(0) if self.answers else self.always


@contextmanager
def http_receiver(port: int = 0) -> Iterator[Inbox]:
    """Runs an HTTP server on a free port, or on a given one."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = inbox.answer()
            if 200 <= status < 300:
                inbox.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    inbox.port = server.server_address[1]
    inbox.url = f"http://127.0.0.1:{inbox.port}/alerts"
    yield from _serve(server, inbox)


@contextmanager
def mail_server(context: ssl.SSLContext | None = None, account: tuple[str, str] | None = None) -> Iterator[Inbox]:
    """Runs a mail server on a free port: STARTTLS with a context, PLAIN log-in (over TLS only) with an account."""
    inbox = Inbox(always=250)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.secure, self.known = False, account is None
            self.say(220, "ready")
            while line := self.rfile.readline():
                verb, _, rest = line.decode().strip().partition(" ")
                inbox.log.append(verb.upper())
                if not self.obey(verb.upper(), rest):
                    return

        def obey(self, verb: str, rest: str) -> bool:
            if verb == "EHLO":
                offers = ["STARTTLS"] if context and not self.secure else []
                offers += ["AUTH PLAIN"] if account and self.secure else []
                lines = ["here", *offers]
                for line in lines[:-1]:
                    self.wfile.write(f"250-{line}\r\n".encode())
                self.say(250, lines[-1])
            elif verb == "STARTTLS" and context:
                self.say(220, "go on")
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = cast(Any, self.connection.makefile("wb", buffering=0))
                self.secure = True
            elif verb == "AUTH" and account:
                given = tuple(base64.b64decode(rest.partition(" ")[2]).decode().split("\0")[1:])
                self.known = given == account
                self.say(*((235, "welcome") if self.known else (535, "no")))
            elif verb == "MAIL":
                self.to: list[str] = []
                self.say(*((250, "ok") if self.known else (530, "log in first")))
            elif verb == "RCPT":
                refused = "nobody@" in rest
                if not refused:
                    self.to.append(rest)
                self.say(*((550, "no such user") if refused else (250, "ok")))
            elif verb == "DATA":
                self.say(354, "send")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                status = inbox.answer()
                if status == 250:
                    inbox.mails.append(cast(EmailMessage, message_from_bytes(b"".join(lines), policy=policy.default)))
                    inbox.recipients.append(self.to)
                self.say(status, "so be it")
            else:
                self.say((inbox.leave if verb == "QUIT" else 250), "ok")
                return verb != "QUIT"
            return True

        def say(self, code: int, text: str) -> None:
            self.wfile.write(f"{code} {text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox.port = server.server_address[1]
    yield from _serve(server, inbox)


def _serve(server: socketserver.BaseServer, inbox: Inbox) -> Iterator[Inbox]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
