"""Reading and checking what others send for registration: JSON or XML in one string."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.etree import ElementTree

import orjson

from sandbox_mocks.civil_status import errors
from sandbox_mocks.civil_status.errors import EMPTY, TOO_LONG, UNKNOWN, WRONG_FORM, Refused
from sandbox_mocks.country.civil_status.codes import COUNTRIES, ETHNICITY_IDS, PAPERS
from sandbox_mocks.country.civil_status.registrations import BIRTH, CERTIFICATE, DEATH, MARRIAGE

Record = dict[str, Any]
LINKED = {"LTKS": BIRTH, "LTKT": DEATH, "LTKH": MARRIAGE}
"""The modules of interlinked dossiers and what each registers."""
REQUIRED = {
    BIRTH: ("nksHoTen", "nksGioiTinh", "nksNgaySinh", "nksDanToc", "nksQuocTich", "nksNoiSinh", "meHoTen", "nycHoTen"),
    DEATH: ("nktHoTen", "nktGioiTinh", "nktNgayChet", "nktNoiChet", "nycHoTen"),
    MARRIAGE: ("chongHoTen", "chongNgaySinh", "voHoTen", "voNgaySinh"),
    CERTIFICATE: ("nxnHoTen", "nxnNgaySinh", "nxnNoiCuTru", "nycHoTen"),
}
"""What a dossier of each module must tell (assumed)."""
_LONGEST = {"SoGiayToTuyThan": 12, "SoDinhDanh": 12, "HoTen": 150}
_LONGEST_TEXT = 500
_CODES = {
    "GioiTinh": {"1", "2", "3"}, "DanToc": set(ETHNICITY_IDS.values()), "QuocTich": set(COUNTRIES),
    "LoaiGiayToTuyThan": {*PAPERS, "10"}, "LoaiCuTru": {"0", "1", "2"},
}  # fmt: skip
_DATES = ("NgaySinh", "NgayChet", "NgayCap")


def read(data: Any) -> Record:
    """Reads the string of a dossier's data, JSON or `<hotich><hoso>`.

    Raises:
        Refused: it is neither (302).
    """
    if not isinstance(data, str):
        raise Refused(errors.DATA_TYPE_INVALID)
    try:
        if data.lstrip().startswith("<"):
            if "<!" in data:
                raise Refused(errors.DATA_TYPE_INVALID)
            root = ElementTree.fromstring(data)  # noqa: S314  no declaration, so no entity, got this far
            entry = root.find("hoso")
            if root.tag != "hotich" or entry is None:
                raise Refused(errors.DATA_TYPE_INVALID)
            return {field.tag: (field.text or "").strip() for field in entry}
        record = orjson.loads(data)
    except (ElementTree.ParseError, orjson.JSONDecodeError):
        raise Refused(errors.DATA_TYPE_INVALID) from None
    if not isinstance(record, dict):
        raise Refused(errors.DATA_TYPE_INVALID)
    return record


def check(module: str, record: Record) -> None:
    """Checks the data of a dossier.

    Raises:
        Refused: something is missing (200) or wrong (500); the text names every field.
    """
    missing = [(field, EMPTY) for field in REQUIRED[module] if not _filled(record.get(field))]
    if missing:
        raise Refused(errors.RECORD_UNCOMPLETE, errors.sentence(missing))
    wrong = list(_problems(record))
    if wrong:
        raise Refused(errors.DATA_INCORRECT, errors.sentence(wrong))


def year_of(value: Any) -> int | None:
    """Returns the year of a date in parts or in figures."""
    text = value.get("namSinh") if isinstance(value, dict) else str(value).strip()[-4:]
    return int(text) if isinstance(text, str) and re.fullmatch("[0-9]{4}", text) else None


def _filled(value: Any) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(str(value or "").strip())


def _problems(record: Record) -> Iterator[tuple[str, str]]:
    for field, value in record.items():
        if not _filled(value):
            continue
        text = "" if isinstance(value, dict) else str(value).strip()
        longest = next((most for end, most in _LONGEST.items() if field.endswith(end)), _LONGEST_TEXT)
        known = next((codes for end, codes in _CODES.items() if field.endswith(end)), None)
        if len(text) > longest:
            yield field, TOO_LONG
        elif known is not None and text not in known:
            yield field, UNKNOWN
        elif not _is_well_formed(field, value, text):
            yield field, WRONG_FORM


def _is_well_formed(field: str, value: Any, text: str) -> bool:
    if field.endswith("SoDinhDanh"):
        return re.fullmatch("[0-9]{12}", text) is not None
    return not field.endswith(_DATES) or _is_date(value)


def _is_date(value: Any) -> bool:
    if isinstance(value, dict):
        parts = [str(value[name]) for name in ("ngaySinh", "thangSinh", "namSinh") if value.get(name)]
    else:
        parts = str(value).strip().split("/")
    pattern = ("[0-9]{4}", "[0-9]{2}/[0-9]{4}", "[0-9]{2}/[0-9]{2}/[0-9]{4}")
    if not 1 <= len(parts) <= 3 or not re.fullmatch(pattern[len(parts) - 1], "/".join(parts)):
        return False
    day, month, year = (int(part) for part in ["01", "01", *parts][-3:])
    try:
        return date(year, month, day) is not None
    except ValueError:
        return False
