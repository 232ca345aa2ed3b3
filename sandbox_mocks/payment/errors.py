"""MaLoi: "00" is success; the other codes are assumed, no public source lists them."""

from __future__ import annotations

DONE = "00"
UNKNOWN_ORDER, REFERENCE_USED, SIGNATURE, AMOUNT = "01", "02", "03", "04"
UNKNOWN_PARTNER, MALFORMED, ORDER_CLOSED, NOT_READY = "05", "06", "07", "09"
REFUND_TOO_HIGH, CANCELLED, FAILED, SYSTEM = "10", "24", "51", "99"
TEXTS = {
    DONE: "Thành công",
    UNKNOWN_ORDER: "Không tìm thấy giao dịch",
    REFERENCE_USED: "Mã tham chiếu đã tồn tại",
    SIGNATURE: "Sai mã xác thực",
    AMOUNT: "Số tiền không hợp lệ",
    UNKNOWN_PARTNER: "Mã đối tác không tồn tại",
    MALFORMED: "Bản tin không hợp lệ",
    ORDER_CLOSED: "Giao dịch đã hết hạn hoặc đã kết thúc",
    NOT_READY: "Biên lai chưa sẵn sàng",
    REFUND_TOO_HIGH: "Số tiền hoàn vượt quá số tiền đã thanh toán",
    CANCELLED: "Người nộp đã hủy giao dịch",
    FAILED: "Thanh toán không thành công",
    SYSTEM: "Lỗi hệ thống",
}


class Refused(ValueError):
    """A message that the platform answers with another MaLoi than "00"."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text or TEXTS[code])
        self.code, self.text = code, text or TEXTS[code]
