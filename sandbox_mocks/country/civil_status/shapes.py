"""The two shapes in which civil status sends a record, and its habits of writing the same content in other ways."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import orjson

from sandbox_mocks.country.civil_status.dates import in_figures
from sandbox_mocks.country.timeline import CODES_CHANGED

Record = dict[str, Any]
JSON_SINCE = CODES_CHANGED
"""Versions since July 2025 are sent as JSON, earlier ones as XML (assumed: the system of July 2025 brought the new
shape)."""
_NAMES, _DATES, _ADDRESSES = "HoTen", "NgaySinh", ("NoiSinh", "QueQuan", "NoiCuTru", "NoiChet")


def as_text(record: Record, version: int) -> str:
    """Writes a record as the string that `data` carries: JSON, or XML for versions before July 2025."""
    return as_json(record) if version >= JSON_SINCE else as_xml(record)


def as_json(record: Record) -> str:
    """Writes a record in the shape of 2025."""
    return orjson.dumps(record).decode()


def as_xml(record: Record) -> str:
    """Writes a record in the old shape: one flat element per field; names, dates and addresses as texts."""
    root = ElementTree.Element("hotich")
    entry = ElementTree.SubElement(root, "hoso")
    for field, value in flatten(record).items():
        ElementTree.SubElement(entry, field).text = value
    return ElementTree.tostring(root, encoding="unicode")


def flatten(record: Record) -> dict[str, str]:
    """Turns a record of the shape of 2025 into texts; a birth place gets its commune's code in a field of its own."""
    flat: dict[str, str] = {}
    for field, value in record.items():
        if not isinstance(value, dict):
            flat[field] = "" if value is None else str(value)
        elif field.endswith(_NAMES):
            flat[field] = " ".join(part for part in value.values() if part)
        elif field.endswith(_DATES):
            flat[field] = in_figures(value)
        elif field.endswith(_ADDRESSES):
            flat[field] = value["dcChiTiet"]
            flat[f"{field}DVHC"] = value["maXa"]
        else:
            raise ValueError(f"no way to write {field} as text")
    return flat


def write_habitually(record: Record, genes: bytes) -> None:
    """Rewrites a clean record in place the way its clerk writes."""
    habit = genes[33]
    for field, value in list(record.items()):
        if field.endswith(_NAMES) and isinstance(value, dict):
            if habit < 24:
                record[field] = {"Ho": "", "ChuDem": "", "Ten": " ".join(part for part in value.values() if part)}
            elif habit < 44:
                record[field] = {part: text.upper() for part, text in value.items()}
        elif field.endswith(_DATES) and isinstance(value, dict):
            if len(value) == 3 and habit & 1:
                record[field] = in_figures(value)
            elif len(value) < 3 and habit & 2:
                record[field] = {"thangSinh": None, "ngaySinh": None, **value}
        elif value == "" and habit >= 236:
            record[field] = None
        elif value == "" and habit >= 216:
            del record[field]
