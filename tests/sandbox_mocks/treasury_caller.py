"""A minimal caller of all twins together, for payments and what treasury and banks make of them."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx

from sandbox_mocks.app import create_app
from sandbox_mocks.clock import Clock
from sandbox_mocks.country import Country
from tests.sandbox_mocks.payment_caller import asking, digest, init, receipt

SECRET = "sandbox-treasury-secret"
BASIC = f"Basic {base64.b64encode(f'sandbox-treasury-client:{SECRET}'.encode()).decode()}"
TREASURY, BANK = ("KBNN", "9527010001"), ("VCB", "0071000123456")
"""A treasury account and a bank account."""


def rows(content: str) -> list[dict[str, str]]:
    """Reads a file: base64, then pipes under one header line."""
    lines = base64.b64decode(content, validate=True).decode().splitlines()
    return list(csv.DictReader(lines, delimiter="|", quoting=csv.QUOTE_NONE, strict=True))


class TreasuryCaller:
    """Pays at the platform and asks treasury and banks."""

    def __init__(self, country: Country, clock: Clock, files: Path) -> None:
        self.clock = clock
        app = create_app(country, clock=clock, files=files)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://twin.local")
        self.token, self._requests = "", 0

    async def pay(self, reference: str, amount: str = "150000", to: tuple[str, str] = TREASURY) -> str:
        """Pays an order and returns its MaGiaoDich."""
        block = receipt(amount, MaNHThuHuong=to[0], TKThuHuong=to[1])
        message = init(reference, amount, ThongTinBienLai=block)
        await self._send({**message, "MaXacThuc": digest(message)})
        order = {"MaThamChieu": reference, "action": "pay"}
        answer = await self.client.post("/_sandbox/payment/citizen", json=order)
        return str(answer.json()["transactions"][0]["code"])

    async def refund(self, reference: str, code: str, amount: str) -> None:
        """Gives money back."""
        message = asking("REFUND", reference, MaGiaoDich=code, MaYeuCauHoan=f"H{reference}", SoTien=amount)
        await self._send({**message, "MaXacThuc": digest(message)})

    async def _send(self, message: dict[str, Any]) -> None:
        answer = (await self.client.post("/thanhtoan/giaodich", json=message)).json()
        assert answer["error_code"] == "0", answer

    async def differ(self, *differences: dict[str, Any]) -> httpx.Response:
        """Scripts differences."""
        return await self.client.put("/_sandbox/treasury/differences", json={"differences": list(differences)})

    async def sign_in(self, basic: str = BASIC) -> httpx.Response:
        """Asks for a token and keeps it."""
        response = await self.client.post("/khobac/token", headers={"Authorization": basic})
        self.token = response.json()["access_token"] if response.status_code == 200 else ""
        return response

    async def send(self, name: str, asked: Any, secret: str = SECRET) -> httpx.Response:
        """Signs and sends a question."""
        self._requests += 1
        request, body = f"request-{self._requests}", json.dumps(asked).encode()
        signature = hashlib.sha256(b"|".join([request.encode(), body, secret.encode()])).hexdigest()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "x-request-id": request,
            "x-request-signature": signature,
        }
        return await self.client.post(f"/khobac/{name}", content=body, headers=headers)

    async def reconcile(self, kind: str, day: str = "20261122", bank: str = "KBNN") -> list[dict[str, str]]:
        """Returns the rows of a reconciliation file."""
        answer = (await self.send("doisoat", {"Ngay": day, "MaNganHang": bank, "Loai": kind})).json()
        assert answer["MaLoi"] == "00", answer
        return rows(answer["NoiDung"])

    async def statement(self, first: str = "20261122", last: str = "20261122", account: str = TREASURY[1]) -> Any:
        """Returns a statement's answer."""
        return (await self.send("saoke", {"TuNgay": first, "DenNgay": last, "TaiKhoan": account})).json()

    async def script(self, *faults: dict[str, Any]) -> None:
        """Scripts faults."""
        response = await self.client.put("/_sandbox/faults", json={"faults": list(faults)})
        assert response.status_code == 200, response.text
