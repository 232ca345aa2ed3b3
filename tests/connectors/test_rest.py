"""JSON over HTTP: what goes out, and what each kind of bad answer becomes."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from connectors.auth import OFFICER, Account
from connectors.base import Connector, Courtesy
from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.memory import memory_ports
from connectors.rest import Rest, StatusField
from connectors.transfer import Answer
from tests.connectors.conftest import QUICK, settings
from tests.connectors.register import Behaviour, unread
from tests.connectors.test_soap import untrusted

BASE = "https://register.invalid/api/v1"
GOOD = {"Status": "1", "value": "ă"}


class Key(httpx.Auth):
    """Sends a key that must never reach another host."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["X-Key"] = f"the-key-of-{request.extensions.get(OFFICER, 'nobody')}"
        yield request


class Small(Connector):
    """A register with a status field and two codes of its own."""

    system = "small"
    service = Rest(
        auth=Key,
        status=StatusField("Status", frozenset({"1", "01"})),
        codes={"E7": (Refused, "window_too_long"), "9": (Denied, "forbidden")},
        max_bytes=10_000,
    )
    courtesy = Courtesy(1000, 8)


class Bare(Connector):
    """A register without a status field."""

    system = "small"
    service = Rest(auth=Key)
    courtesy = Courtesy(1000, 8)


@dataclass
class Server:
    """Answers as scripted, well otherwise."""

    script: list[Behaviour] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self.script.pop(0) if self.script else httpx.Response(200, json=GOOD)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return unread(answer)


@pytest.fixture
def server() -> Server:
    """A register that is well."""
    return Server()


Ask = Callable[..., Any]


@pytest.fixture
def ask(server: Server) -> Ask:
    """Asks the register once, by one of the service's ways."""

    async def call(
        way: str = "get", *rest: Any, kind: type[Connector] = Small, transport: Any = None, **named: Any
    ) -> Any:
        transport = transport or httpx.MockTransport(server)
        connector = kind(settings(url=BASE), memory_ports(), environment="sandbox", retry=QUICK, transport=transport)
        async with connector:
            arguments = rest or ("things", {"a": "1"})

            async def attempt() -> Any:
                return await getattr(connector.service, way)(connector, "things", *arguments, **named)

            return await connector.call("things", attempt)

    return call


async def test_a_question_by_get(ask: Ask, server: Server) -> None:
    """Parameters go out in the query, encoded, below the base address, under the officer's sign-in."""
    found = await ask("get", "/list/of", {"name": "Nguyễn & An+1", "page": 2}, officer="CB-1")

    assert found == GOOD
    (request,) = server.requests
    assert str(request.url) == f"{BASE}/list/of?name=Nguy%E1%BB%85n+%26+An%2B1&page=2"
    assert (request.method, request.headers["Accept"]) == ("GET", "application/json")
    assert request.headers["X-Key"] == "the-key-of-CB-1"
    assert "Content-Type" not in request.headers


async def test_a_question_by_post(ask: Ask, server: Server) -> None:
    """Fields go out as one JSON object in UTF-8, and nothing in the address."""
    await ask("post", "things", {"name": "Nguyễn", "page": 2})

    (request,) = server.requests
    assert (str(request.url), request.method) == (f"{BASE}/things", "POST")
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(request.content) == {"name": "Nguyễn", "page": 2}


@pytest.mark.parametrize("status", ["1", "01", 1, " 1 "])
async def test_success_is_read_in_each_spelling(ask: Ask, server: Server, status: object) -> None:
    """A status comes as a text or a number."""
    server.script.append(httpx.Response(200, json={"Status": status}))

    assert (await ask())["Status"] == status


async def test_a_byte_order_mark_is_passed_over(ask: Ask, server: Server) -> None:
    """Some servers write one before their JSON."""
    server.script.append(httpx.Response(200, content=b"\xef\xbb\xbf" + json.dumps(GOOD).encode()))

    assert await ask() == GOOD


