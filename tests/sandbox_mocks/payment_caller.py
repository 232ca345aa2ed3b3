"""A minimal partner of the payment twin, written apart from the hub's side."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx

from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from sandbox_mocks.payment.app import PATH, create_app
from sandbox_mocks.payment.partners import Credentials

SECRET = "mock-secret"
FIELDS = {
    "INIT": "LoaiBanTin|PhienBan|MaDoiTac|MaThamChieu|SoTien|LoaiHinhThanhToan|MaKenhThanhToan|MaThietBi|NgonNgu"
    "|MaTienTe|MaNganHang|ThongTinGiaoDich|ThoiGianGD|Ip",
    "CONFIRM": "LoaiBanTin|MaLoi|MaDoiTac|MaThamChieu|SoTien|MaTienTe|MaGiaoDich|MaNganHang|ThoiGianGD"
    "|ThongTinGiaoDich",
    "QUERY": "LoaiBanTin|PhienBan|MaDoiTac|MaThamChieu|ThoiGianGD",
    "GET_BILL": "LoaiBanTin|PhienBan|MaDoiTac|MaThamChieu|ThoiGianGD",
    "REFUND": "LoaiBanTin|PhienBan|MaDoiTac|MaThamChieu|MaGiaoDich|MaYeuCauHoan|SoTien|ThoiGianGD",
}


def digest(message: dict[str, Any], secret: str = SECRET) -> str:
    """Signs a message."""
    names = FIELDS[message["LoaiBanTin"]].split("|")
    return hashlib.sha256("|".join([*(message[name] for name in names), secret]).encode()).hexdigest()


def init(reference: str = "R1", amount: str = "150000", **changes: Any) -> dict[str, Any]:
    """Writes an INIT without its signature."""
    return {
        "LoaiBanTin": "INIT", "PhienBan": "1.0.6", "MaDoiTac": "MOCK01", "MaThamChieu": reference, "SoTien": amount,
        "LoaiHinhThanhToan": "PAY", "MaKenhThanhToan": "1", "MaThietBi": "1", "NgonNgu": "vi-VN", "MaTienTe": "VND",
        "MaNganHang": "PAYMENT", "ThongTinGiaoDich": "THANH TOAN HO SO", "ThoiGianGD": "20261122080000",
        "Ip": "127.0.0.1", "ThongTinBienLai": receipt(amount), **changes,
    }  # fmt: skip


def receipt(amount: str = "150000", **changes: Any) -> dict[str, Any]:
    """Writes the block about the receipt, which nobody signs."""
    return {
        "MaDVC": "1.004623.01", "TenDVC": "Cấp thẻ", "MaTTHC": "1.004623", "TenTTHC": "Cấp thẻ hướng dẫn viên",
        "MaDonVi": "G16", "TenDonVi": "Cục Du lịch", "MaHoSo": "G16.01-261122-0007", "TKThuHuong": "9527010001",
        "MaNHThuHuong": "KBNN", "TenTKThuHuong": "Kho bạc", "DSKhoanNop": [{"NoiDung": "Phí", "SoTien": amount}],
        **changes,
    }  # fmt: skip


class PaymentCaller:
    """One partner with its twin in process; it keeps the callbacks that reach it."""

    def __init__(self, country: Country, clock: Clock) -> None:
        self.clock = clock
        self.received: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any] | None] = []
        credentials = Credentials(callback_url="http://partner.local/confirm", return_url="http://partner.local/back")
        app = create_app(country, credentials, clock, self.take)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://twin.local")

    async def take(self, url: str, message: dict[str, Any]) -> dict[str, Any] | None:
        """Takes a callback and answers as scripted, by default that all is well."""
        assert url == "http://partner.local/confirm"
        self.received.append(message)
        return self.answers.pop(0) if self.answers else {"MaLoi": "00"}

    async def send(self, message: dict[str, Any], secret: str = SECRET) -> httpx.Response:
        """Signs and sends a message."""
        return await self.client.post(f"{PATH}/giaodich", json={"MaXacThuc": digest(message, secret), **message})

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Sends a message and returns what its answer carries."""
        response = await self.send(message)
        assert response.status_code == 200, response.text
        return dict(json.loads(response.json()["message"]))

    async def query(self, kind: str = "QUERY", reference: str = "R1", **fields: str) -> dict[str, Any]:
        """Asks about an order."""
        return await self.ask(asking(kind, reference, **fields))

    async def act(self, action: str = "pay", reference: str = "R1") -> httpx.Response:
        """Lets the citizen act."""
        order = {"MaThamChieu": reference, "action": action}
        return await self.client.post("/_sandbox/payment/citizen", json=order)

    async def truth(self, reference: str = "R1") -> dict[str, Any]:
        """Returns what really happened to an order."""
        response = await self.client.post("/_sandbox/payment/truth", json={"MaThamChieu": reference})
        return dict(response.json())

    async def script(self, *faults: dict[str, Any]) -> None:
        """Scripts faults."""
        response = await self.client.put("/_sandbox/faults", json={"faults": list(faults)})
        assert response.status_code == 200, response.text


def asking(kind: str, reference: str = "R1", **fields: str) -> dict[str, Any]:
    """Writes a QUERY, GET_BILL or REFUND without its signature."""
    return {
        "LoaiBanTin": kind, "PhienBan": "1.0.6", "MaDoiTac": "MOCK01", "MaThamChieu": reference,
        "ThoiGianGD": "20261122081000", **fields,
    }  # fmt: skip
