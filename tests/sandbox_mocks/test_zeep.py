"""An ordinary SOAP client gets along with the twin: zeep reads its WSDL and understands its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import zeep
from zeep.transports import AsyncTransport

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.population.app import PATH, WSDL_FILE, create_app
from tests.sandbox_mocks.caller import headers
from tests.sandbox_mocks.conftest import NOW, TODAY

ASKED = {"MaDVC": "G16", "MaCanBo": "HUB-SYNC"}


def sign(request: httpx.Request) -> httpx.Request:
    """Adds the security server's headers to what zeep sends."""
    request.headers.update(headers())
    return request


@pytest.fixture
async def service(clean: Country) -> AsyncIterator[Any]:
    """The service as zeep offers it, bound to a twin in process."""
    transport = httpx.ASGITransport(create_app(clean, clock=Clock(TODAY)))
    async with httpx.AsyncClient(transport=transport, auth=sign) as client:
        soap = zeep.AsyncClient(str(WSDL_FILE), transport=AsyncTransport(client=client))
        yield soap.service


@pytest.fixture
def asked(clean: Country) -> tuple[dict[str, Any], dict[str, Any]]:
    """A person's clean record, and the claim about that person."""
    index = next(i for i in range(1_500, 2_500) if clean.children(i, NOW) and clean.truth(i, NOW)["TrangThai"] == "1")
    record = clean.truth(index, NOW)
    assert record is not None
    name = " ".join(part for part in record["HoVaTen"].values() if part)
    claim = {"SoDinhDanh": record["SoDinhDanh"], "HoVaTen": name, "NgayThangNamSinh": record["NgayThangNamSinh"]}
    return record, {**ASKED, **claim, "MaYeuCau": uuid4().hex}


async def test_zeep_reads_the_served_wsdl(clean: Country) -> None:
    """The WSDL that the twin serves is the one of this test's file, and offers four operations."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(clean))) as client:
        served = (await client.get(f"http://twin.local{PATH}?wsdl")).content
    assert served == WSDL_FILE.read_bytes()
    assert len(zeep.Client(str(WSDL_FILE)).service._binding._operations) == 4


async def test_zeep_looks_someone_up(service: Any, asked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """A lookup through zeep returns the citizen."""
    record, claim = asked
    answer = await service.TraCuuThongTinCongDan(**claim, MaTichHop="037")
    assert [citizen.SoDinhDanh for citizen in answer.CongDan] == [record["SoDinhDanh"]]
    assert answer.CongDan[0].Me.HoVaTen == record["Me"]["HoVaTen"]


async def test_zeep_understands_every_habit(service: Any, clean: Country) -> None:
    """Whatever the register leaves empty or out, the answer stays true to the WSDL."""
    for index in range(0, 2_900, 15):
        record = clean.truth(index, NOW)
        assert record is not None
        name = " ".join(part for part in record["HoVaTen"].values() if part)
        claim = {"SoDinhDanh": record["SoDinhDanh"], "HoVaTen": name, "NgayThangNamSinh": record["NgayThangNamSinh"]}
        for operation, code in (("TraCuuThongTinCongDan", "037"), ("XacMinhThongTinNhanThan", "038")):
            answer = await service[operation](**ASKED, **claim, MaYeuCau=uuid4().hex, MaTichHop=code)
            assert [citizen.SoDinhDanh for citizen in answer.CongDan] == [record["SoDinhDanh"]]


async def test_zeep_verifies(service: Any, asked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """A verification through zeep says yes."""
    assert (await service.XacThucThongTinCongDan(**asked[1], MaTichHop="003")).TonTai == "true"


async def test_zeep_asks_for_kin(service: Any, asked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Kin through zeep come with structured names and a list of children."""
    answer = await service.XacMinhThongTinNhanThan(**asked[1], MaTichHop="038")
    assert answer.CongDan[0].Con
    assert answer.CongDan[0].Con[0].HoVaTen.Ten


async def test_zeep_pulls(service: Any) -> None:
    """A pull through zeep returns a page of entries with bodies, and its numbers as numbers."""
    answer = await service.DongBoThongTinCongDan(
        **ASKED, MaYeuCau=uuid4().hex, TuNgay=0, DenNgay=NOW, Loai="THAYDOI", Trang=1, SoBanGhi=50
    )
    assert len(answer.CongDan) == 50
    assert answer.TongSo > 3_000
    assert all(entry.Body for entry in answer.CongDan)
