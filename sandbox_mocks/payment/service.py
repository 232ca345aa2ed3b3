"""The platform's messages from a partner: INIT, QUERY, GET_BILL and REFUND.

Assumed: one address for all messages, the fields of answers but for those in the signed lists, REFUND as a whole, that
a reference is never used twice, and that the sum of DSKhoanNop must be SoTien.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from sandbox_mocks.clock import Clock
from sandbox_mocks.faults import Fault
from sandbox_mocks.payment import errors
from sandbox_mocks.payment.citizen import PAY, Citizen
from sandbox_mocks.payment.errors import Refused
from sandbox_mocks.payment.gateways import GATEWAYS
from sandbox_mocks.payment.messages import Message, check, read_amount, read_order
from sandbox_mocks.payment.orders import PAID, REFUNDED, Order, Orders
from sandbox_mocks.payment.partners import PIPE, Partner
from sandbox_mocks.payment.receipts import write_pdf
from sandbox_mocks.payment.schemes import BANK
from sandbox_mocks.payment.signing import GET_BILL, INIT, QUERY, REFUND, is_signed
from sandbox_mocks.payment.times import moment_text

Answer = dict[str, Any] | bytes
Faults = Mapping[str, Fault]


class PaymentService:
    """Answers partners."""

    def __init__(
        self, orders: Orders, partners: dict[str, Partner], citizen: Citizen, clock: Clock, page: Callable[[str], str]
    ) -> None:
        """Builds the service.

        Args:
            page: makes the address of a payment page from an order's token.
        """
        self._orders, self._partners, self._citizen, self._clock, self._page = orders, partners, citizen, clock, page

    async def answer(self, message: Message, faults: Faults) -> Answer:
        """Answers one message: the platform's JSON inside `message` as text, or the bytes of a PDF."""
        kind = str(message.get("LoaiBanTin", ""))
        try:
            partner = self._admit(kind, message)
            if kind == INIT:
                answer: dict[str, Any] | bytes = await self._init(partner, message, faults)
            elif kind == QUERY:
                answer = self._query(partner, message)
            elif kind == REFUND:
                answer = self._refund(partner, message)
            else:
                answer = self._bill(partner, message, faults)
        except Refused as refused:
            answer = {"MaLoi": refused.code, "MoTaLoi": refused.text}
        if isinstance(answer, bytes):
            return answer
        echoed = {name: message.get(name, "") for name in ("LoaiBanTin", "MaDoiTac", "MaThamChieu")}
        written = {**echoed, "ThoiGianGD": moment_text(self._clock.now_ms()), **answer}
        if "drift" in faults:
            written[faults["drift"].parameters["field"]] = "giá trị mới"
        code = "0" if written["MaLoi"] == errors.DONE else written["MaLoi"]
        return {"error_code": code, "message": orjson.dumps(written).decode()}

    async def open_elsewhere(self, name: str, message: Message, faults: Faults) -> dict[str, Any]:
        """Opens an order at one of the older gateways; they have no other messages."""
        gateway, url = GATEWAYS[name], ""
        try:
            partner = self._partners.get(str(message.get(gateway.partner_field, "")))
            if partner is None or partner.scheme != name:
                raise Refused(errors.UNKNOWN_PARTNER)
            asked = gateway.open(partner, message)
            kept = {"MaThamChieu": asked.reference, "ThongTinBienLai": asked.receipt}
            now = self._clock.now_ms()
            order = self._orders.open(partner, kept, asked.amount, now, secrets.token_urlsafe(16))
            if "early_callback" in faults:
                await self._citizen.act(order, PAY)
            code, url = errors.DONE, self._page(order.token)
        except Refused as refused:
            code = refused.code
        return gateway.answer(code, url)

    def _admit(self, kind: str, message: Message) -> Partner:
        partner = self._partners.get(str(message.get("MaDoiTac", "")))
        if partner is None or partner.scheme != PIPE:
            raise Refused(errors.UNKNOWN_PARTNER)
        if kind not in (INIT, QUERY, GET_BILL, REFUND):
            raise Refused(errors.MALFORMED)
        if not is_signed(message, partner.secret):
            raise Refused(errors.SIGNATURE)
        check(message)
        return partner

    async def _init(self, partner: Partner, message: Message, faults: Faults) -> dict[str, Any]:
        amount = read_order(message)
        order = self._orders.open(partner, message, amount, self._clock.now_ms(), secrets.token_urlsafe(16))
        if "early_callback" in faults:
            await self._citizen.act(order, PAY)
        return {**_done(), "UrlThanhToan": self._page(order.token)}

    def _query(self, partner: Partner, message: Message) -> dict[str, Any]:
        order = self._orders.find(partner, message["MaThamChieu"])
        return {**_done(), "TrangThaiGD": order.state(self._clock.now_ms()), **_paid(order)}

    def _refund(self, partner: Partner, message: Message) -> dict[str, Any]:
        order = self._orders.find(partner, message["MaThamChieu"])
        request, code = str(message.get("MaYeuCauHoan", "")), str(message.get("MaGiaoDich", ""))
        if not request:
            raise Refused(errors.MALFORMED, "Thiếu MaYeuCauHoan")
        amount = read_amount(message.get("SoTien"))
        transaction = self._orders.refund(order, code, request, amount, self._clock.now_ms())
        left = transaction.amount - transaction.refunded
        return {**_done(), "MaGiaoDich": code, "MaYeuCauHoan": request, "SoTienConLai": str(left)}

    def _bill(self, partner: Partner, message: Message, faults: Faults) -> bytes:
        order = self._orders.find(partner, message["MaThamChieu"])
        ready = order.state(self._clock.now_ms()) in (PAID, REFUNDED)
        if not ready or "receipt_not_ready" in faults:
            raise Refused(errors.NOT_READY)
        receipt, transaction = order.message["ThongTinBienLai"], order.transactions[0]
        return write_pdf(
            [
                "BIÊN LAI THU PHÍ, LỆ PHÍ (SANDBOX)",
                f"Mã hồ sơ: {receipt['MaHoSo']}",
                f"Thủ tục: {receipt['TenTTHC']}",
                f"Đơn vị: {receipt['TenDonVi']}",
                f"Số tiền: {transaction.amount} đồng",
                f"Mã giao dịch: {transaction.code}",
                f"Thời gian: {moment_text(transaction.time)}",
            ]
        )


def _done() -> dict[str, str]:
    return {"MaLoi": errors.DONE, "MoTaLoi": errors.TEXTS[errors.DONE]}


def _paid(order: Order) -> dict[str, Any]:
    """Writes what was paid on an order: the first payment, and all of them where there are more."""
    found = [
        {
            "MaGiaoDich": each.code,
            "SoTien": str(each.amount),
            "MaTienTe": each.currency,
            "MaNganHang": BANK,
            "ThoiGianThanhToan": moment_text(each.time),
            "SoTienDaHoan": str(each.refunded),
        }
        for each in order.transactions
    ]
    return {**(found[0] if found else {"SoTien": str(order.amount)}), "DSGiaoDich": found}
