"""The page to which a citizen's browser is sent to pay."""

from __future__ import annotations

from html import escape

from sandbox_mocks.payment.orders import PENDING, Order

_HEAD = """<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>Cổng thanh toán (sandbox)</title></head>
<body><h1>Cổng thanh toán (sandbox)</h1>"""
_TAIL = "</body></html>"


def write_page(order: Order, now: int) -> str:
    """Writes the page of an order: what is to be paid, with buttons as long as it is open."""
    receipt = order.message["ThongTinBienLai"]
    told = (
        f"<p>{escape(receipt['TenTTHC'])}</p><p>Hồ sơ: {escape(receipt['MaHoSo'])}</p>"
        f"<p>Số tiền: <strong>{order.amount:,} đồng</strong></p>"
    )
    if order.state(now) != PENDING:
        return f"{_HEAD}{told}<p>Giao dịch đã kết thúc.</p>{_TAIL}"
    buttons = "".join(
        f'<form method="post"><button name="action" value="{action}">{label}</button></form>'
        for action, label in (("pay", "Thanh toán"), ("cancel", "Hủy"))
    )
    return f"{_HEAD}{told}{buttons}{_TAIL}"