LOGIN = "<!DOCTYPE html><html><form action=/login></form></html>"
DEEP = '{"a":' * 100_000
CASES: list[tuple[httpx.Response | Exception, type[ConnectorError], str]] = [
    (httpx.Response(200), Unavailable, "empty_answer"),
    (httpx.Response(200, text="  \n"), Unavailable, "empty_answer"),
    (httpx.Response(204), Refused, "http_refused"),
    (httpx.Response(200, text='{"Status": "1", "value": "Nguy'), Unavailable, "truncated"),
    (httpx.RemoteProtocolError("x"), Unavailable, "connection"),
    (httpx.ConnectError("x"), Unavailable, "connection"),
    (httpx.ReadTimeout("x"), Unavailable, "timeout"),
    (httpx.PoolTimeout("x"), Unavailable, "timeout"),
    (untrusted(), Denied, "certificate"),
    (httpx.LocalProtocolError("x"), Refused, "request_invalid"),
    (httpx.InvalidURL("x"), Refused, "address_invalid"),
    (httpx.Response(200, text=LOGIN), BrokenContract, "not_json"),
    (httpx.Response(200, content=b"\x00\x8f\xff"), BrokenContract, "not_json"),
    (httpx.Response(200, content='{"Status": "1"}'.encode("utf-16")), BrokenContract, "not_utf8"),
    (httpx.Response(200, content='{"Status": "1", "a": "Đô"}'.encode("windows-1258")), BrokenContract, "not_utf8"),
    (httpx.Response(200, content='{"Status": "1", "a": "Đ'.encode()[:-1]), Unavailable, "truncated"),
    (httpx.Response(200, text='{"Status": "1", "a": -1e400}'), BrokenContract, "not_json"),
    (httpx.Response(200, text='{"Status": "1"} {}'), BrokenContract, "not_json"),
    (httpx.Response(200, text='{"Status": "1", "a": NaN}'), BrokenContract, "not_json"),
    (httpx.Response(200, text='{"Status": "1", "a": ' + "9" * 5000 + "}"), BrokenContract, "not_json"),
    (httpx.Response(200, text='["Status"]'), BrokenContract, "not_json"),
    (httpx.Response(200, text='"1"'), BrokenContract, "not_json"),
    (httpx.Response(200, text='{"Status": "1", "a": 1, "a": 2}'), BrokenContract, "key_repeated"),
    (httpx.Response(200, text='{"Status": "1", "a": {"b": 1, "b": 1}}'), BrokenContract, "key_repeated"),
    (httpx.Response(200, json={"Status": "0", "error_code": "E7"}), Refused, "window_too_long"),
    (httpx.Response(200, json={"Status": "0", "error_code": 9}), Denied, "forbidden"),
    (httpx.Response(200, json={"Status": "0", "Message": "x"}), Unavailable, "error_in_200"),
    (httpx.Response(200, json={"Status": "0", "error_code": "X"}), Unavailable, "error_in_200"),
    (httpx.Response(200, json={"Status": True}), Unavailable, "error_in_200"),
    (httpx.Response(200, json={"error_code": "-1"}), Unavailable, "error_in_200"),
    (httpx.Response(200, json={"message": "no route"}), Unavailable, "error_in_200"),
    (httpx.Response(200, json={"value": "1"}), BrokenContract, "field_missing"),
    (httpx.Response(400, json={"error_code": "E7"}), Refused, "window_too_long"),
    (httpx.Response(400, json={"error_code": "X"}), Refused, "http_refused"),
    (httpx.Response(404, text=LOGIN), Refused, "http_refused"),
    (httpx.Response(403), Denied, "forbidden"),
    (httpx.Response(401), Denied, "credentials"),
    (httpx.Response(429), Unavailable, "throttled"),
    (httpx.Response(408), Unavailable, "server_error"),
    (httpx.Response(500, json={"error_code": "E7"}), Unavailable, "server_error"),
    (httpx.Response(502, text="<html/>"), Unavailable, "server_error"),
    (httpx.Response(301, headers={"Location": f"{BASE}/things"}), BrokenContract, "redirect"),
    (httpx.Response(302, headers={"Location": "http://register.invalid/api/v1/things"}), BrokenContract, "redirect"),
    (httpx.Response(307, headers={"Location": "https://elsewhere.invalid/"}), BrokenContract, "redirect"),
    (httpx.Response(200, text=json.dumps({"Status": "1", "a": "x" * 10_000})), BrokenContract, "oversize"),
    (httpx.Response(200, headers={"Content-Encoding": "br"}, text="{}"), BrokenContract, "encoding"),
]


