"""SOAP by a pinned WSDL: what goes out, and what each kind of bad answer becomes."""

from __future__ import annotations

import gzip
import shutil
import ssl
from pathlib import Path

import httpx
import pytest
import zeep
from lxml import etree

from connectors.auth import SecurityServerBasic
from connectors.errors import BrokenContract, ConnectorError, Denied, Refused, Unavailable
from connectors.population import Population
from connectors.soap import HERE, PinBroken, Soap
from tests.connectors.conftest import CLAIM, CONTEXT, Connect
from tests.connectors.register import REPLY, SINCE, UNTIL, Register, envelope, fault, page, rows

EMPTY = f'<CongdanCollection xmlns="{REPLY}"/>'
BOMB = """<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x>&d;</x></s:Body></s:Envelope>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x>&a;</x></s:Body></s:Envelope>"""


def untrusted() -> httpx.ConnectError:
    """Makes the error of httpx for a certificate that nobody vouches for."""
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError()
    return error


async def ask(connect: Connect) -> None:
    """Asks about somebody who is not there."""
    assert await connect().citizen(CLAIM, CONTEXT) is None


async def test_elements_stand_in_the_order_of_the_wsdl(connect: Connect, register: Register) -> None:
    """The register refuses another order, so the schema decides it and not the code."""
    await ask(connect)

    assert register.order() == [
        "MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "SoDinhDanh", "HoVaTen", "NgayThangNamSinh",
    ]  # fmt: skip
    assert register.requests[0].headers["SOAPAction"] == '""'
    assert register.requests[0].headers["Content-Type"] == "text/xml; charset=utf-8"


async def test_no_request_number_is_used_twice(connect: Connect, register: Register) -> None:
    """Retries and pages alike get a number of their own, because the register refuses a repeated one."""
    register.rows = rows(35)
    register.script.extend([None, httpx.Response(503), httpx.ReadTimeout("x")])

    async for _ in connect().citizens(SINCE, UNTIL, page_size=10):
        pass

    numbers = [register.asked(place)["MaYeuCau"] for place in range(len(register.requests))]
    assert len(set(numbers)) == len(numbers) == 6


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(httpx.Response(200), Unavailable, "empty_answer", id="empty"),
        pytest.param(httpx.Response(204), Refused, "http_refused", id="no content"),
        pytest.param(
            httpx.Response(200, content=envelope(EMPTY).content[:-30]), Unavailable, "truncated", id="truncated"
        ),
        pytest.param(httpx.RemoteProtocolError("x"), Unavailable, "connection", id="dropped"),
        pytest.param(httpx.ConnectError("x"), Unavailable, "connection", id="no connection"),
        pytest.param(httpx.PoolTimeout("x"), Unavailable, "timeout", id="timeout"),
        pytest.param(untrusted(), Denied, "certificate", id="certificate"),
        pytest.param(httpx.LocalProtocolError("x"), Refused, "request_invalid", id="header"),
        pytest.param(httpx.InvalidURL("x"), Refused, "address_invalid", id="url"),
        pytest.param(httpx.UnsupportedProtocol("x"), Refused, "address_invalid", id="address"),
        pytest.param(httpx.Response(200, content=b"\x00\x8f\xff"), BrokenContract, "not_xml", id="garbage"),
        pytest.param(httpx.Response(200, text="<html><p>log in</html>"), BrokenContract, "not_xml", id="html"),
        pytest.param(httpx.Response(200, text="<html/>"), BrokenContract, "not_soap", id="xhtml"),
        pytest.param(httpx.Response(200, text='{"error_code": "-1"}'), Unavailable, "error_in_200", id="json error"),
        pytest.param(httpx.Response(200, text='{"SoCongDan": "1"}'), BrokenContract, "not_xml", id="json"),
        pytest.param(httpx.Response(200, text='{"a":' * 200_000), BrokenContract, "not_xml", id="deep json"),
        pytest.param(envelope("<a/><b/>"), BrokenContract, "not_soap", id="two bodies"),
        pytest.param(envelope(""), BrokenContract, "not_soap", id="no body"),
        pytest.param(envelope("<Other/>"), BrokenContract, "unexpected_answer", id="another element"),
        pytest.param(
            envelope('<CongdanCollection xmlns="urn:other"/>'), BrokenContract, "unexpected_answer", id="namespace"
        ),
        pytest.param(fault("Client"), Refused, "client_fault", id="client fault"),
        pytest.param(fault("Client.Officer", status=200), Refused, "client_fault", id="fault in 200"),
        pytest.param(fault("Server"), Unavailable, "server_fault", id="server fault"),
        pytest.param(fault("MustUnderstand"), BrokenContract, "unknown_fault", id="must understand"),
        pytest.param(fault("Nonsense"), BrokenContract, "unknown_fault", id="unknown fault"),
        pytest.param(httpx.Response(500), Unavailable, "server_error", id="500"),
        pytest.param(httpx.Response(502, text="<html/>"), Unavailable, "server_error", id="502 html"),
        pytest.param(httpx.Response(404, text="<html/>"), Refused, "http_refused", id="404"),
        pytest.param(httpx.Response(408), Unavailable, "server_error", id="408"),
        pytest.param(httpx.Response(403), Denied, "forbidden", id="403"),
        pytest.param(httpx.Response(429), Unavailable, "throttled", id="429"),
        pytest.param(
            httpx.Response(307, headers={"Location": "http://elsewhere.invalid"}), BrokenContract, "redirect", id="307"
        ),
        pytest.param(httpx.Response(200, text=BOMB), BrokenContract, "doctype", id="entity bomb"),
        pytest.param(httpx.Response(200, text=EXTERNAL), BrokenContract, "doctype", id="external entity"),
        pytest.param(httpx.Response(200, content=BOMB.encode("utf-16")), BrokenContract, "doctype", id="utf-16 bomb"),
    ],
)  # fmt: skip
async def test_bad_answers_are_classified(
    connect: Connect,
    register: Register,
    answer: httpx.Response | Exception,
    kind: type[ConnectorError],
    code: str,
) -> None:
    """Each way to answer badly has its error, by what the caller should do next."""
    register.script.extend([answer] * 4)

    with pytest.raises(kind) as caught:
        await ask(connect)

    assert (caught.value.code, type(caught.value)) == (code, kind)
    assert len(register.requests) == (4 if kind is Unavailable else 1)


