"""The payment twin: from INIT to the receipt, signatures, refusals, refunds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox_mocks.app import create_app
from sandbox_mocks.country import Country
from sandbox_mocks.payment.signing import sign
from tests.sandbox_mocks.conftest import TODAY
from tests.sandbox_mocks.payment_caller import PaymentCaller, asking, digest, init, receipt


def test_signatures_are_those_of_the_sources() -> None:
    """The two known vectors of INIT and QUERY come out."""
    order = init(
        "dvcH56.14-260101-0001_20260101101500",
        ThongTinGiaoDich="THANH TOAN HO SO H56.14-260101-0001",
        ThoiGianGD="20260101101500",
    )
    assert sign(order, "mock-secret") == "61b067ce19f5ed7ecdab1b8ff133e457f4f64dcddb1316dd159f6e361ffddb76"
    question = asking("QUERY", "REF1", ThoiGianGD="20260101101500")
    assert sign(question, "mock-secret") == "65b783114daeaa358f5c93094a6614cb42c89c1efeb08d9bb1d69543b8e63c47"


def test_the_beneficiary_is_outside_the_signature() -> None:
    """Another account in the receipt's block leaves the signature as it is; another amount doesn't."""
    changed = init(ThongTinBienLai=receipt(TKThuHuong="666"))
    assert sign(changed, "s") == sign(init(), "s")
    assert sign(init(amount="150001"), "s") != sign(init(), "s")


async def test_an_order_goes_from_init_to_receipt(payer: PaymentCaller) -> None:
    """INIT gives a page; paid there, the partner is told, QUERY agrees, and the receipt is a PDF."""
    answer = await payer.ask(init())
    assert (answer["MaLoi"], answer["MaThamChieu"]) == ("00", "R1")
    assert (await payer.query())["TrangThaiGD"] == "0"
    page = await payer.client.get(answer["UrlThanhToan"])
    assert "150,000 đồng" in page.text and 'value="pay"' in page.text
    assert payer.received == []
    back = await payer.client.post(answer["UrlThanhToan"], data={"action": "pay"})
    assert (back.status_code, back.headers["Location"]) == (303, "http://partner.local/back?MaThamChieu=R1")
    (confirm,) = payer.received
    assert (confirm["LoaiBanTin"], confirm["MaLoi"], confirm["SoTien"]) == ("CONFIRM", "00", "150000")
    assert confirm["MaXacThuc"] == digest(confirm)
    told = await payer.query()
    assert (told["TrangThaiGD"], told["MaGiaoDich"]) == ("1", confirm["MaGiaoDich"])
    bill = await payer.send(asking("GET_BILL"))
    assert bill.headers["Content-Type"] == "application/pdf"
    assert bill.content.startswith(b"%PDF-1.4") and b"G16.01-261122-0007" in bill.content
    assert 'value="pay"' not in (await payer.client.get(answer["UrlThanhToan"])).text


async def test_a_receipt_is_not_there_before_the_payment(payer: PaymentCaller) -> None:
    """GET_BILL of an unpaid order says so."""
    await payer.ask(init())
    assert (await payer.query("GET_BILL"))["MaLoi"] == "09"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MaDoiTac": "NOBODY"}, "05"),
        ({"MaXacThuc": "0" * 64}, "03"),
        ({"amount": "0"}, "04"),
        ({"amount": "-5"}, "04"),
        ({"amount": "10.5"}, "04"),
        ({"amount": "1e5"}, "04"),
        ({"amount": "0150000"}, "04"),
        ({"amount": "99999999999999"}, "04"),
        ({"ThongTinBienLai": receipt("149999")}, "04"),
        ({"ThongTinBienLai": receipt(TKThuHuong="")}, "06"),
        ({"ThongTinBienLai": receipt(TKThuHuong="../../etc")}, "06"),
        ({"ThongTinBienLai": receipt(TenTTHC="x" * 251)}, "06"),
        ({"ThongTinBienLai": "none"}, "06"),
        ({"MaTienTe": "USD"}, "06"),
        ({"LoaiHinhThanhToan": "LOAN"}, "06"),
        ({"ThoiGianGD": "22/11/2026"}, "06"),
        ({"reference": ""}, "06"),
    ],
)
async def test_wrong_orders_are_refused(payer: PaymentCaller, changes: dict[str, Any], code: str) -> None:
    """Each mistake in an INIT has its code, and no order is opened."""
    answer = await payer.ask(init(**changes))
    assert (answer["MaLoi"], bool(answer["MoTaLoi"])) == (code, True)
    assert "UrlThanhToan" not in answer
    assert (await payer.query())["MaLoi"] == "01"


async def test_messages_that_are_none_are_refused(payer: PaymentCaller) -> None:
    """No JSON, no object, and an unknown kind of message are malformed."""
    for content in (b"no json", b"[1]", b'{"LoaiBanTin": "PAY", "MaDoiTac": "MOCK01"}'):
        response = await payer.client.post("/thanhtoan/giaodich", content=content)
        assert response.json()["error_code"] == "06"


async def test_a_reference_is_used_once(payer: PaymentCaller) -> None:
    """A second order under a reference is refused, as two of a clock of twelve hours are: 01:05 and 13:05."""
    references = [f"H56-0001_{TODAY.replace(hour=hour, minute=5):%Y%m%d%I%M%S}" for hour in (1, 13)]
    assert (await payer.ask(init(references[0])))["MaLoi"] == "00"
    assert (await payer.ask(init(references[1], "20000")))["MaLoi"] == "02"
    assert (await payer.truth(references[0]))["amount"] == 150_000


async def test_orders_expire_and_are_cancelled(payer: PaymentCaller) -> None:
    """After a quarter of an hour, or by the citizen, an order is over and can't be paid."""
    for reference in ("R1", "R2", "R3"):
        await payer.ask(init(reference))
    assert (await payer.act("cancel", "R1")).status_code == 200
    assert (await payer.act("expire", "R2")).status_code == 200
    payer.clock.set(TODAY + timedelta(minutes=16))
    states = [(await payer.query(reference=reference))["TrangThaiGD"] for reference in ("R1", "R2", "R3")]
    assert states == ["2", "3", "3"]
    assert [(each["MaThamChieu"], each["MaLoi"]) for each in payer.received] == [("R1", "24")]
    for reference in ("R1", "R2", "R3"):
        assert (await payer.act("pay", reference)).status_code == 409


