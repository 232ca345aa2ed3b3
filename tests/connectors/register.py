"""A register in forty lines: answers the population service from a list, and misbehaves as a test scripts it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import httpx
from lxml import etree

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
REPLY = "http://www.mic.gov.vn/dancu/1.0"

Behaviour = httpx.Response | Exception | Callable[[httpx.Request, httpx.Response], httpx.Response] | None


@dataclass(frozen=True)
class Row:
    """One entry of the list."""

    key: str
    version: int
    body: str
    status: str = "1"


def rows(count: int, start: datetime = SINCE) -> list[Row]:
    """Makes entries one second apart, in the order of the list."""
    first = int(start.timestamp() * 1000)
    keys = [f"100050{number:06}" for number in range(count)]
    return [Row(key, first + n * 1000, json.dumps({"SoDinhDanh": key})) for n, key in enumerate(keys)]


def envelope(payload: str, status: int = 200, **headers: str) -> httpx.Response:
    """Wraps a payload into a SOAP answer."""
    text = (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<s:Body>{payload}</s:Body></s:Envelope>"
    )
    return httpx.Response(status, content=text.encode(), headers={"Content-Type": "text/xml", **headers})


def fault(code: str, text: str = "", status: int = 500) -> httpx.Response:
    """Makes a SOAP fault."""
    detail = f"<s:Fault><faultcode>s:{code}</faultcode><faultstring>{escape(text)}</faultstring></s:Fault>"
    return envelope(detail, status)


def page(entries: Iterable[Row], *, total: int, number: int, size: int) -> httpx.Response:
    """Makes one page of the list."""
    items = "".join(
        f"<CongDan><SoDinhDanh>{row.key}</SoDinhDanh><ThoiDiemDuLieu>{row.version}</ThoiDiemDuLieu>"
        f"<TrangThai>{row.status}</TrangThai><Body><![CDATA[{row.body}]]></Body></CongDan>"
        for row in entries
    )
    return envelope(
        f'<DanhSachCongDan xmlns="{REPLY}"><TongSo>{total}</TongSo><Trang>{number}</Trang><SoBanGhi>{size}</SoBanGhi>'
        f"{items}</DanhSachCongDan>"
    )


def unread(answer: httpx.Response) -> httpx.Response:
    """Makes an answer that has yet to be read, as one from a network is."""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


@dataclass
class Register:
    """An httpx transport's function: pages of `rows`, `people` for questions, and `script` for the next answers."""

    rows: list[Row] = field(default_factory=list)
    people: str = ""
    script: deque[Behaviour] = field(default_factory=deque)
    requests: list[httpx.Request] = field(default_factory=list)

    def asked(self, place: int = -1) -> dict[str, str]:
        """Returns the texts of one request, by element."""
        call = etree.fromstring(self.requests[place].content)[0][0]
        return {etree.QName(part).localname: part.text or "" for part in call.iter() if len(part) == 0}

    def order(self, place: int = -1) -> list[str]:
        """Returns the elements of one request in their order."""
        return [etree.QName(part).localname for part in etree.fromstring(self.requests[place].content)[0][0]]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        behaviour = self.script.popleft() if self.script else None
        if isinstance(behaviour, Exception):
            raise behaviour
        answer = behaviour if isinstance(behaviour, httpx.Response) else self._answer(self.asked())
        return unread(behaviour(request, answer) if callable(behaviour) else answer)

    def _answer(self, asked: dict[str, str]) -> httpx.Response:
        service = asked.get("MaTichHop")
        if service == "003":
            return envelope(f'<KetQuaXacThuc xmlns="{REPLY}"><TonTai>{bool(self.people)}</TonTai></KetQuaXacThuc>')
        if service:
            name = "CongdanCollection" if service == "037" else "NhanThanCollection"
            return envelope(f'<{name} xmlns="{REPLY}">{self.people}</{name}>')
        number, size = int(asked["Trang"]), int(asked["SoBanGhi"])
        part = self.rows[(number - 1) * size : number * size]
        return page(part, total=len(self.rows), number=number, size=size)
