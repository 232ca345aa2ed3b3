"""A minimal caller of the population twin, written apart from the hub's connector."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.population.app import PATH, create_app

REPLY = "{http://www.mic.gov.vn/dancu/1.0}"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
END_OF_TIME = 1_924_880_400_000
"""1 January 2031 in Viet Nam."""


def headers(**changes: str) -> dict[str, str]:
    """Builds the headers of the security server's scheme; `timestamp` and `secret` enter the hash."""
    timestamp = changes.pop("timestamp", str(time.time_ns() // 1_000_000))
    secret = changes.pop("secret", "sandbox-secret")
    digest = hashlib.sha256(f"http://mock.local/qldc/populationsandbox-hub{timestamp}{secret}".encode()).hexdigest()
    return {
        "Authorization": "Basic " + base64.b64encode(f"sandbox-hub:{digest}".encode()).decode(),
        "Timestamp": timestamp,
        "X-Road-Client": "VN/GOV/G16/lienthong",
        "ApiKey": "sandbox-key",
        "SOAPAction": '""',
        "Content-Type": "text/xml; charset=utf-8",
        **changes,
    }


def message(operation: str, fields: dict[str, Any]) -> bytes:
    """Writes a call with its elements in the order of `fields`."""

    def write(values: dict[str, Any]) -> str:
        return "".join(
            f"<{name}>{write(value) if isinstance(value, dict) else escape(str(value))}</{name}>"
            for name, value in values.items()
        )

    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation} xmlns="http://dancuquocgia.bca">{write(fields)}</{operation}></s:Body></s:Envelope>'
    ).encode()


def claim(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Writes a lookup's elements for a clean record; a change to None leaves an element out."""
    birth = record["NgayThangNamSinh"]
    fields = {
        "MaYeuCau": uuid4().hex,
        "MaDVC": "G16.01",
        "MaTichHop": "037",
        "MaCanBo": "CB-00123",
        "SoDinhDanh": record["SoDinhDanh"],
        "HoVaTen": " ".join(part for part in record["HoVaTen"].values() if part),
        "NgayThangNamSinh": dict(birth),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def window(page: int = 1, size: int = 100, since: int = 0, until: int = END_OF_TIME, **changes: Any) -> dict[str, Any]:
    """Writes the elements of the incremental pull."""
    return {
        "MaYeuCau": uuid4().hex,
        "MaDVC": "G16",
        "MaCanBo": "HUB-SYNC",
        "TuNgay": since,
        "DenNgay": until,
        "Loai": "THAYDOI",
        "Trang": page,
        "SoBanGhi": size,
        **changes,
    }


class Caller:
    """Calls one twin in process."""

    def __init__(self, country: Country, clock: Clock | None = None) -> None:
        self.country = country
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(country, clock=clock)), base_url="http://twin.local"
        )

    async def send(self, content: bytes, **changes: str) -> httpx.Response:
        """Posts a message."""
        return await self.client.post(PATH, content=content, headers=headers(**changes))

    async def call(self, operation: str, fields: dict[str, Any]) -> etree._Element:
        """Calls an operation and returns the answer's payload."""
        response = await self.send(message(operation, fields))
        assert response.status_code == 200, response.text
        return payload(response.content)

    async def pull(self, **asked: Any) -> etree._Element:
        """Pulls one page of the feed."""
        return await self.call("DongBoThongTinCongDan", window(**asked))

    async def script(self, *faults: dict[str, Any]) -> httpx.Response:
        """Scripts faults."""
        return await self.client.put("/_sandbox/faults", json={"faults": list(faults)})


def payload(content: bytes) -> etree._Element:
    """Returns the one element in a SOAP answer's body."""
    return etree.fromstring(content).find(f"{ENVELOPE}Body")[0]


def fault_code(response: httpx.Response) -> str:
    """Returns the code of a refused call, checking that it is a proper fault."""
    assert response.status_code == 500
    fault = payload(response.content)
    assert fault.tag == f"{ENVELOPE}Fault"
    assert fault.findtext("faultstring")
    return str(fault.findtext("detail/MaLoi"))


def text(element: etree._Element, *path: str) -> str | None:
    """Returns a text below an element of the reply namespace."""
    return element.findtext("/".join(REPLY + name for name in path))


def entries(page: etree._Element) -> list[tuple[str, int]]:
    """Returns number and time of the entries of a page."""
    return [(str(text(e, "SoDinhDanh")), int(text(e, "ThoiDiemDuLieu") or 0)) for e in page.findall(f"{REPLY}CongDan")]


def bodies(page: etree._Element) -> list[dict[str, Any]]:
    """Returns the records of a page: JSON in a string literal in CDATA."""
    return [json.loads(json.loads(text(e, "Body") or "")) for e in page.findall(f"{REPLY}CongDan")]
