"""A minimal caller of the civil-status twin, written apart from the hub's connector."""

from __future__ import annotations

import base64
import json
from typing import Any
from xml.etree import ElementTree

import httpx

from sandbox_mocks.civil_status.app import PATH, create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.country.civil_status import CivilStatus

BASIC = f"Basic {base64.b64encode(b'sandbox-civil-key:sandbox-civil-secret').decode()}"


def read(data: str) -> dict[str, Any]:
    """Reads the string of a record, JSON or XML."""
    if not data.startswith("<"):
        return dict(json.loads(data))
    entry = ElementTree.fromstring(data).find("hoso")
    assert entry is not None
    return {field.tag: field.text or "" for field in entry}


def birth(**changes: Any) -> dict[str, Any]:
    """Writes the data of a birth as a dossier system sends it."""
    return {
        "nksHoTen": {"Ho": "Nguyễn", "ChuDem": "Mây", "Ten": "Tím"},
        "nksGioiTinh": "2",
        "nksNgaySinh": "01/11/2026",
        "nksDanToc": "63001",
        "nksQuocTich": "VN",
        "nksNoiSinh": {"dcChiTiet": "Trạm y tế", "quocGia": "VN", "maTinh": "01", "maXa": "00097"},
        "meHoTen": {"Ho": "Trần", "ChuDem": "Gió", "Ten": "Đông"},
        "meNgaySinh": {"namSinh": "1999"},
        "meLoaiGiayToTuyThan": "4",
        "meSoGiayToTuyThan": "100199000001",
        "nycHoTen": {"Ho": "Trần", "ChuDem": "Gió", "Ten": "Đông"},
        **changes,
    }


class CivilStatusCaller:
    """Calls one civil-status twin in process."""

    def __init__(self, country: Country, clock: Clock | None = None, **options: Any) -> None:
        self.books = CivilStatus(country)
        self.clock = clock or Clock()
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(country, clock=self.clock, **options)),
            base_url="http://twin.local",
        )
        self.token = ""

    async def sign_in(self, basic: str = BASIC) -> httpx.Response:
        """Asks for a token and keeps it."""
        response = await self.client.post(
            f"{PATH}/token", content="grant_type=client_credentials", headers={"Authorization": basic}
        )
        if response.status_code == 200 and "access_token" in response.text:
            self.token = response.json()["access_token"]
        return response

    async def send(self, service: str, asked: Any) -> httpx.Response:
        """Calls a service."""
        group = "apiLienThongKSKT" if service == "nhanHoSoDKHT" else "apiHoTich"
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.client.post(f"{PATH}/{group}/{service}", json=asked, headers=headers)

    async def ask(self, service: str, **asked: Any) -> dict[str, Any]:
        """Calls a service and returns its answer."""
        response = await self.send(service, asked)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def day(self, module: str, day: str) -> list[str]:
        """Returns the codes listed for a day."""
        answer = await self.ask("dsHoSoDangKy", module=module, ngayCapNhat=day)
        assert answer["status"] == "1", answer
        codes = answer["dsMaHoSo"]
        return [codes] if isinstance(codes, str) else codes

    async def push(self, code: str = "H01.14-261122-0001", **changes: Any) -> dict[str, Any]:
        """Sends a birth for registration."""
        asked = {
            "maDonVi": "200097",
            "module": "KS",
            "maHoSo": code,
            "ngayTiepNhan": "22/11/2026",
            "data": json.dumps(birth(), ensure_ascii=False),
            **changes,
        }
        return await self.ask("dangKyHoTich", **asked)

    async def script(self, *faults: dict[str, Any]) -> None:
        """Scripts faults."""
        response = await self.client.put("/_sandbox/faults", json={"faults": list(faults)})
        assert response.status_code == 200, response.text