@pytest.mark.parametrize(("answer", "kind", "code"), CASES)
async def test_bad_answers_are_classified(
    ask: Ask, server: Server, answer: httpx.Response | Exception, kind: type[ConnectorError], code: str
) -> None:
    """Each way to answer badly has its error, by what the caller should do next."""
    server.script.extend([answer] * 4)

    with pytest.raises(kind) as caught:
        await ask()

    assert caught.value.code == code
    assert len(server.requests) == (4 if kind is Unavailable else 2 if code == "credentials" else 1)
    assert {request.url.host for request in server.requests} == {"register.invalid"}


async def test_deep_nesting_is_refused(ask: Ask, server: Server) -> None:
    """Nesting beyond what can be read is no broken-off answer that may come whole next time."""

    class Large(Small):
        service = Rest(auth=Key)

    server.script.append(httpx.Response(200, text=DEEP))

    with pytest.raises(BrokenContract) as caught:
        await ask(kind=Large)

    assert caught.value.code == "not_json"


async def test_a_register_without_a_status_field(ask: Ask, server: Server) -> None:
    """Any object is an answer there, unless it has the keys of an error."""
    server.script.append(httpx.Response(200, json={"message": "Xin chào"}))

    assert await ask(kind=Bare) == {"message": "Xin chào"}

    server.script.extend([httpx.Response(200, json={"error": "x"})] * 4)
    with pytest.raises(Unavailable):
        await ask(kind=Bare)


async def test_a_gzip_bomb_stops_at_the_limit(ask: Ask) -> None:
    """A small answer that unpacks to a gigabyte is refused before it is unpacked."""
    packed = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = b"\0" * 1_000_000
    bomb = b"".join(packed.compress(zeros) for _ in range(1000)) + packed.flush()
    unpacked = 0

    async def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=_Counted(bomb))

    class _Counted(httpx.AsyncByteStream):
        def __init__(self, content: bytes) -> None:
            self._content = content

        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal unpacked
            for place in range(0, len(self._content), 1000):
                unpacked += 1
                yield self._content[place : place + 1000]

    with pytest.raises(BrokenContract) as caught:
        await ask(transport=httpx.MockTransport(serve))

    assert caught.value.code == "oversize"
    assert unpacked == 1


async def test_a_packed_answer_is_read(ask: Ask, server: Server) -> None:
    """Gzip is asked for, and a broken-off one is told from a whole one."""
    packed = gzip.compress(json.dumps(GOOD).encode())

    server.script = [_raw(packed)]
    assert await ask() == GOOD
    assert server.requests[-1].headers["Accept-Encoding"] == "gzip"

    server.script = [_raw(packed[:-8])] * 4
    with pytest.raises(Unavailable) as caught:
        await ask()
    assert caught.value.code == "truncated"


def _raw(packed: bytes) -> httpx.Response:
    """Makes a packed answer that httpx has not yet unpacked; `unread` copies what is read, so nothing is read."""
    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed))
    answer._content = packed
    return answer


@pytest.mark.parametrize(
    ("link", "called"),
    [
        (f"{BASE}/things?page=2&name=a%20b", f"{BASE}/things?page=2&name=a%20b"),
        ("https://register.invalid:443/other?page=2", "https://register.invalid/other?page=2"),
        ("/api/v1/things?page=2#top", f"{BASE}/things?page=2"),
    ],
)
async def test_the_next_page_of_the_register_is_followed(ask: Ask, server: Server, link: str, called: str) -> None:
    """An address that the register itself gave is called, with our credentials."""
    await ask("follow", link)

    (request,) = server.requests
    assert str(request.url) == called
    assert request.headers["X-Key"]


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.invalid/api/v1/things?page=2",
        "//elsewhere.invalid/things",
        "http://register.invalid/api/v1/things",
        "https://register.invalid:8443/api/v1/things",
        "https://register.invalid@elsewhere.invalid/",
        "https://user:pass@register.invalid/things",
        "https://register.invalid.elsewhere.invalid/",
        "file:///etc/passwd",
        "https://[broken",
    ],
)
async def test_a_next_page_elsewhere_is_refused(ask: Ask, server: Server, link: str) -> None:
    """Credentials never follow a link to another host, port or scheme; nothing is sent."""
    with pytest.raises(BrokenContract) as caught:
        await ask("follow", link)

    assert caught.value.code == "other_host"
    assert "elsewhere" not in str(caught.value)
    assert server.requests == []


def test_an_answer_shows_nothing() -> None:
    """The repr of an answer holds no body."""
    assert "Nguyễn" not in repr(Answer(200, "Nguyễn".encode(), None))
