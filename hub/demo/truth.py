"""What an answer must be, computed from the twin's truth by a reading of the wire format of its own.

Nothing of the hub's mapping, code lists or models is used here: a mistake there must show as a difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta, timezone
from typing import Any

from vietnam_provinces import Province, Ward

_HANOI = timezone(timedelta(hours=7))
_GENDERS = {"0": "unknown", "1": "male", "2": "female"}
_MARITAL = {"1": "single", "2": "married", "3": "divorced", "4": "widowed"}
_LIFE = {"1": "alive", "3": "deceased"}
_PLACES = {
    "person.residence": "ThuongTru",
    "person.current_residence": "NoiOHienTai",
    "person.origin": "QueQuan",
    "person.birth_registration": "NoiDangKyKhaiSinh",
}
# Resolution 202/2025/QH15: the codes that ended on 2025-07-01, and the province of today.
_MERGED = {
    old: new
    for new, ended in {
        "08": ["02"],
        "15": ["10"],
        "19": ["06"],
        "24": ["27"],
        "25": ["17", "26"],
        "31": ["30"],
        "33": ["34"],
        "37": ["35", "36"],
        "44": ["45"],
        "48": ["49"],
        "51": ["62"],
        "52": ["64"],
        "56": ["58"],
        "66": ["54"],
        "68": ["60", "67"],
        "75": ["70"],
        "79": ["74", "77"],
        "80": ["72"],
        "82": ["87"],
        "86": ["83", "84"],
        "91": ["89"],
        "92": ["93", "94"],
        "96": ["95"],
    }.items()
    for old in ended
}


def expected(record: dict[str, Any], attribute: str) -> Any:
    """Returns the value that an attribute must have for a clean wire record; None when the register says nothing.

    Raises:
        KeyError: the demonstration does not know how to check this attribute.
    """
    if attribute in _PLACES:
        return _place(record[_PLACES[attribute]])
    simple: dict[str, Callable[[], str | None]] = {
        "person.personal_id": lambda: record["SoDinhDanh"],
        "person.former_id": lambda: record["SoCMND"] or None,
        "person.name.full": lambda: full_name(record),
        "person.gender": lambda: _GENDERS[record["GioiTinh"]],
        "person.birth_date": lambda: birth_date(record),
        "person.ethnicity": lambda: record["DanToc"] or None,
        "person.nationality": lambda: record["QuocTich"] or None,
        "person.marital_status": lambda: _MARITAL.get(record["TinhTrangHonNhan"]),
        "person.life_status": lambda: _LIFE[record["TrangThai"]],
    }
    return simple[attribute]()


def as_written(record: dict[str, Any], left_out: list[str]) -> dict[str, Any]:
    """Returns the truth without the elements that the register never wrote: about those it says nothing."""
    written = deepcopy(record)
    for path in left_out:
        *above, name = path.split(".")
        (written[above[0]] if above else written)[name] = ""
    return written


def full_name(record: dict[str, Any]) -> str:
    """Returns the name as one string."""
    name = record["HoVaTen"]
    parts = [name] if isinstance(name, str) else [name.get(part) or "" for part in ("Ho", "ChuDem", "Ten")]
    return _text(" ".join(parts))


def birth_date(record: dict[str, Any]) -> str:
    """Returns the birth date as far as it is known: yyyy, yyyy-mm or yyyy-mm-dd."""
    sent = record["NgayThangNamSinh"]
    whole = sent.get("NgayThangNam")
    if isinstance(whole, int):
        return (datetime.fromtimestamp(0, _HANOI) + timedelta(milliseconds=whole)).date().isoformat()
    if not whole:
        return str(sent["Nam"])
    return "-".join(part for part in (whole[:4], whole[4:6], whole[6:8]) if part)


def age_of(born: str, day: date) -> str | None:
    """Returns the age in years of who was born on a date known in full or in part; None when that leaves it open."""
    parts = [int(part) for part in born.split("-")]
    first, last = (*parts, 1, 1)[:3], (*parts, *(12, 31)[len(parts) - 1 :])
    ages = {day.year - year - ((day.month, day.day) < (month, in_month)) for year, month, in_month in (first, last)}
    return str(ages.pop()) if len(ages) == 1 else None


def place_name(place: dict[str, Any]) -> str:
    """Writes a place as a form prints it: names of today, with their codes."""
    wards = {f"{ward.code:05d}": ward.name for ward in Ward.iter_all()}
    provinces = {f"{province.code:02d}": province.name for province in Province.iter_all()}
    commune, province = place.get("commune"), place.get("province")
    # A commune that was split: which part is a question to the citizen, never a guess.
    split = " / ".join(f"{wards.get(code, '?')} ({code})?" for code in place.get("commune_candidates", []))
    parts = [
        place.get("detail"),
        f"{wards.get(commune, '?')} ({commune})" if commune else split or None,
        f"{provinces.get(province, '?')} ({province})" if province else None,
    ]
    return ", ".join(part for part in parts if part)


def differences(answer: dict[str, Any], record: dict[str, Any]) -> list[str]:
    """Compares every attribute about the person with the truth and names those that differ; never shows a value."""
    wrong = []
    for name, given in answer["attributes"].items():
        if not name.startswith("person."):
            continue
        wanted = expected(record, name)
        if wanted is None:
            # What the register says nothing about may only be answered as unknown.
            wrong += [name] if "value" in given or given["status"] == "ok" else []
        elif given["status"] != "ok":
            wrong.append(f"{name} is {given['status']}")
        elif name in _PLACES:
            wrong += [f"{name}.{part}" for part in _place_differences(given["value"], wanted)]
        elif given["value"] != wanted:
            wrong.append(name)
    return wrong


def _place(sent: Any) -> dict[str, str] | None:
    if not sent:
        return None
    place = {
        "province": _MERGED.get(sent.get("MaTinhThanh") or "", sent.get("MaTinhThanh")),
        "province_recorded": sent.get("MaTinhThanh"),
        "district_recorded": sent.get("MaQuanHuyen"),
        "commune_recorded": sent.get("MaPhuongXa"),
        "detail": _text(sent.get("ChiTiet") or ""),
        "country": sent.get("QuocGia"),
    }
    return {part: value for part, value in place.items() if value} or None


def _place_differences(given: dict[str, Any], wanted: dict[str, str]) -> list[str]:
    """Compares a place; its current commune, which the wire record does not hold, must lie in the right province."""
    wrong = [part for part, value in wanted.items() if given.get(part) != value]
    wrong += [part for part in given if part not in wanted and not part.startswith("commune")]
    communes = [*([given["commune"]] if "commune" in given else []), *given.get("commune_candidates", [])]
    home = {f"{ward.code:05d}": f"{ward.province_code:02d}" for ward in Ward.iter_all()} if communes else {}
    return wrong + [f"commune {code}" for code in communes if home.get(code) != wanted.get("province")]


def _text(raw: str) -> str:
    return " ".join(unicodedata.normalize("NFC", raw).split())
