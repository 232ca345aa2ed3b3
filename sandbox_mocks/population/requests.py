"""Reading a call: a hardened parser, and elements that must come in the order of the WSDL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST = "http://dancuquocgia.bca"
LOOKUP, VERIFY, KINSHIP, SYNC = (
    "TraCuuThongTinCongDan",
    "XacThucThongTinCongDan",
    "XacMinhThongTinNhanThan",
    "DongBoThongTinCongDan",
)
INTEGRATION_CODES = {LOOKUP: "037", VERIFY: "003", KINSHIP: "038"}
"""MaTichHop of each query; that of the kinship service is assumed."""

_CLAIM = (
    *("MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "MaDonVi?", "TaiKhoan?", "SoDienThoai?"),
    *("SoDinhDanh?", "SoCMND?", "HoVaTen", "NgayThangNamSinh"),
)
_ORDERS = {
    LOOKUP: _CLAIM,
    VERIFY: _CLAIM,
    KINSHIP: _CLAIM,
    SYNC: ("MaYeuCau", "MaDVC", "MaCanBo", "TuNgay", "DenNgay", "Loai", "Trang", "SoBanGhi"),
}
_PARSER_SETTINGS = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
_OPERATION = re.compile(rb"<(?:[\w.-]+:)?(" + "|".join(_ORDERS).encode() + rb")[\s>]")
_PAGE = re.compile(rb"<(?:[\w.-]+:)?Trang>\s*(\d{1,9})\s*<")


class SoapFault(Exception):
    """A call that the register refuses, with its code and a Vietnamese sentence; no value of the call is in it."""

    def __init__(self, code: str, text: str, side: str = "Client") -> None:
        super().__init__(text)
        self.code, self.text, self.side = code, text, side


@dataclass(slots=True)
class Call:
    """One call: its operation and the texts of its elements."""

    operation: str
    fields: dict[str, str] = field(default_factory=dict)
    birth_year: str = ""
    birth_day: str = ""


def glance(message: bytes) -> tuple[str, int | None]:
    """Guesses operation and page without reading the message properly; faults are scripted for broken calls too."""
    operation, page = _OPERATION.search(message), _PAGE.search(message)
    return operation.group(1).decode() if operation else "", int(page.group(1)) if page else None


def read_call(message: bytes) -> Call:
    """Reads a call.

    Raises:
        SoapFault: not a SOAP message, a DTD, an unknown operation, or elements missing, unknown or out of order.
    """
    try:
        root = etree.fromstring(message, etree.XMLParser(**_PARSER_SETTINGS))  # type: ignore[arg-type]
    except (etree.XMLSyntaxError, ValueError):
        raise SoapFault("XML_INVALID", "Bản tin không phải XML hợp lệ") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise SoapFault("DTD_FORBIDDEN", "Bản tin không được chứa khai báo DTD")
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapFault("NOT_SOAP", "Bản tin không phải SOAP 1.1", "VersionMismatch")
    body = root.find(f"{{{ENVELOPE}}}Body")
    elements = [] if body is None else _elements(body)
    if len(elements) != 1:
        raise SoapFault("BODY_INVALID", "Thân bản tin phải có đúng một yêu cầu")
    name = etree.QName(elements[0])
    if name.namespace != REQUEST or name.localname not in _ORDERS:
        raise SoapFault("OPERATION_UNKNOWN", "Dịch vụ không tồn tại")
    call = Call(name.localname)
    for child in _in_order(elements[0], _ORDERS[name.localname]):
        local = etree.QName(child).localname
        if local == "NgayThangNamSinh":
            _read_birth(child, call)
        elif _elements(child):
            raise SoapFault("ELEMENT_INVALID", f"Phần tử {local} không được chứa phần tử con")
        else:
            call.fields[local] = (child.text or "").strip()
    return call


def _elements(parent: etree._Element) -> list[etree._Element]:
    return [child for child in parent if isinstance(child.tag, str)]


def _in_order(parent: etree._Element, order: tuple[str, ...]) -> list[etree._Element]:
    names = [part.rstrip("?") for part in order]
    at = 0
    children = _elements(parent)
    for child in children:
        name = etree.QName(child)
        if name.namespace != REQUEST or name.localname not in names:
            raise SoapFault("ELEMENT_UNKNOWN", "Bản tin có phần tử không được khai báo trong WSDL")
        place = names.index(name.localname)
        if place < at:
            raise SoapFault("ORDER_INVALID", f"Sai thứ tự phần tử tại {name.localname}")
        at = place + 1
    present = {etree.QName(child).localname for child in children}
    for part in order:
        if not part.endswith("?") and part not in present:
            raise SoapFault("ELEMENT_MISSING", f"Thiếu phần tử {part}")
    return children


def _read_birth(element: etree._Element, call: Call) -> None:
    parts = _elements(element)
    names = [etree.QName(part) for part in parts]
    if len(parts) != 1 or names[0].namespace != REQUEST or names[0].localname not in ("Nam", "NgayThangNam"):
        raise SoapFault("BIRTH_INVALID", "NgayThangNamSinh phải có đúng một phần tử Nam hoặc NgayThangNam")
    text = (parts[0].text or "").strip()
    digits = 4 if names[0].localname == "Nam" else 8
    if len(text) != digits or not text.isascii() or not text.isdigit():
        raise SoapFault("BIRTH_INVALID", "NgayThangNamSinh phải là yyyy (Nam) hoặc yyyyMMdd (NgayThangNam)")
    if digits == 4:
        call.birth_year = text
    else:
        call.birth_day = text
