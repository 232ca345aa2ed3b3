"""Writing answers: SOAP envelopes joined from strings, which is several times faster than building a tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

REPLY = "http://www.mic.gov.vn/dancu/1.0"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_OPEN = f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
_CLOSE = "</soap:Body></soap:Envelope>"


def envelope(root: str, content: str) -> bytes:
    """Wraps an answer's content."""
    return f'{_OPEN}<{root} xmlns="{REPLY}">{content}</{root}>{_CLOSE}'.encode()


def fault(code: str, text: str, side: str = "Client") -> bytes:
    """Writes a SOAP 1.1 fault."""
    return (
        f"{_OPEN}<soap:Fault><faultcode>soap:{side}</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<detail><MaLoi>{escape(code)}</MaLoi></detail></soap:Fault>{_CLOSE}"
    ).encode()


def element(name: str, value: Any) -> str:
    """Writes a value as an element; None writes nothing, a dict its parts, a list one element each."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"<{name}>{''.join(element(part, inner) for part, inner in value.items())}</{name}>"
    if isinstance(value, list):
        return "".join(element(name, item) for item in value)
    text = str(value)
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"


def elements(values: dict[str, Any]) -> str:
    """Writes the parts of an element in the order of the dict."""
    return "".join(element(name, value) for name, value in values.items())


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
