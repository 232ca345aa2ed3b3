"""Writing answers: SOAP envelopes joined from strings, which is several times faster than building a tree."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox_mocks import soap_answers
from sandbox_mocks.soap_answers import elements

REPLY = "http://www.mic.gov.vn/dancu/1.0"


def envelope(root: str, content: str) -> bytes:
    """Wraps an answer's content."""
    return soap_answers.envelope(REPLY, root, content)


def feed_entry(number: str, time: int, status: str, body: bytes | None) -> str:
    """Writes one entry of the feed; its content is JSON inside CDATA, as a string literal with its quotes escaped."""
    content = ""
    if body is not None:
        literal = body.decode().replace("\\", "\\\\").replace('"', '\\"')
        inside = f'"{literal}"'.replace("]]>", "]]]]><![CDATA[>")
        content = f"<Body><![CDATA[{inside}]]></Body>"
    return (
        f"<CongDan><SoDinhDanh>{number}</SoDinhDanh><ThoiDiemDuLieu>{time}</ThoiDiemDuLieu>"
        f"<TrangThai>{status}</TrangThai>{content}</CongDan>"
    )


def feed_page(total: int, page: int, size: int, time: int, entries: Iterable[str]) -> bytes:
    """Writes one page of the feed."""
    head = elements({"TongSo": total, "Trang": page, "SoBanGhi": size, "ThoiDiemDuLieu": time})
    return envelope("DanhSachCongDan", head + "".join(entries))
