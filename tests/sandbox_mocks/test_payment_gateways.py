"""The two older gateways: requests and callbacks signed in their own ways, the same orders behind them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from tests.sandbox_mocks.payment_caller import PaymentCaller, init

KEYPAY, PAYGOV = "keypay", "paygov"


def sha256(*fields: str) -> str:
    return hashlib.sha256("|".join(fields).encode()).hexdigest()


def packed(content: Any) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


def keypay(key: str = "first-key", **changes: str) -> dict[str, str]:
    message = {
        "merchant_code": "KP1", "merchant_trans_id": "R1", "good_code": "G16-0007", "net_cost": "150000",
        "currency_code": "VND", "desc": "Phí", "return_url": "http://partner.local/back",
        "beneficiary_bank": "KBNN", "beneficiary_account": "9527010001", **changes,
    }  # fmt: skip
    return {**message, "check_sum": sha256(*message.values(), key)}


def paygov(secret: str = "first-key", **changes: Any) -> dict[str, str]:
    message = {
        "partnerCode": "KP1", "accessKey": "second-key", "payerName": "Người Nộp", "payerId": "100199000001",
        "paids": packed(changes.get("paids", [{"amount": "100000"}, {"amount": "50000"}])),
        "otherInfo": packed({"orderId": "R1", "orderInfo": "Phí", "bankCode": "KBNN", "accountNumber": "9527010001"}),
        "decisionDate": "20261122",
    }  # fmt: skip
    return {**message, "checksum": sha256(secret, *message.values())}


REQUESTS = {KEYPAY: keypay, PAYGOV: paygov}
CODE = {KEYPAY: "response_code", PAYGOV: "errorCode"}
PAGE = {KEYPAY: "redirect_url", PAYGOV: "payUrl"}


async def register(payer: PaymentCaller, scheme: str) -> None:
    order = {
        "code": "KP1", "secret": "first-key", "callback_key": "second-key", "scheme": scheme,
        "callback_url": "http://partner.local/confirm",
    }  # fmt: skip
    assert (await payer.client.put("/_sandbox/payment/partner", json=order)).status_code == 200


async def send(payer: PaymentCaller, scheme: str, message: Any) -> dict[str, Any]:
    return dict((await payer.client.post(f"/thanhtoan/{scheme}", json=message)).json())


def is_right(scheme: str, callback: dict[str, str]) -> bool:
    """Whether a callback's signature is the one that the partner computes."""
    fields = list(callback.values())
    if scheme == KEYPAY:
        return fields[-1] == sha256(*fields[:-1], "second-key")
    return fields[-1] == sha256("first-key", *fields[:-1])


@pytest.mark.parametrize("scheme", [KEYPAY, PAYGOV])
async def test_an_order_is_paid_and_told(payer: PaymentCaller, scheme: str) -> None:
    """The request gives a page; paid there, the callback comes once, signed in the gateway's way."""
    await register(payer, scheme)
    payer.answers = [{CODE[scheme]: "00"}]
    answer = await send(payer, scheme, REQUESTS[scheme]())
    assert answer[CODE[scheme]] == "00"
    assert (await payer.client.post(answer[PAGE[scheme]], data={"action": "pay"})).status_code == 200
    (callback,) = payer.received
    assert is_right(scheme, callback)
    assert "150000" in callback.values() and "R1" in callback.values()
    assert (await payer.truth())["callbacks"][0]["accepted"] is True


@pytest.mark.parametrize("scheme", [KEYPAY, PAYGOV])
async def test_callbacks_have_the_same_faults(payer: PaymentCaller, scheme: str) -> None:
    """A wrong signature and a missing answer are as they are at the platform."""
    await register(payer, scheme)
    await payer.script({"kind": "wrong_signature", "operation": "CONFIRM"})
    payer.answers = [None, {"MaLoi": "00"}, {CODE[scheme]: "99"}]
    await send(payer, scheme, REQUESTS[scheme]())
    await payer.act()
    assert len(payer.received) == 3
    assert not is_right(scheme, payer.received[0])


@pytest.mark.parametrize(
    ("scheme", "message", "code"),
    [
        (KEYPAY, keypay("second-key"), "03"),
        (KEYPAY, keypay(net_cost="1.5"), "04"),
        (KEYPAY, keypay(currency_code="USD"), "04"),
        (KEYPAY, keypay(beneficiary_account="../x"), "06"),
        (KEYPAY, keypay(desc=""), "06"),
        (KEYPAY, keypay(merchant_code="NOBODY"), "05"),
        (KEYPAY, ["none"], "05"),
        (PAYGOV, paygov("another"), "03"),
        (PAYGOV, paygov(paids=[]), "06"),
        (PAYGOV, paygov(paids=["1"]), "06"),
        (PAYGOV, paygov(paids=[{"amount": "-1"}]), "04"),
        (PAYGOV, {"partnerCode": "KP1"}, "06"),
    ],
)
async def test_wrong_requests_are_refused(payer: PaymentCaller, scheme: str, message: Any, code: str) -> None:
    """Each mistake has its code, and no order is opened."""
    await register(payer, scheme)
    answer = await send(payer, scheme, message)
    assert (answer[CODE[scheme]], answer[PAGE[scheme]]) == (code, "")
    assert (await payer.act()).status_code == 404


async def test_a_reference_is_used_once_there_too(payer: PaymentCaller) -> None:
    """A second order under a reference is refused."""
    await register(payer, KEYPAY)
    answers = [(await send(payer, KEYPAY, keypay()))["response_code"] for _ in range(2)]
    assert answers == ["00", "02"]


async def test_a_partner_keeps_to_its_scheme(payer: PaymentCaller) -> None:
    """A partner of one gateway is nobody at another; an unknown scheme is refused."""
    await register(payer, KEYPAY)
    assert (await send(payer, PAYGOV, paygov()))["errorCode"] == "05"
    assert (await payer.ask(init(MaDoiTac="KP1")))["MaLoi"] == "05"
    order = {"code": "KP2", "secret": "s", "scheme": "barter"}
    assert (await payer.client.put("/_sandbox/payment/partner", json=order)).status_code == 422
