"""Two older gateways with signatures of their own: KeyPay with two keys, and PayGov.

Known from the sources: check_sum over ordered fields with one key for requests and another for callbacks; a SHA-256
over secret, partner code, access key, payer, the payments and other information in base64, and the date of decision.
Assumed: that fields are joined by pipes, KeyPay's SHA-256, the names and order of all other fields, and the callbacks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from sandbox_mocks.payment.errors import AMOUNT, DONE, MALFORMED, SIGNATURE, Refused
from sandbox_mocks.payment.messages import is_account, read_amount
from sandbox_mocks.payment.partners import Partner
from sandbox_mocks.payment.schemes import Confirmation, Scheme

KEYPAY_ASKS = (
    *("merchant_code", "merchant_trans_id", "good_code", "net_cost", "currency_code", "desc", "return_url"),
    *("beneficiary_bank", "beneficiary_account"),
)
KEYPAY_TELLS = ("merchant_code", "merchant_trans_id", "response_code", "trans_id", "net_cost", "currency_code", "time")
PAYGOV_TELLS = ("partnerCode", "accessKey", "orderId", "status", "transactionId", "amount", "currency", "time")


class Opening(NamedTuple):
    """What a request for a payment asks: amount in đồng, and the block about the receipt as the platform has it."""

    reference: str
    amount: int
    receipt: dict[str, Any]


class Gateway(Scheme, Protocol):
    """An older gateway."""

    partner_field: str

    def open(self, partner: Partner, message: Mapping[str, Any]) -> Opening:
        """Reads and checks a request for a payment; Refused: it is malformed or wrongly signed."""

    def answer(self, code: str, url: str) -> dict[str, Any]:
        """Writes the answer to a request: the code, and where the browser goes when it is "00"."""


class KeyPay:
    """KeyPay: check_sum by the first key on the way in, by the second on the way out."""

    partner_field = "merchant_code"

    def open(self, partner: Partner, message: Mapping[str, Any]) -> Opening:
        """Reads a request."""
        fields = _texts(message, KEYPAY_ASKS)
        _verify(message.get("check_sum"), _digest([*fields, partner.secret]))
        if message["currency_code"] != "VND":
            raise Refused(AMOUNT)
        block = _receipt(
            str(message["good_code"]), str(message["desc"]),
            str(message["beneficiary_bank"]), str(message["beneficiary_account"]),
        )  # fmt: skip
        return Opening(str(message["merchant_trans_id"]), read_amount(message["net_cost"]), block)

    def answer(self, code: str, url: str) -> dict[str, Any]:
        """Writes response_code and redirect_url."""
        return {"response_code": code, "redirect_url": url}

    def confirm(self, partner: Partner, told: Confirmation) -> dict[str, Any]:
        """Writes and signs a callback."""
        values = [
            partner.code, told.reference, told.code, told.transaction, str(told.amount), told.currency, told.time,
        ]  # fmt: skip
        message = dict(zip(KEYPAY_TELLS, values, strict=True))
        return {**message, "check_sum": _digest([*values, partner.callback_key])}

    def accepts(self, answer: Mapping[str, Any]) -> bool:
        """Whether response_code is "00"."""
        return answer.get("response_code") == DONE


class PayGov:
    """PayGov: checksum over the secret first, then the fields, lists and objects as base64 of their JSON."""

    partner_field = "partnerCode"

    def open(self, partner: Partner, message: Mapping[str, Any]) -> Opening:
        """Reads a request. `paids` and `otherInfo` are signed as they were sent: base64 of JSON."""
        names = ("partnerCode", "accessKey", "payerName", "payerId", "paids", "otherInfo", "decisionDate")
        fields = _texts(message, names)
        _verify(message.get("checksum"), _digest([partner.secret, *fields]))
        _verify(message["accessKey"], partner.callback_key)
        paids, other = _unpacked(message["paids"]), _unpacked(message["otherInfo"])
        if not isinstance(paids, list) or not isinstance(other, dict) or not paids:
            raise Refused(MALFORMED)
        if not all(isinstance(paid, dict) for paid in paids):
            raise Refused(MALFORMED)
        amount = sum(read_amount(paid.get("amount")) for paid in paids)
        order, name, bank, account = _texts(other, ("orderId", "orderInfo", "bankCode", "accountNumber"))
        return Opening(order, amount, _receipt(order, name, bank, account))

    def answer(self, code: str, url: str) -> dict[str, Any]:
        """Writes errorCode and payUrl."""
        return {"errorCode": code, "payUrl": url}

    def confirm(self, partner: Partner, told: Confirmation) -> dict[str, Any]:
        """Writes and signs a callback."""
        values = [
            partner.code, partner.callback_key, told.reference, told.code, told.transaction, str(told.amount),
            told.currency, told.time,
        ]  # fmt: skip
        message = dict(zip(PAYGOV_TELLS, values, strict=True))
        return {**message, "checksum": _digest([partner.secret, *values])}

    def accepts(self, answer: Mapping[str, Any]) -> bool:
        """Whether errorCode is "00"."""
        return answer.get("errorCode") == DONE


GATEWAYS: dict[str, Gateway] = {"keypay": KeyPay(), "paygov": PayGov()}


def _texts(message: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    found = [message.get(name) for name in names]
    if not all(isinstance(value, str) and value for value in found):
        raise Refused(MALFORMED)
    return [str(value) for value in found]


def _digest(fields: list[str]) -> str:
    return hashlib.sha256("|".join(fields).encode()).hexdigest()


def _verify(given: Any, right: str) -> None:
    if not hmac.compare_digest(str(given).encode(), right.encode()):
        raise Refused(SIGNATURE)


def _unpacked(text: str) -> Any:
    try:
        return orjson.loads(base64.b64decode(text, validate=True))
    except ValueError:
        raise Refused(MALFORMED) from None


def _receipt(dossier: str, name: str, bank: str, account: str) -> dict[str, Any]:
    if not is_account(bank) or not is_account(account):
        raise Refused(MALFORMED)
    return {
        "MaHoSo": dossier, "TenTTHC": name, "TenDonVi": "", "MaNHThuHuong": bank, "TKThuHuong": account,
    }  # fmt: skip
