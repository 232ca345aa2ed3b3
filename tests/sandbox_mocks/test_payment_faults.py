"""Each fault of the payment twin does what its name says, and the truth shows what really happened."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox_mocks.conftest import TODAY, Start
from tests.sandbox_mocks.payment_caller import PaymentCaller, asking, digest, init


async def paid(payer: PaymentCaller, *faults: dict[str, Any]) -> list[dict[str, Any]]:
    """Pays an order under a script and returns the callbacks that came."""
    await payer.script(*faults)
    await payer.ask(init())
    await payer.act()
    return payer.received


async def test_a_callback_comes_before_the_redirect(payer: PaymentCaller) -> None:
    """The partner is told of the payment before INIT is answered."""
    await payer.script({"kind": "early_callback", "operation": "INIT"})
    before: list[int] = []
    answer = await payer.ask(init())
    before.append(len(payer.received))
    assert (before, answer["MaLoi"]) == ([1], "00")
    assert (await payer.query())["TrangThaiGD"] == "1"


async def test_a_callback_is_days_late(payer: PaymentCaller) -> None:
    """It comes when the country's clock says so, by itself; QUERY knows before."""
    assert await paid(payer, {"kind": "late_callback", "operation": "CONFIRM", "ms": 2 * 86_400_000}) == []
    assert (await payer.query())["TrangThaiGD"] == "1"
    assert (await payer.client.post("/_sandbox/payment/deliver", json={})).json() == {"sent": 0}
    payer.clock.set(TODAY + timedelta(days=2))
    for _ in range(100):
        if payer.received:
            break
        await asyncio.sleep(0.02)
    assert [each["MaLoi"] for each in payer.received] == ["00"]


async def test_held_callbacks_are_delivered_on_demand(payer: PaymentCaller) -> None:
    """A test need not wait for the clock."""
    await paid(payer, {"kind": "late_callback", "operation": "CONFIRM"})
    assert (await payer.client.post("/_sandbox/payment/deliver", json={"all": True})).json() == {"sent": 1}
    assert len(payer.received) == 1


async def test_a_callback_never_comes(payer: PaymentCaller) -> None:
    """The money is taken, and nobody says so but QUERY."""
    assert await paid(payer, {"kind": "missing_callback", "operation": "CONFIRM"}) == []
    assert (await payer.query())["TrangThaiGD"] == "1"


async def test_a_callback_comes_more_than_once(payer: PaymentCaller) -> None:
    """The same message comes as often as scripted; there is one payment."""
    received = await paid(payer, {"kind": "duplicate_callback", "operation": "CONFIRM", "count": 3})
    assert len(received) == 3 and received[0] == received[2]
    assert len((await payer.truth())["transactions"]) == 1


async def test_callbacks_come_out_of_order(payer: PaymentCaller) -> None:
    """The failure of the first attempt is told after the success of the second."""
    await payer.script({"kind": "out_of_order", "operation": "CONFIRM", "times": 1})
    await payer.ask(init())
    await payer.act("fail")
    assert payer.received == []
    await payer.act("pay")
    assert [each["MaLoi"] for each in payer.received] == ["00", "51"]


async def test_an_order_is_paid_twice(payer: PaymentCaller) -> None:
    """Two payments with codes of their own, both told, both in the truth and in QUERY."""
    received = await paid(payer, {"kind": "paid_twice", "operation": "CONFIRM"})
    assert len({each["MaGiaoDich"] for each in received}) == 2
    assert sum(each["amount"] for each in (await payer.truth())["transactions"]) == 300_000
    assert len((await payer.query())["DSGiaoDich"]) == 2


async def test_another_amount_is_paid(payer: PaymentCaller) -> None:
    """The signed callback says less than was ordered, and that is what was taken."""
    (confirm,) = await paid(payer, {"kind": "amount_mismatch", "operation": "CONFIRM", "by": 500})
    assert (confirm["SoTien"], confirm["MaXacThuc"]) == ("149500", digest(confirm))
    assert (await payer.truth())["transactions"][0]["amount"] == 149_500


