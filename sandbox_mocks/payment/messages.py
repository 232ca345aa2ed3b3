"""Reading what a partner sends."""

from __future__ import annotations

import re
from typing import Any

from sandbox_mocks.payment.errors import AMOUNT, MALFORMED, Refused

Message = dict[str, Any]
_REQUIRED = ("PhienBan", "MaThamChieu", "ThoiGianGD")
_RECEIPT = ("MaDVC", "TenDVC", "MaTTHC", "TenTTHC", "MaDonVi", "TenDonVi", "MaHoSo", "TKThuHuong", "MaNHThuHuong")
_LONGEST = {"TenTTHC": 250, "MaThamChieu": 100, "ThongTinGiaoDich": 250}
_LARGEST_AMOUNT = 10**13


def read_amount(text: Any) -> int:
    """Reads an amount: whole đồng as a text of digits.

    Raises:
        Refused: it is a number, fractional, signed, zero or too large.
    """
    if not isinstance(text, str) or not re.fullmatch("[1-9][0-9]{0,12}", text) or int(text) >= _LARGEST_AMOUNT:
        raise Refused(AMOUNT)
    return int(text)


def is_account(text: str) -> bool:
    """Whether a text can be the code of a bank or the number of an account."""
    return re.fullmatch("[0-9A-Za-z]{1,30}", text) is not None


def check(message: Message) -> None:
    """Checks what every message has.

    Raises:
        Refused: a field is missing, too long or malformed.
    """
    for name in _REQUIRED:
        if not isinstance(message.get(name), str) or not message[name]:
            raise Refused(MALFORMED, f"Thiếu {name}")
    for name, longest in _LONGEST.items():
        if len(str(message.get(name, ""))) > longest:
            raise Refused(MALFORMED, f"{name} vượt quá {longest} ký tự")
    if not re.fullmatch("[0-9]{14}", message["ThoiGianGD"]):
        raise Refused(MALFORMED, "ThoiGianGD phải có dạng yyyyMMddHHmmss")


def read_order(message: Message) -> int:
    """Checks an INIT and returns its amount.

    Raises:
        Refused: the kind of payment, the currency, the receipt's block or a sum is wrong.
    """
    amount = read_amount(message.get("SoTien"))
    if message.get("LoaiHinhThanhToan") != "PAY" or message.get("MaTienTe") != "VND":
        raise Refused(MALFORMED, "LoaiHinhThanhToan phải là PAY, MaTienTe phải là VND")
    receipt = message.get("ThongTinBienLai")
    if not isinstance(receipt, dict):
        raise Refused(MALFORMED, "Thiếu ThongTinBienLai")
    for name in _RECEIPT:
        if not isinstance(receipt.get(name), str) or not receipt[name]:
            raise Refused(MALFORMED, f"Thiếu ThongTinBienLai.{name}")
    for name in ("TKThuHuong", "MaNHThuHuong"):
        if not is_account(receipt[name]):
            raise Refused(MALFORMED, f"ThongTinBienLai.{name} chỉ gồm chữ và số")
    if len(receipt["TenTTHC"]) > _LONGEST["TenTTHC"]:
        raise Refused(MALFORMED, f"TenTTHC vượt quá {_LONGEST['TenTTHC']} ký tự")
    parts = receipt.get("DSKhoanNop")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Refused(MALFORMED, "Thiếu ThongTinBienLai.DSKhoanNop")
    if sum(read_amount(part.get("SoTien")) for part in parts) != amount:
        raise Refused(AMOUNT, "Tổng DSKhoanNop khác SoTien")
    return amount