async def test_a_server_that_says_when_to_come_back_is_heard(connect: Connect, register: Register) -> None:
    """Retry-After of a 503 travels with the error."""
    register.script.append(httpx.Response(503, headers={"Retry-After": "600"}))

    with pytest.raises(Unavailable) as caught:
        await ask(connect)

    assert caught.value.retry_after == 600.0


def small(limit: int) -> type[Population]:
    """Makes a connector that accepts answers of so many bytes."""

    class Small(Population):
        service = Soap("wsdl/population.wsdl", auth=SecurityServerBasic, request_id="MaYeuCau", max_bytes=limit)

    return Small


@pytest.mark.parametrize("packed", [False, True])
async def test_an_oversized_answer_is_cut_off(connect: Connect, register: Register, packed: bool) -> None:
    """Reading stops at the limit, also inside a gzip bomb of a thousandth of its size."""
    body = envelope(EMPTY + " " * 10_000_000).content
    answer = httpx.Response(200, content=body)
    if packed:
        answer = httpx.Response(200, stream=httpx.ByteStream(gzip.compress(body)), headers={"Content-Encoding": "gzip"})
    usual = connect()

    async def send(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=answer.headers, stream=answer.stream)

    limited = small(100_000)(
        usual.config, usual.ports, environment="sandbox", clock=usual.clock, transport=httpx.MockTransport(send)
    )

    with pytest.raises(BrokenContract) as caught:
        await limited.citizen(CLAIM, CONTEXT)

    assert caught.value.code == "oversize"


@pytest.mark.parametrize(
    ("content", "encoding", "kind", "code"),
    [
        (gzip.compress(envelope(EMPTY).content), "gzip", None, None),
        (gzip.compress(envelope(EMPTY).content)[:-20], "gzip", Unavailable, "truncated"),
        (envelope(EMPTY).content, "gzip", BrokenContract, "encoding"),
        (envelope(EMPTY).content, "br", BrokenContract, "encoding"),
    ],
)
async def test_packed_answers_are_unpacked(
    connect: Connect, content: bytes, encoding: str, kind: type[ConnectorError] | None, code: str | None
) -> None:
    """Gzip is understood when it is whole, and no other encoding is."""

    async def send(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(content), headers={"Content-Encoding": encoding})

    population = connect(transport=httpx.MockTransport(send))
    if kind is None:
        assert await population.citizen(CLAIM, CONTEXT) is None
        return
    with pytest.raises(kind) as caught:
        await population.citizen(CLAIM, CONTEXT)

    assert caught.value.code == code


async def test_a_gateway_that_loses_the_namespace_is_understood(connect: Connect, register: Register) -> None:
    """An answer without its namespace is read by local names."""
    register.script.append(envelope("<CongdanCollection><SoCongDan>0</SoCongDan></CongdanCollection>"))

    await ask(connect)


def copied(folder: Path) -> Path:
    """Copies the pinned WSDL and its pins, to be spoiled."""
    shutil.copytree(HERE / "wsdl", folder / "wsdl")
    return folder / "wsdl"


