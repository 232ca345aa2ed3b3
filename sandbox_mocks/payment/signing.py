"""MaXacThuc: a plain SHA-256 in hex of a message's fields joined by pipes, with the secret as the last one.

ThongTinBienLai, which names the beneficiary's account, is outside the signature, as it is in the real protocol. The
order for REFUND is assumed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

INIT, CONFIRM, QUERY, GET_BILL, REFUND = "INIT", "CONFIRM", "QUERY", "GET_BILL", "REFUND"
_ASKING = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
SIGNED: dict[str, tuple[str, ...]] = {
    INIT: (
        "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan",
        "MaThietBi", "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip",
    ),
    CONFIRM: (
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
        "ThoiGianGD", "ThongTinGiaoDich",
    ),
    QUERY: _ASKING,
    GET_BILL: _ASKING,
    REFUND: (*_ASKING[:-1], "MaGiaoDich", "MaYeuCauHoan", "SoTien", "ThoiGianGD"),
}  # fmt: skip
"""The signed fields of each kind of message, in order."""


def sign(message: Mapping[str, Any], secret: str) -> str:
    """Returns MaXacThuc of a message, by its LoaiBanTin."""
    fields = [str(message.get(name, "")) for name in SIGNED[message["LoaiBanTin"]]]
    return hashlib.sha256("|".join([*fields, secret]).encode()).hexdigest()


def is_signed(message: Mapping[str, Any], secret: str) -> bool:
    """Whether MaXacThuc of a message is right."""
    return hmac.compare_digest(str(message.get("MaXacThuc", "")).encode(), sign(message, secret).encode())