async def test_a_callback_is_wrongly_signed(payer: PaymentCaller) -> None:
    """Everything is right but the signature."""
    (confirm,) = await paid(payer, {"kind": "wrong_signature", "operation": "CONFIRM"})
    assert confirm["MaXacThuc"] != digest(confirm)


async def test_a_callback_has_another_currency(payer: PaymentCaller) -> None:
    """The signed callback speaks of dollars."""
    (confirm,) = await paid(payer, {"kind": "wrong_currency", "operation": "CONFIRM"})
    assert (confirm["MaTienTe"], confirm["MaXacThuc"]) == ("USD", digest(confirm))


async def test_a_clock_has_twelve_hours(payer: PaymentCaller) -> None:
    """One in the afternoon is written as one in the night."""
    await payer.script({"kind": "twelve_hours", "operation": "CONFIRM"})
    for reference, hours in (("R1", 5), ("R2", 17)):
        payer.clock.set(TODAY + timedelta(hours=hours))
        await payer.ask(init(reference))
        await payer.act("pay", reference)
    times = [each["ThoiGianGD"] for each in payer.received]
    assert times == ["20261122010000", "20261123010000"]


async def test_a_receipt_is_not_ready_for_a_while(payer: PaymentCaller) -> None:
    """The order is paid, and the receipt comes at the third question."""
    await paid(payer, {"kind": "receipt_not_ready", "operation": "GET_BILL", "times": 2})
    assert [(await payer.query("GET_BILL"))["MaLoi"] for _ in range(2)] == ["09", "09"]
    assert (await payer.send(asking("GET_BILL"))).content.startswith(b"%PDF")


async def test_an_order_is_open_though_the_answer_never_comes(payer: PaymentCaller) -> None:
    """After a time-out the order is there; the same INIT is refused as a duplicate."""
    await payer.script({"kind": "timeout_after_commit", "operation": "INIT", "ms": 60_000, "times": 1})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(payer.ask(init()), 0.2)
    assert (await payer.query())["TrangThaiGD"] == "0"
    assert (await payer.ask(init()))["MaLoi"] == "02"


async def test_a_proxys_faults_strike_too(payer: PaymentCaller) -> None:
    """Refusing statuses, garbage, an error with 200, drift, and a dropped connection."""
    for fault, status in (({"kind": "status"}, 503), ({"kind": "throttle"}, 429), ({"kind": "redirect"}, 302)):
        await payer.script(fault)
        assert (await payer.send(init())).status_code == status
    await payer.script({"kind": "garbage"})
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        json.loads((await payer.send(init())).content)
    await payer.script({"kind": "ok_with_error"})
    assert (await payer.ask(init()))["MaLoi"] == "99"
    await payer.script({"kind": "drop", "operation": "QUERY"})
    with pytest.raises(httpx.RemoteProtocolError):
        await payer.query()
    await payer.script({"kind": "drift", "field": "MaQR"})
    assert (await payer.ask(init()))["MaQR"]


def test_a_real_server_sends_callbacks_and_pages(start: Start, tmp_path: Any) -> None:
    """Over HTTP: a partner's own server is told, and the page stands at the server's own address."""
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    received: list[dict[str, Any]] = []

    class Partner(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"MaLoi": "00"}')

        def log_message(self, format: str, *args: Any) -> None:
            """Stays silent."""

    server = HTTPServer(("127.0.0.1", 0), Partner)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        twin = start("--people", "100")
        partner = {"code": "MOCK01", "callback_url": f"http://127.0.0.1:{server.server_port}/"}
        httpx.put(f"{twin['url']}/_sandbox/payment/partner", json=partner).raise_for_status()
        message = init()
        answer = httpx.post(twin["payment"], json={**message, "MaXacThuc": digest(message)}).json()
        page = json.loads(answer["message"])["UrlThanhToan"]
        assert page.startswith(f"{twin['url']}/thanhtoan/trang/")
        assert httpx.post(page, data={"action": "pay"}).status_code == 200
        assert [each["MaThamChieu"] for each in received] == ["R1"]
    finally:
        server.shutdown()
        server.server_close()