CHANGES = {
    b'<xsd:element name="NhomMau" type="xsd:string" minOccurs="0" nillable="true"/>': b"",
    b'name="TonTai" type="xsd:string"': b'name="TonTai" type="xsd:boolean"',
    b'name="MaDonVi" type="xsd:string" minOccurs="0"': b'name="MaDonVi" type="xsd:string"',
    b"http://mock.local/": b"http://elsewhere.local/",
    b'<xsd:element name="Loai" type="xsd:string"/>': b"",
    b'<xsd:element name="TuNgay"': b'<xsd:element name="Loai" type="xsd:string"/><xsd:element name="TuNgay"',
    b'<wsdl:input message="bca:XacThucThongTinCongDanRequest"/>': b"",
}


@pytest.mark.parametrize("spoiled", ["population.wsdl", "population.wsdl.sha256"])
async def test_a_changed_wsdl_is_refused(connect: Connect, register: Register, tmp_path: Path, spoiled: str) -> None:
    """A WSDL that is not the reviewed one stops every call and says how to pin it anew."""
    wsdl = copied(tmp_path) / spoiled
    wsdl.write_text(wsdl.read_text("utf-8").replace("MaCanBo", "MaKhac").replace("9a67", "0000"), "utf-8")

    class Changed(Population):
        service = Soap("wsdl/population.wsdl", auth=SecurityServerBasic, request_id="MaYeuCau", folder=tmp_path)

    usual = connect()
    changed = Changed(
        usual.config, usual.ports, environment="sandbox", clock=usual.clock, transport=httpx.MockTransport(register)
    )

    with pytest.raises(BrokenContract, match=r"\.sha256") as caught:
        await changed.citizen(CLAIM, CONTEXT)

    assert caught.value.code == "wsdl_changed"
    assert register.requests == []


def test_every_wsdl_is_pinned() -> None:
    """Each WSDL in the repository has its hash, and each hash its WSDL."""
    pins = {path.stem for path in (HERE / "wsdl").glob("*.sha256")}

    assert {path.name for path in (HERE / "wsdl").glob("*.wsdl")} == pins
    assert Population.service.pinned()


def test_the_live_wsdl_is_compared_by_meaning() -> None:
    """Changed operations, elements, types, order and multiplicity are named; layout and addresses are not."""
    pinned = Population.service.pinned()
    live = pinned
    for before, after in CHANGES.items():
        assert before in live
        live = live.replace(before, after)

    lines = Population.service.diff(live)

    assert Population.service.diff(pinned.replace(b"\n", b"\n ")) == []
    text = "\n".join(lines)
    assert "CongDan/NhomMau: dropped" in text
    assert "KetQuaXacThuc/TonTai: was string 1..1, place 1, is boolean 1..1, place 1" in text
    assert "YeuCauCongDan/MaDonVi: was string 0..1, place 5, is string 1..1, place 5" in text
    assert "DongBoThongTinCongDan/Loai: was string 1..1, place 6, is string 1..1, place 4" in text
    assert "operation XacThucThongTinCongDan: was" in text
    assert "elsewhere" not in text


@pytest.mark.parametrize("document", [b"", b"<html/>", BOMB.encode()])
def test_what_is_no_wsdl_is_not_compared(document: bytes) -> None:
    """An HTML page at the WSDL's address is an error and not a long list of dropped operations."""
    with pytest.raises(ValueError, match="document"):
        Population.service.diff(document)


def test_a_missing_wsdl_is_a_broken_pin(tmp_path: Path) -> None:
    """A file that is not there is told as a broken pin, without its path's content."""
    with pytest.raises(PinBroken):
        Soap("wsdl/none.wsdl", auth=SecurityServerBasic, request_id="MaYeuCau", folder=tmp_path).pinned()


async def test_our_reading_of_a_page_agrees_with_zeep(connect: Connect, register: Register) -> None:
    """The quick reading of a page gives what zeep reads out of the same bytes."""
    register.rows = rows(25)
    answer = page(register.rows, total=25, number=1, size=100)
    client = zeep.Client(str(Population.service.path))
    operation = client.service._binding.get("DongBoThongTinCongDan")

    expected = operation.process_reply(etree.fromstring(answer.content))
    ours = [part async for part in connect().citizens(SINCE, UNTIL, page_size=100)]

    assert (expected.TongSo, expected.Trang) == (ours[0].total, ours[0].number)
    assert [(e.SoDinhDanh, e.ThoiDiemDuLieu, e.TrangThai, e.Body.encode()) for e in expected.CongDan] == [
        tuple(entry)[:4] for entry in ours[0].entries
    ]
