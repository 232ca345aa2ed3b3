"""The codes with which civil status refuses a call, and its one long sentence about wrong data."""

from __future__ import annotations

from collections.abc import Iterable

AUTHEN_ERROR, IP_DISALLOWED = "100", "101"
AGENCY_ID_INCORRECT, PROVINCE_ID_INCORRECT = "106", "108"
RECORD_UNCOMPLETE, RECORD_NOT_FOUND = "200", "201"
DATA_TYPE_INVALID, DATA_INCORRECT = "302", "500"
TEXTS = {
    AUTHEN_ERROR: "AUTHEN_ERROR: Sai thông tin xác thực",
    IP_DISALLOWED: "IP_DISALLOWED: Địa chỉ IP không được phép truy cập",
    AGENCY_ID_INCORRECT: "AGENCY_ID_INCORRECT: Mã đơn vị không đúng",
    PROVINCE_ID_INCORRECT: "PROVINCE_ID_INCORRECT: Mã tỉnh không đúng",
    RECORD_UNCOMPLETE: "RECORD_UNCOMPLETE: Hồ sơ chưa hoàn thành hoặc chưa đủ thông tin",
    RECORD_NOT_FOUND: "RECORD_NOT_FOUND: Không tìm thấy hồ sơ",
    DATA_TYPE_INVALID: "DATA_TYPE_INVALID: Kiểu dữ liệu không hợp lệ",
    DATA_INCORRECT: "DATA_INCORRECT: Dữ liệu không đúng",
}
EMPTY, WRONG_FORM = "không được để trống", "định dạng không đúng"
TOO_LONG, UNKNOWN = "vượt quá số lượng cho phép", "không tồn tại"


class Refused(ValueError):
    """A call that civil status answers with status "0"."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text or TEXTS[code])
        self.code, self.text = code, text or TEXTS[code]


def sentence(problems: Iterable[tuple[str, str]]) -> str:
    """Writes problems of fields as the register does: of each line break only the `n` is left, glued to the field."""
    return "Dữ liệu không hợp lệ:" + "".join(f"n{field} {problem}" for field, problem in problems)