async def test_a_failed_attempt_leaves_the_order_open(payer: PaymentCaller) -> None:
    """The partner is told of a failure, and the citizen may try again."""
    await payer.ask(init())
    await payer.act("fail")
    await payer.act("pay")
    assert [each["MaLoi"] for each in payer.received] == ["51", "00"]
    assert (await payer.query())["TrangThaiGD"] == "1"


async def test_a_callback_is_repeated_until_it_is_accepted(payer: PaymentCaller) -> None:
    """No answer and an answer that is no success bring the same callback again, three times at most."""
    payer.answers = [None, {"MaLoi": "99"}]
    await payer.ask(init())
    await payer.act()
    assert len(payer.received) == 3
    assert payer.received[0] == payer.received[2]
    assert [(each["sent"], each["accepted"]) for each in (await payer.truth())["callbacks"]] == [(3, True)]


async def refund(payer: PaymentCaller, request: str, amount: str) -> dict[str, Any]:
    code = (await payer.truth())["transactions"][0]["code"]
    return await payer.query("REFUND", MaGiaoDich=code, MaYeuCauHoan=request, SoTien=amount)


async def test_refunds_never_exceed_what_was_paid(payer: PaymentCaller) -> None:
    """Part and rest are given back once each; more, another amount, or another transaction is refused."""
    await payer.ask(init())
    await payer.act()
    assert (await refund(payer, "H1", "50000"))["SoTienConLai"] == "100000"
    assert (await refund(payer, "H1", "50000"))["SoTienConLai"] == "100000"
    assert (await refund(payer, "H1", "60000"))["MaLoi"] == "04"
    assert (await refund(payer, "H2", "100001"))["MaLoi"] == "10"
    assert (await payer.query())["TrangThaiGD"] == "1"
    assert (await refund(payer, "H2", "100000"))["SoTienConLai"] == "0"
    assert (await payer.query())["TrangThaiGD"] == "4"
    unknown = await payer.query("REFUND", MaGiaoDich="none", MaYeuCauHoan="H3", SoTien="1")
    assert unknown["MaLoi"] == "01"


async def test_partners_are_configured(payer: PaymentCaller) -> None:
    """A partner's callback goes where the control route says; a new partner has its own secret and references."""
    order = {"code": "MOCK02", "secret": "s2"}
    assert (await payer.client.put("/_sandbox/payment/partner", json=order)).status_code == 200
    response = await payer.send(init(MaDoiTac="MOCK02"), "s2")
    assert response.json()["error_code"] == "0"
    assert (await payer.act()).status_code == 200
    assert payer.received == []
    assert (await payer.client.put("/_sandbox/payment/partner", json={"code": "MOCK03"})).status_code == 422
    assert (await payer.client.put("/_sandbox/payment/partner", json={})).status_code == 422


@pytest.mark.parametrize("name", ["citizen", "deliver", "truth"])
async def test_control_is_for_this_machine(clean: Country, name: str) -> None:
    """Other machines can't pay, deliver or read the truth."""
    transport = httpx.ASGITransport(create_app(clean), client=("10.0.0.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://twin.local") as client:
        assert (await client.post(f"/_sandbox/payment/{name}", json={})).status_code == 403


async def test_mistaken_orders_are_explained(payer: PaymentCaller) -> None:
    """An unknown order or action is refused with the reason."""
    assert (await payer.act("pay", "nobody's")).status_code == 404
    assert (await payer.act("steal")).status_code == 422
    assert (await payer.client.get("/thanhtoan/trang/nobody")).status_code == 404
    assert (await payer.client.post("/thanhtoan/trang/nobody", data={"action": "pay"})).status_code == 404
