"""How a gateway tells its partner of a payment: each signs in its own way, so the scheme is the partner's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox_mocks.payment.partners import Partner
from sandbox_mocks.payment.signing import CONFIRM, sign

BANK = "VCB"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a callback tells: an amount in đồng (by script in a wrong currency), a time as the gateway writes it."""

    reference: str
    code: str
    amount: int
    currency: str
    transaction: str
    time: str
    info: str


class Scheme(Protocol):
    """One gateway's way to write callbacks and to read what the partner answers."""

    def confirm(self, partner: Partner, told: Confirmation) -> dict[str, Any]:
        """Writes and signs a callback."""

    def accepts(self, answer: Mapping[str, Any]) -> bool:
        """Whether an answer says that the partner has taken the callback."""


class Piped:
    """The payment platform: CONFIRM with MaXacThuc."""

    def confirm(self, partner: Partner, told: Confirmation) -> dict[str, Any]:
        """Writes and signs a CONFIRM."""
        message: dict[str, Any] = {
            "LoaiBanTin": CONFIRM,
            "MaLoi": told.code,
            "MaDoiTac": partner.code,
            "MaThamChieu": told.reference,
            "SoTien": str(told.amount),
            "MaTienTe": told.currency,
            "MaGiaoDich": told.transaction,
            "MaNganHang": BANK,
            "ThoiGianGD": told.time,
            "ThongTinGiaoDich": told.info,
        }
        return {**message, "MaXacThuc": sign(message, partner.secret)}

    def accepts(self, answer: Mapping[str, Any]) -> bool:
        """Whether MaLoi is "00"."""
        return answer.get("MaLoi") == "00"
